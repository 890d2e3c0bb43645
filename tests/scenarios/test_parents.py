"""What may stand above what: parents that nobody could look at, parents below likely, and two parents of which one hangs under the other."""

from __future__ import annotations

import pytest

from probes._contract import Subject
from rules._expr import Outcome
from rules._facts import Want
from rules._rank import LIKELY
from tests.scenarios._platform import CHAIN, api, chain, database, loop, renamed_model
from tests.scenarios._trees import Tree, case_of, incidents, judged, line_of, outcome, shape, trees
from tests.scenarios._world import World, ago

MODEL_ROW, API_ROW, MLFLOW_ROW, LOOPS = "mlflow/model-cannot-load", "serving/api-503", "mlflow/offline-or-empty", "kubernetes/container-loops"
NEED = "along container needs container"


def _bare_model() -> World:
    """A model whose loader says nothing, so that only its MLflow could explain it."""
    return World().saw("model churn", load_failed=True, alias_exists=True, version_state="ready", error="")


# a parent that nobody could look at


def test_a_parent_behind_a_relation_that_could_not_be_followed_cannot_be_told() -> None:
    world = _bare_model().blind("model", "model in mlflow")

    assert outcome(world, MODEL_ROW, "model churn", "model in mlflow") is Outcome.CANNOT_TELL


def test_a_parent_behind_a_relation_that_could_not_be_followed_is_listed_with_what_would_settle_it() -> None:
    found = judged(_bare_model().blind("model", "model in mlflow"))

    assert (Want(Subject("model", "churn"), "model in mlflow"),) == line_of(case_of(found, MODEL_ROW, "model churn"), "model in mlflow").missing


def test_a_parent_reached_and_never_looked_at_cannot_be_told() -> None:
    world = _bare_model().relate("model churn in mlflow prod")

    assert outcome(world, MODEL_ROW, "model churn", "model in mlflow") is Outcome.CANNOT_TELL


def test_a_parent_reached_and_never_looked_at_is_listed_with_what_would_settle_it() -> None:
    found = judged(_bare_model().relate("model churn in mlflow prod"))
    missing = line_of(case_of(found, MODEL_ROW, "model churn"), "model in mlflow").missing

    assert {"mlflow.health", "mlflow.search_works"} == {want.name for want in missing}


def test_a_blind_relation_after_the_one_named_cannot_be_told_either() -> None:
    """The API serves a model, which is known; in which MLflow that model is, nobody could see."""
    world = api(_bare_model(), "churn-api", "churn").forget("workload ml/churn-api", "workload uses mlflow")
    world.blind("model", "model in mlflow").blind("workload", "workload uses mlflow")

    assert outcome(world, API_ROW, "endpoint churn-api", "offline-or-empty") is Outcome.CANNOT_TELL


def test_a_relation_that_its_probe_could_not_give_is_unseen_whatever_kind_the_probe_is_for() -> None:
    """The look at MLflow's server gives `model in mlflow`. It was refused as a whole, and names all that it would have given."""
    world = _bare_model().relate("model churn in mlflow prod").saw("mlflow prod", health="OK", search_works=True).without("mlflow.server")

    assert outcome(world, MODEL_ROW, "model churn", "model in mlflow") is Outcome.CANNOT_TELL


def test_a_relation_drawn_from_a_log_that_nobody_read_is_unseen() -> None:
    """Which container the log of `a` complains of is not known, for nobody read it."""
    world = World().saw("container a", waiting_reason="CrashLoopBackOff", restart_count=5, last_exit_code=1, oom_killed=False)
    line = line_of(case_of(judged(world), LOOPS, "container a"), NEED)

    assert (Outcome.CANNOT_TELL, ("container.log_tail",)) == (line.outcome, tuple(want.name for want in line.missing))


