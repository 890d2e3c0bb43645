"""The live line: on a terminal only, gone in the end, and never the end of a run."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from agent import progress
from agent.progress import live


class Terminal(io.StringIO):
    """A terminal that remembers what was drawn, and may be made to fail."""

    def __init__(self, fault: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.fault = fault

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.fault()
        return super().write(text)


def _raise(error: BaseException) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


@pytest.fixture(autouse=True)
def a_capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_sees_what_is_looked_at_and_the_seconds_left_and_then_nothing() -> None:
    stream = Terminal()
    with live(stream, 30) as say:
        say("sweeping")

    assert stream.getvalue() == "\r\x1b[2Kdiagnose: sweeping … 30 s left\r\x1b[2K"


def test_no_terminal_sees_nothing() -> None:
    stream = io.StringIO()
    with live(stream, 30) as say:
        say("sweeping")

    assert stream.getvalue() == ""


def test_a_dumb_terminal_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with live(stream, 30) as say:
        say("sweeping")

    assert stream.getvalue() == ""


def test_the_seconds_run_down_while_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.01)
    stream = Terminal()
    with live(stream, 0.6) as say:
        say("sweeping")
        until = time.monotonic() + 5
        while "0 s left" not in stream.getvalue() and time.monotonic() < until:
            time.sleep(0.01)

    assert "1 s left" in stream.getvalue()
    assert "0 s left" in stream.getvalue()


def test_a_name_cannot_act_on_the_terminal_nor_wrap_the_line() -> None:
    stream = Terminal()
    with live(stream, 30) as say:
        say("looking at \x1b[2Jevil\n" + "x" * 500)
    drawn = stream.getvalue().split("\r\x1b[2K")[1]

    assert drawn.startswith("diagnose: looking at evil xxx")
    assert len(drawn) < 80


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("closed"), UnicodeEncodeError("ascii", "…", 0, 1, "no"), RuntimeError()])
def test_a_terminal_that_fails_costs_the_run_nothing(error: Exception) -> None:
    with live(Terminal(_raise(error)), 30) as say:
        say("sweeping")
        say("again")


@pytest.mark.parametrize("stream", [None, object()])
def test_an_odd_stream_is_no_terminal(stream: Any) -> None:
    with live(stream, 30) as say:
        say("sweeping")


def test_no_thread_to_be_had_costs_the_run_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda _self: _raise(RuntimeError("can't start new thread"))())
    stream = Terminal()
    with live(stream, 30) as say:
        say("sweeping")

    assert "sweeping" in stream.getvalue()


def test_what_the_run_raises_is_the_runs_and_the_line_is_gone_all_the_same() -> None:
    stream = Terminal()
    with pytest.raises(KeyError), live(stream, 30):
        raise KeyError

    assert stream.getvalue().endswith("\r\x1b[2K")


def test_nothing_is_drawn_after_the_end() -> None:
    stream = Terminal()
    with live(stream, 30) as say:
        pass
    say("late")

    assert stream.getvalue() == "\r\x1b[2K"
