"""What is looked at next: the most informative for its price first, each probe at a subject once, and no longer than something is to be gained."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest

from probes._contract import Probe, Subject, Unavailable
from rules._rank import OPEN_GAIN
from rules._rounds import Errand, errands, wanted
from tests.scenarios._platform import CHAIN, TRAINER, WORKLOADS, chain, loop, memory_kill, pull_failures, two_roots
from tests.scenarios._specs import EVENTS, LOAD, LOGS, METRICS, MLFLOW_LOGS, PAIRS, PROBES, TASK_LOGS
from tests.scenarios._trees import case_of, judged, shape, trees
from tests.scenarios._world import Part, World, about_of, ago

Done = dict[tuple[str, Subject], None]
LOOPS = "kubernetes/container-loops"
MOST_ROUNDS = 4


def _looping() -> World:
    """A container that loops; only the sweep has seen it."""
    return World().saw("container a", waiting_reason="CrashLoopBackOff", restart_count=5, last_exit_code=1, oom_killed=False, last_attempt_at=ago(2))


def _names(found: list[Errand]) -> list[str]:
    return [errand.probe for errand in found]


SWEEPS = {probe.name for probe in PROBES if probe.sweeps}


def _swept(world: World) -> World:
    """What the sweeps alone have seen of it."""
    return World(part for part in world.parts if part.by in SWEEPS)


def _answers(world: World, errand: Errand) -> list[Part]:
    return [part for part in world.parts if part.by == errand.probe and about_of(part.said) == errand.subject]


def _run(world: World) -> tuple[World, list[list[Errand]]]:
    """Rounds over a made world until nothing is left to be gained, or twenty have passed."""
    known, done, rounds = _swept(world), Done(), list[list[Errand]]()
    while len(rounds) < 20:
        work = errands(judged(known), PROBES, done)
        if not work:
            break
        rounds.append(work)
        known = World([*known.parts, *(part for errand in work for part in _answers(world, errand))])
        done |= {(errand.probe, errand.subject): None for errand in work}
    return known, rounds


# which, and in which order


def test_the_most_informative_for_its_price_goes_first() -> None:
    """Of one container that loops: its metrics and its events cost half of what its log costs, and its log decides more."""
    found = errands(judged(_looping()), PROBES, {})
    gains = {errand.probe: errand.gain for errand in found}

    assert sorted(gains.values(), reverse=True) == list(gains.values())
    assert {"kubernetes.logs", "kubernetes.events", "prometheus.containers"} == gains.keys()


def test_the_gain_is_the_posterior_weighted_distance_of_what_is_unseen_over_the_price() -> None:
    """Counted by hand for the metrics: 12 for a full volume and -10 against it, over a price of two."""
    case = case_of(judged(_looping()), LOOPS, "container a")
    by_hand = case.ranking.posterior("disk-full") * (12 + 10) / METRICS.cost
    found = {errand.probe: errand.gain for errand in errands(judged(_looping()), PROBES, {})}

    assert math.isclose(by_hand, found["prometheus.containers"])


def test_a_look_that_costs_eight_times_as_much_is_worth_an_eighth() -> None:
    cheap, dear = (errands(judged(_looping()), [msgspec.structs.replace(LOGS, cost=cost)], {})[0].gain for cost in (1, 8))

    assert math.isclose(cheap, 8 * dear)


def test_looks_that_promise_the_same_go_by_name_and_subject() -> None:
    world = World()
    for name in ("c", "a", "b"):
        world.relate(f"container {name} in workload ml/{name}")
    found = errands(judged(world), [msgspec.structs.replace(probe, sweeps=False) for probe in PROBES], {})
    containers = [errand.subject.key for errand in found if errand.probe == "kubernetes.containers"]

    assert ["a", "b", "c"] == containers


def test_an_open_present_gains_ten_for_each_signal_that_is_missing() -> None:
    world = World().relate("endpoint api of workload ml/api")
    probes = [msgspec.structs.replace(probe, sweeps=False) for probe in PROBES if probe.kind == "endpoint"]
    case = case_of(judged(world), "serving/api-503", "endpoint api")
    found = {want.name: value for want, value in wanted(judged(world)).items() if want.subject.kind == "endpoint"}

    assert [want.name for want in case.missing] == ["endpoint.status_code"]
    assert OPEN_GAIN == found["endpoint.status_code"]
    assert ["serving.endpoints"] == _names(errands(judged(world), probes, {}))


def test_one_look_that_settles_many_questions_is_worth_their_sum() -> None:
    """The log settles whether it is the disk, a dependency or an exception."""
    found = {want.name: value for want, value in wanted(judged(_looping())).items()}
    posterior = case_of(judged(_looping()), LOOPS, "container a").ranking.posterior
    lines = {"disk-full": (18, -6), "dependency-down": (14, -6), "app-crashes": (12, -4)}
    rest = {"app-crashes": 4 + 3}
    least = sum(posterior(cause) * (up - down) for cause, (up, down) in lines.items()) + sum(
        posterior(cause) * value for cause, value in rest.items()
    )

    assert found["container.log_tail"] >= least - 1e-9


# each once, and an end


def test_a_probe_goes_to_a_subject_once() -> None:
    first = errands(judged(_looping()), PROBES, {})
    done = {(first[0].probe, first[0].subject): None}

    assert first[1:] == errands(judged(_looping()), PROBES, done)


def test_a_probe_that_found_nothing_is_not_sent_again() -> None:
    """Every errand was done, and nothing came of it."""
    done = {(errand.probe, errand.subject): None for errand in errands(judged(_looping()), PROBES, {})}

    assert [] == errands(judged(_looping()), PROBES, done)


def test_the_same_probe_goes_to_another_subject() -> None:
    world = loop(_looping(), "b").forget("container b", "log_tail", "log_complete")
    done: Done = {("kubernetes.logs", Subject("container", "a")): None}

    assert ["b"] == [errand.subject.key for errand in errands(judged(world), [LOGS], done)]


def test_nothing_is_looked_at_for_what_is_diagnosed() -> None:
    world = World().saw("container a", waiting_reason="CrashLoopBackOff", start_error="StartError", oom_killed=False)
    found = judged(world)

    assert "diagnosed" == case_of(found, LOOPS, "container a").ranking.band
    assert [] == errands(found, PROBES, {})


def test_nothing_is_looked_at_on_a_healthy_platform() -> None:
    world = World().saw("container a", waiting_reason="", restart_count=0, oom_killed=False, state="running")
    world.saw("mlflow prod", health="OK", search_works=True).saw("endpoint api", status_code=200)

    assert [] == errands(judged(world), PROBES, {})


def test_a_look_that_weighs_for_nothing_is_not_made() -> None:
    """Whoever read its log and its metrics knows all that the row asks of them."""
    world = loop(World(), "a").saw("container a", volume_used_ratio=0.1).covered("container a", ago(60), "volume_event", "pull_said", "kill_code")
    case = case_of(judged(world), LOOPS, "container a")

    assert "diagnosed" != case.ranking.band
    assert [] == [errand for errand in errands(judged(world), PROBES, {}) if errand.subject.key == "a"]


def test_only_probes_that_follow_up_are_sent() -> None:
    assert SWEEPS.isdisjoint(_names(errands(judged(two_roots().without("mlflow.server")), PROBES, {})))


def test_a_source_known_to_be_unavailable_is_skipped() -> None:
    """The logs were refused as a whole: nobody asks for one log after the other."""
    world = _looping().without("kubernetes.logs")

    assert "kubernetes.logs" not in _names(errands(judged(world), PROBES, {}))


def test_a_source_unavailable_for_one_subject_is_skipped_for_that_one_alone() -> None:
    world = loop(_looping(), "b").forget("container b", "log_tail", "log_complete")
    world.blind("container", "container.log_tail", "container.log_complete", who="container a")

    assert ["b"] == [errand.subject.key for errand in errands(judged(world), [LOGS], {})]


def test_of_what_fails_alike_in_one_workload_only_the_representative_is_looked_at() -> None:
    """Three hundred containers of forty workloads, of which nobody knows whether it is the registry: forty cases, forty looks."""
    found = errands(judged(_swept(pull_failures(succeeded=None))), [EVENTS], {})

    assert [f"app-{number:03}" for number in range(WORKLOADS)] == sorted(errand.subject.key for errand in found if errand.subject.key != "trainer")


def test_what_a_cohort_explains_is_not_looked_at_once_more() -> None:
    """The timeouts, the census and the registry's silence have diagnosed it: no member is asked for its events."""
    assert [] == [one for one in errands(judged(pull_failures()), [EVENTS], {}) if one.subject.key != "trainer"]


