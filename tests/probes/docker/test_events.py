"""What a container's events tell, from those of a real engine; the names of the containers say what was done to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes._contract import Look, Unavailable
from probes.docker._attempts import attempts
from probes.docker._kept import Actor, Event
from probes.docker.events import PROBES

from .conftest import RunProbe, ServeEngine, looks, said
from .scripted import Answer, Answers, Scripted, capture, refusal

(PROBE,) = PROBES
OLDEST = 1795563014.623562
"""Of the captured events, which were the newest of a full buffer."""


def engine(**changes: Any) -> Answers:
    """The captured engine."""
    answers = {"/containers/json": capture("list.json"), "/info": capture("info.json"), "/events": capture("events.ndjson")}
    return answers | {"/networks/bridge": capture("network_bridge.json")} | changes


@pytest.fixture(name="told")
def _told(run: RunProbe, serve: ServeEngine) -> dict[str, dict[str, object]]:
    """Everything that is not none, false or zero, by container."""
    return {name: said(values) for name, values in looks(run(PROBE, serve(Scripted(engine())))).items()}


DAY = 86400.0
NOW = 1795563032.3
ONCE = {"deaths": 1, "starts": 1, "events_complete": True}
LOOPED = {"exit_codes": ("3",), "last_exit_code": 3, "events_complete": True}


def without_times(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if not name.endswith(("_at", "_lasted", "_lengths"))}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("shot-from-host", ONCE | {"exit_codes": ("137",), "last_exit_code": 137}, id="kill -9 by somebody on the host"),
        pytest.param(
            "shot", ONCE | {"exit_codes": ("137",), "last_exit_code": 137, "deaths_by_command": 1, "kill_signals": ("9",), "killed_by_command": True},
            id="docker kill",
        ),
        pytest.param("polite", ONCE | {"exit_codes": ("0",), "deaths_by_command": 1, "kill_signals": ("15",), "stopped_by_command": True}, id="docker stop"),
        pytest.param(
            "nginx-like", ONCE | {"exit_codes": ("0",), "deaths_by_command": 1, "kill_signals": ("3",), "stopped_by_command": True},
            id="docker stop with another stop signal",
        ),
        pytest.param(
            "deaf",
            ONCE | {"exit_codes": ("137",), "last_exit_code": 137, "deaths_by_command": 1, "kill_signals": ("15", "9"), "stopped_by_command": True,
                    "stop_grace_expired": True},
            id="docker stop of one that ignores TERM",
        ),
        pytest.param(
            "bounced",
            ONCE | {"starts": 2, "exit_codes": ("0",), "deaths_by_command": 1, "kill_signals": ("15",), "stopped_by_command": True,
                    "restarted_by_command": True, "restarts_by_command": 1},
            id="docker restart",
        ),
        pytest.param("reloaded", {"starts": 1, "kill_signals": ("1",), "events_complete": True}, id="docker kill -s HUP ends nothing"),
        pytest.param("workers", {"starts": 1, "ooms": 1, "events_complete": True}, id="a child was killed for memory and the container lives on"),
        pytest.param("forgetful", LOOPED | {"deaths": 6, "starts": 6}, id="a restart loop is no command"),
        pytest.param("stopped-between", LOOPED | {"deaths": 5, "starts": 5}, id="docker stop between two attempts ended none of them"),
        pytest.param(
            "trainer", {"deaths": 7, "starts": 7, "ooms": 7, "exit_codes": ("137",), "last_exit_code": 137, "events_complete": True}, id="killed for memory"
        ),
        pytest.param("replaced", {"starts": 1, "previous_image": "busybox:test", "previous_config_hash": "aaa", "events_complete": True}, id="rm -f and run"),
        pytest.param("composed", {"starts": 1, "previous_image": "busybox:test", "previous_config_hash": "aaa", "events_complete": True}, id="compose up"),
        pytest.param("wrong-command", {"events_complete": True}, id="a start that fails leaves no event"),
    ],
)  # fmt: skip
def test_what_happened_to_it(name: str, expected: dict[str, object], told: dict[str, dict[str, object]]) -> None:
    assert expected == without_times(told[name])


def test_all_that_is_listed_is_told_and_nothing_that_is_gone(told: dict[str, dict[str, object]]) -> None:
    assert {item["Names"][0][1:] for item in capture("list.json")} == set(told)


def test_times_and_lengths(told: dict[str, dict[str, object]]) -> None:
    expected = {
        "first_death_at": 1795563015.9380264,
        "last_death_at": 1795563030.8049893,
        "last_oom_at": 1795563030.7714684,
        "last_attempt_lasted": 1.1036832332611084,
        "attempt_lengths": ("1.1",) * 7,
    }
    others = {
        ("composed", "recreated_at"): 1795563021.3390229,
        ("replaced", "recreated_at"): 1795563021.077009,
    }

    assert expected == {name: told["trainer"][name] for name in expected}
    assert others == {(name, signal): told[name][signal] for name, signal in others}


def test_events_are_given_with_their_times(run: RunProbe, serve: ServeEngine) -> None:
    found = {answer.subject.key: answer for answer in run(PROBE, serve(Scripted(engine()))) if isinstance(answer, Look)}
    names = [(name, value) for key in ("bounced", "reloaded", "workers") for name, value, _ in found[key].events]

    assert [
        ("container.kill", 15),
        ("container.died", 0),
        ("container.restart", True),
        ("container.kill", 1),
        ("container.updated", True),
        ("container.oom", True),
    ] == names
    assert (1795563016.4407682, OLDEST) == (found["workers"].events[0][2], found["workers"].covered_since)


def test_what_is_asked_of_the_engine(run: RunProbe, serve: ServeEngine) -> None:
    """All events, since a filter reaches no further back; until the engine's own clock, since an end in its future would keep the answer open."""
    script = Scripted(engine())
    run(PROBE, serve(script))

    assert [
        "GET /version",
        "GET /v1.41/containers/json?all=1",
        "GET /v1.41/info",
        "GET /v1.41/events?since=1794958232&until=1795563032.348561049",
    ] == script.asked


