"""From cases to incidents: a case hangs under the case that explains it, and each root leads an incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from probes._contract import Subject
from rules._expr import Outcome
from rules._judge import Case
from rules._rank import LIKELY, rank


class Node(msgspec.Struct, frozen=True):
    """A case, what hangs under it, and what else would explain it."""

    case: Case
    consequences: tuple[Node, ...] = ()
    also: tuple[str, ...] = ()
    """Ids of other cases that explain this one too."""


class _Edge(msgspec.Struct, frozen=True):
    child: str
    parent: str
    line: int
    weight: float
    causes: tuple[str, ...]


def roots(found: Iterable[Case]) -> tuple[Node, ...]:
    """The incidents among the cases that are present; every case stands in exactly one of them."""
    cases = {case.id: case for case in found}
    hang = _hang(cases)
    while cycle := _cycle(hang):
        end = min(cycle, key=lambda id_: (cases[id_].onset is None, cases[id_].onset or 0.0, id_))
        cases[end] = _withdrawn(cases[end], hang[end][0])
        hang = _hang(cases)
    children: dict[str, list[str]] = {}
    for child, edges in hang.items():
        children.setdefault(edges[0].parent, []).append(child)
    ordered = sorted(cases, key=lambda id_: _place(cases[id_]))
    return tuple(_node(id_, cases, hang, children) for id_ in ordered if id_ not in hang)


def _place(case: Case) -> tuple[float, str, Subject]:
    """The earliest first; then by row and subject."""
    return case.onset if case.onset is not None else float("inf"), case.row.id, case.representative


def _node(id_: str, cases: Mapping[str, Case], hang: Mapping[str, tuple[_Edge, ...]], children: Mapping[str, list[str]]) -> Node:
    below = tuple(_node(child, cases, hang, children) for child in sorted(children.get(id_, ()), key=lambda one: _place(cases[one])))
    also = dict.fromkeys(edge.parent for edge in hang.get(id_, ())[1:] if edge.parent != hang[id_][0].parent)
    return Node(cases[id_], below, tuple(also))


def _hang(cases: Mapping[str, Case]) -> dict[str, tuple[_Edge, ...]]:
    """For each case that is explained by another: its edges, the one it hangs by first.

    Which of two parents is the nearer depends on what hangs under what, so this is repeated until nothing changes.
    """
    edges = {id_: _edges(case, cases) for id_, case in cases.items()}
    hang: dict[str, tuple[_Edge, ...]] = {}
    for _ in cases:
        again = {id_: good for id_, mine in edges.items() if (good := _carrying(cases[id_], mine, hang, cases))}
        if again == hang:
            break
        hang = again
    return hang


def _above(id_: str, hang: Mapping[str, tuple[_Edge, ...]]) -> frozenset[str]:
    """Everything that a case hangs under."""
    found: set[str] = set()
    while id_ in hang and hang[id_][0].parent not in found:
        id_ = hang[id_][0].parent
        found.add(id_)
    return frozenset(found)


def _carrying(case: Case, mine: list[_Edge], hang: Mapping[str, tuple[_Edge, ...]], cases: Mapping[str, Case]) -> tuple[_Edge, ...]:
    """The edges that carry, the nearest parent first; a farther parent's causes count for the nearer one."""
    over = {edge.parent: _above(edge.parent, hang) for edge in mine}
    good = [edge for edge in mine if _carries(edge, [other for other in mine if other.parent in over[edge.parent]], case)]

    def order(edge: _Edge) -> tuple[int, float, float, str]:
        nearer = sum(edge.parent in over[other.parent] for other in good)
        return nearer, -edge.weight, cases[edge.parent].onset or float("inf"), edge.parent

    return tuple(sorted(good, key=order))


def _edges(case: Case, cases: Mapping[str, Case]) -> list[_Edge]:
    found = []
    for number, parents in case.parents:
        weighed = case.weighed[number]
        up = {cause: weight for cause, weight in weighed.evidence.then.items() if weight > 0}
        if weighed.outcome is Outcome.TRUE and up:
            found += [_Edge(case.id, parent, number, max(up.values()), tuple(sorted(up))) for parent in parents if parent in cases]
    return found


def _carries(edge: _Edge, farther: list[_Edge], case: Case) -> bool:
    """Whether a cause that this parent, or one that it hangs under, speaks for is at least likely."""
    causes = {*edge.causes, *(cause for other in farther for cause in other.causes)}
    if case.ranking.named:
        return case.ranking.lead in causes
    return bool(farther) and sum(case.ranking.posterior(cause) for cause in causes) >= LIKELY


def _cycle(hang: Mapping[str, tuple[_Edge, ...]]) -> tuple[str, ...]:
    """The cases of one cycle, or nothing."""
    for start in sorted(hang):
        path: list[str] = []
        here = start
        while here in hang and here not in path:
            path.append(here)
            here = hang[here][0].parent
        if here in path:
            return tuple(path[path.index(here) :])
    return ()


def _withdrawn(case: Case, edge: _Edge) -> Case:
    """The case ranked again without the evidence of one edge; other parents found by the same clause keep it true."""
    parents = tuple((number, tuple(one for one in found if number != edge.line or one != edge.parent)) for number, found in case.parents)
    empty = {number for number, found in parents if not found}
    weighed = tuple(msgspec.structs.replace(line, outcome=Outcome.NOT_APPLICABLE) if line.number in empty else line for line in case.weighed)
    kept = tuple(pair for pair in parents if pair[1])
    return msgspec.structs.replace(case, weighed=weighed, parents=kept, ranking=rank(case.row, weighed))
