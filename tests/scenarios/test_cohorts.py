"""Three hundred pods that cannot pull from one registry are one incident, headed by the registry; what has nothing to do with it is another."""

from __future__ import annotations

import msgspec
import pytest

from rules._expr import Outcome
from tests.scenarios._platform import HARBOR, PODS, TRAINER, WORKLOADS, pull_failures
from tests.scenarios._trees import Tree, incidents, judged, outcome, trees
from tests.scenarios._world import World

PULL = "kubernetes/image-pull-fails"
HEADED = Tree(PULL, HARBOR, "diagnosed", ("registry-down",), count=PODS)
FIRST = "container app-000"


def _counts(world: World) -> list[int]:
    return sorted(len(case.subjects) for case in judged(world).cases if case.row.id == PULL)


def test_the_registry_heads_its_three_hundred_and_the_memory_kill_stands_beside_it() -> None:
    assert (HEADED, TRAINER) == trees(pull_failures())


def test_the_representative_of_a_cohort_is_its_smallest_id() -> None:
    assert ["app-000"] == [node.case.representative.key for node in incidents(pull_failures()) if node.case.row.id == PULL]


def test_pulls_that_succeeded_since_end_the_cohort() -> None:
    """Five pods pulled from it since: it is not the registry, and each workload is a case of its own."""
    found = judged(pull_failures(succeeded=5))
    cases = [case for case in found.cases if case.row.id == PULL]

    assert (WORKLOADS, {None}, PODS) == (len(cases), {case.head for case in cases}, sum(len(case.subjects) for case in cases))


def test_pulls_that_succeeded_speak_against_the_registry() -> None:
    assert outcome(pull_failures(succeeded=5), PULL, FIRST, 'cohort.kind == "registry"') is Outcome.FALSE


def test_without_a_census_nobody_can_tell_whether_it_is_the_registry() -> None:
    """None is known to have succeeded because nobody counted: that speaks neither for nor against the registry."""
    assert outcome(pull_failures(succeeded=None), PULL, FIRST, 'cohort.kind == "registry"') is Outcome.CANNOT_TELL


def test_without_a_census_no_cause_is_surer_and_the_registry_stays_in_what_is_left() -> None:
    found = [case for case in judged(pull_failures(succeeded=None)).cases if case.row.id == PULL]

    assert all("registry-down" in case.ranking.candidates for case in found)


def test_a_cohort_is_one_case_even_where_its_members_say_it_differently() -> None:
    """The cohort comes first; what members of a case agree on is asked only of those outside it."""
    found = trees(pull_failures(errors=("timeout", "unauthorized")))

    assert [(HARBOR, PODS)] == [(tree.about, tree.count) for tree in found if tree.row == PULL]


@pytest.mark.parametrize(("pods", "expected"), [(2, [1, 1]), (3, [3])])
def test_two_that_fail_are_no_cohort_and_three_are(pods: int, expected: list[int]) -> None:
    assert expected == _counts(pull_failures(pods=pods))


def test_a_node_heads_the_cohort_where_registries_differ() -> None:
    world = World().saw("node n1", network_ready=False).counted("node n1", "container", 4, 0)
    for number in range(4):
        world.saw(f"container c{number}", waiting_reason="ErrImagePull", pull_error="timeout", oom_killed=False).saw(
            f"pod c{number}", phase="Pending"
        )
        world.saw(f"image i{number}", tag="1").saw(f"registry r{number}", answers=True)
        world.relate(f"container c{number} in pod c{number}", f"pod c{number} on node n1")
        world.relate(f"container c{number} uses image i{number}", f"image i{number} in registry r{number}")

    assert (Tree(PULL, "node n1", "diagnosed", ("node-network",), count=4),) == trees(world)


def test_the_nearer_shared_thing_heads_before_the_farther() -> None:
    """All on one node and all from one registry: the row names the registry first."""
    world = pull_failures(pods=9)
    for number in range(9):
        world.relate(f"pod app-{number:03} on node n0")
    world.counted("node n0", "container", 9, 0)

    assert [(HARBOR, 9)] == [(tree.about, tree.count) for tree in trees(world) if tree.row == PULL]


def test_two_registries_head_two_incidents() -> None:
    world = pull_failures(pods=80)
    for number in range(80, 84):
        who = f"container app-{number:03}"
        world.saw(who, waiting_reason="ErrImagePull", pull_error="timeout", oom_killed=False).relate(f"{who} uses image far-{number}")
        world.saw(f"image far-{number}", tag="1").relate(f"image far-{number} in registry far.example")
    world.saw("registry far.example", answers=False).counted("registry far.example", "container", 4, 0)
    far = msgspec.structs.replace(HEADED, about="registry far.example", count=4)

    assert (far, msgspec.structs.replace(HEADED, count=80), TRAINER) == trees(world)


@pytest.mark.parametrize("first", ["harbor.example", "harbor.mirror.example"])
def test_a_success_counted_under_another_name_of_the_registry_ends_the_cohort_too(first: str) -> None:
    """The registry is known by two names, and each was counted: under one of them pulls have succeeded."""
    second = next(name for name in ("harbor.example", "harbor.mirror.example") if name != first)
    world = pull_failures(succeeded=None).same("registry", "harbor.example", "harbor.mirror.example")
    world.counted(f"registry {first}", "container", 300, 0).counted(f"registry {second}", "container", 5, 5)

    assert {None} == {case.head for case in judged(world).cases if case.row.id == PULL}


def test_healthy_members_of_a_shared_thing_are_no_incident() -> None:
    world = World().counted("node n1", "container", 4, 0)
    for number in range(4):
        world.saw(f"container c{number}", waiting_reason="", pull_error="", oom_killed=False).relate(f"container c{number} in pod c{number}")

    assert () == trees(world)
