"""Containers that need each other and all loop: the circle is cut at the edge into the earliest onset, and what is left is one incident."""

from __future__ import annotations

import pytest

from rules._expr import Outcome
from rules._roots import Node
from tests.scenarios._platform import CHAIN, chain, loop
from tests.scenarios._trees import Tree, case_of, incidents, judged, line_of, shape, trees
from tests.scenarios._world import World

LOOPS = "kubernetes/container-loops"
NEED = "along container needs container"


def _two(first: float | None, second: float | None) -> World:
    return loop(loop(World(), "a", "b", onset=first), "b", "a", onset=second)


def _three(*onsets: float | None) -> World:
    """a needs b, b needs c, c needs a."""
    world = World()
    for name, needed, onset in zip("abc", "bca", onsets, strict=True):
        loop(world, name, needed, onset=onset)
    return world


def _root(world: World) -> Node:
    (root,) = incidents(world)
    return root


def _shapes(world: World) -> tuple[object, ...]:
    return tuple(shape(tree) for tree in trees(world))


@pytest.mark.parametrize(
    ("expected", "onsets"),
    [
        ((("container a", ("container b",)),), (20, 10)),
        ((("container b", ("container a",)),), (10, 20)),
        ((("container b", ("container a",)),), (None, 20)),
        ((("container a", ("container b",)),), (20, 19.5)),
    ],
    ids=["a first", "b first", "only b's known", "half a minute apart"],
)
def test_of_two_that_need_each_other_the_earlier_leads(expected: tuple[object, ...], onsets: tuple[float | None, float | None]) -> None:
    assert expected == _shapes(_two(*onsets))


def test_with_onsets_a_minute_and_more_apart_there_is_no_circle_to_cut() -> None:
    """What began later explains nothing that began before: the clause itself is false."""
    found = judged(_two(20, 10))

    assert [Outcome.FALSE, Outcome.TRUE] == [line_of(case_of(found, LOOPS, who), NEED).outcome for who in ("container a", "container b")]


@pytest.mark.parametrize("onsets", [(None, None), (20, 20)])
def test_where_nothing_says_who_was_first_there_is_still_one_incident_of_two(onsets: tuple[float | None, float | None]) -> None:
    root = _root(_two(*onsets))

    assert {"a", "b"} == {root.case.representative.key, *(child.case.representative.key for child in root.consequences)}


def test_the_end_of_the_cut_edge_is_ranked_again_without_its_evidence() -> None:
    """Both have only each other and their logs; the root keeps its log alone, so it is no longer diagnosed."""
    root = _root(_two(None, None))

    assert (Outcome.NOT_APPLICABLE, False) == (line_of(root.case, NEED).outcome, "parent" in root.case.ranking.support["dependency-down"])
    assert ("likely", "diagnosed") == (root.case.ranking.band, root.consequences[0].case.ranking.band)


@pytest.mark.parametrize(
    ("expected", "onsets"),
    [
        (("container b", ("container a", ("container c",))), (19.5, 20, 19.2)),
        (("container c", ("container b", ("container a",))), (None, None, 20)),
    ],
    ids=["all within a minute", "only c's known"],
)
def test_a_circle_of_three_is_cut_at_the_edge_into_the_earliest(expected: tuple[object, ...], onsets: tuple[float | None, ...]) -> None:
    assert (expected,) == _shapes(_three(*onsets))


def test_a_circle_of_three_without_onsets_is_one_incident_of_three() -> None:
    root = _root(_three(None, None, None))

    assert [1, 1] == [len(root.consequences), len(root.consequences[0].consequences)]


def test_a_circle_of_twelve_ends() -> None:
    world = World()
    for number in range(12):
        loop(world, f"c{number:02}", f"c{(number + 1) % 12:02}")
    node, depth = _root(world), 1
    while node.consequences:
        (node,), depth = node.consequences, depth + 1

    assert depth == 12


def test_everything_that_needs_everything_ends_in_one_incident() -> None:
    world = World()
    names = [f"c{number}" for number in range(6)]
    for name in names:
        loop(world, name, *(other for other in names if other != name))

    assert sum(_size(node) for node in incidents(world)) == 6


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in node.consequences)


def test_what_follows_from_a_circle_hangs_under_it() -> None:
    world = loop(_two(20, 19.5), "c", "a", onset=15)

    assert (("container a", ("container b",), ("container c",)),) == _shapes(world)


def test_a_cut_withdraws_one_edge_and_not_its_neighbours() -> None:
    """a needs b and c, b needs a. a and b are a circle, cut at the edge into a, which began first; c, which needs nobody, explains a still."""
    world = loop(loop(loop(World(), "a", "b", "c", onset=20), "b", "a", onset=19.6), "c", onset=19.2)

    assert (("container c", ("container a", ("container b",))),) == _shapes(world)


def test_a_circle_beside_a_chain_is_an_incident_of_its_own() -> None:
    world = loop(loop(chain(), "a", "b", onset=20), "b", "a", onset=19.5)
    found = trees(world)

    assert (CHAIN, "container a") == (next(tree for tree in found if tree.about == "container postgres"), found[0].about)
    assert len(found) == 2


def test_a_container_that_needs_one_of_its_own_case_is_not_cleared_of_it() -> None:
    """Both belong to one workload and are one case: that case cannot hang under itself, and nothing speaks against a service being down."""
    world = _two(None, None).relate("container a in workload ml/app", "container b in workload ml/app")
    (case,) = judged(world).cases

    assert line_of(case, NEED).outcome is not Outcome.FALSE


def test_one_case_of_two_that_need_each_other_is_one_incident() -> None:
    world = _two(None, None).relate("container a in workload ml/app", "container b in workload ml/app")

    assert (Tree(LOOPS, "container a", "likely", ("dependency-down",), count=2),) == trees(world)
