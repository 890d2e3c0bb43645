"""A row of the matrix as data: its schema, and reading it from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rules._yaml import RowError, load

Group = Literal["status", "events", "log", "metrics", "spec", "change", "cohort", "active", "parent"]
"""The channel that a clause's value came through."""

Severity = Literal["critical", "high", "medium", "low"]
Effect = Literal["safe", "restarts", "destructive"]
Identifier = Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
RowId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)+$")]
Weight = Annotated[float, Meta(ge=-25, le=25)]
OTHER = "other"


def signal_name(kind: str, name: str) -> str:
    """A name as a row writes it, in full: `it.state` on a container is `container.state`."""
    return f"{kind}{name[2:]}" if name.startswith("it.") else name


class Any_(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):  # noqa: N801  # `any` in the file
    """Clauses of which one must hold."""

    any: Annotated[tuple[str, ...], Meta(min_length=1)]

    @property
    def clauses(self) -> tuple[str, ...]:
        return self.any


class Triage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command of the matrix that no probe stands for, and why a person has to do it."""

    command: str
    by_hand: str


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root cause; `added` if the matrix does not have it."""

    id: Identifier
    cause: str
    prior: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    added: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"if_": "if", "else_": "else"}):
    """One observation, weighed in decibans for the causes it speaks for or against: an expression, or the presence of another row."""

    if_: str = ""
    parent: str = ""
    along: str = ""
    then: dict[str, Weight] = {}
    else_: dict[str, Weight] = {}
    group: Group = "parent"
    states: str = ""
    say: str = ""
    say_not: str = ""
    ask: str = ""


class Fix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """What repairs the causes named; the first of a cause whose fill-ins are all bound is printed."""

    for_: Annotated[tuple[str, ...], Meta(min_length=1)]
    do: str
    command: str = ""
    effect: Effect = "safe"
    matrix: str = ""
    """The matrix's wording, where `do` says it better for the cause at hand."""


class Verify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"if_": "if"}):
    """How to see that the fix worked: a condition that must hold for a while, or something a person must do."""

    if_: str = ""
    hold: Annotated[str, Meta(pattern=r"^\d+[smh]$")] = "5m"
    do: str = ""
    command: str = ""
    matrix: str = ""


class Severe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"if_": "if", "is_": "is"}):
    """A severity and when it applies; the first that holds counts."""

    is_: Severity
    if_: str = ""


class Cohort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"if_": "if"}):
    """A kind of thing that members may share, and the condition on a member that makes sharing it count.

    `named`: each member's own trouble names the thing, so that nobody has to count who has succeeded since.
    """

    by: str
    if_: str = ""
    named: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One symptom. Draft rows hold the matrix's wording only and are never judged."""

    id: RowId
    symptom: str
    status: Literal["draft", "stable"]
    triage: tuple[str | Triage, ...]
    causes: Annotated[tuple[Cause, ...], Meta(min_length=1, max_length=40)]
    fix: Annotated[tuple[Fix, ...], Meta(min_length=1)]
    verify: Annotated[tuple[Verify, ...], Meta(min_length=1)]
    prevent: Annotated[tuple[str, ...], Meta(min_length=1)]
    for_each: str | tuple[str, ...] = ()
    title: str = ""
    """The verdict line about one subject, with fill-ins; the symptom's wording if empty."""
    present: str | Any_ = ""
    was: str | Any_ = ""
    flaps: str = ""
    case: tuple[str, ...] = ()
    cohort: tuple[str | Cohort, ...] = ()
    """Kinds that members may share so that the shared thing heads the case, nearest cause first."""
    onset: str = ""
    severity: tuple[Severe, ...] = (Severe(is_="medium"),)
    other: Annotated[float, Meta(ge=0.02, lt=1)] = 0.05
    """The prior of "none of the known causes"."""
    evidence: Annotated[tuple[Evidence, ...], Meta(max_length=100)] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.for_each,) if isinstance(self.for_each, str) else self.for_each

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        return tuple(Cohort(by=one) if isinstance(one, str) else one for one in self.cohort)

    @property
    def cause_ids(self) -> tuple[str, ...]:
        return (*(cause.id for cause in self.causes), OTHER)

    @property
    def live(self) -> bool:
        return self.status == "stable"

    def cause_text(self, cause_id: str) -> str:
        return next((cause.cause for cause in self.causes if cause.id == cause_id), "Something else")


class RowFile(msgspec.Struct, frozen=True):
    """A row and where each part of it stands."""

    row: Row
    path: Path
    lines: dict[tuple[str | int, ...], int]

    def line(self, *at: str | int) -> int:
        """The line of a part, or of the nearest part around it."""
        path: tuple[str | int, ...] = at
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, message: str, *at: str | int) -> RowError:
        return RowError(f"{self.path}:{self.line(*at)}: {message}")


def clauses(condition: str | Any_) -> tuple[str, ...]:
    """The clauses of a condition; one of them must hold."""
    if isinstance(condition, Any_):
        return condition.clauses
    return (condition,) if condition else ()


def read(path: Path) -> RowFile:
    """One row from its file. Raises RowError naming file and line."""
    row, lines = load(path, Row)
    return RowFile(row, path, lines)
