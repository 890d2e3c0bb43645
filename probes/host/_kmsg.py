"""The kernel's log, line by line with the time of day: from /dev/kmsg, else from dmesg.

6,422,1123355423,-;oom-kill:constraint=CONSTRAINT_MEMCG,…     priority, number, microseconds on the kernel's clock, flags; text
                                                              (Documentation/ABI/testing/dev-kmsg)
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from probes._access import Access, Unreachable
from probes.host._clock import kernel_clock_zero
from probes.host._proc import whole

_MOST_LINES = 2000
_LONGEST_RECORD = 8192  # CONSOLE_EXT_LOG_MAX: a shorter buffer would be refused
_LIMIT_S = 4.0
_FIRST_OF_PROGRAMS = 8
"""Programs may write to this log too; the kernel marks what is not its own with this priority and above, so that none can forge a kill."""


class Line(NamedTuple):
    """One line of the log; `at` is seconds since 1970 UTC."""

    at: float
    text: str


class KernelLog(NamedTuple):
    """The newest wanted lines, oldest first. `since`: time of the oldest line of any kind; `from_boot`: that is the very first one."""

    lines: tuple[Line, ...]
    since: float | None
    from_boot: bool


def read(access: Access, wanted: Callable[[str], bool]) -> KernelLog:
    """The lines that are wanted. Raises Unreachable: forbidden, missing tool, timed out, refused."""
    try:
        return _from_device(access, wanted)
    except OSError as error:
        refusal = error
    try:
        return _from_dmesg(access, wanted)
    except Unreachable as error:
        forbidden = isinstance(refusal, PermissionError) or "not permitted" in error.detail or "denied" in error.detail
        raise Unreachable("forbidden" if forbidden else error.why, f"/dev/kmsg: {refusal.strerror}; {error.detail}") from error


def _from_device(access: Access, wanted: Callable[[str], bool]) -> KernelLog:
    zero = kernel_clock_zero(access)
    lines: deque[Line] = deque(maxlen=_MOST_LINES)
    first = None
    for priority, number, micros, text in _records(access):
        first = (number, micros) if first is None else first
        if priority < _FIRST_OF_PROGRAMS and wanted(text):
            lines.append(Line(zero + micros / 1e6, text))
    since = None if first is None else zero + first[1] / 1e6
    return KernelLog(tuple(lines), since, first is not None and first[0] == 0)


def _records(access: Access) -> Iterator[tuple[int, int, int, str]]:
    """Priority, number, microseconds and text of every record; what is no record, such as the ` KEY=value` lines below one, is left out."""
    for line in _raw(access):
        header, found, text = line.partition(";")
        fields = [number for word in header.split(",")[:3] if (number := whole(word)) is not None]
        if found and len(fields) == 3:
            yield fields[0], fields[1], fields[2], text


def _raw(access: Access) -> Iterator[str]:
    """Reads to the newest record, never waiting for the next; the device gives one whole record a read."""
    device = os.open(access.path("/dev/kmsg"), os.O_RDONLY | os.O_NONBLOCK)
    end = time.monotonic() + access.remaining(_LIMIT_S)
    rest = ""
    try:
        while time.monotonic() < end and (chunk := _next(device)):
            *whole_lines, rest = (rest + chunk.decode("utf-8", "replace")).split("\n")
            yield from whole_lines
    finally:
        os.close(device)


def _next(device: int) -> bytes:
    """One record, or nothing where there is none newer."""
    while True:
        with suppress(BrokenPipeError):  # the record was overwritten before we came to it; the next read goes on behind the gap
            try:
                return os.read(device, _LONGEST_RECORD)
            except BlockingIOError:
                return b""


def _from_dmesg(access: Access, wanted: Callable[[str], bool]) -> KernelLog:
    """`2026-11-24T22:49:37,355423+00:00 text`; dmesg itself turns the stamps into times of day, up to a second early."""
    lines = [line for row in access.run("dmesg").splitlines() if (line := _dated(row)) is not None]
    kept = [line for line in lines if wanted(line.text)]
    return KernelLog(tuple(kept[-_MOST_LINES:]), lines[0].at if lines else None, bool(lines) and lines[0].text.startswith("Linux version"))


def _dated(row: str) -> Line | None:
    stamp, _, text = row.partition(" ")
    try:
        return Line(datetime.fromisoformat(stamp).timestamp(), text)
    except ValueError:
        return None
