"""Which lines of a log belong together: what stands before a message, and the traceback that leads to it.

Of `web-1  | [2026-01-01 00:00:00 +0000] [7] [ERROR] Exception in worker process` the message is `Exception in worker process`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LAST_LINES = 40
"""A line that is followed by more than this many others did not end the program."""
WRAPPED_LINES = 80
"""As far before a line that only tells of another's failure, that failure may stand."""
NEAR_LINES = 12
"""As many lines may stand between the end of a traceback and the line that it leads to."""

_BEFORE = re.compile(
    r"""(?:
      [\w.-]{1,60}\s{0,20}\|\s?                                                            # docker compose
    | \[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\s?(?:Z|[+-]\d\d:?\d\d)?\]?:?\s{1,3}
    | \[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?\s{1,3}
    | [IWEF]\d{4}\s\d\d:\d\d:\d\d\.\d{1,9}\s{1,8}\d{1,9}\s[\w./-]{1,200}:\d{1,6}\]\s        # klog
    | \[(?:rank|default|local_rank)?_?\d{1,6}\]:?\s?                                         # torchrun, a pid
    | \((?:[\w.:()-]{1,80}\s)?pid=\d{1,9}(?:,\sip=[\d.:a-f]{1,40})?\)\s                      # ray
    | (?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]{1,60}:
    | (?:\[(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\]|(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)):?\s{1,8}
    ){0,8}""",
    re.VERBOSE,
)
_HEADER = "Traceback (most recent call last)"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_JAVA = re.compile(r"\s*(?:at [\w.$<>/]+\(|Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames))")
_INSIDE = re.compile(r"\s|$|\[Previous line repeated")


def plain(line: str) -> str:
    """The line without the time, level, process, rank and container that stand before its message."""
    found = _BEFORE.match(line)
    return line[found.end() :] if found else line


def block_start(lines: Sequence[str], end: int) -> int:
    """The first line of the traceback, with those it is chained to, that leads to the line `end`; `end` itself without one."""
    start = _java_start(lines, end)
    header = _header_before(lines, start + 1)
    if header is None or start - _last_of(lines, header) > NEAR_LINES:
        return start
    while any(mark in line for line in lines[max(0, header - 3) : header] for mark in _CHAINED):
        earlier = _header_before(lines, header)
        if earlier is None:
            break
        header = earlier
    return header


def _header_before(lines: Sequence[str], end: int) -> int | None:
    return next((number for number in range(end - 1, -1, -1) if _HEADER in lines[number]), None)


def _last_of(lines: Sequence[str], header: int) -> int:
    """The line of the exception itself: the first after the header that is not indented."""
    for number in range(header + 1, len(lines)):
        if not _INSIDE.match(plain(lines[number])):
            return number
    return len(lines) - 1


def _java_start(lines: Sequence[str], end: int) -> int:
    """The line from which a trace of Java's frames and causes goes on to `end`."""
    start = end
    while start > 0 and _JAVA.match(plain(lines[start])):
        start -= 1
    return start
