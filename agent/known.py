"""Known issues: which problems do not count, why, who looks after them, and until which day.

    - fingerprint: 3757929442bb027b
      reason: The disk is replaced in the night of the 30th.
      expires: 2026-11-30
      owner: data-platform
    - row: kubernetes/crashloopbackoff
      subject: container demo-*
      reason: The demos are meant to crash.
      expires: 2027-03-31

`row` and `subject` may hold `*` and `?`. An entry covers one problem and never what follows from it; from the day after `expires` on (UTC) it counts again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.report.build import verdict
from agent.report.model import Incident, Known, Report, every, wholly_known
from rules._yaml import RowError, load


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=2000)]
    expires: str
    fingerprint: Annotated[str, Meta(pattern="^(?:[0-9a-f]{16})?$")] = ""
    row: str = ""
    subject: str = ""
    owner: str = ""


class Issue(msgspec.Struct, frozen=True):
    """One entry of the file, and where it stands."""

    entry: _Entry
    expires: dt.date
    where: str

    def expired(self, now: float) -> bool:
        """Whether its last day was over at that time."""
        return dt.datetime.fromtimestamp(now, dt.UTC).date() > self.expires

    def matches(self, incident: Incident) -> bool:
        """By fingerprint; or by its row, and the lasting name of the thing or each of its subjects."""
        entry = self.entry
        if entry.fingerprint:
            return entry.fingerprint == incident.fingerprint
        return fnmatchcase(incident.row, entry.row) and (
            fnmatchcase(incident.thing, entry.subject)
            or (len(incident.subjects) == incident.affected and all(fnmatchcase(one, entry.subject) for one in incident.subjects))
        )


def read(path: Path) -> tuple[Issue, ...]:
    """The known issues of a file. Raises RowError, which names the file and the line."""
    if _is_bundle(path):
        raise RowError(f"{path}:1: this is a bundle, and known issues are YAML. To compare with an earlier run: --compare {path}.")
    entries, lines = load(path, list[_Entry])
    return tuple(_issue(entry, f"{path}:{lines[(number,)]}") for number, entry in enumerate(entries))


def _is_bundle(path: Path) -> bool:
    """`--baseline` took one once."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"
    except OSError:
        return False  # `load` says it


def _issue(entry: _Entry, where: str) -> Issue:
    if not entry.reason.strip():
        raise RowError(f"{where}: the reason is empty. Say why this is accepted.")
    if bool(entry.fingerprint) == bool(entry.row or entry.subject) or bool(entry.row) != bool(entry.subject):
        raise RowError(f"{where}: an entry names either a fingerprint, or a row and a subject.")
    try:
        return Issue(entry, dt.date.fromisoformat(entry.expires), where)
    except ValueError:
        raise RowError(f"{where}: '{entry.expires}' is no day; write it as 2026-12-31.") from None


def applied(report: Report, issues: tuple[Issue, ...]) -> Report:
    """The report with what is known marked so, new problems first, and what the file itself needs."""
    if not issues:
        return report
    valid = [issue for issue in issues if not issue.expired(report.now)]
    marked = sorted((_marked(one, valid) for one in report.incidents), key=wholly_known)
    said = verdict(tuple(marked), report.recovered, report.seen, report.gaps, unjudged=len(report.open) + len(report.broken), well=report.well)
    return msgspec.structs.replace(report, incidents=tuple(marked), verdict=said, known_issues=tuple(_notes(report, issues)))


def _marked(incident: Incident, valid: list[Issue]) -> Incident:
    issue = next((one for one in valid if one.matches(incident)), None)
    known = None if issue is None else Known(issue.entry.reason.strip(), issue.expires.isoformat(), issue.entry.owner, issue.where)
    return msgspec.structs.replace(incident, known=known, consequences=tuple(_marked(one, valid) for one in incident.consequences))


def _notes(report: Report, issues: tuple[Issue, ...]) -> Iterator[str]:
    """A run that was about something, or was cut short, does not tell that an entry is of no use."""
    whole = not report.asked and not report.stopped
    for issue in issues:
        found = [one.title for one in every(report.incidents) if issue.matches(one)]
        if issue.expired(report.now):
            again = (
                f"so this counts again: {found[0]}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}." if found else "and matches nothing."
            )
            yield f"{issue.where}: expired after {issue.expires.isoformat()}, {again}"
        elif not found and whole:
            yield f"{issue.where}: matches nothing that was found; take it out if that is as it should be."