# how far back the engine's memory goes


def item(name: str = "trainer", state: str = "running", *, created: float = DAY) -> dict[str, Any]:
    return {"Id": name, "Names": [f"/{name}"], "State": state, "Status": "Up 2 hours", "Created": int(NOW - created)}


def event(action: str, ago: float, name: str = "trainer", **attributes: str) -> bytes:
    """A container's event, `ago` seconds before now."""
    actor = {"ID": attributes.pop("id", name), "Attributes": {"name": name, **attributes}}
    return json.dumps({"Type": "container", "Action": action, "Actor": actor, "timeNano": int((NOW - ago) * 1e9)}).encode() + b"\n"


def died(ago: float, code: int = 1) -> bytes:
    return event("die", ago, exitCode=str(code))


def info(*, live_restore: bool = False) -> dict[str, Any]:
    return {"Name": "gpu-1", "SystemTime": "2026-11-24T23:30:32.3Z", "LiveRestoreEnabled": live_restore}


def small(*events: bytes, bridge: Any = None, **changes: Any) -> Scripted:
    """An engine with these events, which started two days ago."""
    answers = {"/containers/json": [item()], "/info": info(), "/events": Answer(b"".join(events)), **changes}
    return Scripted({"/networks/bridge": bridge or {"Created": "2026-11-22T23:30:32.3Z"}, **answers})


def trainer(run: RunProbe, serve: ServeEngine, script: Scripted) -> Look:
    (found,) = (answer for answer in run(PROBE, serve(script)) if isinstance(answer, Look))
    return found


NOISE = [event("exec_die", 600 - number, "sick") for number in range(256)]


