"""What differs between two runs: problems first, then how what they are about is set up; nothing that differs by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from agent.bundle import Bundle, load, save
from agent.diff import Change, diff
from agent.pipeline import load as load_all
from agent.report import differing
from probes._contract import Observed, Relation, Signal, Source, Subject, Value

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
_PROBES, BOOK = load_all()
NOW = 1_800_000_000.0
WELL: dict[str, Value] = {
    "state": "running", "exit_code": None, "oom_killed": False, "start_error": None, "finished_at": None, "restart_count": 0, "engine": "docker",
    "runs_for": 3600.0, "started_at": NOW - 3600, "last_attempt_at": NOW - 3600, "attempt_lasted": None, "attempt_lengths": (), "last_attempt_lasted": None,
    "restarts_by_command": 0, "unhealthy_events": 0, "health": None, "has_health_check": False, "image": "api:1", "env": ("MODE=a", "TOKEN=‹redacted-token-aaaaaa›"),
    "memory_limit_bytes": 2**30, "has_memory_limit": True, "id": "1a", "pid": 7, "created_at": NOW - 3700, "log_tail": "all is well",
}  # fmt: skip
LOOPS: dict[str, Value] = {"state": "restarting", "exit_code": 1, "restart_count": 9, "runs_for": None, "finished_at": NOW - 1, "attempt_lasted": 1.0}


def run(values: Mapping[str, Value] = MappingProxyType({}), who: str = "api", owner: str = "") -> Bundle:
    """A run that saw one container."""
    source = Source("docker.containers", "docker inspect")
    subject = Subject("container", who)
    signals = [Signal(subject, f"container.{name}", value, source) for name, value in {**WELL, **values}.items()]
    relations = [Relation("in", subject, Subject("workload", owner))] if owner else []
    return Bundle(tool="0", rules="r", observed=Observed(now=NOW, signals=signals, relations=relations))


def test_a_new_problem_comes_with_what_was_changed_about_it() -> None:
    changed: dict[str, Value] = {"image": "api:2", "env": ("MODE=b", "TOKEN=‹redacted-token-bbbbbb›"), "memory_limit_bytes": 2**29, "id": "2b", "pid": 9, "log_tail": "boom"}
    found = diff(run(), run(LOOPS | changed), BOOK)

    assert [("new", "kubernetes/crashloopbackoff")] == [(one.kind, one.row) for one in found.problems]
    assert (
        Change("container api", "env", "MODE=a", "MODE=b", listed=True),
        Change("container api", "image", "api:1", "api:2"),
        Change("container api", "memory_limit_bytes", "1 GiB", "512 MiB"),
        Change("container api", "restart_count", "0", "9"),
    ) == found.changes
    assert found.worse


def test_a_problem_that_is_gone_is_no_worse() -> None:
    found = diff(run(LOOPS), run(), BOOK)

    assert (["gone"], False) == ([one.kind for one in found.problems], found.worse)


def test_a_problem_of_things_that_nobody_looked_at_again_is_not_gone() -> None:
    found = diff(run(LOOPS), Bundle(tool="0", rules="r", observed=Observed(now=NOW)), BOOK)

    assert (["unseen"], False) == ([one.kind for one in found.problems], found.worse)
    assert "Problems: 1 not looked at again." == differing.render(found).splitlines()[0]


def test_the_same_run_twice_differs_in_nothing() -> None:
    found = diff(load(DEMO), load(DEMO), BOOK)

    assert ((), 3, (), (), ()) == (found.problems, found.same, found.changes, found.appeared, found.disappeared)
    assert "Problems: 3 as before." == differing.render(found).splitlines()[0]


def test_new_pods_of_one_workload_are_held_against_the_old_ones() -> None:
    found = diff(run({}, "ml/api-1/main", "ml/Deployment/api"), run(LOOPS | {"image": "api:2"}, "ml/api-2/main", "ml/Deployment/api"), BOOK)

    assert (Change("container ml/api-2/main", "image", "api:1", "api:2"), ()) == (found.changes[0], found.disappeared)


def test_a_graver_problem_is_told_as_such() -> None:
    bad = load(DEMO)
    less = msgspec.structs.replace(bad, observed=msgspec.structs.replace(bad.observed, relations=[]))
    found = diff(less, bad, BOOK)

    assert {"changed"} >= {one.kind for one in found.problems}


def test_consequences_that_came_with_their_root_are_told_with_it() -> None:
    good = load(DEMO)
    empty = msgspec.structs.replace(good, observed=Observed(now=good.observed.now))
    text = differing.render(diff(empty, good, BOOK))

    assert (2, 1) == (text.count("NEW  "), text.count("with 1 consequence: container mlflow does not stay up"))


def test_hostile_values_reach_no_terminal() -> None:
    found = diff(run(), run(LOOPS | {"image": "\x1b[2J\u202ex", "env": ("A=\x07\x9b31m",)}), BOOK)

    assert not {"\x1b", "\u202e", "\x07", "\x9b"} & set(differing.render(found))


@pytest.mark.parametrize(("first", "second", "code"), [("good", "bad", 1), ("bad", "good", 0), ("good", "good", 0)])
def test_as_a_command_it_ends_with_one_if_something_is_new(first: str, second: str, code: int, tmp_path: Path) -> None:
    save(tmp_path / "good.bundle", run())
    save(tmp_path / "bad.bundle", run(LOOPS))
    command = [sys.executable, "-m", "agent.cli", "diff", str(tmp_path / f"{first}.bundle"), str(tmp_path / f"{second}.bundle"), "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (code, "", "diagnose.diff/1") == (done.returncode, done.stderr, json.loads(done.stdout)["schema"])
