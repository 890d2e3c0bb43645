"""One service seen as a URL, as a Service and as an address is one subject: its names merged, its values merged, disagreements kept."""

from __future__ import annotations

import itertools

import pytest

from probes._contract import Subject, Vantage
from rules._expr import Outcome
from tests.scenarios._platform import loop
from tests.scenarios._trees import Tree, case_of, facts_of, judged, line_of, shape, trees
from tests.scenarios._world import World, ago

URL, SVC, CONTAINER, HOST, IP = "http://mlflow.mlops:5000", "svc:mlops/mlflow", "container:mlflow", "mlflow.mlops", "10.0.0.7"
SILENT = "general/service-silent"


def _thrice() -> World:
    """The URL was tried by us, the Service was listed, the address was tried from the node."""
    world = World().same("service", URL, SVC, IP)
    world.saw(f"service {URL}", answers=False).saw(f"service {SVC}", port=5000).saw(f"service {IP}", vantage="node", answers=False)
    return world


def test_three_names_of_one_service_are_one_incident_under_the_best_known_name() -> None:
    assert (Tree(SILENT, f"service {SVC}", "undetermined", ("behind-it-down", "wrong-port")),) == trees(_thrice())


def test_every_name_of_a_service_is_kept_the_best_first() -> None:
    facts = facts_of(_thrice())

    assert (SVC, URL, IP) == facts.aliases.names(Subject("service", IP))


@pytest.mark.parametrize("keys", list(itertools.permutations((CONTAINER, SVC, HOST, IP))))
def test_a_service_is_called_by_its_service_name_first_then_container_then_host_then_address(keys: tuple[str, ...]) -> None:
    facts = facts_of(World().same("service", *keys))

    assert [SVC, CONTAINER, HOST, IP] == list(facts.aliases.names(Subject("service", keys[0])))


def test_a_url_of_an_address_is_known_no_better_than_the_address() -> None:
    """`http://10.0.0.7:5000` sorts before `mlflow.mlops`, but says no more than its address does."""
    facts = facts_of(World().same("service", "http://10.0.0.7:5000", HOST))

    assert Subject("service", HOST) == facts.aliases.of(Subject("service", "http://10.0.0.7:5000"))


def test_names_joined_in_a_chain_are_one_thing() -> None:
    world = World().same("service", URL, IP).same("service", HOST, SVC).same("service", IP, HOST)

    assert {Subject("service", SVC)} == {facts_of(world).aliases.of(Subject("service", key)) for key in (URL, IP, HOST, SVC)}


def test_two_kinds_are_never_one_thing() -> None:
    """A service is not the container behind it, whatever a probe says."""
    world = World().same("service", URL, SVC).saw("container mlflow", state="running").saw(f"service {SVC}", port=5000)
    facts = facts_of(world)

    assert ([Subject("container", "mlflow")], [Subject("service", SVC)]) == (facts.subjects("container"), facts.subjects("service"))


def test_relations_of_every_name_belong_to_the_one_thing() -> None:
    """The container stands behind the Service; MLflow has its address. The incident joins them."""
    world = loop(_thrice(), "postgres", onset=20).relate(f"service {SVC} of container postgres", f"mlflow prod uses service {IP}")
    world.saw("mlflow prod", health="OK", search_works=False, first_failure_at=ago(15))

    assert [("container postgres", (f"service {SVC}",), ("mlflow prod",))] == [shape(tree) for tree in trees(world)]


def test_a_value_beats_none_whoever_saw_nothing() -> None:
    """The workload itself found no port; the list of Services has one."""
    world = _thrice().saw(f"service {URL}", by="workload", vantage="itself", port=None, answers=None)
    facts = facts_of(world)

    assert (5000, False, []) == (*(facts.value(Subject("service", SVC), name) for name in ("service.port", "service.answers")), facts.conflicts)


VANTAGES: tuple[Vantage, ...] = ("itself", "node", "pod", "host")


@pytest.mark.parametrize(("near", "far"), list(itertools.combinations(VANTAGES, 2)))
@pytest.mark.parametrize("first", ["near", "far"])
def test_where_sources_disagree_the_one_nearest_the_thing_wins_and_the_disagreement_is_kept(near: Vantage, far: Vantage, first: str) -> None:
    keys = (SVC, IP) if first == "near" else (IP, SVC)
    world = World().same("service", *keys)
    world.saw(f"service {keys[0]}", by="b", vantage=near, answers=True).saw(f"service {keys[1]}", by="a", vantage=far, answers=False)
    facts = facts_of(world)
    kept = [(won.value, won.source.vantage, lost.value, lost.source.vantage) for won, lost in facts.conflicts]

    assert (True, [(True, near, False, far)]) == (facts.value(Subject("service", SVC), "service.answers"), kept)


def test_the_nearest_wins_even_where_a_farther_one_said_the_same_first() -> None:
    """Our host and the workload agree that it answers; the node does not. The workload is nearest."""
    world = World().saw(f"service {SVC}", by="a", vantage="host", version="2.1").saw(f"service {SVC}", by="b", vantage="itself", version="2.1")
    facts = facts_of(world.saw(f"service {SVC}", by="c", vantage="node", version="3.0"))

    assert facts.value(Subject("service", SVC), "service.version") == "2.1"


def test_the_value_that_won_is_told_with_its_own_source() -> None:
    world = World().saw(f"service {SVC}", by="a", vantage="host", answers=False).saw(f"service {SVC}", by="b", vantage="node", answers=True)
    facts = facts_of(world)

    assert ["b"] == [source.probe for source in facts.source(Subject("service", SVC), "service.answers")]


def test_the_row_is_judged_by_the_value_that_won() -> None:
    """From our host it does not answer; from the workload it does: it is not silent."""
    world = _thrice().saw(f"service {IP}", by="workload", vantage="itself", answers=True)

    assert () == trees(world)


def test_a_clause_reads_what_only_another_name_gave() -> None:
    """The port is known of the Service alone; the trouble is known of the URL alone."""
    case = case_of(judged(_thrice()), SILENT, f"service {SVC}")

    assert line_of(case, "service.port").outcome is Outcome.TRUE


def test_events_and_states_of_every_name_belong_to_the_one_thing() -> None:
    world = World().same("container", "mlflow", "docker:abc").happened("container mlflow", "volume_event", "no space", ago(3))
    facts = facts_of(world.saw("container docker:abc", state="running"))
    (best,) = facts.subjects("container")

    assert ("no space", "running") == (facts.value(best, "container.volume_event"), facts.value(best, "container.state"))
