"""One thing under several names: which subjects are the same, and by which name it is called."""

from __future__ import annotations

import re

from probes._contract import SAME_AS, Observed, Subject

_ADDRESS = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?\[?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+)\]?(?::\d+)?(?:/.*)?$")


class Aliases:
    """The names of a run merged by `same_as`; `of` gives the best-known one: a Service, a container, a host name, an address."""

    def __init__(self, observed: Observed) -> None:
        self._parent: dict[Subject, Subject] = {}
        for relation in sorted(set(observed.relations)):
            if relation.name == SAME_AS and relation.from_.kind == relation.to.kind:
                self._join(relation.from_, relation.to)
        self._groups: dict[Subject, list[Subject]] = {}
        for subject in sorted(self._parent):
            self._groups.setdefault(self._root(subject), []).append(subject)
        self._best = {member: min(group, key=_rank) for group in self._groups.values() for member in group}

    def of(self, subject: Subject) -> Subject:
        return self._best.get(subject, subject)

    def names(self, subject: Subject) -> tuple[str, ...]:
        """Every key this thing was seen under, the best first."""
        group = self._groups.get(self._root(subject), [subject]) if subject in self._parent else [subject]
        return tuple(member.key for member in sorted(group, key=_rank))

    def _root(self, subject: Subject) -> Subject:
        while self._parent.get(subject, subject) != subject:
            subject = self._parent[subject]
        return subject

    def _join(self, one: Subject, other: Subject) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent.setdefault(first, first)
        self._parent[second] = first
        self._parent.setdefault(one, first)
        self._parent.setdefault(other, first)


def _rank(subject: Subject) -> tuple[int, Subject]:
    """Service (`svc:ns/name`) before container (`container:name`) before host name and URL before address."""
    if subject.key.startswith("svc:"):
        return 0, subject
    if subject.key.startswith("container:"):
        return 1, subject
    return (3 if _ADDRESS.match(subject.key) else 2), subject
