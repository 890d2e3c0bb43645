"""Lines of a fixed width: hanging indents, two columns, something flush right; plain, or coloured by rich."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

COLUMN = 43
"""Where the second column begins if the first is short enough."""
_NARROWEST = 24
_LEAST_INDENT = 2


class Span(NamedTuple):
    """A piece of a line and how a terminal shows it."""

    text: str
    style: str = ""


Row = tuple[Span, ...]
NOTHING = Span("")


class Page:
    """Rows from top to bottom."""

    def __init__(self, width: int) -> None:
        self.width = max(width, 2 * _NARROWEST)
        self.rows: list[Row] = []

    def put(self, lead: Span, text: Span, right: Span = NOTHING, most: int = 0) -> int:
        """`lead`, the text wrapped beneath its own start in at most `most` lines, `right` at the end of the first; gives where the last line ends.

        No text that goes on begins at the edge: only labels stand there, and none can be forged.
        """
        lead, right = self._bounded(lead), self._bounded(right)
        before = cells(lead.text)
        under = max(before, _LEAST_INDENT)
        room = self.width - under
        first = self.width - before - (cells(right.text) + 2 if right.text else 0)
        beside = first >= _NARROWEST
        lines = wrap(text.text, room, first if beside else self.width - before, most)
        for number, line in enumerate(lines):
            start = Span(" " * under) if number else lead
            self.rows.append((start, Span(line, text.style), *(() if number or not beside else self._flush(before + cells(line), right))))
        if not beside:
            self.rows.append(self._flush(0, right))
        return (under if len(lines) > 1 else before) + cells(lines[-1])

    def _bounded(self, span: Span) -> Span:
        """What stands beside the text never takes the text's place."""
        return Span(_head(span.text, self.width - _NARROWEST), span.style)

    def _flush(self, used: int, right: Span) -> Row:
        return (Span(" " * max(self.width - used - cells(right.text), 0)), right) if right.text else ()

    def pair(self, lead: Span, left: Span, right: Span, most: int = 0) -> None:
        """Two columns: `right` on the line where `left` ends if there is room, else beneath it."""
        used = self.put(lead, left, most=most)
        if not right.text:
            return
        start = max(COLUMN, used + 2)
        if cells(right.text) > self.width - start:
            start = self.width - cells(right.text)
        if start >= used + 2:
            self.rows[-1] += (Span(" " * (start - used)), right)
        else:
            self.put(Span(" " * (cells(self._bounded(lead).text) + 2)), right, most=most)

    def alone(self, indent: int, text: Span) -> None:
        """A line that is never broken, whatever its length."""
        self.rows.append((Span(" " * indent), text))

    def gap(self) -> None:
        """An empty line, never two."""
        if self.rows and self.rows[-1]:
            self.rows.append(())


def cells(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> cells("trainer"), cells("模型")
    (7, 4)
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int, first: int = 0, most: int = 0) -> list[str]:
    """Lines of at most `width` columns, the first of at most `first`; a word longer than a line is broken; after `most` lines it is cut.

    >>> wrap("one two three", 7), wrap("abcdefgh", 5), wrap("one two three", 7, most=1)
    (['one two', 'three'], ['abcde', 'fgh'], ['one tw…'])
    """
    lines: list[str] = []
    width = max(width, 2)
    now, room = "", first or width
    for word in text.split():
        left = word
        if now and cells(now) + 1 + cells(left) > room:
            lines.append(now)
            now, room = "", width
        if not now and not lines and cells(left) > room and cells(left) <= width:
            lines.append("")
            room = width
        while len(part := _head(left, room)) < len(left):
            lines.append(part)
            left, room = left[len(part) :], width
        now = f"{now} {left}" if now else left
    lines += [now] if now or not lines else []
    if most and len(lines) > most:
        return [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width if most > 1 else first or width)]
    return lines


def cut(text: str, width: int) -> str:
    """One line of at most `width` columns; what was left out shows as an ellipsis."""
    text = " ".join(text.split())
    return text if cells(text) <= width else _head(text, width - 1).rstrip() + "…"


def _head(text: str, width: int) -> str:
    """The longest beginning that fits, of one character at least."""
    used = 0
    for number, character in enumerate(text):
        used += _cells(character)
        if used > width:
            return text[: max(number, 1)]
    return text


def plain(rows: Iterable[Row]) -> str:
    """The rows as text without any escape."""
    return "".join("".join(span.text for span in row).rstrip() + "\n" for row in rows)


def coloured(rows: Iterable[Row]) -> str:
    """The rows as text for a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=10_000, legacy_windows=False, _environ={})
    for row in rows:
        console.print(Text.assemble(*row), soft_wrap=True, highlight=False)
    assert isinstance(console.file, io.StringIO)  # noqa: S101  # made six lines above
    return console.file.getvalue()
