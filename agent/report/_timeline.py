"""When each problem began, as a picture: what stands where, for a template to draw.

Across in per cent of whatever width there is, down in pixels: so no text is scaled, on a phone as on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from agent.report._layout import cut
from agent.report.model import Incident
from rules._words import span_text, time_text

ROW = 46
"""Pixels from one problem to the next."""
_MOST_ROWS = 40
_NARROW, _WIDE = 46, 84
"""Columns of a label on a phone and on a screen."""
_LEAST = 1.0
"""Per cent; a bar that is shorter could not be seen."""
_SPANS = (60, 120, 240, 480, 1200, 3600, 2 * 3600, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 4 * 86400, 8 * 86400)
"""Seconds; the quarters of each are spans that people count in."""
_INTERVALS = 4
_AXIS = 26


class Bar(msgspec.Struct, frozen=True):
    """One problem: from `left` for `width` per cent; `dated` if it is known when it began, `earlier` if before the picture does; `known` if it does not count."""

    id: str
    y: int
    indent: float
    left: float
    width: float
    severity: str
    narrow: str
    wide: str
    title: str
    began: str
    dated: bool
    earlier: bool
    known: bool


class Tick(msgspec.Struct, frozen=True):
    """A moment on the axis."""

    left: float
    label: str
    anchor: str


class Timeline(msgspec.Struct, frozen=True):
    """The whole picture, and how many problems found no room in it."""

    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    more: int


def timeline(incidents: Iterable[Incident], now: float) -> Timeline:
    """Problems in the order of the report, each consequence under what it follows from."""
    rows = list(_rows(incidents))
    ages = [now - one.onset for _depth, one in rows if one.onset is not None and one.onset <= now]
    span = next((span for span in _SPANS if span >= max(ages, default=0)), _SPANS[-1])
    bars = tuple(_bar(one, depth, place, now, span) for place, (depth, one) in enumerate(rows[:_MOST_ROWS]))
    return Timeline(len(bars) * ROW + _AXIS, bars, tuple(_ticks(now, span)), max(len(rows) - _MOST_ROWS, 0))


def _rows(incidents: Iterable[Incident], depth: int = 0) -> Iterator[tuple[int, Incident]]:
    for one in incidents:
        yield depth, one
        yield from _rows(one.consequences, depth + 1)


def _bar(one: Incident, depth: int, place: int, now: float, span: float) -> Bar:
    onset = one.onset if one.onset_known and one.onset is not None and one.onset <= now else None
    age = span if onset is None else now - onset
    width = min(max(100 * age / span, _LEAST), 100.0)
    began = "since when is not known" if onset is None else f"since {time_text(onset, now)}, {span_text(age)}"
    return Bar(
        one.id, place * ROW, min(depth, 5) * 3.0, round(100 - width, 2), round(width, 2), one.severity, cut(one.title, _NARROW - 2 * min(depth, 5)),
        cut(one.title, _WIDE), one.title, began, onset is not None, age > span, one.known is not None,
    )  # fmt: skip


def _ticks(now: float, span: float) -> Iterator[Tick]:
    for number in range(_INTERVALS + 1):
        at = now - span * (_INTERVALS - number) / _INTERVALS
        label = "now" if number == _INTERVALS else f"−{span_text(now - at)}"
        yield Tick(100 * number / _INTERVALS, label, "start" if number == 0 else "end" if number == _INTERVALS else "middle")
