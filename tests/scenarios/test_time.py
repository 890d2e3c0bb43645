"""Events bind as the latest inside their window; nothing is only said where the source would have shown it; trouble that is over is `recovered`."""

from __future__ import annotations

import pytest

from agent.report.build import Builder
from agent.report.model import Incident
from probes._contract import Subject, Value
from rules._derivation import Unseen
from rules._expr import Outcome
from rules._rank import Weighed
from tests.scenarios._platform import CHAIN, chain, memory_kill, pull_failures
from tests.scenarios._trees import book, case_of, facts_of, judged, line_of, outcome, trees
from tests.scenarios._world import MINUTE, NOW, World, ago

WHO = "container db"
LOOPS, PULL = "kubernetes/container-loops", "kubernetes/image-pull-fails"


def _attempted(minutes: float | None = 20) -> World:
    """A container whose last attempt was so many minutes ago; its events count from 15 minutes before that."""
    at = None if minutes is None else ago(minutes)
    return World().saw(
        WHO, waiting_reason="CrashLoopBackOff", restart_count=4, last_exit_code=1, last_finished_at=ago(2), last_attempt_at=at, oom_killed=False
    )


def _event(world: World, name: str = "container.volume_event") -> Value | Unseen:
    return facts_of(world).value(Subject("container", "db"), name)


# events


def test_the_latest_event_inside_the_window_binds() -> None:
    world = _attempted().happened(WHO, "volume_event", "first", ago(30)).happened(WHO, "volume_event", "second", ago(5))

    assert ("second", ago(5), 5 * MINUTE) == tuple(_event(world, f"container.volume_event{ending}") for ending in ("", "_at", "_age"))


@pytest.mark.parametrize(("expected", "minutes"), [("no space", 34.9), ("no space", 35), (None, 35.1), ("no space", 0), (None, -1)])
def test_the_window_opens_fifteen_minutes_before_the_last_attempt_and_ends_now(expected: str | None, minutes: float) -> None:
    world = _attempted(20).happened(WHO, "volume_event", "no space", ago(minutes)).covered(WHO, ago(60), "volume_event")

    assert expected == _event(world)


def test_no_event_in_a_covered_window_is_nothing() -> None:
    assert _event(_attempted().covered(WHO, ago(60), "volume_event")) is None


def test_no_event_in_a_window_covered_in_part_is_unseen() -> None:
    """Kubernetes keeps events for an hour; here the source began after the window did."""
    assert isinstance(_event(_attempted().covered(WHO, ago(34), "volume_event")), Unseen)


def test_coverage_from_the_very_opening_of_the_window_is_enough() -> None:
    assert _event(_attempted().covered(WHO, ago(35), "volume_event")) is None


def test_no_event_and_no_coverage_is_unseen() -> None:
    assert isinstance(_event(_attempted()), Unseen)


def test_an_event_found_needs_no_coverage() -> None:
    assert _event(_attempted().happened(WHO, "volume_event", "no space", ago(3))) == "no space"


def test_an_old_event_outside_the_window_does_not_stand_for_coverage() -> None:
    assert isinstance(_event(_attempted().happened(WHO, "volume_event", "no space", ago(50))), Unseen)


def test_where_nobody_saw_the_last_attempt_ten_covered_minutes_do_not_say_that_nothing_happened() -> None:
    """The window's opening is not known, so nobody knows whether ten minutes cover it."""
    world = World().saw(WHO, log_tail="", log_complete=True).covered(WHO, ago(10), "volume_event")

    assert isinstance(_event(world), Unseen)


def test_coverage_by_two_sources_reaches_as_far_as_the_farther_one() -> None:
    assert _event(_attempted().covered(WHO, ago(5), "volume_event").covered(WHO, ago(60), "volume_event")) is None


@pytest.mark.parametrize(
    ("expected", "world"),
    [
        (Outcome.TRUE, _attempted().happened(WHO, "volume_event", "no space", ago(3))),
        (Outcome.FALSE, _attempted().covered(WHO, ago(60), "volume_event")),
        (Outcome.CANNOT_TELL, _attempted()),
        (Outcome.CANNOT_TELL, _attempted().covered(WHO, ago(30), "volume_event")),
    ],
    ids=["it happened", "it did not", "nobody looked", "covered in part"],
)
def test_a_clause_over_an_event_is_true_false_or_cannot_be_told(expected: Outcome, world: World) -> None:
    assert expected is outcome(world, LOOPS, WHO, "volume_event")


