"""How an attempt ended, who ended it and since when it fails."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import NOW, Table, facts, told

TRAINER = "container trainer"
ENDED = NOW - 60
EXITED: Mapping[str, Value] = {
    "id": "9f86d081884c", "state": "exited", "exit_code": 1, "oom_killed": False, "start_error": None, "started_at": NOW - 360, "finished_at": ENDED,
    "restart_count": 0, "has_memory_limit": True, "runs_for": None, "attempt_lasted": 300.0,
}  # fmt: skip
RUNNING: Mapping[str, Value] = {**EXITED, "state": "running", "exit_code": None, "started_at": NOW - 30, "runs_for": 30.0, "attempt_lasted": None}
EVENTS: Mapping[str, Value] = {
    "events_complete": True, "last_exit_code": 137, "last_death_at": ENDED, "first_death_at": ENDED, "last_oom_at": None,
    "stopped_by_command": False, "stop_grace_expired": False, "killed_by_command": False, "attempt_lengths": ("300.0",), "last_attempt_lasted": 300.0,
}  # fmt: skip
NO_EVENTS: Mapping[str, Value] = {}
HOLES: Mapping[str, Value] = {**EVENTS, "events_complete": False, "last_exit_code": None, "last_death_at": None, "first_death_at": None}


def ended(*sources: Mapping[str, Value], on: tuple[str, ...] = ()) -> dict[str, Value]:
    """How it ended by all these sources, and by the kernel log of the machine it is on."""
    host: Table = {"host box": {"oom_victims": on}} if on else {}
    found = facts({TRAINER: merged(*sources), **host}, ["container trainer on host box"] if on else [])
    return told(found, TRAINER, "death", "child_killed", "unwell")


def merged(*sources: Mapping[str, Value]) -> dict[str, Value]:
    """Later sources win."""
    return {name: value for source in sources for name, value in source.items()}


def says(death: str, *, child: bool = False, unwell: bool = True) -> dict[str, Value]:
    return {"death": death, "child_killed": child, "unwell": unwell}


@pytest.mark.parametrize(
    ("expected", "sources", "changed"),
    [
        (says("stopped", unwell=False), [EXITED, EVENTS], {"exit_code": 137, "stopped_by_command": True, "stop_grace_expired": True}),
        (says("stopped", unwell=False), [EXITED, EVENTS], {"exit_code": 137, "stopped_by_command": True}),
        (
            says("stopped", child=True, unwell=False),
            [EXITED, EVENTS],
            {"exit_code": 137, "stopped_by_command": True, "stop_grace_expired": True, "oom_killed": True},
        ),
        (says("killed"), [EXITED, EVENTS], {"exit_code": 137, "killed_by_command": True}),
        (says("killed"), [EXITED, EVENTS], {"exit_code": 137}),
        (says("killed"), [EXITED, HOLES], {"exit_code": 137}),
        (says("killed"), [EXITED, NO_EVENTS], {"exit_code": 137}),
        (says("oom"), [EXITED, EVENTS], {"exit_code": 137, "oom_killed": True, "last_oom_at": ENDED - 0.2}),
        (says("oom"), [EXITED, NO_EVENTS], {"exit_code": 137, "oom_killed": True}),
        (says("oom"), [EXITED, EVENTS], {"exit_code": 137, "last_oom_at": ENDED - 0.2}),
        (says("killed", child=True), [EXITED, EVENTS], {"exit_code": 137, "last_oom_at": ENDED - 7200}),
        (says("oom"), [RUNNING, EVENTS], {"oom_killed": True, "last_oom_at": ENDED - 0.2}),
        (says("killed"), [RUNNING, EVENTS], {}),
    ],
    ids=[
        "docker stop that ran out of patience",
        "docker stop",
        "docker stop after a child had been killed for memory",
        "docker kill",
        "kill -9 on the host, events whole",
        "kill -9 on the host, events with holes",
        "kill -9 on the host, no events",
        "memory, by flag and event",
        "memory, by flag alone",
        "memory, by event alone",
        "a child was killed for memory two hours before",
        "the attempt before this one, for memory",
        "the attempt before this one, by the host",
    ],
)
def test_sigkill_is_told_by_who_sent_it(expected: dict[str, Value], sources: list[Mapping[str, Value]], changed: Mapping[str, Value]) -> None:
    assert expected == ended(*sources, changed)


@pytest.mark.parametrize(
    ("expected", "code", "changed"),
    [
        (says("completed", unwell=False), 0, {}),
        (says("completed"), 0, {"state": "restarting"}),
        (says("completed", child=True, unwell=False), 0, {"oom_killed": True}),
        (says("crashed"), 1, {}),
        (says("crashed", child=True), 1, {"oom_killed": True}),
        (says("crashed"), 126, {}),
        (says("crashed"), 127, {}),
        (says("start-error"), 127, {"state": "created", "start_error": 'exec: "nosuch": executable file not found in $PATH'}),
        (says("start-error"), 127, {"start_error": 'exec: "nosuch": executable file not found in $PATH'}),
        (says("start-error"), 128, {"state": "created", "start_error": "port is already allocated"}),
        (says("start-error"), 128, {"start_error": "port is already allocated"}),
        (says("start-error"), 0, {"state": "created", "start_error": "network mlops not found"}),
        (says("crashed"), 1, {"start_error": "left over"}),
        (says("illegal-instruction"), 132, {}),
        (says("aborted"), 134, {}),
        (says("bus-error"), 135, {}),
        (says("segfault"), 139, {}),
        (says("stopped", unwell=False), 143, {"stopped_by_command": True}),
        (says("terminated"), 143, {"stopped_by_command": False}),
        (says("crashed"), 255, {}),
    ],
)
def test_an_exit_code_is_read_with_what_is_around_it(expected: dict[str, Value], code: int, changed: Mapping[str, Value]) -> None:
    assert expected == ended(EXITED, EVENTS, {"last_exit_code": code, "exit_code": code}, changed)


def test_a_container_that_never_ended_has_no_death() -> None:
    never = {"last_exit_code": None, "last_death_at": None, "first_death_at": None}

    assert says("", unwell=False) == ended(RUNNING, EVENTS, never)


def test_no_exit_code_and_no_events_is_no_death() -> None:
    assert says("", unwell=False) == ended(RUNNING, NO_EVENTS)


def test_a_container_that_waits_for_its_next_start_is_unwell_even_so() -> None:
    assert says("completed") == ended(EXITED, NO_EVENTS, {"state": "restarting", "exit_code": 0})


def test_where_the_container_was_not_inspected_all_is_unseen() -> None:
    assert {"death": "unseen", "unwell": "unseen"} == told(facts({TRAINER: dict(EVENTS)}), TRAINER, "death", "unwell")


# by the kernel's log

VICTIM = "2027-01-15T07:59:00Z cgroup 9f86d081884c python3 6054 47259648"
"""At ENDED."""


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (says("oom"), VICTIM),
        (says("oom"), VICTIM.replace("cgroup", "machine")),
        (says("killed"), VICTIM.replace("9f86d081884c", "0123456789ab")),
        (says("killed"), VICTIM.replace("9f86d081884c", "-")),
        (says("killed", child=True), VICTIM.replace("07:59", "05:59")),
    ],
    ids=["it", "it, by the machine", "another container", "no container", "it, long before"],
)
def test_the_kernel_log_tells_whose_kill_it_was(expected: dict[str, Value], line: str) -> None:
    assert expected == ended(EXITED, NO_EVENTS, {"exit_code": 137}, on=(line,))


@pytest.mark.parametrize(
    ("scope", "process", "lines", "limited"),
    [
        ("own", "python3", (VICTIM,), True),
        ("above", "python3", (VICTIM,), False),
        ("machine", "python3", (VICTIM.replace("cgroup", "machine"),), True),
        ("own", "pt_data worker", (VICTIM.replace("python3", "pt_data worker"),), True),
        (None, None, (VICTIM.replace("9f86d081884c", "-"),), True),
        (None, None, (), True),
    ],
)
def test_the_scope_of_a_kill_is_whose_limit_it_was(scope: str | None, process: str | None, lines: tuple[str, ...], limited: bool) -> None:
    table: Table = {TRAINER: {**EXITED, "has_memory_limit": limited}, "host box": {"oom_victims": lines}}
    found = facts(table, ["container trainer on host box"])

    assert {"kill_scope": scope, "killed_process": process} == told(found, TRAINER, "kill_scope", "killed_process")


def test_of_two_kills_the_newer_one_counts() -> None:
    older = VICTIM.replace("07:59", "07:58").replace("cgroup", "machine").replace("python3", "java")
    found = facts({TRAINER: dict(EXITED), "host box": {"oom_victims": (VICTIM, older)}}, ["container trainer on host box"])

    assert {"kill_scope": "own", "killed_process": "python3"} == told(found, TRAINER, "kill_scope", "killed_process")


def test_without_the_kernel_log_the_scope_is_unseen() -> None:
    found = facts({TRAINER: dict(EXITED), "host box": {"cpus": 8}}, ["container trainer on host box"])

    assert {"kill_scope": "unseen", "killed_process": "unseen"} == told(found, TRAINER, "kill_scope", "killed_process")


# since when


@pytest.mark.parametrize(
    ("expected", "sources", "changed"),
    [
        (NOW - 900, [EXITED, EVENTS], {"first_death_at": NOW - 900, "restart_count": 6}),
        (None, [EXITED, EVENTS], {"events_complete": False, "first_death_at": NOW - 900, "restart_count": 6}),
        (None, [EXITED, NO_EVENTS], {"restart_count": 6}),
        (ENDED, [EXITED, NO_EVENTS], {}),
        (ENDED, [EXITED, HOLES], {}),
        (None, [RUNNING, EVENTS], {"last_exit_code": None, "last_death_at": None, "first_death_at": None, "finished_at": None}),
    ],
    ids=["events whole", "events with holes", "no events, many endings", "no events, one ending", "holes, one ending", "never ended"],
)
def test_the_first_failure_is_known_only_where_somebody_saw_it(
    expected: float | None, sources: list[Mapping[str, Value]], changed: Mapping[str, Value]
) -> None:
    assert {"first_failure_at": expected} == told(facts({TRAINER: merged(*sources, changed)}), TRAINER, "first_failure_at")


# well now?


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (False, {"runs_for": 4.0, "attempt_lengths": ()}),
        (True, {"runs_for": 11.0, "attempt_lengths": ()}),
        (False, {"runs_for": 30.0, "attempt_lengths": ("7.5",)}),
        (True, {"runs_for": 40.0, "attempt_lengths": ("7.5",)}),
        (False, {"runs_for": 400.0, "attempt_lengths": ("300.0", "2.0")}),
        (True, {"runs_for": 3 * 86400.0, "attempt_lengths": ("300.0",), "restart_count": 7}),
        (False, {"runs_for": 3 * 86400.0, "attempt_lengths": (), "state": "paused"}),
        (False, {"runs_for": None, "attempt_lengths": (), "state": "restarting"}),
    ],
    ids=["just started", "longer than ten seconds", "no longer than failed ones", "much longer", "one failed late", "long ago", "paused", "waits"],
)
def test_it_is_steady_once_it_runs_much_longer_than_it_ever_failed(expected: bool, changed: Mapping[str, Value]) -> None:
    assert {"steady": expected} == told(facts({TRAINER: {**RUNNING, **changed}}), TRAINER, "steady")


@pytest.mark.parametrize(
    ("lived", "young", "changed"),
    [
        (2.5, True, {"last_attempt_lasted": 2.5}),
        (2.5, True, {"last_attempt_lasted": 2.5, "attempt_lasted": 300.0}),
        (300.0, False, {"attempt_lasted": 300.0}),
        (0.0, True, {"attempt_lasted": 0.0}),
        (60.0, False, {"attempt_lasted": 60.0}),
        (None, False, {}),
    ],
)
def test_how_long_it_lived(lived: float | None, young: bool, changed: Mapping[str, Value]) -> None:
    assert {"lived": lived, "died_young": young} == told(facts({TRAINER: {**RUNNING, **changed}}), TRAINER, "lived", "died_young")
