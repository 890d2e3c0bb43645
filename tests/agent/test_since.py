"""How far back: what is read as a span or a time, and what that changes in a report."""

from __future__ import annotations

import pytest

from agent.bundle import Bundle
from agent.focus import Focus
from agent.matrix import UsageError
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.since import since
from probes._contract import Observed, Signal, Source, Subject, Value
from rules._facts import Facts

NOW = 1_800_000_000.0
_PROBES, BOOK = load_all()
DB = Subject("container", "db")
SOURCE = Source("docker.containers", "docker inspect db")


@pytest.mark.parametrize(
    ("text", "back"), [("90s", 90), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("2027-01-15T07:00:00Z", 3600), ("2027-01-15T08:00:00+01:00", 3600)]
)
def test_a_span_or_a_time_with_its_zone_is_a_moment(text: str, back: float) -> None:
    assert NOW - back == since(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "15", "m15", "-5m", "2027-01-15T07:00:00", "0s", "2027-01-15T09:00:00Z", "99999999999d", "1e3h"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--since "):
        since(text, NOW)


def observed(died_ago: float) -> Observed:
    """A container that ended several times, and has run well since."""
    values: dict[str, Value] = {
        "container.state": "running", "container.restart_count": 5, "container.exit_code": 0, "container.oom_killed": False, "container.runs_for": died_ago,
        "container.started_at": NOW - died_ago, "container.last_attempt_at": NOW - died_ago, "container.created_at": NOW - 9e5, "container.engine": "docker",
        "container.health": "healthy", "container.restart_policy": "always", "container.finished_at": NOW - died_ago, "container.start_error": None,
        "container.attempt_lasted": 5.0, "container.attempt_lengths": (), "container.last_attempt_lasted": 5.0, "container.restarts_by_command": 0,
        "container.unhealthy_events": 0,
    }  # fmt: skip
    return Observed(now=NOW, signals=[Signal(DB, name, value, SOURCE) for name, value in values.items()])


@pytest.mark.parametrize(("died_ago", "back", "told"), [(1800, None, 1), (7200, None, 0), (7200, 10_800, 1), (1800, 900, 0)])
def test_what_is_over_is_told_as_far_back_as_asked(died_ago: float, back: float | None, told: int) -> None:
    bundle = Bundle(tool="0", rules="r", observed=observed(died_ago), focus=Focus(since=0.0 if back is None else NOW - back))

    assert told == len([one for one in report_of(bundle, BOOK).recovered if one.row == "kubernetes/crashloopbackoff"])


def test_an_event_before_the_last_attempt_counts_if_that_far_back_is_asked_for() -> None:
    seen = observed(1800)
    seen.signals.append(Signal(DB, "container.updated", True, Source("docker.events", "docker events"), NOW - 5000))
    usual, wider = Facts(seen, BOOK.vocabulary), Facts(seen, BOOK.vocabulary, since=NOW - 6000)

    assert (NOW - 2700, NOW - 6000) == (usual.window_start(DB), wider.window_start(DB))
