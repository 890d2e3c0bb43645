"""From cases to incidents: a case hangs under the case that explains it, and each root leads an incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

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
    return tuple(_node(id_, cases, hang, children) for id_ in sorted(cases) if id_ not in hang)


def _node(id_: str, cases: Mapping[str, Case], hang: Mapping[str, tuple[_Edge, ...]], children: Mapping[str, list[str]]) -> Node:
    below = tuple(_node(child, cases, hang, children) for child in sorted(children.get(id_, ())))
    also = dict.fromkeys(edge.parent for edge in hang.get(id_, ())[1:] if edge.parent != hang[id_][0].parent)
    return Node(cases[id_], below, tuple(also))


def _hang(cases: Mapping[str, Case]) -> dict[str, tuple[_Edge, ...]]:
    """For each case that is explained by another: its edges, the one it hangs by first."""
    edges = {id_: _edges(case, cases) for id_, case in cases.items()}
    hang: dict[str, tuple[_Edge, ...]] = {}
    for id_, mine in edges.items():
        good = [edge for edge in mine if _carries(edge, mine, cases, edges)]
        if good:
            hang[id_] = tuple(sorted(good, key=lambda edge: (-edge.weight, cases[edge.parent].onset or float("inf"), edge.parent)))
    return hang


def _edges(case: Case, cases: Mapping[str, Case]) -> list[_Edge]:
    found = []
    for number, parents in case.parents:
        weighed = case.weighed[number]
        up = {cause: weight for cause, weight in weighed.evidence.then.items() if weight > 0}
        if weighed.outcome is Outcome.TRUE and up:
            found += [_Edge(case.id, parent, number, max(up.values()), tuple(sorted(up))) for parent in parents if parent in cases]
    return found


def _carries(edge: _Edge, mine: list[_Edge], cases: Mapping[str, Case], edges: Mapping[str, list[_Edge]]) -> bool:
    """Whether a cause that this parent speaks for is at least likely; a farther parent's causes count for the nearer one."""
    near = cases[edge.child]
    causes = set(edge.causes)
    for other in mine:
        if any(above.parent == other.parent for above in edges[edge.parent]):
            causes |= set(other.causes)
    if near.ranking.named:
        return near.ranking.lead in edge.causes
    return len(causes) > len(edge.causes) and sum(near.ranking.posterior(cause) for cause in causes) >= LIKELY


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
    """The case ranked again without the evidence of one edge."""
    weighed = tuple(msgspec.structs.replace(line, outcome=Outcome.NOT_APPLICABLE) if line.number == edge.line else line for line in case.weighed)
    parents = tuple((number, found) for number, found in case.parents if number != edge.line)
    return msgspec.structs.replace(case, weighed=weighed, parents=parents, ranking=rank(case.row, weighed))
