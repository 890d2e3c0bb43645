"""Programs that the processor stopped, in the kernel's log (arch/x86/mm/fault.c, arch/x86/kernel/traps.c, kernel/signal.c, mm/memory-failure.c):

    python3[13378]: segfault at 0 ip 00007fb913185ad8 sp 00007ffcbba2b5d8 error 4 in libc.so.6[167ad8,7fb913044000+156000] likely on CPU 1 …
    traps: python3[13419] trap invalid opcode ip:7fa279cc0000 sp:7ffe88a88638 error:0 in dev/zero[0,7fa279cc0000+1000]

Kernels say so where debug.exception-trace is on (x86: as it comes; Arm: off). A bus error is said only for broken memory, or where
kernel.print-fatal-signals is on; a program that only fell off a truncated map leaves no line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from probes.host._clock import utc
from probes.host._kmsg import Line

_FORMS = (
    re.compile(r"(?P<name>.+)\[(?P<pid>\d+)\]: (?P<kind>segfault) at "),
    re.compile(r"(?:traps: )?(?P<name>.+)\[(?P<pid>\d+)\]:? (?:trap )?(?P<kind>invalid opcode|general protection fault|divide error|int3)\b"),
    re.compile(r"MCE: .*?Killing (?P<name>.+):(?P<pid>\d+) due to (?P<kind>hardware memory corruption)"),
    re.compile(r"(?P<name>.+?)(?:/(?P<pid>\d+))?: potentially unexpected fatal signal (?P<signal>\d+)"),
    re.compile(r"(?P<name>.+)\[(?P<pid>\d+)\]: unhandled .*\((?P<signal>4|7|11)\)"),
)
_SIGNALS = {"4": "illegal instruction", "7": "bus error", "11": "segfault"}


def crashes(lines: Iterable[Line]) -> Iterator[str]:
    """`2026-11-24T22:49:38Z python3 13378 segfault` for each, in the order of the lines."""
    for line in lines:
        found = _matched(line.text)
        if found:
            yield f"{utc(line.at)} {found['name']} {found['pid'] or '-'} {_kind(found)}"


def wanted(text: str) -> bool:
    """Whether a line of the log tells of a crash."""
    return _matched(text) is not None


def _matched(text: str) -> re.Match[str] | None:
    return next((found for form in _FORMS if (found := form.match(text))), None)


def _kind(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return groups.get("kind") or _SIGNALS.get(groups["signal"], f"signal {groups['signal']}")
