"""Asks mounted file systems for their room: runs in a child process, because a dead server behind one never answers.

Each is asked in a thread of its own, so that one that hangs costs the others nothing. Imports little: starting it is most of its time.
"""

from __future__ import annotations

import os
import threading
import time

Room = tuple[int, int, int, int, int]
"""Bytes in all, bytes free, bytes free to everyone but root, inodes in all, inodes free (statvfs(3))."""


def rooms(points: list[tuple[str, str]], limit_s: float) -> dict[str, Room | str]:
    """By name, of (name, path) pairs: the room, or the error as text. What did not answer within `limit_s` seconds is missing."""
    answers: dict[str, Room | str] = {}
    threads = [threading.Thread(target=_ask, args=(name, path, answers), daemon=True) for name, path in points]
    for thread in threads:
        thread.start()
    end = time.monotonic() + limit_s
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return dict(answers)


def _ask(name: str, path: str, answers: dict[str, Room | str]) -> None:
    try:
        found = os.statvfs(path)
    except OSError as error:
        answers[name] = str(error)
    else:
        unit = found.f_frsize
        answers[name] = (found.f_blocks * unit, found.f_bfree * unit, found.f_bavail * unit, found.f_files, found.f_ffree)
