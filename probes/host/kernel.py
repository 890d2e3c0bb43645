"""What the kernel's log says of processes that it killed for memory and of programs that crashed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value
from probes.host import _crash, _kmsg, _oom, _process
from probes.host._cgroup import in_container
from probes.host._clock import booted_at, utc
from probes.host._proc import host

_COMPLETE = "host.kernel_log_complete"
HOST = (
    Spec(
        name="host.oom_victims",
        type="texts",
        covered_by=_COMPLETE,
        doc='The last 50 kills for memory, newest first: "TIME cgroup|machine CONTAINER|- NAME PID RSS_BYTES".',
    ),
    Spec(
        name="host.last_machine_oom_at",
        type="time",
        covered_by=_COMPLETE,
        doc="When the kernel last killed because the whole machine had no memory left.",
    ),
    Spec(
        name="host.last_cgroup_oom_at", type="time", covered_by=_COMPLETE, doc="When the kernel last killed at the memory limit of a control group."
    ),
    Spec(
        name="host.crashes",
        type="texts",
        covered_by=_COMPLETE,
        doc='The last 20 crashes of programs, newest first: "TIME NAME PID segfault|invalid opcode|…".',
    ),
    Spec(name="host.kernel_log_since", type="time", doc="Time of the oldest line that the kernel's log still holds."),
    Spec(name=_COMPLETE, type="bool", doc="Whether the log reaches back 6 hours or to the machine's first minute."),
)

_WINDOW_S = 6 * 3600.0
_MOST_KILLS = 50
_MOST_CRASHES = 20
_OF_A_KILL = ("process.killed_at", "process.kill_scope", "process.kill_cgroup")
_COMMAND = "dmesg -T | grep -i kill"


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """The host, and every process killed for memory in the last 6 hours; or why the log cannot be read. OSError if /proc is not there."""
    subject = host(access)
    try:
        log = _kmsg.read(access, lambda text: _oom.wanted(text) or _crash.wanted(text))
    except Unreachable as error:
        yield from _blind(access, subject, error)
        return
    kills = sorted(_oom.kills(log.lines), key=lambda kill: kill.at, reverse=True)[:_MOST_KILLS]
    complete = log.from_boot or (log.since is not None and log.since <= max(access.now - _WINDOW_S, _first_minute(access)))
    yield Look(subject=subject, values={**_told(log, kills), _COMPLETE: complete}, command=_COMMAND)
    yield from _killed(access, subject, kills, complete=complete)
    if not complete:
        yield _lost(log.since)


def _lost(since: float | None) -> Unavailable:
    """A ring that has wrapped holds no earlier kills."""
    back = f"only to {utc(since)}" if since is not None else "nowhere"
    return Unavailable(
        kind="process",
        why="not reached",
        detail=f"The kernel's log reaches back {back}; what it killed before is not seen.",
        remedy="Keep the kernel's log on disk (journald or rsyslog), or make its buffer larger (log_buf_len).",
        names=_OF_A_KILL,
    )


def _first_minute(access: Access) -> float:
    """The end of this boot's first minute: a log that lost only the talk of starting up still holds all that matters."""
    return (booted_at(access) or 0.0) + 60.0


def _told(log: _kmsg.KernelLog, kills: Sequence[_oom.Kill]) -> dict[str, Value]:
    crashes = list(_crash.crashes(log.lines))[-_MOST_CRASHES:]
    return {
        "host.oom_victims": tuple(_oom.sentence(kill) for kill in kills),
        "host.last_machine_oom_at": _last(kills, "machine"),
        "host.last_cgroup_oom_at": _last(kills, "cgroup"),
        "host.crashes": tuple(reversed(crashes)),
        "host.kernel_log_since": log.since,
    }


def _last(kills: Sequence[_oom.Kill], scope: _oom.Scope) -> float | None:
    return max((kill.at for kill in kills if kill.scope == scope), default=None)


def _killed(access: Access, subject: Subject, kills: Sequence[_oom.Kill], *, complete: bool) -> Iterator[Answer]:
    recent = {_process.subject(kill.name, kill.pid): kill for kill in reversed(kills) if kill.at >= access.now - _WINDOW_S}
    for own, kill in recent.items():
        yield Look(subject=own, values=_oom.values(kill), command=_COMMAND)
        yield Relation("on", own, subject)
    yield Swept(kind="process", scope=subject.key, count=len(recent), complete=complete)


def _blind(access: Access, subject: Subject, error: Unreachable) -> Iterator[Answer]:
    why, remedy = error.why, _remedy(access, error)
    yield Unavailable(kind="host", subject=subject, why=why, detail=error.detail, remedy=remedy, names=tuple(spec.name for spec in HOST))
    yield Unavailable(kind="process", why=why, detail=error.detail, remedy=remedy, names=_OF_A_KILL)


def _remedy(access: Access, error: Unreachable) -> str:
    if in_container(access):
        return "Run diagnose on the host as root, or start its container with --device /dev/kmsg --cap-add SYSLOG."
    if error.why == "forbidden":
        return "Run diagnose as root, give it CAP_SYSLOG, or set sysctl kernel.dmesg_restrict=0."
    return "Run diagnose as root on a machine that has /dev/kmsg or util-linux's dmesg."


PROBES = (
    Probe(
        name="host.kernel_log",
        kind="host",
        doc="Processes that the kernel killed for memory, and programs that crashed, from the kernel's log.",
        gives=(*HOST, *_process.SPECS),
        look=look,
        stands_for=("dmesg -T | grep -i kill", "dmesg -T", "journalctl -k", "dmesg | grep segfault"),
        relations=("process on host",),
        permissions=("root, CAP_SYSLOG or kernel.dmesg_restrict=0, to read the kernel's log",),
    ),
)