# wishes that pass through


def test_a_wish_for_a_derived_signal_passes_through_to_the_probe_that_gives_its_inputs() -> None:
    """The row asks what the log says; that is derived from the log's tail, which a probe gives."""
    found = {want.name for want in wanted(judged(_looping()))}

    assert ("container.log_tail" in found, "container.log_says" in found) == (True, False)
    assert "kubernetes.logs" in _names(errands(judged(_looping()), PROBES, {}))


def test_a_wish_reaches_the_neighbour_it_is_about() -> None:
    """Whether the API's workload is short of memory is asked of the workload."""
    world = World().saw("endpoint api", status_code=503, ready_says="").relate("endpoint api of workload ml/api")

    assert [("prometheus.workloads", Subject("workload", "ml/api"))] == [
        (one.probe, one.subject) for one in errands(judged(world), [LOAD, METRICS], {})
    ]


def test_a_wish_about_a_parent_is_asked_of_the_parent() -> None:
    """What MLflow is like decides why the model cannot be loaded; only MLflow can tell."""
    world = World().saw("model m", load_failed=True, alias_exists=True, version_state="ready", error="").relate("model m in mlflow prod")
    asked = [msgspec.structs.replace(probe, sweeps=False) for probe in PROBES if probe.kind == "mlflow"]

    assert ("mlflow.server", Subject("mlflow", "prod")) in [(one.probe, one.subject) for one in errands(judged(world), asked, {})]


