"""What was asked about: named things with what they depend on, rows of the matrix, and a time; and which cases concern that.

diagnose pod/trainer-0 -n ml    the pod, its containers, its workload, its node, its MLflow …; whatever leads their incidents is shown with them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from agent.matrix import UsageError
from probes._contract import RELATIONS, Subject
from probes._named import Named
from rules._book import Book
from rules._clause import Bindings
from rules._facts import Facts, Want
from rules._judge import Case, Judged
from rules._roots import Node

_WORKLOADS = {
    "deploy": "Deployment", "deployment": "Deployment", "deployments": "Deployment",
    "sts": "StatefulSet", "statefulset": "StatefulSet", "statefulsets": "StatefulSet",
    "ds": "DaemonSet", "daemonset": "DaemonSet", "daemonsets": "DaemonSet",
    "rs": "ReplicaSet", "replicaset": "ReplicaSet", "replicasets": "ReplicaSet",
    "job": "Job", "jobs": "Job", "cj": "CronJob", "cronjob": "CronJob", "cronjobs": "CronJob",
}  # fmt: skip
_SHORT = {
    "po": "pod", "pods": "pod", "no": "node", "nodes": "node", "svc": "service", "services": "service", "namespace": "ns", "namespaces": "ns",
    "pvc": "claim", "persistentvolumeclaim": "claim", "persistentvolumeclaims": "claim", "cm": "object", "configmap": "object", "secret": "object",
    "quota": "quota", "resourcequota": "quota", "containers": "container", "models": "model", "buckets": "bucket", "workloads": "workload",
}  # fmt: skip
"""kubectl's names for kinds, and plurals."""

_KINDS = frozenset(kind for arity in RELATIONS for kind in (arity.from_kind, arity.to_kind))
_FOR_PARTS = ("in", "of")
"""Relations of a part to the whole."""
_OWN = ("container", "pod", "process")
"""Parts whose owner stands for more than them: its other parts are not theirs."""
_TOO_WIDE = ("ns", "cluster", "network", "project")
"""What so much lies in that it explains nothing."""


class Focus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run is about; nothing in it means everything."""

    named: tuple[Named, ...] = ()
    rows: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    """Rows that were meant and cannot be judged; they narrow nothing."""
    words: tuple[str, ...] = ()
    """What was typed beside things and rows; a word may be a thing's name, too."""
    notes: tuple[str, ...] = ()
    """How words or alerts were understood, for the report."""
    since: float = 0.0
    """Seconds since 1970: what was over before then is not told."""
    verify: bool = False
    """Whether the repair of these rows worked on these things is asked."""

    @property
    def narrow(self) -> bool:
        return bool(self.named or self.rows)


def named(text: str, namespace: str = "") -> Named | None:
    """`pod/x`, `deployment.apps/x` or `KIND/KEY` as a thing; None if there is no such kind."""
    kind, _, key = text.partition("/")
    kind = kind.lower().partition(".")[0]
    if not key:
        return None
    if kind in _WORKLOADS:
        return Named("workload", key, namespace, _WORKLOADS[kind])
    kind = _SHORT.get(kind, kind)
    return Named(kind, key, namespace) if kind in _KINDS else None


def unknown_kind(text: str) -> UsageError:
    """There is no such kind of thing."""
    known = ", ".join(sorted({*_KINDS, *_WORKLOADS.values()}, key=str.lower))
    return UsageError(f"'{text}': there is no kind '{text.partition('/')[0]}' to name a thing by. Known, besides kubectl's short names: {known}.")


def resolved(focus: Focus, facts: Facts) -> dict[Named, tuple[Subject, ...]]:
    """For each thing named: the subjects that are meant, by any of their names."""
    return {
        one: tuple(
            subject
            for kind in one.kinds
            for subject in facts.subjects(kind)
            if any(one.means(Subject(subject.kind, key)) for key in (subject.key, *facts.aliases.names(subject)))
        )
        for one in focus.named
    }


def namesakes(word: str, facts: Facts, most: int = 3) -> tuple[str, ...]:
    """Things of this very name that were seen, as they are named on the command line; the larger things first."""
    found = [
        subject
        for kind in ("workload", "pod", "container", "model", "node", "mlflow")
        for subject in facts.subjects(kind)
        if Named(kind, word).means(subject)
    ]
    return tuple(f"{subject.kind}/{subject.key}" for subject in found[:most])


def nearest(one: Named, facts: Facts, most: int = 3) -> tuple[str, ...]:
    """What was seen and may be meant by a name that was not: this name in another namespace or of another kind, then names of its kind that look like it."""
    import difflib

    anywhere = (Named(kind, one.key) for kind in facts.kinds())
    same = [f"{subject.kind}/{subject.key}" for other in anywhere for subject in facts.subjects(other.kind) if other.means(subject)]
    alike = [subject for kind in one.kinds for subject in facts.subjects(kind)]
    by_name = {subject.key.replace("#", "/").rpartition("/")[2]: subject for subject in alike}
    close = difflib.get_close_matches(one.key.rpartition("/")[2], by_name, n=most, cutoff=0.4)
    return tuple(dict.fromkeys((*same, *(f"{by_name[name].kind}/{by_name[name].key}" for name in close))))[:most]