def test_what_only_a_log_names_is_reached_and_unseen() -> None:
    """The log of `a` complains of the host `db`, and no probe saw a container of that name."""
    world = World().saw("container a", waiting_reason="CrashLoopBackOff", restart_count=5, last_exit_code=1, oom_killed=False)
    world.saw("container a", log_tail="could not translate host name host=db", log_complete=True)

    assert outcome(world, LOOPS, "container a", NEED) is Outcome.CANNOT_TELL


@pytest.mark.parametrize("seen", ["relation refused", "subject unseen"])
def test_a_parent_that_cannot_be_told_weighs_nothing(seen: str) -> None:
    """The same posteriors as where there is no MLflow at all, and no cause named that is not named there."""
    alone = case_of(judged(_bare_model()), MODEL_ROW, "model churn")
    world = _bare_model().blind("model", "model in mlflow") if seen == "relation refused" else _bare_model().relate("model churn in mlflow prod")
    blind = case_of(judged(world), MODEL_ROW, "model churn")

    assert (alone.ranking.posteriors, False) == (blind.ranking.posteriors, blind.ranking.named)


def test_a_parent_that_cannot_be_told_keeps_its_cause_among_those_that_are_left() -> None:
    """Nothing known fits so far; but MLflow, if it were down, would."""
    case = case_of(judged(_bare_model().relate("model churn in mlflow prod")), MODEL_ROW, "model churn")

    assert ("undetermined", True) == (case.ranking.band, "store-unreachable" in case.ranking.candidates)


def test_no_mlflow_at_all_is_not_applicable_and_not_unknown() -> None:
    assert outcome(_bare_model(), MODEL_ROW, "model churn", "model in mlflow") is Outcome.NOT_APPLICABLE


def test_a_parent_looked_at_and_well_is_false() -> None:
    world = _bare_model().relate("model churn in mlflow prod").saw("mlflow prod", health="OK", search_works=True)

    assert outcome(world, MODEL_ROW, "model churn", "model in mlflow") is Outcome.FALSE


def test_a_true_clause_of_an_open_parent_is_enough_to_know_it_is_there() -> None:
    """Only /health was seen, and it says no."""
    world = _bare_model().relate("model churn in mlflow prod").saw("mlflow prod", health="refused")

    assert outcome(world, MODEL_ROW, "model churn", "model in mlflow") is Outcome.TRUE


def test_one_parent_that_is_there_outweighs_one_that_nobody_saw() -> None:
    world = loop(loop(World(), "a", "b", "c"), "b")

    assert outcome(world, LOOPS, "container a", NEED) is Outcome.TRUE


def test_one_parent_that_nobody_saw_outweighs_one_that_is_well() -> None:
    world = loop(World(), "a", "b", "c").saw("container b", waiting_reason="", restart_count=0, state="running", oom_killed=False)

    assert outcome(world, LOOPS, "container a", NEED) is Outcome.CANNOT_TELL


def test_a_parent_that_recovered_explains_nothing_that_is_there_now() -> None:
    world = loop(World(), "a", "b").saw(
        "container b", waiting_reason="", state="running", restart_count=4, last_finished_at=ago(30), oom_killed=False
    )

    assert outcome(world, LOOPS, "container a", NEED) is Outcome.FALSE


def test_a_way_that_could_not_be_followed_is_not_replaced_by_a_longer_one() -> None:
    """Whose workload the API is, nobody could see. The workload in which its model's MLflow runs is another one."""
    world = chain().relate("mlflow prod in workload mlops/mlflow").saw("workload mlops/mlflow", memory_ratio=0.99)
    world.forget("endpoint churn-api", "endpoint of workload").blind("endpoint", "endpoint of workload")

    assert outcome(world, API_ROW, "endpoint churn-api", "workload.memory_ratio") is Outcome.CANNOT_TELL


