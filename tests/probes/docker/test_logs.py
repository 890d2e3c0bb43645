"""The log of the last attempt: from captured logs, and from frames made here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest

from probes._contract import Answer as Said
from probes._contract import Look, Subject, Unavailable
from probes.docker._loglines import Line, alike, entries, lines
from probes.docker.logs import PROBES

from .conftest import NOW, RunProbe, ServeEngine, looks
from .scripted import Answer, Scripted, capture, refusal

(PROBE,) = PROBES
TRAINER = Subject("container", "trainer")
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
SIGNALS = ("log_tail", "log_lines", "log_empty", "log_complete", "log_attempt_runs", "log_attempts_agree")


def told(answers: list[Said]) -> tuple[object, ...]:
    (values,) = looks(answers).values()
    return tuple(values[f"container.{name}"] for name in SIGNALS)


def captured(name: str, log: str, **changes: Any) -> Scripted:
    it = capture(f"inspect_{name}.json")
    return Scripted({"/containers/trainer/json": it, f"/containers/{it['Id']}/logs": Answer(capture(log), content_type=""), **changes})


def start_event(at: float) -> bytes:
    return json.dumps({"Type": "container", "Action": "start", "Actor": {"ID": "x"}, "timeNano": int(at * 1e9)}).encode()


def test_between_two_attempts_it_is_the_log_of_the_one_that_ended(run: RunProbe, serve: ServeEngine) -> None:
    script = captured("loop_waiting", "logs_loop_waiting.bin")

    assert ("start\nKeyError: MODEL_URI", 2, False, True, False, True) == told(run(PROBE, serve(script), TRAINER))
    assert "/logs?stdout=1&stderr=1&timestamps=1&tail=1000" in script.asked[-1]


def test_while_the_next_attempt_runs_it_is_still_the_log_of_the_one_that_ended(run: RunProbe, serve: ServeEngine) -> None:
    script = captured("loop_running", "logs_loop_running.bin", **{"/events": Answer(start_event(1795563026.328))})
    (look,) = run(PROBE, serve(script), TRAINER)

    assert ("start\nKeyError: MODEL_URI", 2, False, True, False, True) == told([look])
    assert isinstance(look, Look)
    assert 1795563028.332 == pytest.approx(look.values["container.log_last_at"], abs=0.1)


def test_without_the_start_event_nobody_knows_where_that_attempt_began(run: RunProbe, serve: ServeEngine) -> None:
    for events in (Answer(b""), refusal(403, "no")):
        tail, count, *rest = told(run(PROBE, serve(captured("loop_running", "logs_loop_running.bin", **{"/events": events})), TRAINER))

        assert ("start\nKeyError: MODEL_URI\n" * 5).strip() == tail
        assert [10, False, False, False, None] == [count, *rest]


def test_a_terminals_log_has_no_frames_and_keeps_the_last_drawing_of_a_progress_bar(run: RunProbe, serve: ServeEngine) -> None:
    script = captured("tty", "logs_tty.bin")

    assert ("one\n30%\nlast", 3, False, True, False, None) == told(run(PROBE, serve(script), TRAINER))


def test_a_line_longer_than_a_frame_is_one_line() -> None:
    found = list(lines(entries(capture("logs_long.bin"), framed=True)))

    assert [20000, "end"] == [len(found[0].text), found[1].text]


# logs made here


def stamp(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def frame(at: float, text: str, stream: int = 1) -> bytes:
    payload = f"{stamp(at)} {text}".encode()
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def container(state: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    defaults = {"Id": "a" * 64, "Name": "/trainer", "Created": stamp(NOW - 9000), "HostConfig": {"LogConfig": {"Type": "json-file", "Config": {}}}}
    return {**defaults, **fields, "State": state}


EXITED = {"Status": "exited", "StartedAt": stamp(NOW - 100), "FinishedAt": stamp(NOW - 10), "ExitCode": 1}
RUNS = {"Status": "running", "Running": True, "StartedAt": stamp(NOW - 100), "FinishedAt": stamp(NOW - 110)}


def engine(it: Mapping[str, Any], *frames: bytes, **changes: Any) -> Scripted:
    log = Answer(b"".join(frames), content_type=MULTIPLEXED)
    return Scripted({"/containers/trainer/json": it, f"/containers/{it['Id']}/logs": log, "/events": Answer(b""), **changes})


def numbered(count: int, *, start: float = -90.0, width: int = 0) -> list[bytes]:
    return [frame(NOW + start + number / 1000, f"{number}".rjust(width) + "\n") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "first", "complete"),
    [
        pytest.param(400, "0", True, id="four hundred lines are kept"),
        pytest.param(401, "1", False, id="of more, the last four hundred"),
        pytest.param(1000, "600", False, id="and as many as were asked for may not be all"),
    ],
)
def test_at_most_four_hundred_lines(count: int, first: str, complete: bool, run: RunProbe, serve: ServeEngine) -> None:
    tail, kept, _, whole, *_ = told(run(PROBE, serve(engine(container(EXITED), *numbered(count))), TRAINER))

    assert (first, 400, complete) == (str(tail).partition("\n")[0], kept, whole)


def test_at_most_256_kib(run: RunProbe, serve: ServeEngine) -> None:
    tail, kept, _, whole, *_ = told(run(PROBE, serve(engine(container(EXITED), *numbered(300, width=1023))), TRAINER))

    assert (256 * 1024 - 1, 256, False) == (len(str(tail)), kept, whole)


def test_of_a_line_that_is_longer_than_all_the_end_is_kept(run: RunProbe, serve: ServeEngine) -> None:
    script = engine(container(EXITED), frame(NOW - 50, "x" * 300_000 + "MemoryError\n"))
    tail, kept, empty, whole, *_ = told(run(PROBE, serve(script), TRAINER))

    assert ("xMemoryError", 1, False, False) == (str(tail)[-12:], kept, empty, whole)


def test_a_cut_answer_is_asked_for_again_with_fewer_lines(run: RunProbe, serve: ServeEngine) -> None:
    it = container(EXITED)
    answers = [Answer(b"".join(part), content_type=MULTIPLEXED) for part in (numbered(500, width=16000), numbered(100))]
    script = engine(it, **{f"/containers/{it['Id']}/logs": answers})

    assert "0" == str(told(run(PROBE, serve(script), TRAINER))[0]).partition("\n")[0]
    assert ["tail=1000", "tail=100"] == [line.rpartition("&")[2] for line in script.asked if "/logs" in line]


def test_lines_of_an_earlier_attempt_are_not_this_ones(run: RunProbe, serve: ServeEngine) -> None:
    script = engine(container(EXITED), frame(NOW - 200, "step 11 failed\n"), frame(NOW - 100.1, "up\n"), frame(NOW - 50, "step 12 failed\n", 2))

    assert ("up\nstep 12 failed", 2, False, True, False, True) == told(run(PROBE, serve(script), TRAINER))


def test_an_earlier_attempt_that_ended_otherwise_does_not_agree(run: RunProbe, serve: ServeEngine) -> None:
    script = engine(container(EXITED), frame(NOW - 200, "killed\n"), frame(NOW - 50, "MemoryError\n"), frame(NOW - 49, "\n"))

    assert False is told(run(PROBE, serve(script), TRAINER))[5]


@pytest.mark.parametrize(
    ("restarts", "state", "expected"),
    [
        pytest.param(0, RUNS, ("now", True), id="started by command: the attempt that runs"),
        pytest.param(2, RUNS, ("before", False), id="restarted by the policy: the attempt that ended"),
        pytest.param(2, RUNS | {"StartedAt": stamp(NOW - 3700)}, ("before\nnow", True), id="but not after an hour"),
    ],
)
def test_which_attempt_it_is_while_one_runs(
    restarts: int, state: Mapping[str, Any], expected: tuple[str, bool], run: RunProbe, serve: ServeEngine
) -> None:
    script = engine(container(state, RestartCount=restarts), frame(NOW - 111, "before\n"), frame(NOW - 50, "now\n"))
    tail, _, _, _, runs, _ = told(run(PROBE, serve(script), TRAINER))

    assert expected == (tail, runs)


def test_behind_a_running_attempt_that_wrote_much_the_ended_one_is_still_found(run: RunProbe, serve: ServeEngine) -> None:
    it = container(RUNS, RestartCount=2)
    answers = [Answer(b"".join(part), content_type=MULTIPLEXED) for part in (numbered(1000), [frame(NOW - 111, "MemoryError\n")])]
    script = engine(it, **{f"/containers/{it['Id']}/logs": answers, "/events": Answer(start_event(NOW - 120))})

    assert ("MemoryError", 1, False, True, False, None) == told(run(PROBE, serve(script), TRAINER))
    assert ["tail=1000", f"since={NOW - 120.2:.9f}&until={NOW - 100.2:.9f}"] == [
        line.partition("timestamps=1&")[2] for line in script.asked if "/logs" in line
    ]


def test_a_silent_attempt_is_empty_and_whole(run: RunProbe, serve: ServeEngine) -> None:
    assert (None, 0, True, True, False, None) == told(run(PROBE, serve(engine(container(EXITED))), TRAINER))


def test_a_container_that_never_started_has_an_empty_log(run: RunProbe, serve: ServeEngine) -> None:
    never = {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z", "ExitCode": 127, "Error": "not found"}

    assert (None, 0, True, True, False, None) == told(run(PROBE, serve(engine(container(never))), TRAINER))


def test_a_driver_that_keeps_nothing_is_not_an_empty_log(run: RunProbe, serve: ServeEngine) -> None:
    it = container(EXITED)
    script = engine(it, **{f"/containers/{it['Id']}/logs": refusal(501, "configured logging driver does not support reading")})

    assert (None, None, None, False, False, None) == told(run(PROBE, serve(script), TRAINER))


@pytest.mark.parametrize(
    ("driver", "options", "complete"),
    [
        ("json-file", {}, True),
        ("json-file", {"max-size": "10m"}, False),
        ("json-file", {"max-size": "10m", "max-file": "2"}, True),
        ("json-file", {"max-size": "1k", "max-file": "2"}, False),
        ("json-file", {"max-size": "nonsense", "max-file": "2"}, False),
        ("local", {}, True),
        ("local", {"max-size": "1k"}, False),
        ("journald", {}, True),
    ],
)
def test_a_log_that_may_have_been_rotated_is_not_whole(
    driver: str,
    options: dict[str, str],
    complete: bool,
    run: RunProbe,
    serve: ServeEngine,
) -> None:
    it = container(EXITED, HostConfig={"LogConfig": {"Type": driver, "Config": options}})

    assert complete is told(run(PROBE, serve(engine(it, *numbered(100))), TRAINER))[3]


def test_an_earlier_line_proves_that_the_attempt_is_whole_in_spite_of_rotation(run: RunProbe, serve: ServeEngine) -> None:
    it = container(EXITED, HostConfig={"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}})

    assert True is told(run(PROBE, serve(engine(it, frame(NOW - 200, "old\n"), frame(NOW - 50, "new\n"))), TRAINER))[3]


def test_two_streams_are_joined_each_by_itself_and_torn_frames_are_dropped() -> None:
    data = frame(1.0, "out 1 ", 1) + frame(2.0, "err 1\n", 2) + frame(3.0, "out 2\n", 1) + frame(4.0, "torn", 1)[:-2]

    assert [Line(2.0, "err 1"), Line(1.0, "out 1 out 2")] == list(lines(entries(data, framed=True)))


@pytest.mark.parametrize("data", [b"\x01\x00\x00\x00\xff\xff\xff\xffx", b"\x01", bytes(range(256)), frame(1.0, "")[:20], b"no timestamp\n"])
def test_hostile_bytes_are_no_lines(data: bytes) -> None:
    assert [] == list(lines(entries(data, framed=True)))
    assert [] == list(lines(entries(data, framed=False)))


def test_alike_but_for_numbers() -> None:
    assert alike("Epoch 3/10: loss=0.25 at 0x7f3a", "epoch 4/10: loss=0.31  at 0x7f3b")
    assert not alike("MemoryError", "KeyError")


def test_a_container_that_is_gone_is_named_and_the_others_go_on(run: RunProbe, serve: ServeEngine) -> None:
    script = engine(container(EXITED), frame(NOW - 50, "x\n"))
    found = run(PROBE, serve(script), Subject("container", "gone"), Subject("container", "ns/pod/kubernetes"), TRAINER)

    assert [("refused", Subject("container", "gone"))] == [(gap.why, gap.subject) for gap in found if isinstance(gap, Unavailable)]
    assert ["trainer"] == list(looks(found))
