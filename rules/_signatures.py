"""Signatures: what logs and engine errors say, as patterns with the text they must and must not match.

A signature belongs to one channel, for the same text means different things in different places. One linear-time set a channel runs over
whole chunks of text; lines are looked for only where something matched, and read without what loggers, compose and ranks put before them.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import re2
from msgspec import Meta

from rules._blocks import LAST_LINES, WRAPPED_LINES, block_start, plain
from rules._yaml import RowError, load

FOLDER = Path(__file__).parent / "signatures"
Channel = Literal["application-log", "runtime", "kernel-log", "pull", "creation", "mount"]
CAPTURES = (
    "module", "library", "file", "command", "option", "host", "port", "key", "user", "pid", "symbol", "error", "size", "tried", "tried_unit", "capacity",
    "capacity_unit", "free", "free_unit", "allocated", "allocated_unit", "reserved", "reserved_unit", "mine", "mine_unit",
    "name",
)  # fmt: skip
"""The only names that patterns may capture."""

CHUNK = 1 << 18
MOST = 1000  # matches of one signature that are kept: the newest
_MEMORY = 64 << 20
_compile = functools.cache(re2.compile)  # most patterns never hit: only those that do are compiled on their own
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_START = re.compile(r"(?<![\\\[])\^")

_Id = Annotated[str, Meta(pattern=r"^[a-z0-9]+/[a-z0-9-]+$")]
_Word = Annotated[str, Meta(pattern=r"^[a-z-]*$")]


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a line says, and how it is recognised. `says` is what it means for the cause; a trait is told beside it."""

    id: _Id
    channel: Channel = "application-log"
    pattern: str | tuple[str, ...]
    """One, or several that say the same and capture different things."""
    says: _Word = ""
    trait: _Word = ""
    general: bool = False
    """It gives way to any other in the traceback that leads to it."""
    wrapper: bool = False
    """It tells only that something else failed: what was said before it decides."""
    led_by: _Word = ""
    """A trait that a line of the traceback which leads to it must have."""
    instead_of: tuple[_Id, ...] = ()
    """Signatures that do not count on a line which this one matches."""
    match: Annotated[tuple[str, ...], Meta(min_length=1)]
    never: Annotated[tuple[str, ...], Meta(min_length=1)]

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


class Match(msgspec.Struct, frozen=True):
    """A line that a signature matched; lines count from 0."""

    signature: Signature
    line: int
    text: str
    captures: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.signature.id

    @property
    def precedence(self) -> Literal["specific", "general"]:
        return "general" if self.signature.general else "specific"


class _Pattern(msgspec.Struct, frozen=True):
    """One pattern of a signature: for a line, and for a chunk of lines with whatever stands before them."""

    signature: Signature
    exact: str
    coarse: bytes


class Signatures:
    """All signatures, compiled by channel."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self.all = tuple(signatures)
        self._channels: dict[str, tuple[tuple[_Pattern, ...], Any]] = {}
        for channel in sorted({one.channel for one in self.all}):
            pairs = ((one, pattern) for one in self.all if one.channel == channel for pattern in one.patterns)
            mine = tuple(_Pattern(one, pattern, _coarse(pattern)) for one, pattern in pairs)
            self._channels[channel] = (mine, _set(mine))

    def scan(self, text: str, channel: Channel) -> tuple[Match, ...]:
        """Every match of the channel's signatures, in the order of lines; of each signature the newest 1000."""
        signatures, sieve = self._channels.get(channel, ((), None))
        clean = _ESCAPES.sub("", text) if "\x1b" in text else text
        found: dict[str, deque[Match]] = defaultdict(functools.partial(deque, maxlen=MOST))
        line = 0
        for chunk in _chunks(clean.encode("utf-8", "replace")):
            hits = sieve.Match(chunk) if sieve else None
            for match in _matches(chunk, line, [signatures[hit] for hit in sorted(hits or ())]):
                found[match.signature.id].append(match)
            line += chunk.count(b"\n")
        return tuple(sorted(chain(*found.values()), key=lambda match: (match.line, match.signature.general, match.signature.id)))


def _matches(chunk: bytes, first: int, hits: Sequence[_Pattern]) -> Iterator[Match]:
    """What the patterns that hit this chunk match in its lines, of which the first has the number `first`."""
    wanted: dict[int, list[_Pattern]] = defaultdict(list)
    for one in hits:
        for start in dict.fromkeys(start for match in _compile(one.coarse).finditer(chunk) for start in _line_starts(chunk, *match.span())):
            wanted[start].append(one)
    place = 0
    for start in sorted(wanted):
        first += chunk.count(b"\n", place, start)
        place = start
        end = chunk.find(b"\n", start)
        yield from _of_line(chunk[start : end if end >= 0 else len(chunk)].decode("utf-8"), first, wanted[start])


def _line_starts(chunk: bytes, start: int, end: int) -> Iterator[int]:
    """Where each line begins that the span touches."""
    place = chunk.rfind(b"\n", 0, start) + 1
    while True:
        yield place
        place = chunk.find(b"\n", place, end) + 1
        if not place:
            return


