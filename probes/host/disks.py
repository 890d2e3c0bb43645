"""How full the disks of this machine are, by bytes and by inodes, and which of them do not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept, Unavailable, Value, Why
from probes.host import _mounts
from probes.host._proc import host, ratio
from probes.host._statfs import Room, rooms

MEASURED = (
    Spec(name="disk.total_bytes", type="int", unit="bytes", doc="Size of the file system."),
    Spec(name="disk.free_bytes", type="int", unit="bytes", doc="Room that is left to everyone but root."),
    Spec(name="disk.used_ratio", type="double", doc="Used part of what is not kept for root, as df shows it."),
    Spec(name="disk.inodes_used_ratio", type="double", doc="Used part of the inodes; none where the file system has no fixed number."),
)
MOUNTED = (
    Spec(name="disk.filesystem", type="text", doc="Type of file system, such as ext4 or nfs4."),
    Spec(name="disk.device", type="text", doc="Device, export or share that is mounted."),
    Spec(name="disk.read_only", type="bool", doc="Whether writing is refused: mounted so, or the kernel turned to it after an error."),
)
FULL = Spec(name="host.full_disks", type="texts", doc="Mount points of writable disks where at least 95 % of the bytes or inodes are used.")

_FULL = 0.95
_MOST = 200
_MOST_BYTES = 2**63 - 1  # object stores mounted as a disk claim to be endless
_ANSWER_S = 2.0
_CHILD_S = 5.0


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """Each disk that has a size, and on the host which are full. OSError if /proc does not show the mounts."""
    subject = host(access)
    found = _mounts.real(access)
    try:
        answers = _asked(access, found[:_MOST])
    except Unreachable as error:
        yield _blind(error)
        return
    looks = [answer for answer in answers if isinstance(answer, Look) and answer.values["disk.total_bytes"]]
    yield from looks
    yield from (answer for answer in answers if isinstance(answer, Unavailable))
    yield Look(subject=subject, values={FULL.name: tuple(look.subject.key for look in looks if _is_full(look.values))}, command="df -h; df -i")
    silent = any(isinstance(answer, Unavailable) for answer in answers)
    yield Swept(kind="disk", scope=subject.key, count=len(looks), complete=not silent and len(found) <= _MOST)


def _asked(access: Access, mounts: Sequence[_mounts.Mount]) -> list[Look | Unavailable]:
    points = [(mount.point, str(access.path(mount.point))) for mount in mounts]
    answers: Mapping[str, Room | str] = access.in_child(rooms, points, _ANSWER_S, limit=_CHILD_S)
    return [_answer(mount, answers.get(mount.point)) for mount in mounts]


def _answer(mount: _mounts.Mount, room: Room | str | None) -> Look | Unavailable:
    if not isinstance(room, tuple):
        return _silent(mount, room)
    return Look(subject=Subject("disk", mount.point), values=_values(mount, room), command=f"df -h {mount.point}; df -i {mount.point}")


def _values(mount: _mounts.Mount, room: Room) -> Mapping[str, Value]:
    total, free, available, inodes, inodes_free = room
    return {
        "disk.total_bytes": min(total, _MOST_BYTES),
        "disk.free_bytes": min(available, _MOST_BYTES),
        "disk.used_ratio": ratio(total - free, total - free + available),
        "disk.inodes_used_ratio": ratio(inodes - inodes_free, inodes),
        "disk.filesystem": mount.filesystem,
        "disk.device": mount.device,
        "disk.read_only": mount.read_only,
    }


def _is_full(values: Mapping[str, Value]) -> bool:
    ratios = (values["disk.used_ratio"], values["disk.inodes_used_ratio"])
    return not values["disk.read_only"] and any(isinstance(used, float) and used >= _FULL for used in ratios)


def _blind(error: Unreachable) -> Unavailable:
    """Not even the child that asks the disks came back."""
    return Unavailable(kind="disk", why=error.why, detail=error.detail, remedy="Run diagnose again with a longer --deadline.")


def _silent(mount: _mounts.Mount, error: str | None) -> Unavailable:
    why, detail, remedy = _reason(mount, error)
    return Unavailable(
        kind="disk", subject=Subject("disk", mount.point), why=why, detail=detail, remedy=remedy, names=tuple(spec.name for spec in MEASURED)
    )


def _reason(mount: _mounts.Mount, error: str | None) -> tuple[Why, str, str]:
    behind = f"{mount.filesystem} from {mount.device}"
    if error is None:
        return (
            "timed out",
            f"{mount.point} ({behind}) did not answer in {_ANSWER_S:g} s.",
            f"Check that what is behind {mount.device} is up and reachable.",
        )
    if "Permission denied" in error:
        return "forbidden", f"{mount.point}: {error}", f"Run diagnose as root, or allow it to enter the folders above {mount.point}."
    return "refused", f"{mount.point} ({behind}): {error}", f"Check {mount.device}, then mount {mount.point} again."


PROBES = (
    Probe(
        name="host.disks",
        kind="disk",
        doc="Room and inodes of every mounted disk of this machine.",
        gives=(*MEASURED, *MOUNTED, FULL),
        look=look,
        stands_for=("df -h", "df -i", "mount", "findmnt", "Check disk space"),
    ),
)
