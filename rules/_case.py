"""Which subjects are one case: first those that fail for a shared thing, then those of one owner, then each alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from probes._contract import Subject
from rules._book import Compiled
from rules._clause import Bindings
from rules._expr import Expression, Outcome
from rules._facts import Facts
from rules._rank import COHORT_SIZE
from rules._row import Cohort, signal_name

OWNERS = ("workload", "cgroup")
"""What makes several subjects one case: the workload they are parts of, the control group they were killed in."""
PARTS = ("container", "pod", "process")
"""What is a part of such an owner; a model in an MLflow is not a part of the workload that serves MLflow."""


class Group(msgspec.Struct, frozen=True):
    """Subjects of one case; `head` is the shared thing if there is one, `owner` what they belong to, `marks` what they agree on."""

    subjects: tuple[Subject, ...]
    owner: Subject
    marks: tuple[str, ...]
    head: Subject | None = None
    uncounted: bool = False
    """Enough of them share something, but nobody counted whether others that share it succeeded."""


def grouped(facts: Facts, compiled: Compiled, subjects: Iterable[Subject], *, cohorts: bool) -> list[Group]:
    """Group the subjects on which one row is present."""
    left = sorted(subjects)
    heads = _cohorts(facts, compiled, left) if cohorts else []
    taken = {member for _head, of in heads for member in of}
    found = [Group(tuple(sorted(of)), head, (), head) for head, of in heads]
    alike: dict[tuple[str, ...], list[Subject]] = defaultdict(list)
    for subject in left:
        if subject not in taken:
            alike[_marks(facts, compiled, subject)].append(subject)
    uncounted = _uncounted(facts, compiled, [subject for subject in left if subject not in taken]) if cohorts else frozenset()
    return found + [group for marks, members in sorted(alike.items()) for group in _by_owner(facts, members, marks, uncounted)]


def _marks(facts: Facts, compiled: Compiled, subject: Subject) -> tuple[str, ...]:
    names = (signal_name(compiled.kind, name) for name in compiled.row.case)
    return tuple(repr(facts.read(subject, name)[1]) for name in names)


def _cohorts(facts: Facts, compiled: Compiled, members: list[Subject]) -> list[tuple[Subject, list[Subject]]]:
    """Shared things where enough fail and none has succeeded since, the largest first; each member under one head."""
    left, heads = list(members), []
    for by in compiled.cohorts:
        for thing, of in _sharing(facts, by, left):
            if by[0].named or _none_succeeded(facts, thing, compiled.kind):
                heads.append((thing, of))
                left = [member for member in left if member not in of]
    return heads


def _counts(facts: Facts, condition: Expression | None, member: Subject) -> bool:
    return condition is None or Bindings(facts, member).judge(condition).outcome is Outcome.TRUE


def _sharing(facts: Facts, by: tuple[Cohort, Expression | None], members: Iterable[Subject]) -> list[tuple[Subject, list[Subject]]]:
    """The things of a kind that enough members share, the one with the most first."""
    cohort, condition = by
    shared: dict[Subject, list[Subject]] = defaultdict(list)
    for member in members:
        thing = facts.reach(member, cohort.by)
        if isinstance(thing, Subject) and _counts(facts, condition, member):
            shared[thing].append(member)
    return [pair for pair in sorted(shared.items(), key=lambda pair: (-len(pair[1]), pair[0])) if len(pair[1]) >= COHORT_SIZE]


def _uncounted(facts: Facts, compiled: Compiled, members: Iterable[Subject]) -> frozenset[Subject]:
    """Members of which the nearest thing that enough of them share has no census."""
    counted: dict[Subject, bool] = {}
    for by in (pair for pair in compiled.cohorts if not pair[0].named):
        for thing, of in _sharing(facts, by, members):
            for member in of:
                counted.setdefault(member, facts.census_of(thing, compiled.kind) is not None)
    return frozenset(member for member, known in counted.items() if not known)


def _none_succeeded(facts: Facts, thing: Subject, kind: str) -> bool:
    census = facts.census_of(thing, kind)
    return census is not None and census.succeeded == 0


def _by_owner(facts: Facts, members: list[Subject], marks: tuple[str, ...], uncounted: frozenset[Subject]) -> list[Group]:
    owned: dict[Subject, list[Subject]] = defaultdict(list)
    for member in members:
        owners = (facts.reach(member, kind) for kind in OWNERS if member.kind in PARTS)
        owned[next((owner for owner in owners if isinstance(owner, Subject)), member)].append(member)
    return [Group(tuple(of), owner, marks, uncounted=not uncounted.isdisjoint(of)) for owner, of in sorted(owned.items())]