def _of_line(line: str, number: int, hits: Sequence[_Pattern]) -> list[Match]:
    shown = plain(line)
    found: dict[str, Match] = {}
    for one in hits:
        match = None if one.signature.id in found else _compile(one.exact).search(shown)
        if match:
            captures = {name: value for name, value in match.groupdict().items() if value}
            found[one.signature.id] = Match(one.signature, number, line.strip(), captures)
    hidden = {id_ for match in found.values() for id_ in match.signature.instead_of}
    return [match for id_, match in found.items() if id_ not in hidden]


def _coarse(pattern: str) -> bytes:
    """The pattern as it may match inside many lines: a line's beginning may have something before it."""
    return ("(?m)" + _START.sub(r"(?:^|[\\s|\\]>:)])", pattern)).encode()


def _set(patterns: Iterable[_Pattern]) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    found = re2.Set.SearchSet(options)
    for one in patterns:
        found.Add(one.coarse)
    found.Compile()
    return found


def _chunks(text: bytes) -> Iterator[bytes]:
    """The text in pieces that end at line ends."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + CHUNK)
        stop = len(text) if end < 0 else end + 1
        yield text[start:stop]
        start = stop


def borne_out(text: str, matches: Sequence[Match]) -> tuple[Match, ...]:
    """The matches, without those that need another line in the traceback which leads to them, where it is not."""
    lines = text.split("\n")
    return tuple(match for match in matches if not match.signature.led_by or _led(lines, match, matches))


def _led(lines: Sequence[str], match: Match, matches: Iterable[Match]) -> bool:
    start = block_start(lines, match.line)
    return any(start <= other.line < match.line and other.signature.trait == match.signature.led_by for other in matches)


def decisive(text: str, matches: Sequence[Match]) -> Match | None:
    """The match that tells why the program ended: the last one, or the special one that the last traceback leads to it from."""
    telling = [match for match in matches if match.signature.says]
    lines = text.rstrip("\n").split("\n")
    if not telling or telling[-1].line < len(lines) - LAST_LINES:
        return None
    telling = _unwrapped(telling)
    last = telling[-1]
    start = block_start(lines, last.line)
    special = [match for match in telling if match.line >= start and not match.signature.general]
    return special[-1] if special else last


def _unwrapped(telling: list[Match]) -> list[Match]:
    """Without lines that only tell of another's failure, if that failure stands near before them."""
    wrappers = sorted({match.line for match in telling if match.signature.wrapper})
    own = [match for match in telling if match.line not in wrappers]
    if not own or not wrappers or own[-1].line > wrappers[-1]:
        return own or telling
    return own if wrappers[bisect_right(wrappers, own[-1].line)] - own[-1].line <= WRAPPED_LINES else telling


def read(folder: Path) -> tuple[Signature, ...]:
    """Every signature in a folder. Raises RowError naming file and line."""
    found = _parsed(folder)
    for id_, fault in check(one for one, _where in found.values()):
        raise RowError(f"{found[id_][1]}: {id_}: {fault}")
    return tuple(one for one, _where in found.values())


def _parsed(folder: Path) -> dict[str, tuple[Signature, str]]:
    """The signatures by id, and where each stands."""
    found: dict[str, tuple[Signature, str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        signatures, lines = load(path, tuple[Signature, ...])
        for number, one in enumerate(signatures):
            where = f"{path}:{lines.get((number,), 1)}"
            if one.id in found:
                raise RowError(f"{where}: the signature {one.id} stands twice.")
            found[one.id] = (one, where)
    return found


def check(signatures: Iterable[Signature]) -> Iterator[tuple[str, str]]:
    """What is wrong with these signatures: the id and a sentence."""
    given = {one.id: one for one in signatures}
    traits = {one.trait for one in given.values()}
    for one in given.values():
        strange = [id_ for id_ in one.instead_of if id_ not in given or given[id_].channel != one.channel]
        fault = fault_of(one) or (f"there is no signature '{strange[0]}' in its channel." if strange else "")
        fault = fault or (f"no signature has the trait '{one.led_by}'." if one.led_by not in traits | {""} else "")
        if fault:
            yield one.id, fault


def fault_of(signature: Signature) -> str:
    """What is wrong with a signature on its own; empty if nothing is."""
    try:
        compiled = [re2.compile(pattern) for pattern in signature.patterns]
    except re2.error as error:
        return f"the pattern does not compile: {error}."
    stray = sorted({name for pattern in compiled for name in pattern.groupindex} - set(CAPTURES))
    if stray:
        return f"there is no capture '{stray[0]}'; known are {', '.join(CAPTURES)}."
    if bool(signature.says) == bool(signature.trait):
        return "it has either 'says' or 'trait'."
    missed = [text for text in signature.match if not any(pattern.search(plain(text)) for pattern in compiled)]
    taken = [text for text in signature.never if any(pattern.search(plain(text)) for pattern in compiled)]
    return f"it must match: {missed[0]}" if missed else f"it must not match: {taken[0]}" if taken else ""


@functools.cache
def ours() -> Signatures:
    """The signatures that come with the program; that each keeps its word is for the tests to tell, not for every start."""
    return Signatures(one for one, _where in _parsed(FOLDER).values())
