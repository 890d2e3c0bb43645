"""Who holds the lock of a DVC repository?

DVC's own lock is a flock on .dvc/tmp/lock: the file stays behind after every command, with a pid that is long gone, and says nothing.
With core.hardlink_lock it is the file itself that locks, dated a year ahead, and it outlives whoever is killed (dvc/lock.py, flufl.lock).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from probes._access import Access

FILE = ".dvc/tmp/lock"
LIFETIME_S = 365 * 86400.0
_AHEAD_S = 86400.0


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the lock is taken, since when, and by which process of this machine; an empty holder is none that can be found."""

    held: bool
    since: float | None = None
    holder: str = ""


def lock(access: Access, repo: str) -> Lock:
    """The lock of a repository. OSError where its file may not be looked at."""
    place = access.path(f"{repo}/{FILE}")
    try:
        status = place.stat()
    except FileNotFoundError:
        return Lock(held=False)
    if status.st_mtime > access.now + _AHEAD_S:
        return Lock(held=True, since=status.st_mtime - LIFETIME_S, holder=next(_commands(access, repo), ""))
    pid = _flock(access, status)
    return Lock(held=pid is not None, since=status.st_mtime, holder=_command(access, pid)) if pid is not None else Lock(held=False)


def _flock(access: Access, status: os.stat_result) -> str | None:
    """The pid that has locked a file, by /proc/locks: `1: FLOCK ADVISORY WRITE 4242 fe:00:1234 0 EOF`."""
    try:
        lines = access.text("/proc/locks").splitlines()
    except OSError:
        return None
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    rows = (line.split() for line in lines)
    return next((words[4] for words in rows if len(words) > 5 and words[1] in ("FLOCK", "POSIX") and words[5] == device), None)


def _commands(access: Access, repo: str) -> Iterator[str]:
    """Processes of DVC that work in a repository."""
    for process in access.path("/proc").glob("[0-9]*"):
        command = _command(access, process.name)
        try:
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if "dvc" in command and (where == repo or where.startswith(f"{repo}/")):
            yield command


def _command(access: Access, pid: str) -> str:
    try:
        words = access.text(f"/proc/{pid}/cmdline", 4096).split("\0")
    except OSError:
        words = []
    return f"pid {pid}: {' '.join(words).strip()[:200]}" if any(words) else f"pid {pid}"