def test_a_source_that_is_not_there_hides_no_way_that_another_source_shows() -> None:
    """Docker, which would say `container in workload`, has no address; Kubernetes says in which pod the container is, and whose pod that is."""
    world = World().saw("container app", waiting_reason="CrashLoopBackOff", oom_killed=False).saw("mlflow prod", health="refused", search_works=None)
    world.relate("container app in pod app-0", "pod app-0 in workload ml/app", "workload ml/app uses mlflow prod")
    world.blind("container", "container in workload", why="not configured")

    assert outcome(world, LOOPS, "container app", "workload uses mlflow") is Outcome.TRUE


def test_members_whose_pods_say_whose_they_are_stay_one_case_without_docker() -> None:
    world = World().blind("container", "container in workload", why="not configured")
    for name in ("app-0", "app-1"):
        world.saw(f"container {name}", waiting_reason="CrashLoopBackOff", oom_killed=False).relate(f"container {name} in pod {name}")
        world.relate(f"pod {name} in workload ml/app")

    assert [2] == [len(case.subjects) for case in judged(world).cases if case.here]


# a root below likely


def _vague_root() -> World:
    """MLflow's database loops; why, nobody can tell, for neither log, events nor metrics were seen."""
    return chain().without("kubernetes.logs", "kubernetes.events", "prometheus.containers")


def test_a_child_whose_own_cause_is_sure_hangs_under_a_root_that_is_not() -> None:
    (root,) = trees(_vague_root())

    assert ("container postgres", "undetermined") == (root.about, root.band)
    assert CHAIN.under == root.under


def test_a_root_below_likely_names_what_is_left_and_never_one_cause() -> None:
    (root,) = trees(_vague_root())

    assert (True, True) == (len(root.causes) > 1, "disk-full" in root.causes)


def test_a_child_whose_cause_is_below_likely_does_not_hang() -> None:
    """Its log blames an exception of its own; that what it needs loops too is not enough."""
    world = loop(loop(World(), "a", "b"), "b").forget("container a", "log_tail", "log_complete")
    world.saw("container a", log_tail="Traceback (most recent call last)", log_complete=True)
    case = case_of(judged(world), LOOPS, "container a")

    assert (Outcome.TRUE, True) == (line_of(case, NEED).outcome, case.ranking.posterior("dependency-down") < LIKELY)
    assert {("container a",), ("container b",)} == {shape(tree) for tree in trees(world)}


# two parents


def _torn(memory: float) -> World:
    """The chain, with an API that does not say what it waits for: its model and its MLflow explain it about equally."""
    world = chain().forget("endpoint churn-api").forget("workload ml/churn-api")
    return api(world, "churn-api", "churn", says="", memory=memory)


DEEP = ("container postgres", ("mlflow prod", ("model churn", ("endpoint churn-api",))))


def test_where_one_parent_hangs_under_the_other_both_posteriors_count_for_the_near_one() -> None:
    """Neither cause is likely alone, for memory is short too; together they are, and the model hangs under MLflow."""
    world = _torn(memory=0.99)

    assert case_of(judged(world), API_ROW, "endpoint churn-api").ranking.band == "undetermined"
    assert [DEEP] == [shape(tree) for tree in trees(world)]


def test_where_the_far_cause_is_likely_alone_the_near_parent_still_comes_first() -> None:
    """MLflow's cause leads by a little, but the model, which hangs under MLflow, is what the API waits for."""
    world = _torn(memory=0.4)
    ranking = case_of(judged(world), API_ROW, "endpoint churn-api").ranking

    assert ("mlflow-unreachable", "likely") == (ranking.lead, ranking.band)
    assert [DEEP] == [shape(tree) for tree in trees(world)]


def test_where_neither_parent_hangs_under_the_other_their_posteriors_are_not_added() -> None:
    """The model has a wrong alias: it stands in the MLflow that is offline, but does not hang under it."""
    world = World().saw("mlflow prod", health="OK", search_works=False).saw("mlflow prod", log_says="database")
    api(renamed_model(world, "fraud"), "fraud-api", "fraud", says="", memory=0.99)

    assert case_of(judged(world), API_ROW, "endpoint fraud-api").ranking.band == "undetermined"
    assert {("mlflow prod",), ("model fraud",), ("endpoint fraud-api",)} == {shape(tree) for tree in trees(world)}