@pytest.mark.parametrize(
    ("script", "covered_ago", "complete"),
    [
        pytest.param(small(event("start", 50)), 2 * DAY, True, id="with room left it goes back to the engine's start"),
        pytest.param(small(), 2 * DAY, True, id="with no events too"),
        pytest.param(small(bridge={"Created": "2026-11-24T23:00:32.3Z"}), 1800, False, id="it began after the container"),
        pytest.param(small(bridge={"Created": "2026-10-01T00:00:00Z"}), 7 * DAY, True, id="but no further than was asked for"),
        pytest.param(small(*NOISE), 600, False, id="full it goes back to its oldest event"),
        pytest.param(small(*NOISE[50:]), 550, False, id="nearly full too, since newer events may have pushed it"),
        pytest.param(small(*NOISE[57:]), 2 * DAY, True, id="less than that is not full"),
        pytest.param(small(event("exec_die", 700, "sick"), **{"/events": Answer(event("oom", 50), hold_s=0.6)}), 50, False, id="slow it proves less"),
        pytest.param(small(*NOISE[1:], event("start", 50)), 599, True, id="full, but the last start is in it"),
        pytest.param(small(**{"/info": info(live_restore=True)}), None, False, id="with live restore nobody knows when the engine started"),
        pytest.param(
            small(event("start", 50), **{"/info": info(live_restore=True)}), 50, True, id="with live restore it goes back at least to its oldest event"
        ),
        pytest.param(small(event("start", 50), bridge=refusal(404, "no such network")), 50, True, id="without a bridge network too"),
        pytest.param(
            small(event("create", 50), **{"/containers/json": [item(state="created", created=50)], "/info": info(live_restore=True)}), 50, True,
            id="a container that never started needs its creation only",
        ),
    ],
)  # fmt: skip
def test_how_far_back_the_events_go(script: Scripted, covered_ago: float | None, complete: bool, run: RunProbe, serve: ServeEngine) -> None:
    look = trainer(run, serve, script)
    covered = None if look.covered_since is None else pytest.approx(NOW - (covered_ago or 0), abs=1)

    assert (covered if covered_ago is not None else None, complete) == (look.covered_since, look.values["container.events_complete"])


def test_an_answer_that_was_cut_covers_nothing_and_its_torn_line_is_dropped(run: RunProbe, serve: ServeEngine) -> None:
    flood = event("start", 900, padding="x" * 8_000_000) + died(800)
    look = trainer(run, serve, small(flood))

    assert (None, 0) == (look.covered_since, look.values["container.deaths"])


def test_an_engine_that_does_not_tell_its_time_is_garbled(run: RunProbe, serve: ServeEngine) -> None:
    (answer,) = run(PROBE, serve(small(**{"/info": {"Name": "gpu-1"}})))

    assert isinstance(answer, Unavailable)
    assert ("garbled", "/info gives '' as the engine's time.") == (answer.why, answer.detail)


# what is counted


HOUR = 3600.0


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([event("start", 3 * HOUR), died(2 * HOUR), event("start", 2 * HOUR - 1)], (0, 1, None), id="a death before the attempt that runs well is old"),
        pytest.param([event("start", 3 * HOUR), died(HOUR - 1), event("start", HOUR - 2)], (1, 1, HOUR - 1), id="a death of the last hour counts"),
        pytest.param([event("start", 5 * HOUR), died(4 * HOUR)], (1, 1, 4 * HOUR), id="the last death of one that is down counts however old"),
        pytest.param(
            [*(part for ago in (9, 5, 4.5, 4) for part in (event("start", ago * HOUR + 60), died(ago * HOUR)))], (3, 2, 5 * HOUR),
            id="so do those that led to it, an hour apart at most",
        ),
        pytest.param([event("start", 6 * HOUR), event("oom", 5 * HOUR)], (0, 1, None), id="an attempt that runs is told from its start"),
    ],
)  # fmt: skip
def test_the_window(events: list[bytes], expected: tuple[object, ...], run: RunProbe, serve: ServeEngine) -> None:
    found = trainer(run, serve, small(*events)).values
    first = found["container.first_death_at"]

    deaths, starts, ago = expected
    assert (deaths, starts) == (found["container.deaths"], found["container.starts"])
    assert (pytest.approx(NOW - float(str(ago)), abs=1) if ago else None) == first


