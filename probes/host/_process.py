"""Processes: the signals that everyone who gives one gives of it, and what /proc/PID says.

Running ones are seen in /proc, killed ones in the kernel's log; both are `process`, so that one row can ask about either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from probes._access import Access
from probes._contract import Spec, Subject, Value
from probes.host._cgroup import container_of
from probes.host._proc import table, text_or_empty, whole

SPECS = (
    Spec(name="process.pid", type="int", doc="Process number on this host."),
    Spec(name="process.name", type="text", doc="Short name as the kernel knows it; at most 15 characters."),
    Spec(name="process.command", type="text", doc="Command line, cut to 300 characters; none of a process that is gone."),
    Spec(name="process.state", type="text", doc='"running", or "killed" if the kernel killed it for memory in the last 6 hours.'),
    Spec(name="process.rss_bytes", type="int", unit="bytes", doc="Resident memory: now, or at the kill."),
    Spec(name="process.anon_bytes", type="int", unit="bytes", doc="Its private part: heap, stacks, arrays."),
    Spec(name="process.shmem_bytes", type="int", unit="bytes", doc="Its shared part: /dev/shm, tmpfs, shared anonymous maps."),
    Spec(name="process.started_at", type="time", doc="When it was started; none of a process that is gone."),
    Spec(name="process.age", type="span", unit="s", doc="How long it has run; none of a process that is gone."),
    Spec(name="process.container_id", type="text", doc="First 12 digits of the container that it is or was in; none outside containers."),
    Spec(name="process.killed_at", type="time", doc="When the kernel killed it for memory; none while it runs."),
    Spec(
        name="process.kill_scope", type="text", doc='Why it was killed: "cgroup" at the limit of a control group, "machine" because the host ran out.'
    ),
    Spec(name="process.kill_cgroup", type="text", doc="The control group whose limit was hit; none if the machine ran out."),
)

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MOST_COMMAND = 300


class Seen(NamedTuple):
    """A process as /proc/PID/stat shows it: resident bytes, and seconds from boot to its start."""

    pid: int
    name: str
    rss: int
    since_boot: float


def subject(name: str, pid: int) -> Subject:
    return Subject("process", f"{name} (pid {pid})")


def pids(access: Access) -> list[int]:
    """The processes in /proc, ascending. OSError if /proc is not there."""
    return sorted(int(entry.name) for entry in access.path("/proc").iterdir() if entry.name.isascii() and entry.name.isdigit())


def seen(access: Access) -> Iterator[Seen]:
    """Every process that can be read; one that ends meanwhile or is hidden from us is left out."""
    for pid in pids(access):
        found = _parsed(text_or_empty(access, f"/proc/{pid}/stat"))
        if found is not None:
            yield found


def _parsed(stat: str) -> Seen | None:
    """Fields 1, 2, 22 and 24 of proc_pid_stat(5). The name may itself hold spaces and brackets."""
    head, _, tail = stat.rpartition(")")
    number, _, name = head.partition(" (")
    fields = tail.split()
    if len(fields) < 22 or not all(whole(word) is not None for word in (number, fields[19], fields[21])):
        return None
    return Seen(int(number), name, int(fields[21]) * _PAGE_BYTES, int(fields[19]) / _TICKS_PER_S)


def running(access: Access, process: Seen, booted_at: float | None) -> dict[str, Value]:
    """Every signal of SPECS for a process that runs."""
    status = table(text_or_empty(access, f"/proc/{process.pid}/status"))
    started_at = None if booted_at is None else booted_at + process.since_boot
    return {
        "process.pid": process.pid,
        "process.name": process.name,
        "process.command": _command(access, process.pid),
        "process.state": "running",
        "process.rss_bytes": process.rss,
        "process.anon_bytes": _kib(status.get("RssAnon")),
        "process.shmem_bytes": _kib(status.get("RssShmem")),
        "process.started_at": started_at,
        "process.age": None if started_at is None else max(0.0, access.now - started_at),
        "process.container_id": container_of(text_or_empty(access, f"/proc/{process.pid}/cgroup")),
        "process.killed_at": None,
        "process.kill_scope": None,
        "process.kill_cgroup": None,
    }


def _kib(amount: int | None) -> int | None:
    return None if amount is None else amount * 1024


def _command(access: Access, pid: int) -> str | None:
    """argv (proc_pid_cmdline(5)) on one line; None of a kernel thread."""
    words = text_or_empty(access, f"/proc/{pid}/cmdline").replace("\0", " ").split()
    return " ".join(words)[:_MOST_COMMAND] or None