def test_the_far_parent_of_a_near_one_is_not_told_twice() -> None:
    """MLflow stands above the API already; `also` names what explains it besides."""
    (root,) = incidents(_torn(memory=0.99))

    assert () == root.consequences[0].consequences[0].consequences[0].also


def test_of_two_parents_that_speak_for_one_cause_the_other_is_told_too() -> None:
    world = loop(loop(loop(World(), "a", "b", "c", onset=10), "b", onset=30), "c", onset=20)
    found = judged(world)
    (first, second) = sorted(incidents(world), key=lambda node: node.case.representative)
    (child,) = first.consequences

    assert ("b", "a", "c") == tuple(node.case.representative.key for node in (first, child, second))
    assert (case_of(found, LOOPS, "container c").id,) == child.also


def test_of_two_parents_the_weightier_is_chosen_before_the_earlier() -> None:
    """Its database (15) began after its MLflow (12) did; both are known, and both before it."""
    world = loop(World(), "a", "postgres", onset=5).relate("container a in workload ml/a", "workload ml/a uses mlflow other")
    database(world, onset=10).saw("mlflow other", health="refused", first_failure_at=ago(30))

    assert (("container postgres", ("container a",)), ("mlflow other",)) == tuple(shape(tree) for tree in trees(world))


# pairs


def _pair() -> World:
    world = World().saw("workload_mlflow ml/train->prod", reachable=False, error="timeout")
    world.saw("workload ml/train", tracking_uri_set=True).saw("mlflow prod", health="OK", search_works=True)
    return world.relate("workload_mlflow ml/train->prod of workload ml/train", "workload_mlflow ml/train->prod at mlflow prod")


def test_a_pair_reads_both_its_ends() -> None:
    """The server answers us, the workload has an address, and the workload runs into a timeout: something between them."""
    pair = "mlflow/not-reachable-from-workload"

    assert (Tree(pair, "workload_mlflow ml/train->prod", "diagnosed", ("blocked",)),) == trees(_pair())


def test_the_pair_of_a_workload_without_an_address_blames_the_workload_alone() -> None:
    world = _pair().forget("workload_mlflow ml/train->prod").forget("workload ml/train")
    world.saw("workload_mlflow ml/train->prod", reachable=False, error="").saw("workload ml/train", tracking_uri_set=False)
    world.relate("workload_mlflow ml/train->prod of workload ml/train", "workload_mlflow ml/train->prod at mlflow prod")

    assert [("likely", ("wrong-uri",))] == [(tree.band, tree.causes) for tree in trees(world)]


def test_a_pair_hangs_under_the_end_that_is_down() -> None:
    world = _pair().forget("mlflow prod").saw("mlflow prod", health="refused", search_works=None)

    assert [("mlflow prod", ("workload_mlflow ml/train->prod",))] == [shape(tree) for tree in trees(world)]


def test_two_pairs_of_one_server_are_two_subjects() -> None:
    """One workload reaches it and another does not: the server is not to blame, and only one pair is named."""
    world = _pair().saw("workload_mlflow ml/serve->prod", reachable=True, error="").saw("workload ml/serve", tracking_uri_set=True)
    world.relate("workload_mlflow ml/serve->prod of workload ml/serve", "workload_mlflow ml/serve->prod at mlflow prod")

    assert ["workload_mlflow ml/train->prod"] == [tree.about for tree in trees(world)]


def test_a_pair_of_which_one_end_is_unknown_is_told_what_is_missing() -> None:
    world = World().saw("workload_mlflow ml/train->prod", reachable=False, error="timeout").blind("workload_mlflow", "workload_mlflow at mlflow")
    line = line_of(case_of(judged(world), "mlflow/not-reachable-from-workload", "workload_mlflow ml/train->prod"), "mlflow.health")

    assert (Outcome.CANNOT_TELL, 1) == (line.outcome, len(line.missing))
