"""`diagnose matrix [ROW]`: the triage matrix to read, with what is live and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rules._book import MATRIX, read_folder
from rules._row import Row, Triage, read

WHOLE = 37
"""Rows of the matrix."""


class UsageError(ValueError):
    """A command that cannot be carried out as it was written."""


def matrix_text(words: str) -> str:
    """The list of rows, or one row whole; of ours, or of a file or folder of somebody's own. Raises UsageError if no row is meant, RowError."""
    rows = [file.row for file in read_folder(MATRIX)]
    if not words:
        return _list(rows)
    found = rows_of(words, rows)
    if not found and (path := Path(words)).exists():
        found = [file.row for file in (read_folder(path) if path.is_dir() else [read(path)])]
    if not found:
        raise UsageError(f"No row is meant by '{words}'. `diagnose matrix` lists ours; name the file or folder of your own.")
    return _one(found[0]) if len(found) == 1 else _list(found)


def rows_of(text: str, rows: Sequence[Row]) -> list[Row]:
    """The row of this id or last part of an id, else those with all of these words in id or symptom."""
    exact = [row for row in rows if text in (row.id, row.id.rpartition("/")[2])]
    return exact or [row for row in rows if all(word in f"{row.id} {row.symptom}".lower() for word in text.lower().split())]


def _list(rows: list[Row]) -> str:
    live = sum(row.live for row in rows)
    width = max(len(row.id) for row in rows)
    lines = [f"{'live ' if row.live else 'draft'}  {row.id:{width}}  {row.symptom}" for row in rows]
    return "\n".join(
        [*lines, "" if len(rows) < WHOLE else f"live {live} of {len(rows)}; a draft row holds the matrix's wording only and is never judged."]
    )


def _one(row: Row) -> str:
    parts = [f"{row.symptom}    {row.id}, {row.status}", "", "TRIAGE"]
    parts += [f"  {command.command}  (by hand: {command.by_hand})" if isinstance(command, Triage) else f"  {command}" for command in row.triage]
    parts += ["CAUSES", *(f"  {cause.cause}{' (added)' if cause.added else ''}" for cause in row.causes)]
    parts += ["FIX", *(f"  {fix.do}" for fix in row.fix)]
    parts += ["VERIFY", *(f"  {check.do or check.command or check.if_}" for check in row.verify)]
    parts += ["PREVENT", *(f"  {text}" for text in row.prevent)]
    return "\n".join(parts)
