"""Which subjects are one case: first those that fail for a shared thing, then those of one owner, then each alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from probes._contract import Subject
from rules._book import Compiled
from rules._facts import Facts
from rules._rank import COHORT_SIZE

OWNERS = ("workload", "cgroup")
"""What makes several subjects one case: the workload they are parts of, the control group they were killed in."""


class Group(msgspec.Struct, frozen=True):
    """Subjects of one case; `head` is the shared thing if there is one, `owner` what they belong to, `marks` what they agree on."""

    subjects: tuple[Subject, ...]
    owner: Subject
    marks: tuple[str, ...]
    head: Subject | None = None


def grouped(facts: Facts, compiled: Compiled, subjects: Iterable[Subject], *, cohorts: bool) -> list[Group]:
    """Group the subjects on which one row is present."""
    alike: dict[tuple[str, ...], list[Subject]] = defaultdict(list)
    for subject in sorted(subjects):
        alike[_marks(facts, compiled, subject)].append(subject)
    found = []
    for marks, members in sorted(alike.items()):
        heads = _cohorts(facts, compiled, members) if cohorts else []
        found += [Group(tuple(sorted(of)), head, marks, head) for head, of in heads]
        taken = {member for _head, of in heads for member in of}
        found += _by_owner(facts, [member for member in members if member not in taken], marks)
    return found


def _marks(facts: Facts, compiled: Compiled, subject: Subject) -> tuple[str, ...]:
    names = (f"{compiled.kind}{name[2:]}" if name.startswith("it.") else name for name in compiled.row.case)
    return tuple(repr(facts.read(subject, name)[1]) for name in names)


def _cohorts(facts: Facts, compiled: Compiled, members: list[Subject]) -> list[tuple[Subject, list[Subject]]]:
    """Shared things where enough fail and none has succeeded since, the largest first; each member under one head."""
    left, heads = list(members), []
    for kind in compiled.row.cohort:
        shared: dict[Subject, list[Subject]] = defaultdict(list)
        for member in left:
            thing = facts.reach(member, kind)
            if isinstance(thing, Subject):
                shared[thing].append(member)
        for thing, of in sorted(shared.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            if len(of) >= COHORT_SIZE and _none_succeeded(facts, thing, compiled.kind):
                heads.append((thing, of))
                left = [member for member in left if member not in of]
    return heads


def _none_succeeded(facts: Facts, thing: Subject, kind: str) -> bool:
    census = facts.census_of(thing, kind)
    return census is not None and census.succeeded == 0


def _by_owner(facts: Facts, members: list[Subject], marks: tuple[str, ...]) -> list[Group]:
    owned: dict[Subject, list[Subject]] = defaultdict(list)
    for member in members:
        owners = (facts.reach(member, kind) for kind in OWNERS)
        owned[next((owner for owner in owners if isinstance(owner, Subject)), member)].append(member)
    return [Group(tuple(of), owner, marks) for owner, of in sorted(owned.items())]
