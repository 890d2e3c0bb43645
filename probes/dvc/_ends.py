"""Does a text file break off in the middle of its last record? Its last 64 KiB tell.

broken_off(path, "events.jsonl", start)  ->  Damage("truncated", "its last record breaks off within: …")

Only an end without a line's end is looked at, for a writer that was not stopped ends its line, or at least its record.
"""

from __future__ import annotations

import re
from pathlib import Path

from probes.dvc._columns import Damage, form_of, separator_of

TAIL = 64 << 10
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def broken_off(place: Path, name: str, start: bytes) -> Damage | None:
    """None of what is packed, or has zeros, such as UTF-16."""
    form = form_of(name)
    if form not in ("csv", "jsonl") or name.lower().endswith(".gz") or not start:
        return None
    size = place.stat().st_size
    with place.open("rb") as file:
        file.seek(max(0, size - TAIL))
        before, end, last = file.read(TAIL).rpartition(b"\n")
    if not end or not last.strip() or last.endswith(b"\r") or b"\0" in before + last:
        return None
    text = last.decode("utf-8", "replace")
    half = _half_object(text) if form == "jsonl" else _half_row(text, start.decode("utf-8-sig", "replace").splitlines()[:2])
    return Damage("truncated", f"its last record breaks off: {size} bytes, and neither the record nor the line ends") if half else None


def _half_object(line: str) -> bool:
    """It opens more than it closes."""
    bare = _STRING.sub("", line)
    opened = sum(bare.count(one) for one in "{[") - sum(bare.count(one) for one in "}]")
    return line.lstrip().startswith(("{", "[")) and ('"' in bare or opened > 0)


def _half_row(line: str, first: list[str]) -> bool:
    """It has fewer fields than the header and the first row, which have as many. What is quoted may hold any mark, and is left alone."""
    if len(first) < 2 or any('"' in one for one in (*first, line)):
        return False
    mark = separator_of(first[0])
    wanted = first[0].count(mark)
    return first[1].count(mark) == wanted and 0 < line.count(mark) < wanted