class Scope:
    """The cases that a focus is about, under the facts of the moment."""

    def __init__(self, focus: Focus, facts: Facts) -> None:
        self.focus = focus
        self._facts = facts
        self.meant = resolved(focus, facts)
        self.own = frozenset(subject for of in self.meant.values() for subject in of)
        self.reach = frozenset(_closure(facts, self.own)) if self.own else frozenset()

    def holds(self, node: Node) -> bool:
        """Whether this incident, or what follows from it, is about what was asked."""
        cases = list(_cases(node))
        if self.focus.rows and not any(case.row.id in self.focus.rows for case in cases):
            return False
        return not self.focus.named or any(self._touches(case) for case in cases)

    def holds_case(self, case: Case) -> bool:
        """The same of one case by itself."""
        return self.holds(Node(case))

    def _touches(self, case: Case) -> bool:
        return not self.reach.isdisjoint(case.subjects) or (case.head is not None and case.head in self.reach)

    def looked_for(self, judged: Judged, rows: frozenset[str]) -> Judged:
        """The cases whose open questions are worth a closer look."""
        if not self.focus.narrow:
            return judged
        mine = tuple(case for case in judged.cases if case.row.id in rows and (not self.focus.named or self._touches(case)))
        return msgspec.structs.replace(judged, cases=mine)

    def to_verify(self, book: Book) -> frozenset[Want]:
        """What would have to be seen to tell whether a repair has worked."""
        mine = [compiled for compiled in book.compiled if compiled.row.id in self.focus.rows] if self.focus.verify else []
        pairs = [
            (expression, subject)
            for compiled in mine
            for _line, expression in compiled.verify
            if expression
            for subject in self.own
            if subject.kind == compiled.kind
        ]
        return frozenset(want for expression, subject in pairs for want in Bindings(self._facts, subject).judge(expression).missing)

    def depends_on(self) -> tuple[Subject, ...]:
        """What the things named were seen to depend on."""
        return tuple(sorted(self.reach - self.own))


def _cases(node: Node) -> Iterator[Case]:
    yield node.case
    for child in node.consequences:
        yield from _cases(child)


def _closure(facts: Facts, own: Iterable[Subject]) -> set[Subject]:
    """The things themselves, what they are made of, and what these depend on, along every relation seen."""
    found: set[Subject] = set()
    left = [part for one in own for part in _whole(facts, one)]
    while left:
        here = left.pop()
        if here in found:
            continue
        found.add(here)
        for arity in RELATIONS:
            if arity.from_kind != here.kind or arity.name == "runs" or arity.to_kind in _TOO_WIDE:
                continue
            for there in facts.targets(here, f"{arity.from_kind} {arity.name} {arity.to_kind}"):
                owner = here.kind in _OWN and arity.name in _FOR_PARTS
                left += [there] if owner else [there, *(part for part in _parts(facts, there) if part.kind in _OWN)]
    return found


def _whole(facts: Facts, subject: Subject) -> list[Subject]:
    """A thing and all that it is made of, at any depth."""
    found = [subject]
    for one in found:
        found += [part for part in _parts(facts, one) if part not in found]
    return found


def _parts(facts: Facts, subject: Subject) -> list[Subject]:
    found: list[Subject] = []
    for arity in RELATIONS:
        name = f"{arity.from_kind} {arity.name} {arity.to_kind}"
        if arity.to_kind == subject.kind and arity.name in _FOR_PARTS:
            found += facts.sources(subject, name)
        if arity.from_kind == subject.kind and arity.name == "runs":
            found += facts.targets(subject, name)
    return found


def rows_needed(book: Book, rows: Iterable[str]) -> frozenset[str]:
    """These rows and those whose presence they weigh as evidence."""
    found: set[str] = set()
    left = list(rows)
    while left:
        file = book.of(left.pop())
        if file is not None and file.row.id not in found:
            found.add(file.row.id)
            left += [line.parent for line in file.row.evidence if line.parent]
    return frozenset(found)


def names_needed(book: Book, rows: frozenset[str]) -> frozenset[str]:
    """Every signal that these rows rest on, through derivations down to what probes give, and every relation on the ways to them."""
    found: set[str] = set()
    for compiled in book.compiled:
        if compiled.row.id in rows:
            told = (*compiled.present, *compiled.was, *compiled.flaps, *(expression for _line, expression in (*compiled.evidence, *compiled.verify)))
            for name in {name for expression in told if expression is not None for name in expression.needs}:
                _add(book, compiled.kind, name, found)
            found |= {line.along for line, _expression in compiled.evidence if line.along}
    return frozenset(found)


def _add(book: Book, kind: str, name: str, found: set[str]) -> None:
    base = book.vocabulary.base(name)
    owner = base.partition(".")[0]
    found |= {relation for path in book.vocabulary.paths.get((kind, owner), ()) for relation in path}
    if base in found:
        return
    found.add(base)
    derivation = book.vocabulary.derivations.get(base)
    for need in () if derivation is None else (*derivation.needs, *derivation.wants):
        _add(book, owner, need, found)
