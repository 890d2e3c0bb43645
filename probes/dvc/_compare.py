"""Do the columns of a table satisfy what is expected of them?

compare(expected, table)  ->  Difference(missing=("age",), renamed=("Age for age",), types=("id: integer is wanted, …",), nulls=(), …)

Columns that nobody expects or rules out, another order, and nulls that nobody forbids are no difference. Of text files a type is wrong where a value
is no such thing; a whole number may stand for any other.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from probes.dvc._columns import Column, Seen, Table, shown
from probes.dvc._expected import Expected, Wanted
from probes.dvc._types import NUMBERS, Type, fits


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as expected; column names are as they may be printed."""

    missing: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    """Columns of integers that hold nulls, and nothing else that is no integer."""
    renamed: tuple[str, ...] = ()
    separator: str = ""
    unexpected: tuple[str, ...] = ()
    """Columns that a closed contract rules out."""
    columns: tuple[str, ...] = ()
    """The names, as they are written, of all columns at fault that are expected."""

    @property
    def any(self) -> bool:
        return bool(self.missing or self.types or self.nulls or self.separator or self.unexpected)

    @property
    def only_nulls(self) -> bool:
        return bool(self.nulls) and not (self.missing or self.types or self.separator or self.unexpected)


def compare(expected: Expected, table: Table) -> Difference | None:
    """None where the table's columns have no names, or none that is expected, so that it may be any other table: nothing can be told then."""
    if not table.headed:
        return None
    have = {one.name: one for one in table.columns}
    alike = {_plain(name): name for name in have}
    missing = [one for one in expected.columns if one.required and one.name not in have]
    renamed = [(one.name, alike[_plain(one.name)]) for one in missing if _plain(one.name) in alike]
    types = [(one, why) for one in expected.columns if one.name in have and (why := _type(one, have[one.name], table, expected))]
    nulls = [one for one in expected.columns if one.name in have and _only_nulls(one, have[one.name], table, expected)]
    return Difference(
        missing=tuple(shown(one.name) for one in missing),
        types=tuple(f"{shown(one.name)}: {why}" for one, why in types if one not in nulls),
        nulls=tuple(shown(one.name) for one in nulls),
        renamed=tuple(f"{shown(now)} for {shown(was)}" for was, now in renamed),
        separator=_separator(expected, table),
        unexpected=tuple(shown(name) for name in have if name and name not in {one.name for one in expected.columns}) if expected.closed else (),
        columns=tuple(dict.fromkeys(one.name for one in (*missing, *(one for one, _why in types), *nulls))),
    )


def satisfies(expected: Iterable[Expected], table: Table | None) -> bool | None:
    """None where it cannot be told."""
    found = [compare(one, table) for one in expected] if table is not None else [None]
    return None if None in found else not any(one is not None and one.any for one in found)


def _separator(expected: Expected, table: Table) -> str:
    if not expected.separator or not table.separator or expected.separator == table.separator or len(table.columns) < 2:
        return ""
    return f"its separator is {_named(table.separator)}, not {_named(expected.separator)}"


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
    held = [_held(column.seen, one, table.form, literal=expected.literal) for one in wanted.types]
    return "" if "" in held else f"{words} is wanted, it holds {held[0]}"


def _held(seen: Seen, want: Type, form: str, *, literal: bool) -> str:
    """What a column of text holds that a type does not allow; empty where all could be read as that type."""
    kinds = (("text", seen.texts + seen.dated), ("true or false", seen.booleans), ("fractions", seen.floats), ("lists or objects", seen.others))
    bad = {word: count for word, count in kinds if count}
    if want.family == "integer":
        wrong = {**bad, **({"integers written as 1.0": seen.wholes} if literal and form == "csv" else {})}
    elif want.family in NUMBERS:
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


def _only_nulls(wanted: Wanted, column: Column, table: Table, expected: Expected) -> bool:
    """Integers are wanted, and nulls make a column of fractions of what holds nothing but integers. Where they are allowed, they may have done so still."""
    written = expected.literal and table.form == "csv" and column.seen.wholes
    if (wanted.nullable and not written) or not column.seen.nulls or not any(one.family == "integer" for one in wanted.types):
        return False
    if table.exact:
        return column.type.family in ("integer", "float")
    seen = column.seen
    return seen.values > 0 and seen.values == seen.integers + seen.wholes
