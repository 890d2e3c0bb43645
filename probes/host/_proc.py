"""Small files of /proc, read in one place, and the name of the host they are about.

meminfo(access)["MemAvailable"]  ->  24810565632
"""

from __future__ import annotations

from probes._access import Access
from probes._contract import Subject


def host(access: Access) -> Subject:
    """The host, by the name of the node that it is said to be, or its kernel host name (/proc/sys/kernel/hostname); Docker's engine calls itself the same.

    OSError if unreadable.
    """
    return Subject("host", access.settings.get("host.node") or access.text("/proc/sys/kernel/hostname").strip())


def text_or_empty(access: Access, absolute: str) -> str:
    """The text of a small file, or "" where this kernel or our rights do not give it."""
    try:
        return access.text(absolute)
    except OSError:
        return ""


def whole(word: str) -> int | None:
    """The word as a whole number, or None where it is none."""
    try:
        return int(word)
    except ValueError:
        return None


def number_in(access: Access, absolute: str) -> int | None:
    """The whole number that a file holds, or None: no such file, or other words in it."""
    return whole(text_or_empty(access, absolute))


def table(text: str) -> dict[str, int]:
    """`name number` or `name: number` a line, as in vmstat and memory.stat; lines of another form are left out."""
    pairs = [line.split() for line in text.splitlines()]
    return {pair[0].rstrip(":"): int(pair[1]) for pair in pairs if len(pair) >= 2 and whole(pair[1]) is not None}


def meminfo(access: Access) -> dict[str, int]:
    """/proc/meminfo in bytes (proc_meminfo(5): its "kB" are 1024 bytes). OSError if unreadable."""
    return {name: amount * 1024 for name, amount in table(access.text("/proc/meminfo")).items()}


def ratio(part: float | None, total: float | None) -> float | None:
    """Part of total between 0 and 1, to four digits so that it reads well; None where either is missing or total is not positive."""
    if part is None or total is None or total <= 0:
        return None
    return round(part / total, 4)
