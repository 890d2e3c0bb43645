"""One deadline, one catch-all, nothing waits for what hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from probes._access import Access, Unreachable
from probes._contract import Answer, ContractError, Look, Probe, Relation, Spec, Subject, Unavailable
from probes._redact import Redactor
from probes._runner import Runner, Store

BOX = Subject("box", "one")
SPECS = (
    Spec(name="box.size", type="int", doc="a size"),
    Spec(name="box.label", type="text", doc="a label"),
    Spec(name="box.opened", type="bool", doc="it was opened", event=True),
)


def _probe(name: str, look: Callable[[Access, tuple[Subject, ...]], Iterable[Answer]], limit: float = 5.0, *, sweeps: bool = True) -> Probe:
    return Probe(name=name, kind="box", doc="A test.", gives=SPECS, look=look, stands_for=("look",), limit_s=limit, sweeps=sweeps)


def _look(**values: Any) -> Look:
    given: dict[str, Any] = {"box.size": 1, "box.label": "x"} | {f"box.{name}": value for name, value in values.items()}
    return Look(subject=BOX, values=given, command="look one")


def _sent(*probes: Probe, deadline: float = 5.0) -> tuple[Runner, float]:
    began = time.monotonic()
    access = Access({}, deadline=began + deadline)
    runner = Runner(access, Store(access.now, Redactor(b"k")))
    runner.send([(probe, () if probe.sweeps else (BOX,)) for probe in probes])
    return runner, time.monotonic() - began


def _good(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
    yield _look()


def _hangs(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
    time.sleep(30)
    yield _look()


def test_a_probe_that_hangs_costs_its_limit_and_the_others_nothing() -> None:
    runner, seconds = _sent(_probe("a.good", _good), _probe("b.hangs", _hangs, limit=0.3))
    seen = runner.store.seal()

    assert seconds < 1.5
    assert {"a.good": "done", "b.hangs": "timed out"} == {visit.probe: visit.ended for visit in runner.visits}
    assert [("box", "timed out", "b.hangs")] == [(gap.kind, gap.why, gap.probe) for gap in seen.unavailable]
    assert {"box.size", "box.label"} == {signal.name for signal in seen.signals}


def test_the_deadline_ends_everything_even_with_more_hanging_probes_than_workers() -> None:
    hanging = [_probe(f"h.p{number}", _hangs, limit=30, sweeps=False) for number in range(12)]
    runner, seconds = _sent(*hanging, deadline=0.5)

    assert seconds < 1.5
    assert 12 == len(runner.visits)


def test_what_is_said_too_late_is_dropped_and_named() -> None:
    release = threading.Event()

    def late(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
        release.wait(10)
        yield _look()

    runner, _seconds = _sent(_probe("l.late", late, limit=0.2))
    release.set()
    for _ in range(100):
        if runner.store.late:
            break
        time.sleep(0.02)

    assert ({"l.late"}, []) == (runner.store.late, runner.store.seal().signals)


@pytest.mark.parametrize(
    ("expected", "answers"),
    [
        (("garbled", "ContractError: box.size is declared int, but the probe gave str."), [_look(size="x")]),
        (("garbled", "ContractError: box.size is declared int, but the probe gave bool."), [_look(size=True)]),
        (("garbled", "ContractError: b.bad must give every signal it declares and no other; it differs in box.extra."), [_look(extra=1)]),
        (("garbled", "ContractError: b.bad gives 'box on shelf' but does not declare it."), [Relation("on", BOX, Subject("shelf", "a"))]),
        (("garbled", "ZeroDivisionError: division by zero"), None),
    ],
)
def test_a_probe_that_breaks_its_word_or_crashes_is_named_and_keeps_what_it_said_before(
    expected: tuple[str, str], answers: list[Answer] | None
) -> None:
    def bad(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
        yield _look()
        if answers is None:
            raise ZeroDivisionError("division by zero")
        yield from answers

    runner, _seconds = _sent(_probe("b.bad", bad))
    seen = runner.store.seal()

    assert [expected] == [(gap.why, gap.detail) for gap in seen.unavailable]
    assert 2 == len(seen.signals)


def test_a_source_that_says_why_it_cannot_be_read_keeps_its_reason() -> None:
    def forbidden(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
        raise Unreachable("forbidden", "the socket is not for you")
        yield

    runner, _seconds = _sent(_probe("f.no", forbidden))

    assert [("forbidden", "the socket is not for you")] == [(gap.why, gap.detail) for gap in runner.store.seal().unavailable]


def test_unavailable_names_every_signal_of_the_probe_unless_it_says_which() -> None:
    def partly(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
        yield Unavailable(kind="box", why="refused", detail="d", remedy="r.")

    runner, _seconds = _sent(_probe("p.part", partly))

    assert [("box.size", "box.label", "box.opened")] == [gap.names for gap in runner.store.seal().unavailable]


def test_text_is_made_valid_and_nan_is_nothing() -> None:
    def odd(_access: Access, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
        yield _look(label="a\udc80b\0c")

    runner, _seconds = _sent(_probe("o.odd", odd))

    assert ["a?b\N{REPLACEMENT CHARACTER}c"] == [signal.value for signal in runner.store.seal().signals if signal.name == "box.label"]


def test_stop_ends_the_waiting_at_once() -> None:
    access = Access({}, deadline=time.monotonic() + 30)
    runner = Runner(access, Store(access.now, Redactor(b"k")))
    threading.Timer(0.2, runner.stop).start()
    began = time.monotonic()
    runner.send([(_probe("h.hangs", _hangs, limit=30), ())])

    assert time.monotonic() - began < 2
    assert ["The run was stopped."] == [gap.detail for gap in runner.store.seal().unavailable]


def test_an_event_must_be_given_as_an_event() -> None:
    store = Store(0.0, Redactor(b"k"))

    with pytest.raises(ContractError, match=r"box\.opened"):
        store.put(_probe("e.x", _good), _look(opened=True))


def test_a_child_that_never_comes_back_is_killed() -> None:
    access = Access({}, deadline=time.monotonic() + 30)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="sleep did not come back from the kernel in 1 s"):
        access.in_child(time.sleep, 60, limit=1)

    assert time.monotonic() - began < 5


def test_a_secret_learned_late_is_taken_out_of_what_had_come_before() -> None:
    redactor = Redactor(b"k")
    store = Store(0.0, redactor)
    store.put(_probe("r.early", _good), _look(label="login with hunter2xyz"))
    store.put(_probe("r.blind", _good), Unavailable(kind="box", why="refused", detail="hunter2xyz was refused", remedy="do not use hunter2xyz"))
    token = redactor.named("DB_PASSWORD", "hunter2xyz")
    seen = store.seal()

    assert [f"login with {token}"] == [signal.value for signal in seen.signals if signal.name == "box.label"]
    assert [(f"{token} was refused", f"do not use {token}")] == [(gap.detail, gap.remedy) for gap in seen.unavailable]
