"""The columns of Parquet files, by their footers, read by pyarrow in a process of its own: what is wrong in a file ends that process, not this one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from probes._access import Access, Unreachable
from probes.dvc._columns import MOST_COLUMNS, Column, Seen, Table, UnreadError
from probes.dvc._types import typed

MOST_FOOTER = 32 << 20
MOST_CHUNKS = 20_000
CHILD_S = 8.0
Told = list[tuple[str, str, int]]
"""Of each column its name, its type in Arrow's words, and how many nulls the footer counts."""


def table(access: Access, place: Path) -> Table:
    """Raises UnreadError, and Unreachable where pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise Unreachable("missing tool", "Parquet files are read by pyarrow, which is not installed.")
    with place.open("rb") as file:
        file.seek(-8, 2)
        if int.from_bytes(file.read(4), "little") > MOST_FOOTER:
            raise UnreadError(f"its footer is larger than {MOST_FOOTER >> 20} MiB")
    try:
        told: Told = access.in_child(footer, str(place), limit=CHILD_S)
    except Unreachable as error:
        raise UnreadError(
            f"pyarrow cannot read its footer: {error.detail[:120]}" if error.why == "garbled" else "its footer was not read in time"
        ) from error
    return Table(columns=tuple(Column(name, typed(word), Seen(nulls=nulls)) for name, word, nulls in told), form="parquet", exact=True)


def footer(path: str) -> Told:
    """What pyarrow says of the columns of one file; nothing but the footer is read."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        fields = list(file.schema_arrow)[:MOST_COLUMNS]
        nulls = _nulls(file.metadata, file.schema)
        return [(field.name, str(field.type), nulls.get(field.name, 0)) for field in fields]


def _nulls(metadata: object, schema: object) -> dict[str, int]:
    """How many nulls of each flat column the footer counts, in as many row groups as a look allows."""
    counted: dict[str, int] = {}
    width = metadata.num_columns  # type: ignore[attr-defined]  # pyarrow has no types
    for group in range(min(metadata.num_row_groups, MOST_CHUNKS // max(width, 1))):  # type: ignore[attr-defined]
        chunks = metadata.row_group(group)  # type: ignore[attr-defined]
        for number in range(width):
            statistics = chunks.column(number).statistics
            if statistics is not None and statistics.has_null_count:
                name = schema.column(number).path  # type: ignore[attr-defined]
                counted[name] = counted.get(name, 0) + statistics.null_count
    return counted