def test_a_clause_over_an_unseen_event_names_it() -> None:
    line = line_of(case_of(judged(_attempted()), LOOPS, WHO), "volume_event")

    assert ["container.volume_event"] == [want.name for want in line.missing]


def test_a_state_the_event_would_give_is_believed_once_it_happened() -> None:
    """The event states that there is no such manifest."""
    world = pull_failures(pods=1, succeeded=None, errors=("",)).forget("registry harbor.example").saw("registry harbor.example", answers=True)
    world.happened("container app-000", "pull_said", "manifest unknown", ago(2))

    assert [("diagnosed", ("no-such-image",))] == [(tree.band, tree.causes) for tree in trees(world) if tree.row == PULL]


# what a source may not have kept


def _logged(tail: str, *, complete: bool | None) -> Weighed:
    world = _attempted().saw(WHO, log_tail=tail, log_complete=complete)
    return line_of(case_of(judged(world), LOOPS, WHO), '"disk-full"')


@pytest.mark.parametrize(
    ("expected", "tail", "complete"),
    [
        (Outcome.TRUE, "No space left on device", False),
        (Outcome.TRUE, "No space left on device", None),
        (Outcome.FALSE, "nothing to see", True),
        (Outcome.CANNOT_TELL, "nothing to see", False),
        (Outcome.CANNOT_TELL, "nothing to see", None),
        (Outcome.CANNOT_TELL, "", False),
        (Outcome.FALSE, "", True),
    ],
)
def test_a_false_outcome_over_a_log_that_was_not_kept_whole_cannot_be_told(expected: Outcome, tail: str, complete: bool | None) -> None:
    assert expected is _logged(tail, complete=complete).outcome


def test_what_would_settle_a_log_that_was_not_kept_whole_is_named() -> None:
    assert ["container.log_complete"] == [want.name for want in _logged("", complete=False).missing]


def _task(*, mine: bool, theirs: bool) -> Outcome:
    """Two tasks, the second after the first; the first's log holds no exception."""
    world = World().saw("task load", state="stuck", log_complete=mine).saw("task extract", state="done", log_complete=theirs)
    world.saw("task load", log_says="").saw("task extract", log_says="").relate("task load upstream task extract")
    return outcome(world, "airflow/task-stuck", "task load", "upstream.log_says")


def test_a_neighbours_log_is_covered_by_the_neighbours_own_keeping() -> None:
    """Whether my own log is whole says nothing of the log of the task before me."""
    assert (Outcome.FALSE, Outcome.CANNOT_TELL) == (_task(mine=False, theirs=True), _task(mine=True, theirs=False))


def test_a_neighbour_binds_by_the_name_of_the_relation() -> None:
    world = World().saw("task load", state="stuck").saw("task extract", state="failed").relate("task load upstream task extract")

    assert outcome(world, "airflow/task-stuck", "task load", "upstream.state") is Outcome.TRUE


def test_a_task_without_a_neighbour_asks_nothing_of_one() -> None:
    assert outcome(World().saw("task load", state="stuck"), "airflow/task-stuck", "task load", "upstream.state") is Outcome.NOT_APPLICABLE


# nothing there


def test_a_number_that_is_not_there_is_false_and_no_evidence_for_anything() -> None:
    """Never terminated: no exit code. The clause is false; it is neither unknown nor a fault of the rule."""
    world = World().saw(WHO, waiting_reason="CrashLoopBackOff", last_exit_code=None)

    assert outcome(world, LOOPS, WHO, "last_exit_code") is Outcome.FALSE


def test_a_text_that_is_not_there_is_empty() -> None:
    world = World().saw(WHO, waiting_reason="CrashLoopBackOff", start_error=None)

    assert outcome(world, LOOPS, WHO, "start_error") is Outcome.FALSE


