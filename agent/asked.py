"""What do the words of a command ask about: things (pod/x), rows of the matrix (--symptom), words of a page, or the alerts of a file?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.alerts import Alert, earliest, read_alerts, things
from agent.focus import Focus, named, unknown_kind
from agent.matrix import UsageError, rows_of
from agent.report._say import names
from agent.since import since
from probes._named import Named
from probes._redact import Redactor
from rules._book import MATRIX, read_folder
from rules._judge import TOKEN
from rules._row import Row

MOST_THINGS = 50
"""Things that one look is about at most; alerts may name thousands."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What stood on the command line."""

    words: Sequence[str] = ()
    symptoms: Sequence[str] = ()
    namespace: str = ""
    rules: str = ""
    """A folder of rows beside ours."""
    alert: str = ""
    """A file with alerts, or `-`."""
    since: str = ""
    now: float
    """Seconds since 1970 UTC; what spans are counted from."""


def focus_of(asked: Asked) -> Focus:
    """What a run is about. Raises UsageError for a kind, row or word that nobody knows."""
    focus = _narrowed(asked) if asked.words or asked.symptoms or asked.alert else Focus()  # rows take time to read
    return msgspec.structs.replace(focus, since=since(asked.since, asked.now)) if asked.since else focus


def _narrowed(asked: Asked) -> Focus:
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
    redactor = Redactor()
    focus = _with_words(focus, redactor.text(" ".join(words)), rows) if words else focus
    focus = _with_alerts(focus, asked, rows) if asked.alert else focus
    focus = _redacted(focus, redactor)
    if focus.notes and not focus.narrow:
        focus = msgspec.structs.replace(focus, notes=(*focus.notes, "So everything was looked at."))
    return focus


def _redacted(focus: Focus, redactor: Redactor) -> Focus:
    """A line of a log or an alert's address may hold a secret, and what was asked is kept in reports and bundles."""
    named = tuple(msgspec.structs.replace(one, key=redactor.text(one.key)) for one in focus.named)
    return msgspec.structs.replace(focus, named=named, notes=tuple(map(redactor.text, focus.notes)))


def _with_alerts(focus: Focus, asked: Asked, rows: Sequence[Row]) -> Focus:
    """The things that alerts name, and where they name none, the rows that their names mean. Raises UsageError."""
    every = read_alerts(asked.alert)
    firing = [alert for alert in every if alert.fires] or list(every)
    notes = list(focus.notes)
    if not any(alert.fires for alert in every):
        notes.append(f"None of the {len(every)} alerts fires any more; what they were about was looked at all the same.")
    named = dict.fromkeys(focus.named)
    meant: dict[str, None] = {}
    for name, of in _by_name(firing).items():
        mine = dict.fromkeys(thing for alert in of for thing in things(alert))
        live = _rows_of_alert(name, rows)
        named |= dict.fromkeys(thing for thing in mine if _may_stand(thing, asked.namespace))
        meant |= {} if mine else dict.fromkeys(live)
        about = f"names {names([str(thing) for thing in mine])}" if mine else "names no thing"
        notes.append(
            f"{len(of)} alert{'' if len(of) == 1 else 's'} {name or 'without a name'}: {about}; {f'its name means {names(live)}' if live else 'no row that can be judged goes by its name'}."
        )
    if len(named) > MOST_THINGS:
        notes.append(f"They name {len(named)} things; the first {MOST_THINGS} of them were looked at.")
    since_ = max(earliest(firing), 0.0) if earliest(firing) < asked.now else 0.0
    return msgspec.structs.replace(
        focus, named=tuple(named)[:MOST_THINGS], rows=focus.rows or (() if named else tuple(meant)), notes=tuple(notes), since=since_
    )


def _by_name(alerts: Sequence[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.name, []).append(alert)
    return found


def _may_stand(thing: Named, namespace: str) -> bool:
    return not (namespace and thing.namespace and thing.namespace != namespace)


def _rows_of_alert(name: str, rows: Sequence[Row]) -> list[str]:
    from agent.words import rows_meant

    try:
        return [row.id for row in rows_meant([name], rows).rows if row.live]
    except UsageError:
        return []


def _with_words(focus: Focus, words: str, rows: Sequence[Row]) -> Focus:
    """The rows that the words, without secrets, mean. Where none of them can be judged yet there is nothing to narrow a look by: everything is looked at."""
    from agent.words import rows_meant

    meant = rows_meant([TOKEN.sub(" ", words)], rows)
    live = tuple(row for row in meant.rows if row.live)
    drafts = tuple(row for row in meant.rows if not row.live)
    notes = [f"'{words}' was taken for {', '.join(f'{row.symptom} ({row.id})' for row in live)}."] if live else []
    for row in drafts:
        lead = "It may also be" if live else f"'{words}' was taken for"
        notes.append(
            f"{lead} {row.symptom} ({row.id}), a draft that cannot be judged yet: `diagnose matrix {row.id}` shows its triage, causes and fixes."
        )
    if meant.strange:
        notes.append(f"Nothing in the matrix has {', '.join(map(repr, meant.strange))}. If it is a thing, name it by KIND/NAME.")
    return Focus(
        named=focus.named,
        rows=(*focus.rows, *(row.id for row in live)),
        words=tuple(TOKEN.sub(" ", words).split()),
        drafts=() if live else tuple(row.id for row in drafts),
        notes=(*focus.notes, *notes),
    )


def row_of(text: str, rows: Sequence[Row]) -> Row:
    """The one row of this id, of this last part of an id, or with all of these words in its symptom. Raises UsageError."""
    found = rows_of(text, rows)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--symptom {text}: this can be {', '.join(row.id for row in found)}. Name one.")
    raise UsageError(f"--symptom {text}: the matrix has no such row. `diagnose matrix` lists them.")


def _rows(mounted: str) -> list[Row]:
    folders = (MATRIX, *((Path(mounted),) if mounted else ()))
    return [file.row for folder in folders for file in read_folder(folder)]
