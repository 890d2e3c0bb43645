"""What do the words of a command ask about: things (pod/x), rows of the matrix (--symptom), words of a page, or the alerts of a file?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.focus import Focus, named, unknown_kind
from agent.matrix import UsageError
from rules._book import MATRIX, read_folder
from rules._row import Row


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What stood on the command line."""

    words: Sequence[str] = ()
    symptoms: Sequence[str] = ()
    namespace: str = ""


def focus_of(asked: Asked) -> Focus:
    """What a run is about. Raises UsageError for a kind, row or word that nobody knows."""
    things, words = [], []
    for text in asked.words:
        if "/" in text and not _is_row(text):
            thing = named(text, asked.namespace)
            if thing is None:
                raise unknown_kind(text)
            things.append(thing)
        else:
            words.append(text)
    rows = [row_of(text).id for text in asked.symptoms]
    return Focus(named=tuple(things), rows=tuple(dict.fromkeys(rows)))


def _is_row(text: str) -> bool:
    return any(row.id == text for row in _rows())


def row_of(text: str) -> Row:
    """The one row of this id, of this last part of an id, or with all of these words in its symptom. Raises UsageError."""
    rows = _rows()
    wanted = text.lower().split()
    exact = [row for row in rows if text in (row.id, row.id.rpartition("/")[2])]
    found = exact or [row for row in rows if all(word in f"{row.id} {row.symptom}".lower() for word in wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--symptom {text}: this can be {', '.join(row.id for row in found)}. Name one.")
    raise UsageError(f"--symptom {text}: the matrix has no such row. `diagnose matrix` lists them.")


def _rows() -> list[Row]:
    return [file.row for file in read_folder(MATRIX)]
