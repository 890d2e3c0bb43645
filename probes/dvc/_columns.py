"""What columns does a data file have? By its head alone: 256 KiB of a CSV or of JSON lines, the footer of a Parquet file.

read(path)  ->  Table(columns=(Column("age", …), …), form="csv")     what is no such file: Damage("pointer", "it is a Git LFS pointer, not the data")

Of values only what kinds of them there are is kept, never a value. The head of a CSV proves which columns there are, and that a column
holds something that is no number; it does not prove that the rest of the file holds none.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from probes.dvc._types import ANY, Type

HEAD = 256 << 10
MOST_COLUMNS = 5000
MOST_ROWS = 20_000
LONGEST_NAME = 80
FORMS: Mapping[str, str] = {
    **dict.fromkeys((".csv", ".tsv", ".csv.gz", ".tsv.gz"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".jsonl.gz"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_POINTER = b"version https://git-lfs"
_PAGE = re.compile(rb"\s*(?:<!doctype\s|<html[\s>]|<\?xml\s[^>]*>\s*<Error>|<Error>)", re.IGNORECASE)
SEPARATORS = ",;\t|"
_NULLS = frozenset(("", "#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "-nan", "1.#ind", "1.#qnan", "<na>", "n/a", "na", "null", "nan", "none"))
"""What pandas reads as null, in lower case."""
_INTEGER = re.compile(r"\s*[-+]?\d+\s*")
_WHOLE = re.compile(r"\s*[-+]?\d+\.0*\s*")
_FLOAT = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*|\s*[-+]?inf(?:inity)?\s*", re.IGNORECASE)
_BOOLEAN = frozenset(("true", "false", "t", "f", "yes", "no"))


class Seen(msgspec.Struct, frozen=True):
    """How many values of which kind a column has, in the rows that were read."""

    nulls: int = 0
    integers: int = 0
    wholes: int = 0
    """Written as 3.0: what becomes of an integer where nulls are among them."""
    floats: int = 0
    booleans: int = 0
    dated: int = 0
    """Texts with a digit in them."""
    texts: int = 0
    others: int = 0
    """Lists and objects of JSON."""

    @property
    def values(self) -> int:
        return self.integers + self.wholes + self.floats + self.booleans + self.dated + self.texts + self.others


class Column(msgspec.Struct, frozen=True):
    """A column; its type is known of Parquet alone."""

    name: str
    type: Type = Type(ANY)
    seen: Seen = Seen()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The columns in their order. `exact`: their types are written in the file."""

    columns: tuple[Column, ...]
    form: str
    exact: bool = False
    headed: bool = True
    """False where a CSV's first line looks like data: then the columns have no names."""
    separator: str = ""
    sampled: bool = False
    """JSON lines: a column that a later line has may be missing here."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)

    def same_schema(self, other: Table) -> bool:
        """Whether names, order and types are equal as far as they are known."""
        return (
            self.headed and other.headed and self.names == other.names and [one.type for one in self.columns] == [one.type for one in other.columns]
        )


class Damage(msgspec.Struct, frozen=True):
    """A file that is not the data that its name says."""

    kind: str
    words: str


class UnreadError(Exception):
    """Its columns cannot be told; the message says why. Neither good nor bad."""


def form_of(path: str) -> str:
    """csv, jsonl or parquet by its ending; empty for others."""
    name = path.lower()
    return next((form for ending, form in FORMS.items() if name.endswith(ending)), "")


def head(place: Path, most: int = HEAD) -> bytes:
    """The first bytes of a file."""
    with place.open("rb") as file:
        return file.read(most)


def damage(place: Path, name: str, start: bytes) -> Damage | None:
    """What a data file is instead of what its name says, as far as its first and last bytes tell."""
    form, packed = form_of(name), name.lower().endswith(".gz")
    if start.startswith(_POINTER):
        return Damage("lfs-pointer", "it is a Git LFS pointer, not the data")
    if form != "parquet" and not start:
        return Damage("empty", "it holds no byte")
    if _PAGE.match(start):
        return Damage("error-page", "it is a page of HTML or XML, such as a server answers with when it refuses")
    if form == "parquet":
        return _damaged_parquet(place, start)
    return _damaged_text(place, start, packed=packed)


def _damaged_text(place: Path, start: bytes, *, packed: bool) -> Damage | None:
    zipped = start.startswith(b"\x1f\x8b")
    if not packed:
        other = "gzip" if zipped else "Parquet" if start.startswith(b"PAR1") else ""
        return Damage("other-format", f"it is {other}") if other else None
    if not zipped:
        return Damage("other-format", "it is not gzip")
    whole = place.stat().st_size <= len(start)
    return Damage("truncated", f"its gzip breaks off after {len(start)} bytes") if whole and _breaks_off(start) else None


def _breaks_off(packed: bytes) -> bool:
    """Whether a whole gzip has no end, as far as its first part tells."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(packed, HEAD)
    except zlib.error:
        return False
    return len(text) < HEAD and not unpacker.eof


