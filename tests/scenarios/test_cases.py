"""Which subjects are one case: those of one workload that agree, each alone without one; and every case has an id of its own."""

from __future__ import annotations

from probes._contract import Value
from rules._roots import Node
from tests.scenarios._platform import chain, pull_failures, renamed_model, two_roots
from tests.scenarios._trees import incidents, judged, trees
from tests.scenarios._world import World, ago

LOOPS = "kubernetes/container-loops"


def _replica(world: World, name: str, workload: str = "", **values: Value) -> World:
    world.looked(f"container {name}", {"waiting_reason": "CrashLoopBackOff", "last_exit_code": 1, "oom_killed": False, **values})
    return world.relate(f"container {name} in workload {workload}") if workload else world


def _cases(world: World) -> list[tuple[str, ...]]:
    return sorted(tuple(subject.key for subject in case.subjects) for case in judged(world).cases if case.row.id == LOOPS)


def test_replicas_of_one_workload_that_agree_are_one_case_led_by_the_smallest_id() -> None:
    world = World()
    for name in ("app-2", "app-0", "app-1"):
        _replica(world, name, "ml/app")
    (case,) = [case for case in judged(world).cases if case.row.id == LOOPS]

    assert (("app-0", "app-1", "app-2"), "app-0") == (tuple(one.key for one in case.subjects), case.representative.key)


def test_replicas_that_end_differently_are_two_cases() -> None:
    world = _replica(_replica(_replica(World(), "a", "ml/app"), "b", "ml/app", last_exit_code=137), "c", "ml/app")

    assert [("a", "c"), ("b",)] == _cases(world)


def test_a_replica_that_did_not_end_yet_is_a_case_of_its_own() -> None:
    """Nothing and unseen are not one exit code."""
    world = _replica(_replica(World(), "a", "ml/app", last_exit_code=None), "b", "ml/app")

    assert [("a",), ("b",)] == _cases(world)


def test_the_same_trouble_in_two_workloads_is_two_cases() -> None:
    assert [("a",), ("b",)] == _cases(_replica(_replica(World(), "a", "ml/one"), "b", "ml/two"))


def test_what_belongs_to_no_workload_is_a_case_alone() -> None:
    assert [("a",), ("b",)] == _cases(_replica(_replica(World(), "a"), "b"))


def test_a_workload_reached_through_the_pod_is_the_same_owner() -> None:
    world = _replica(_replica(World(), "a", "ml/app"), "b").relate("container b in pod b", "pod b in workload ml/app")

    assert [("a", "b")] == _cases(world)


def test_what_recovered_is_not_one_case_with_what_fails_now() -> None:
    world = _replica(_replica(World(), "a", "ml/app"), "b", "ml/app", waiting_reason="", restart_count=4, last_finished_at=ago(30))

    assert [("a",), ("b",)] == _cases(world)


def test_the_onset_of_a_case_is_its_earliest() -> None:
    world = _replica(_replica(World(), "a", "ml/app", first_failure_at=ago(5)), "b", "ml/app", first_failure_at=ago(25))
    (case,) = [case for case in judged(world).cases if case.row.id == LOOPS]

    assert ago(25) == case.onset


def test_two_models_of_one_server_are_two_cases() -> None:
    """They share an MLflow, its database and the workload that runs it; none of these owns them."""
    world = renamed_model(chain(), "fraud").relate("mlflow prod in workload mlops/mlflow")
    found = [case for case in judged(world).cases if case.row.id == "mlflow/model-cannot-load"]

    assert [("churn",), ("fraud",)] == [tuple(one.key for one in case.subjects) for case in found]


def test_two_services_used_by_one_server_are_two_cases() -> None:
    world = World().saw("mlflow a", health="refused", search_works=None).saw("mlflow b", health="refused", search_works=None)
    for name in "ab":
        world.relate(f"mlflow {name} uses service svc:mlops/postgres", f"mlflow {name} in workload mlops/{name}")
    world.relate("service svc:mlops/postgres of container postgres", "container postgres in workload mlops/postgres")

    assert [1, 1] == [len(case.subjects) for case in judged(world).cases if case.row.id == "mlflow/offline-or-empty"]


def test_one_row_over_two_kinds_makes_a_case_of_each() -> None:
    """A pod and its container, both of one workload: two cases with two ids, and both are told."""
    world = World().saw("pod p", waiting_reason="NotReady").saw("container c", waiting_reason="NotReady", oom_killed=False)
    world.relate("pod p in workload ml/app", "container c in pod p")
    found = [case for case in judged(world).cases if case.row.id == "general/does-not-get-ready"]

    assert (2, 2) == (len(found), len({case.id for case in found}))


def test_every_case_that_is_present_stands_in_exactly_one_incident() -> None:
    world = two_roots()
    pulls = pull_failures(pods=30)
    world.parts += pulls.parts
    world.saw("pod p", waiting_reason="NotReady").saw("container c", waiting_reason="NotReady", oom_killed=False)
    world.relate("pod p in workload ml/app", "container c in pod p")
    present = [case for case in judged(world).cases if case.here]

    assert sorted(case.id for case in present) == sorted(_told(incidents(world)))


def _told(nodes: tuple[Node, ...]) -> list[str]:
    return [id_ for node in nodes for id_ in (node.case.id, *_told(node.consequences))]


def test_draft_rows_are_never_judged() -> None:
    assert () == trees(World().saw("node n1", network_ready=False))
