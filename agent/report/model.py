"""The report: everything that any format shows, and nothing that is not decided yet. Its JSON schema is published.

Formats are views of this; order is fixed here, so that the same facts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

SCHEMA = "diagnose.report/1"

Mark = Literal["true", "false", "unknown"]
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


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: a root, or a consequence under one."""

    id: str
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
    live_rows: int
    all_rows: int
    broken: tuple[str, ...]
    conflicts: tuple[str, ...]
    asked: tuple[str, ...] = ()
    """What the run was about, and how that was understood; nothing means everything."""
    kept: bool = False
    """The run is kept, so that `diagnose verify ID` finds its cases."""
    elsewhere: int = 0
    """Problems that do not concern it."""
    stopped: bool
    """True if the run was cut short by its deadline or a signal."""


def _all(incidents: tuple[Incident, ...]) -> Iterator[Incident]:
    """Incidents with everything that hangs under them."""
    for incident in incidents:
        yield incident
        yield from _all(incident.consequences)


def exit_code(report: Report, fail_on: str) -> int:
    """0 nothing at or above `fail_on` and everything asked for was seen; 1 found; 3 could not see enough. Found beats blind."""
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    if any(incident.severity in counted for incident in _all(report.incidents)):
        return 1
    if report.broken:
        return 4
    return 3 if report.stopped or any(gap.asked for gap in report.gaps) else 0