def _damaged_parquet(place: Path, start: bytes) -> Damage | None:
    size = place.stat().st_size
    with place.open("rb") as file:
        file.seek(max(0, size - 8))
        end = file.read(8)
    if start[:4] == b"PARE" or end[-4:] == b"PARE":
        return None
    if start[:4] != b"PAR1":
        return Damage("empty" if not size else "other-format", "it holds no byte" if not size else "it does not begin with PAR1")
    if end[-4:] != b"PAR1" or size < 12:
        return Damage("truncated", f"it ends after {size} bytes without PAR1, the mark at the end of Parquet")
    if int.from_bytes(end[:4], "little") > size - 12:
        return Damage("truncated", "its footer is longer than the file")
    return None


def text_table(place: Path, name: str, start: bytes) -> Table:
    """The columns of a CSV or of JSON lines, by the name that it has in the repository. Raises UnreadError."""
    packed = name.lower().endswith(".gz")
    if packed:
        start = _unzipped(start)
    whole = len(start) < HEAD and (packed or place.stat().st_size <= len(start))
    text = _decoded(start)
    lines = text if whole else text[: max(text.rfind("\n"), 0)]
    if not lines.strip():
        raise UnreadError(f"its first line is longer than {HEAD >> 10} KiB" if not whole else "it holds nothing but white space")
    return _csv(lines) if form_of(name) == "csv" else _json_lines(lines)


def _unzipped(start: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(start, HEAD)
    except zlib.error as error:
        raise UnreadError("its gzip cannot be unpacked") from error


def _decoded(start: bytes) -> str:
    """UTF-8, else UTF-16 by its mark, else Latin-1 as a last word: names of columns in ASCII are the same in all."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "replace")
    if b"\0" in start:
        raise UnreadError("it is not text")
    try:
        return start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut_at_the_end = error.start >= len(start) - 4
        return start.decode("utf-8-sig" if cut_at_the_end else "latin-1", "replace")


# CSV


def _csv(text: str) -> Table:
    separator = separator_of(text.partition("\n")[0])
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        names = next(rows)
    except (csv.Error, StopIteration) as error:
        raise UnreadError("its first line cannot be read as CSV") from error
    if len(names) > MOST_COLUMNS:
        raise UnreadError(f"it has more than {MOST_COLUMNS} columns")
    headed = _is_header(names)
    counts: list[dict[str, int]] = [{} for _ in names]
    for number, row in enumerate(_good(rows)):
        if number >= MOST_ROWS:
            break
        if len(row) == len(names):
            for count, value in zip(counts, row, strict=True):
                kind = _kind(value)
                count[kind] = count.get(kind, 0) + 1
    columns = tuple(Column(name.strip() if headed else "", seen=Seen(**count)) for name, count in zip(names, counts, strict=True))
    return Table(columns=columns, form="csv", headed=headed, separator=separator)


def separator_of(line: str) -> str:
    """The one that stands most often in the first line, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=bare.count)


def _is_header(names: list[str]) -> bool:
    """Not a row of data: no number stands in it, unless the names are the numbers of the columns, which pandas writes for an array."""
    rest = names[1:] if names and not names[0].strip() else names  # an index without a name
    if [name.strip() for name in rest] in ([str(one) for one in range(len(rest))], [f"{one}.0" for one in range(len(rest))]):
        return len(rest) > 1
    return bool(rest) and any(name.strip() for name in rest) and not any(_FLOAT.fullmatch(name) for name in rest)


def _good(rows: Any) -> Iterable[list[str]]:
    """Rows as far as they can be read."""
    try:
        yield from rows
    except csv.Error:
        return


def _kind(value: str) -> str:
    word = value.strip().lower()
    if word in _NULLS:
        return "nulls"
    for kind, pattern in (("integers", _INTEGER), ("wholes", _WHOLE), ("floats", _FLOAT)):
        if pattern.fullmatch(value):
            return kind
    return "booleans" if word in _BOOLEAN else "dated" if any(one.isdigit() for one in value) else "texts"


# JSON lines


def _json_lines(text: str) -> Table:
    counts: dict[str, dict[str, int]] = {}
    for number, line in enumerate(one for one in text.splitlines() if one.strip()):
        if number >= MOST_ROWS:
            break
        for name, value in _object(line, number).items():
            count = counts.setdefault(name, {})
            kind = _json_kind(value)
            count[kind] = count.get(kind, 0) + 1
        if len(counts) > MOST_COLUMNS:
            raise UnreadError(f"it has more than {MOST_COLUMNS} columns")
    return Table(columns=tuple(Column(name, seen=Seen(**count)) for name, count in counts.items()), form="jsonl", sampled=True)


def _object(line: str, number: int) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadError(f"its line {number + 1} is no JSON") from error
    if not isinstance(found, dict):
        raise UnreadError(f"its line {number + 1} is no object")
    return found


def _json_kind(value: Any) -> str:
    if value is None:
        return "nulls"
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, int):
        return "integers"
    if isinstance(value, float):
        return "wholes" if value.is_integer() else "floats"
    if isinstance(value, str):
        return "dated" if any(one.isdigit() for one in value) else "texts"
    return "others"


def shown(name: str) -> str:
    """A column's name as it may be printed: one line, no control characters, not long."""
    clean = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name)
    return clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"
