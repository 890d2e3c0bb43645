"""Lines of a log as the engine streams it: frames of stdout and stderr, or the raw bytes of a terminal, each line with its timestamp.

A frame is 8 bytes (stream, 0, 0, 0, length) and the payload. Lines beyond 16 KiB come in several frames without a newline, each with the timestamp.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

import msgspec

from probes.docker._times import seconds

_HEADER = 8
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\S+Z? ?")
_CHANGING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{12,}|\d+")


class Line(msgspec.Struct, frozen=True):
    """A line of a log; `at` is when the engine read it, in seconds since 1970 UTC."""

    at: float
    text: str


def entries(data: bytes, *, framed: bool) -> list[tuple[int, bytes]]:
    """(stream, payload) of each whole entry, as many as the engine's `tail` counts; a cut one at the end is left out."""
    return list(_frames(data)) if framed else [(1, part) for part in BytesIO(data).readlines()]


def is_framed(data: bytes, content_type: str, *, tty: bool) -> bool:
    """Whether the bytes are frames. API 1.42 names the kind; before it, one has to know whether the container has a terminal."""
    if "multiplexed" in content_type:
        return True
    return not tty and "raw" not in content_type and (not data or data[0] in (0, 1, 2))


def _frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + _HEADER <= len(data):
        length = int.from_bytes(data[place + 4 : place + _HEADER], "big")
        payload = data[place + _HEADER : place + _HEADER + length]
        if len(payload) < length:
            return
        yield data[place], payload
        place += _HEADER + length


def lines(parts: Iterable[tuple[int, bytes]]) -> Iterator[Line]:
    """The lines in the engine's order; what has no timestamp is left out. An entry without a newline goes on in its stream's next one."""
    open_: dict[int, tuple[float, list[bytes]]] = {}
    for stream, part in parts:
        stamp = _STAMP.match(part)
        at = seconds(stamp[0].decode("ascii", "replace").strip()) if stamp else None
        if stamp is None or at is None:
            continue
        begun, pieces = open_.pop(stream, (at, []))
        pieces.append(part[stamp.end() :])
        if part.endswith(b"\n"):
            yield Line(begun, _shown(b"".join(pieces)))
        else:
            open_[stream] = (begun, pieces)
    yield from (Line(begun, _shown(b"".join(pieces))) for begun, pieces in open_.values())


def _shown(raw: bytes) -> str:
    """What a terminal would be left with: of a progress bar redrawn with carriage returns, the last drawing."""
    text = raw.decode("utf-8", "replace").rstrip("\r\n")
    return text.rpartition("\r")[2]


def alike(one: str, other: str) -> bool:
    """Equal but for numbers, addresses and ids."""
    return _CHANGING.sub("#", one.lower()).split() == _CHANGING.sub("#", other.lower()).split()