def test_codes_signals_and_lengths_are_newest_last_and_few(run: RunProbe, serve: ServeEngine) -> None:
    tries = [(event("start", 600 - 20 * n), died(600 - 20 * n - n, code)) for n, code in enumerate((1, 137, 1, 1, 137, 1, 1, 1, 1, 1, 2, 1))]
    kills = [event("kill", 5, signal=signal) for signal in ("15", "1", "15")]
    found = trainer(run, serve, small(*(part for parts in tries for part in parts), *kills)).values

    assert ("137", "2", "1") == found["container.exit_codes"]
    assert ("1", "15") == found["container.kill_signals"]
    assert tuple(f"{n}.0" for n in range(2, 12)) == found["container.attempt_lengths"]


def test_a_death_whose_start_is_not_kept_has_no_length(run: RunProbe, serve: ServeEngine) -> None:
    found = said(dict(trainer(run, serve, small(died(50), **{"/info": info(live_restore=True)})).values))

    assert {"deaths": 1, "exit_codes": ("1",), "last_exit_code": 1} == without_times(found)
    assert "last_attempt_lasted" not in found


def test_health_turns_are_counted(run: RunProbe, serve: ServeEngine) -> None:
    turns = [event("start", 90), event("health_status: unhealthy", 60), event("health_status: healthy", 50), event("health_status: unhealthy", 40)]
    look = trainer(run, serve, small(*turns))

    assert 2 == look.values["container.unhealthy_events"]
    assert ["unhealthy", "healthy", "unhealthy"] == [value for _, value, _ in look.events]


def test_a_removed_container_of_the_same_name_is_not_mixed_in(run: RunProbe, serve: ServeEngine) -> None:
    before = [event("start", 90, id="old"), event("die", 80, id="old", exitCode="1"), event("destroy", 70, id="old", image="api:1")]
    found = said(dict(trainer(run, serve, small(*before, event("start", 60), **{"/containers/json": [item(created=61)]})).values))

    assert {"starts": 1, "recreated_at": float(int(NOW - 61)), "previous_image": "api:1", "events_complete": True} == found


def test_of_a_long_list_only_those_with_events_or_trouble_are_told(run: RunProbe, serve: ServeEngine) -> None:
    crowd = [item(f"c{number}", created=7200) for number in range(100)]
    unwell = item("unwell") | {"Status": "Exited (1) 3 days ago", "State": "exited"}
    script = small(event("start", 60, "c7"), **{"/containers/json": [*crowd, unwell]})

    assert {"c7", "unwell"} == set(looks(run(PROBE, serve(script))))


def test_a_stop_signal_alone_may_be_a_reload() -> None:
    def tried(*actions: tuple[str, str]) -> tuple[bool, bool, bool]:
        events = [
            Event(type="container", action=action, actor=Actor(id="x", attributes={"signal": signal, "exitCode": "1"}), time_nano=number)
            for number, (action, signal) in enumerate(actions)
        ]
        (attempt,) = attempts(events)
        return attempt.stopped, attempt.grace_expired, attempt.killed

    start, hup, term, kill, die, stop = ("start", ""), ("kill", "1"), ("kill", "15"), ("kill", "9"), ("die", ""), ("stop", "")
    assert {
        "HUP, then it crashed": (False, False, False),
        "HUP, then docker kill": (False, False, True),
        "TERM by docker kill": (True, False, False),
        "docker stop": (True, True, False),
        "still stopping": (False, False, False),
    } == {
        "HUP, then it crashed": tried(start, hup, die),
        "HUP, then docker kill": tried(start, hup, kill, die),
        "TERM by docker kill": tried(start, term, die),
        "docker stop": tried(start, term, kill, die, stop),
        "still stopping": tried(start, term),
    }
