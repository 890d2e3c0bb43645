"""What do the words of a command ask about: things (pod/x), rows of the matrix (--symptom), words of a page, or the alerts of a file?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
    rules: str = ""
    """A folder of rows beside ours."""


def focus_of(asked: Asked) -> Focus:
    """What a run is about. Raises UsageError for a kind, row or word that nobody knows."""
    rows = _rows(asked.rules)
    things, words = [], []
    symptoms = [*asked.symptoms, *(text for text in asked.words if any(row.id == text for row in rows))]
    for text in asked.words:
        if text in symptoms:
            continue
        if "/" in text:
            thing = named(text, asked.namespace)
            if thing is None:
                raise unknown_kind(text)
            things.append(thing)
        else:
            words.append(text)
    focus = Focus(named=tuple(things), rows=tuple(dict.fromkeys(row_of(text, rows).id for text in symptoms)))
    return _with_words(focus, words, rows) if words else focus


def _with_words(focus: Focus, words: Sequence[str], rows: Sequence[Row]) -> Focus:
    """The rows that the words mean. Where none of them can be judged yet there is nothing to narrow a look by: everything is looked at."""
    from agent.words import rows_meant

    meant = rows_meant(words, rows)
    live = tuple(row for row in meant.rows if row.live)
    drafts = tuple(row for row in meant.rows if not row.live)
    notes = [f"'{' '.join(words)}' was taken for {', '.join(f'{row.symptom} ({row.id})' for row in live)}."] if live else []
    for row in drafts:
        lead = "It may also be" if live else f"'{' '.join(words)}' was taken for"
        notes.append(
            f"{lead} {row.symptom} ({row.id}), a draft that cannot be judged yet: `diagnose matrix {row.id}` shows its triage, causes and fixes."
        )
    if not live:
        notes.append("So everything was looked at.")
    if meant.strange:
        notes.append(f"Nothing in the matrix has {', '.join(map(repr, meant.strange))}. If it is a thing, name it by KIND/NAME.")
    return Focus(
        named=focus.named,
        rows=(*focus.rows, *(row.id for row in live)),
        drafts=() if live else tuple(row.id for row in drafts),
        notes=(*focus.notes, *notes),
    )


def row_of(text: str, rows: Sequence[Row]) -> Row:
    """The one row of this id, of this last part of an id, or with all of these words in its symptom. Raises UsageError."""
    wanted = text.lower().split()
    exact = [row for row in rows if text in (row.id, row.id.rpartition("/")[2])]
    found = exact or [row for row in rows if all(word in f"{row.id} {row.symptom}".lower() for word in wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--symptom {text}: this can be {', '.join(row.id for row in found)}. Name one.")
    raise UsageError(f"--symptom {text}: the matrix has no such row. `diagnose matrix` lists them.")


def _rows(mounted: str) -> list[Row]:
    folders = (MATRIX, *((Path(mounted),) if mounted else ()))
    return [file.row for folder in folders for file in read_folder(folder)]
