"""The report: everything that any format shows, and nothing that is not decided yet. Its JSON schema is published.

Formats are views of this; order is fixed here, so that the same facts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

SCHEMA = "diagnose.report/1"

Mark = Literal["true", "false", "unknown"]
Severity = Literal["critical", "high", "medium", "low"]
RowState = Literal["found", "recovered", "cannot tell", "not there", "nothing to judge"]
SEVERITIES = ("critical", "high", "medium", "low")


class Line(msgspec.Struct, frozen=True):
    """One clause: what it came to, in words, where to see it, and its decibans for the first cause named."""

    mark: Mark
    says: str
    seen: str = ""
    weight: float = 0.0
    group: str = ""
    speaks: dict[str, float] = {}
    """Decibans by the id of each cause that it speaks for or against, as it came out."""


class Repair(msgspec.Struct, frozen=True):
    """What to do for one cause, the command if every name in it is known, and what it does to the running workload."""

    cause: str
    do: str
    command: str = ""
    effect: str = "safe"


class Check(msgspec.Struct, frozen=True):
    """How to see that the fix worked: a condition that must hold for a while, or what a person does."""

    do: str
    condition: str = ""
    hold: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """One cause of the row with its posterior (expert weights, at most 0.98) and what spoke for and against it, by group."""

    id: str
    cause: str
    posterior: float
    support: dict[str, float]


class Known(msgspec.Struct, frozen=True):
    """Why a problem does not count: somebody wrote it into the file of known issues, until and including a day in UTC."""

    reason: str
    expires: str
    owner: str = ""
    where: str = ""
    """The file and line of the entry."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: a root, or a consequence under one."""

    id: str
    fingerprint: str
    """The same in every run for the same trouble of the same thing, whatever its cause, pods, restarts or revision."""
    thing: str
    """What has the trouble, by a name that lasts: what the subjects share or belong to, else the first of them."""
    row: str
    symptom: str
    title: str
    state: str
    severity: str
    subjects: tuple[str, ...]
    affected: int
    head: str
    onset: float | None
    onset_known: bool
    band: str
    """diagnosed, likely, undetermined, or none fits."""
    named: tuple[str, ...]
    """The wording of the cause named, or of those that are left."""
    named_ids: tuple[str, ...]
    evidence: tuple[Line, ...]
    fix: tuple[Repair, ...]
    verify: tuple[Check, ...]
    prevent: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    consequences: tuple[Incident, ...] = ()
    also: tuple[str, ...] = ()
    known: Known | None = None
    owner: str = ""
    """The workload that its subjects are parts of, if they are."""


class Gap(msgspec.Struct, frozen=True, order=True):
    """What could not be seen, why, what would open it, and which rows or causes that leaves open."""

    what: str
    why: str
    detail: str
    remedy: str
    asked: bool
    leaves_open: tuple[str, ...] = ()


class Looked(msgspec.Struct, frozen=True, order=True):
    """One probe: how many visits, the longest of them in seconds, and how it ended."""

    probe: str
    visits: int
    seconds: float
    ended: str


class RowJudged(msgspec.Struct, frozen=True, order=True):
    """One live row: what it came to on everything that it was judged on, and what it knows."""

    id: str
    symptom: str
    state: RowState
    judged: int
    """Subjects that it could be held against; none of them if nothing of its kinds was seen."""
    causes: tuple[str, ...]
    prevent: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run's answer."""

    schema: str = SCHEMA
    tool: str
    rules: str
    now: float
    verdict: str
    targets: tuple[str, ...]
    incidents: tuple[Incident, ...]
    recovered: tuple[Incident, ...]
    open: tuple[str, ...]
    """Rows that could not be judged, with what would settle them."""
    gaps: tuple[Gap, ...]
    looked: tuple[Looked, ...]
    seen: tuple[str, ...]
    """What was swept: "7 containers"."""
    rows: tuple[RowJudged, ...]
    live_rows: int
    all_rows: int
    broken: tuple[str, ...]
    conflicts: tuple[str, ...]
    well: str = "Nothing wrong"
    """What the first line says where nothing was found."""
    asked: tuple[str, ...] = ()
    """What the run was about, and how that was understood; nothing means everything."""
    kept: bool = False
    """The run is kept, so that `diagnose verify ID` finds its cases."""
    elsewhere: int = 0
    """Problems that do not concern it."""
    stopped: bool
    """True if the run was cut short by its deadline or a signal."""
    fail_on: Severity = "low"
    """The least severity that counts."""
    known_issues: tuple[str, ...] = ()
    """What the file of known issues needs: entries that have expired, or that match nothing."""


def every(incidents: Iterable[Incident]) -> Iterator[Incident]:
    """Incidents with everything that hangs under them."""
    for incident in incidents:
        yield incident
        yield from every(incident.consequences)


def wholly_known(incident: Incident) -> bool:
    """Whether it and everything that follows from it is known."""
    return all(one.known is not None for one in every((incident,)))


def counts(incident: Incident, fail_on: str) -> bool:
    """Whether it is one that the exit code speaks of: grave enough, and not known. What follows from it counts by itself."""
    return incident.known is None and SEVERITIES.index(incident.severity) <= SEVERITIES.index(fail_on)


def exit_code(report: Report, fail_on: str = "") -> int:
    """0 nothing that counts and everything asked for was seen; 1 found; 3 could not see enough; 4 a rule broke. Found beats blind."""
    if any(counts(incident, fail_on or report.fail_on) for incident in every(report.incidents)):
        return 1
    if report.broken:
        return 4
    return 3 if report.stopped or any(gap.asked for gap in report.gaps) else 0
