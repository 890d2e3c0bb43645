"""Do the columns of a table satisfy what is expected of them?

compare(expected, table)  ->  Difference(missing=("age",), renamed=("Age for age",), types=("id: integer is wanted, …",), nulls=(), …)

Columns that nobody expects, another order, and nulls that nobody forbids are no difference. Of text files a type is wrong where a value
is no such thing; a whole number may stand for any other.
"""

from __future__ import annotations

import msgspec

from probes.dvc._columns import Column, Seen, Table, shown
from probes.dvc._expected import Expected, Wanted
from probes.dvc._types import Type, fits

_NUMBERS = ("integer", "float", "number", "decimal")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as expected; column names are as they may be printed."""

    missing: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    """Columns of integers that hold nulls, and nothing else that is no integer."""
    renamed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    reordered: bool = False
    separator: str = ""
    columns: tuple[str, ...] = ()
    """The names, as they are written, of all columns at fault."""

    @property
    def any(self) -> bool:
        return bool(self.missing or self.types or self.nulls or self.separator)

    @property
    def only_nulls(self) -> bool:
        return bool(self.nulls) and not (self.missing or self.types or self.separator)


def compare(expected: Expected, table: Table) -> Difference | None:
    """None where the table's columns have no names, or none that is expected, so that it may be any other table: nothing can be told then."""
    if not table.headed:
        return None
    have = {one.name: one for one in table.columns}
    alike = {_plain(name): name for name in have}
    missing = [one for one in expected.columns if one.required and one.name not in have]
    renamed = [(one.name, alike[_plain(one.name)]) for one in missing if _plain(one.name) in alike]
    types = [(one, why) for one in expected.columns if one.name in have and (why := _type(one, have[one.name], table, expected))]
    nulls = [one for one in expected.columns if one.name in have and _only_nulls(one, have[one.name], table)]
    known = {one.name for one in expected.columns}
    order = [one.name for one in expected.columns if one.name in have]
    foreign = not any(one.name in have for one in expected.columns) and not renamed
    return Difference(
        missing=tuple(shown(one.name) for one in missing),
        types=tuple(f"{shown(one.name)}: {why}" for one, why in types if one not in nulls),
        nulls=tuple(shown(one.name) for one in nulls),
        renamed=tuple(f"{shown(now)} for {shown(was)}" for was, now in renamed),
        extra=() if foreign else tuple(shown(name) for name in have if name not in known),
        reordered=[name for name in table.names if name in order] != order,
        separator=_separator(expected, table),
        columns=tuple(dict.fromkeys(one.name for one in (*missing, *(one for one, _why in types), *nulls))),
    )


def _separator(expected: Expected, table: Table) -> str:
    if not expected.separator or not table.separator or expected.separator == table.separator or len(table.columns) < 2:
        return ""
    return f"its separator is {_named(table.separator)}, and was {_named(expected.separator)}"


def _named(separator: str) -> str:
    return {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar"}.get(separator, separator)


def _plain(name: str) -> str:
    """What is left when case, spaces and marks are not told apart."""
    return "".join(one for one in name.casefold() if one.isalnum()) or name


def _type(wanted: Wanted, column: Column, table: Table, expected: Expected) -> str:
    """What is wrong with a column's type, in words; empty where it fits."""
    if not wanted.types:
        return ""
    words = " or ".join(str(one) for one in wanted.types)
    if table.exact:
        good = any(fits(column.type, one, coerced=expected.coerced) for one in wanted.types)
        return "" if good else f"{words} is wanted, it is {column.type}"
    held = [_held(column.seen, one, table.form) for one in wanted.types]
    return "" if "" in held else f"{words} is wanted, it holds {held[0]}"


def _held(seen: Seen, want: Type, form: str) -> str:
    """What a column of text holds that a type does not allow; empty where all could be read as that type."""
    kinds = (("text", seen.texts + seen.dated), ("true or false", seen.booleans), ("fractions", seen.floats), ("lists or objects", seen.others))
    bad = {word: count for word, count in kinds if count}
    if want.family == "integer":
        wrong = bad
    elif want.family in _NUMBERS:
        wrong = {word: count for word, count in bad.items() if word != "fractions"}
    elif want.family == "boolean":
        wrong = {"text": seen.texts + seen.dated} if seen.texts + seen.dated else {}
    elif want.family == "time":
        wrong = {"text": seen.texts, "true or false": seen.booleans} if seen.texts or seen.booleans else {}
    elif want.family == "string" and form == "jsonl":
        wrong = {"numbers": seen.integers + seen.wholes + seen.floats, **bad}
        wrong = {word: count for word, count in wrong.items() if count and word != "text"}
    else:
        wrong = {}
    return ", ".join(f"{word} ({count} of {seen.values} rows read)" for word, count in wrong.items() if count)


def _only_nulls(wanted: Wanted, column: Column, table: Table) -> bool:
    """Integers are wanted, and nulls make a column of fractions of what holds nothing but integers."""
    if wanted.nullable or not column.seen.nulls or not any(one.family == "integer" for one in wanted.types):
        return False
    if table.exact:
        return column.type.family in ("integer", "float")
    seen = column.seen
    return seen.values > 0 and seen.values == seen.integers + seen.wholes