def test_a_wish_for_a_neighbours_log_goes_to_the_neighbour() -> None:
    world = World().saw("task load", state="stuck", log_complete=True).saw("task extract", state="done", log_complete=True)
    world.relate("task load upstream task extract").saw("task load", log_says="")

    assert [("airflow.logs", "extract")] == [(one.probe, one.subject.key) for one in errands(judged(world), [TASK_LOGS], {})]


def test_nobody_is_sent_to_a_pair_for_a_workload_that_has_no_trouble() -> None:
    assert "workload.reaches" not in _names(errands(judged(chain()), [PAIRS], {}))


# a whole run

WORLDS: dict[str, Callable[[], World]] = {"chain": chain, "two roots": two_roots, "registry": lambda: pull_failures(pods=40)}
everywhere = pytest.mark.parametrize("name", list(WORLDS))


@everywhere
def test_rounds_find_what_is_found_with_everything_seen(name: str) -> None:
    world = WORLDS[name]()
    known, _rounds = _run(world)

    assert [(shape(tree), tree.causes) for tree in trees(world)] == [(shape(tree), tree.causes) for tree in trees(known)]


@everywhere
def test_four_rounds_are_enough(name: str) -> None:
    world = WORLDS[name]()
    _known, rounds = _run(world)

    assert 1 <= len(rounds) <= MOST_ROUNDS


def test_no_errand_is_run_twice_in_a_whole_run() -> None:
    _known, rounds = _run(two_roots())
    all_of_them = [(errand.probe, errand.subject) for work in rounds for errand in work]

    assert len(all_of_them) == len(set(all_of_them))


def test_a_run_ends_with_nothing_left_to_gain_even_where_every_look_comes_back_empty() -> None:
    """No source gives anything: each errand is tried once, and that is all."""
    world = _swept(two_roots())
    _known, rounds = _run(world)

    assert len(rounds) <= MOST_ROUNDS


def test_a_refused_source_ends_a_run_as_surely_as_an_empty_one() -> None:
    known, done = _looping(), Done()
    for errand in errands(judged(known), PROBES, done):
        done[(errand.probe, errand.subject)] = None
    known.parts.append(Part("", Unavailable(kind="container", why="forbidden", detail="", remedy="Grant it.", names=("container.log_tail",))))

    assert [] == errands(judged(known), PROBES, done)


def test_a_run_over_a_memory_kill_asks_for_its_metrics_and_stops() -> None:
    known, rounds = _run(memory_kill(World()))

    assert (TRAINER,) == trees(known)
    assert all(errand.subject.key in ("trainer", "docker.io") for work in rounds for errand in work)


def test_a_run_reads_the_logs_of_what_it_suspects_and_of_nothing_else() -> None:
    world = chain()
    for number in range(50):
        world.saw(f"container well-{number}", waiting_reason="", restart_count=0, oom_killed=False, state="running")
    known, rounds = _run(world)
    read = {str(errand.subject) for work in rounds for errand in work if errand.probe in (LOGS.name, MLFLOW_LOGS.name)}

    assert (CHAIN,) == trees(known)
    assert read <= {"container postgres", "mlflow prod"}


def test_a_probe_is_only_sent_to_its_own_kind() -> None:
    by_name: dict[str, Probe] = {probe.name: probe for probe in PROBES}
    found = errands(judged(_swept(two_roots())), PROBES, {})

    assert all(by_name[errand.probe].kind == errand.subject.kind for errand in found)
