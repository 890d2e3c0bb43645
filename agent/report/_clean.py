"""Text from outside, made safe to print: one line, no terminal escapes, no control, invisible or direction-turning characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from agent.report.model import Repair, Report

MOST = 20_000
"""Characters of one text; what is longer is cut."""
_MOST_COMBINING = 2
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]*(?:\x07|\x1b\\|\x9c)"  # a string with its payload: titles, links, clipboard
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours and cursor movements
    r"|\x1b[ -/]*[0-~]?"
)
_VARIANTS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_INVISIBLE = _VARIANTS | frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_WITHHELD = "(The command holds characters that cannot be printed; --output json has it.)"

T = TypeVar("T")


def clean(text: str) -> str:
    r"""Any text, fit for a terminal, a log and a page.

    >>> clean("a\x1b[31mred\x1b[0m\nb\u202ec"), clean("\x1b]8;;http://evil\x07here")
    ('ared bc', 'here')
    """
    if text.isascii() and text.isprintable() and len(text) <= MOST:
        return text
    kept: list[str] = []
    combining = 0
    for character in _SEQUENCES.sub("", text[:MOST]):
        category = unicodedata.category(character)
        combining = combining + 1 if category in ("Mn", "Me") else 0
        if combining <= _MOST_COMBINING:
            kept.append(_one(character, category))
    return "".join(kept)


def _one(character: str, category: str) -> str:
    if category[0] == "Z" or character in "\t\n\v\f\r\x85":
        return " "
    if category in ("Cc", "Cf") or character in _INVISIBLE:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" or character in "\ufffe\uffff" else character


def cleaned(report: Report) -> Report:
    """The report with every text in it cleaned, so that no format can forget one."""
    return mapped(report, clean, _withheld)


def mapped(value: T, text: Callable[[str], str], struct: Callable[[msgspec.Struct], msgspec.Struct] = lambda one: one) -> T:
    """A value rebuilt with `text` applied to every string in it, and `struct` to every struct before its fields."""
    return _mapped(value, text, struct)  # type: ignore[no-any-return]  # the shape is kept


def _mapped(value: Any, text: Callable[[str], str], struct: Callable[[msgspec.Struct], msgspec.Struct]) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(_mapped(one, text, struct) for one in value)
    if isinstance(value, dict):
        return {text(key): _mapped(one, text, struct) for key, one in value.items()}
    if isinstance(value, msgspec.Struct):
        whole = struct(value)
        return msgspec.structs.replace(whole, **{name: _mapped(getattr(whole, name), text, struct) for name in whole.__struct_fields__})
    return value


def _withheld(value: msgspec.Struct) -> msgspec.Struct:
    """A command that would have to be changed to be printed is another command: it is not printed."""
    if isinstance(value, Repair) and clean(value.command) != value.command:
        return msgspec.structs.replace(value, command="", do=f"{value.do} {_WITHHELD}")
    return value
