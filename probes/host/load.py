"""How busy this machine is, and which processes hold its memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value
from probes.host import _process
from probes.host._clock import booted_at
from probes.host._proc import host, meminfo, number_in, ratio, text_or_empty, whole

HOST = (
    Spec(name="host.cpus", type="int", doc="CPUs that are on."),
    Spec(name="host.load_1m", type="double", doc="Load average of the last minute: tasks that ran, waited for a CPU or for a disk."),
    Spec(name="host.load_per_cpu", type="double", doc="That load over the number of CPUs."),
    Spec(
        name="host.iowait_ratio",
        type="double",
        doc="Part of 0.3 s in which CPUs were idle with a disk request open; low on a busy CPU, whatever the disk does.",
    ),
    Spec(name="host.cpu_used_ratio", type="double", doc="Part of 0.3 s in which CPUs worked."),
    Spec(name="host.processes", type="int", doc="Processes that we can see; in a container only its own."),
    Spec(name="host.threads", type="int", doc="Threads of the whole machine."),
    Spec(name="host.threads_ratio", type="double", doc="Threads as a part of the most that the kernel allows."),
    Spec(name="host.open_files_ratio", type="double", doc="Open files as a part of the most that the kernel allows."),
    Spec(name="host.top_memory", type="texts", doc='The 8 processes with the most resident memory, largest first, as "name (pid N) 3.1 GiB".'),
    Spec(name="host.top_memory_name", type="text", doc="Name of the process with the most resident memory."),
    Spec(name="host.top_memory_bytes", type="int", unit="bytes", doc="Resident memory of that process."),
)

SAMPLE_S = 0.3
_LARGE = 0.2
"""A process with more than this part of all memory is looked at by itself."""


class Cpu(NamedTuple):
    """CPU time since boot in ticks, over all CPUs (proc_stat(5))."""

    total: int
    idle: int
    iowait: int


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """The host, and each process that holds more than a fifth of its memory. OSError if /proc is not there."""
    subject = host(access)
    cpu = _shares(access)
    processes = sorted(_process.seen(access), key=lambda process: (-process.rss, process.pid))
    values = {**_load(access), **cpu, **_limits(access), **_top(processes)}
    yield Look(subject=subject, values=values, command="top -b -n 1 -o %MEM; uptime; vmstat 1 2")
    yield from _large(access, subject, processes)
    yield from _listed(subject, processes)


def _load(access: Access) -> dict[str, Value]:
    cpus = sum(line[:3] == "cpu" and line[3:4].isdigit() for line in text_or_empty(access, "/proc/stat").splitlines())
    load = _decimal(text_or_empty(access, "/proc/loadavg").partition(" ")[0])
    return {"host.cpus": cpus or None, "host.load_1m": load, "host.load_per_cpu": ratio(load, cpus)}


def _decimal(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _shares(access: Access) -> dict[str, Value]:
    before = _cpu(access)
    time.sleep(access.remaining(SAMPLE_S))
    after = _cpu(access)
    if before is None or after is None:
        return {"host.iowait_ratio": None, "host.cpu_used_ratio": None}
    total = after.total - before.total
    idle = max(0, after.idle - before.idle)
    iowait = max(0, after.iowait - before.iowait)  # the kernel may count it backwards: proc_stat(5)
    return {"host.iowait_ratio": ratio(iowait, total), "host.cpu_used_ratio": ratio(max(0, total - idle - iowait), total)}


def _cpu(access: Access) -> Cpu | None:
    fields = text_or_empty(access, "/proc/stat").partition("\n")[0].split()
    ticks = [whole(word) or 0 for word in fields[1:9]]  # guest time, the two after these, is counted in user time already
    return Cpu(sum(ticks), ticks[3], ticks[4]) if fields[:1] == ["cpu"] and len(ticks) >= 5 else None


def _limits(access: Access) -> dict[str, Value]:
    """What runs out as "can't start new thread" and "too many open files" (/proc/loadavg, proc_sys_kernel(5), proc_sys_fs(5))."""
    threads = whole(text_or_empty(access, "/proc/loadavg").partition("/")[2].partition(" ")[0])
    most = [most for name in ("pid_max", "threads-max") if (most := number_in(access, f"/proc/sys/kernel/{name}")) is not None]
    files = [whole(word) for word in text_or_empty(access, "/proc/sys/fs/file-nr").split()]
    return {
        "host.threads": threads,
        "host.threads_ratio": ratio(threads, min(most, default=None)),
        "host.open_files_ratio": ratio(files[0], files[2]) if len(files) == 3 else None,
    }


def _top(processes: Sequence[_process.Seen]) -> dict[str, Value]:
    top = [process for process in processes[:8] if process.rss > 0]  # kernel threads have none
    return {
        "host.processes": len(processes),
        "host.top_memory": tuple(f"{process.name} (pid {process.pid}) {_size(process.rss)}" for process in top),
        "host.top_memory_name": top[0].name if top else None,
        "host.top_memory_bytes": top[0].rss if top else None,
    }


def _size(amount: int) -> str:
    """3.1 GiB"""
    number, unit = float(amount), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f} {unit}"


def _large(access: Access, subject: Subject, processes: Sequence[_process.Seen]) -> Iterator[Answer]:
    total = meminfo(access).get("MemTotal", 0)
    booted = booted_at(access)
    for process in processes:
        if process.rss <= _LARGE * total or not total:
            return
        own = _process.subject(process.name, process.pid)
        yield Look(subject=own, values=_process.running(access, process, booted), command=f"ps -o pid,rss,lstart,args -p {process.pid}")
        yield Relation("on", own, subject)


def _listed(subject: Subject, processes: Sequence[_process.Seen]) -> Iterator[Answer]:
    complete = any(process.pid == 1 for process in processes)  # there is always a process 1: unseen, then others are hidden too
    yield Swept(kind="process", scope=subject.key, count=len(processes), complete=complete)
    if not complete:
        yield Unavailable(
            kind="process",
            why="forbidden",
            detail="/proc hides the processes of other users (hidepid).",
            remedy="Run diagnose as root, or mount /proc with hidepid=0.",
        )


PROBES = (
    Probe(
        name="host.load",
        kind="host",
        doc="Load, CPU use, and the processes with the most memory on this machine.",
        gives=(*HOST, *_process.SPECS),
        look=look,
        stands_for=("top", "htop", "uptime", "vmstat 1 2", "ps aux --sort=-rss", "Check I/O wait", "Check CPU usage"),
        relations=("process on host",),
    ),
)
