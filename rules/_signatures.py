"""Signatures: what logs and engine errors say, as patterns with the text they must and must not match.

A signature belongs to one channel, for the same text means different things in different places. One linear-time set a channel is
run over whole chunks of text; lines are looked for only where something matched.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import re2
from msgspec import Meta

from rules._yaml import RowError, load

FOLDER = Path(__file__).parent / "signatures"
Channel = Literal["application-log", "runtime"]
CAPTURES = ("module", "library", "file", "command", "host", "port", "key", "tried", "tried_unit", "capacity", "capacity_unit", "free", "free_unit",
            "allocated", "allocated_unit", "reserved", "reserved_unit", "mine", "mine_unit")  # fmt: skip
"""The only names that patterns may capture."""

CHUNK = 1 << 18
LAST_LINES = 40
"""A line that is followed by more than this many others did not end the program, unless a traceback leads from it to the end."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_TRACEBACK = "Traceback (most recent call last)"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pattern. `says` is what it means for the cause; a trait is told beside it; a general one gives way to any other near it."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9]+/[a-z0-9-]+$")]
    channel: Channel = "application-log"
    pattern: str
    says: Annotated[str, Meta(pattern=r"^[a-z-]*$")] = ""
    trait: Annotated[str, Meta(pattern=r"^[a-z-]*$")] = ""
    general: bool = False
    match: Annotated[tuple[str, ...], Meta(min_length=1)]
    never: Annotated[tuple[str, ...], Meta(min_length=1)]


class Match(msgspec.Struct, frozen=True):
    """A line that a signature matched; lines count from 0."""

    signature: Signature
    line: int
    text: str
    captures: Mapping[str, str]


class Signatures:
    """All signatures, compiled by channel."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self.all = tuple(signatures)
        self._by_channel: dict[str, tuple[tuple[Signature, Any], ...]] = {}
        self._sets: dict[str, Any] = {}
        for channel in sorted({one.channel for one in self.all}):
            mine = tuple((one, re2.compile(one.pattern)) for one in self.all if one.channel == channel)
            self._by_channel[channel] = mine
            self._sets[channel] = _set(one.pattern for one, _compiled in mine)

    def scan(self, text: str, channel: Channel) -> tuple[Match, ...]:
        """Every match of the channel's signatures, in the order of lines."""
        clean = _ESCAPES.sub("", text) if "\x1b" in text else text
        found: list[Match] = []
        line = 0
        for chunk in _chunks(clean):
            hits = self._sets[channel].Match(chunk)
            if hits:
                found += self._lines(chunk, line, channel, hits)
            line += chunk.count("\n")
        return tuple(sorted(found, key=lambda match: (match.line, match.signature.general, match.signature.id)))

    def _lines(self, chunk: str, first: int, channel: str, hits: Sequence[int]) -> list[Match]:
        mine = [self._by_channel[channel][hit] for hit in hits]
        found = []
        for number, line in enumerate(chunk.split("\n"), first):
            for signature, compiled in mine:
                match = compiled.search(line)
                if match:
                    captures = {name: value for name, value in match.groupdict().items() if value}
                    found.append(Match(signature, number, line.strip(), captures))
        return found


def _set(patterns: Iterable[str]) -> Any:
    found = re2.Set.SearchSet()
    for pattern in patterns:
        found.Add(f"(?m){pattern}")  # the set sees many lines at once; each line's own search sees one
    found.Compile()
    return found


def _chunks(text: str) -> Iterable[str]:
    """The text in pieces that end at line ends."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + CHUNK)
        stop = len(text) if end < 0 else end + 1
        yield text[start:stop]
        start = stop


def decisive(text: str, matches: Sequence[Match]) -> Match | None:
    """The match that tells why the program ended: the last one, or the special one that the last traceback leads to it from."""
    telling = [match for match in matches if match.signature.says]
    if not telling:
        return None
    lines = text.rstrip("\n").split("\n")
    last = telling[-1]
    if last.line < len(lines) - LAST_LINES:
        return None
    start = _block_start(lines, last.line)
    special = [match for match in telling if match.line >= start and not match.signature.general]
    return special[-1] if special else last


def _block_start(lines: Sequence[str], end: int) -> int:
    """The first line of the traceback, with those it is chained to, that leads to the line `end`; `end` itself without one."""
    start = end
    for number in range(end, -1, -1):
        if _TRACEBACK in lines[number]:
            start = number
            chained = any(mark in line for line in lines[max(0, number - 3) : number] for mark in _CHAINED)
            if not chained:
                return start
    return start


def read(folder: Path) -> tuple[Signature, ...]:
    """Every signature in a folder. Raises RowError naming file and line."""
    found: dict[str, Signature] = {}
    for path in sorted(folder.glob("*.yaml")):
        signatures, lines = load(path, tuple[Signature, ...])
        for number, one in enumerate(signatures):
            if one.id in found:
                raise RowError(f"{path}:{lines.get((number,), 1)}: the signature {one.id} stands twice.")
            fault = fault_of(one)
            if fault:
                raise RowError(f"{path}:{lines.get((number,), 1)}: {one.id}: {fault}")
            found[one.id] = one
    return tuple(found.values())


def fault_of(signature: Signature) -> str:
    """What is wrong with a signature on its own; empty if nothing is."""
    try:
        compiled = re2.compile(signature.pattern)
    except re2.error as error:
        return f"the pattern does not compile: {error}."
    stray = sorted(set(compiled.groupindex) - set(CAPTURES))
    if stray:
        return f"there is no capture '{stray[0]}'; known are {', '.join(CAPTURES)}."
    if bool(signature.says) == bool(signature.trait):
        return "it has either 'says' or 'trait'."
    for text in signature.match:
        if not compiled.search(text):
            return f"it must match: {text}"
    for text in signature.never:
        if compiled.search(text):
            return f"it must not match: {text}"
    return ""


@functools.cache
def ours() -> Signatures:
    """The signatures that come with the program."""
    return Signatures(read(FOLDER))