def test_what_is_seen_decides_even_where_the_rest_is_unseen() -> None:
    """A pod that waits in CrashLoopBackOff loops, whoever could not read its restarts."""
    world = World().saw(WHO, waiting_reason="CrashLoopBackOff")

    assert [("now", ())] == [(case.state, case.missing) for case in judged(world).cases if case.row.id == LOOPS]


def test_what_nobody_looked_at_is_open_and_says_what_is_missing() -> None:
    world = World().relate(f"{WHO} in workload ml/db")
    case = case_of(judged(world), LOOPS, WHO)

    assert ("open", True) == (case.state, {"container.waiting_reason", "container.restart_count"} <= {want.name for want in case.missing})


def test_an_open_case_is_no_incident() -> None:
    assert () == trees(World().relate(f"{WHO} in workload ml/db"))


# now, recovered, flapping


def _state(**values: Value) -> str:
    world = World().looked(WHO, values)
    found = [case.state for case in judged(world).cases if case.row.id == LOOPS]
    return found[0] if found else "nothing"


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        ("now", {"waiting_reason": "CrashLoopBackOff", "restart_count": 1}),
        ("now", {"restart_count": 3, "last_finished_at": ago(14)}),
        ("flapping", {"restart_count": 3, "last_finished_at": ago(14), "state": "running"}),
        ("recovered", {"restart_count": 3, "last_finished_at": ago(16), "state": "running"}),
        ("nothing", {"restart_count": 3, "last_finished_at": ago(61), "state": "running"}),
        ("nothing", {"restart_count": 2, "last_finished_at": ago(1), "state": "running"}),
        ("nothing", {"restart_count": 3, "last_finished_at": None, "state": "running"}),
    ],
)
def test_a_symptom_is_now_flapping_recovered_or_not_there(expected: str, values: dict[str, Value]) -> None:
    assert expected == _state(**values)


def test_what_recovered_is_no_incident() -> None:
    assert () == trees(World().saw(WHO, restart_count=3, last_finished_at=ago(16), state="running", oom_killed=False))


def test_one_member_that_flaps_makes_its_case_flap() -> None:
    world = World()
    for name, state in (("db-0", "waiting"), ("db-1", "running")):
        world.saw(f"container {name}", restart_count=3, last_finished_at=ago(5), last_exit_code=1, state=state, oom_killed=False)
        world.relate(f"container {name} in workload ml/db")

    assert [("flapping", 2)] == [(case.state, len(case.subjects)) for case in judged(world).cases if case.here]


def test_a_chain_leads_on_while_its_root_flaps() -> None:
    world = chain().forget("container postgres", "waiting_reason", "state", "restart_count")
    world.saw("container postgres", by="again", waiting_reason="", state="running", restart_count=9)

    assert (CHAIN,) == trees(world)


# severity


def _incidents(world: World) -> tuple[Incident, ...]:
    found = judged(world)
    return Builder(book(), facts_of(world), found).report(tool="test", targets=(), visits=(), stopped=False).incidents


@pytest.mark.parametrize(
    ("expected", "role", "ready"),
    [("critical", "database", 1), ("critical", "serving", 0), ("high", "serving", 1), ("high", "batch", 0), ("high", None, None)],
)
def test_the_first_severity_that_holds_counts(expected: str, role: str | None, ready: int | None) -> None:
    world = World().saw(WHO, waiting_reason="CrashLoopBackOff", oom_killed=False, role=role).relate(f"{WHO} in workload ml/db")
    world.saw("workload ml/db", pods_ready=ready)

    assert [expected] == [incident.severity for incident in _incidents(world)]


def test_a_severity_that_nobody_could_tell_is_passed_over() -> None:
    world = World().saw(WHO, waiting_reason="CrashLoopBackOff", oom_killed=False, role="serving").relate(f"{WHO} in workload ml/db")

    assert ["high"] == [incident.severity for incident in _incidents(world)]


def test_the_gravest_incident_stands_first_and_then_the_widest() -> None:
    world = memory_kill(pull_failures(pods=9))
    world.saw("endpoint api", status_code=503, ready_says="")

    assert ["endpoint api", "container trainer", "container app-000"] == [incident.subjects[0] for incident in _incidents(world)]


def test_scenarios_stand_at_one_moment() -> None:
    assert facts_of(World()).now == NOW
