"""What is being looked at, live, on one line of a terminal; nothing where there is none. It never costs a run anything."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

EVERY = 0.5
"""Seconds between two drawings."""
_CLEAR = "\r\x1b[2K"


@contextlib.contextmanager
def live(stream: TextIO | None, seconds: float) -> Iterator[Callable[[str], None]]:
    """Gives a function that says what is being looked at; the line is gone in the end. Without a stream it says nothing."""
    line = _Line(stream, seconds)
    line.start()
    try:
        yield line.say
    finally:
        line.end()


class _Line:
    """The line, drawn again as the time runs down."""

    def __init__(self, stream: TextIO | None, seconds: float) -> None:
        self._stream = stream or io.StringIO()
        self._until = time.monotonic() + seconds
        self._words = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._on = _terminal(self._stream)

    def start(self) -> None:
        if self._on:
            with contextlib.suppress(RuntimeError):  # no thread to be had: the line is drawn when something is said
                threading.Thread(target=self._run, name="progress", daemon=True).start()

    def say(self, words: str) -> None:
        self._words = words
        self._draw()

    def end(self) -> None:
        self._over.set()
        with self._lock:
            self._write(lambda: _CLEAR)
            self._on = False

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            if self._words and not self._over.is_set():
                self._write(lambda: _CLEAR + _fitting(self._stream, self._words, self._until - time.monotonic()))

    def _write(self, text: Callable[[], str]) -> None:
        """A terminal that is gone, or cannot show a character, ends the line and nothing else."""
        if not self._on:
            return
        try:
            self._stream.write(text())
            self._stream.flush()
        except Exception:  # noqa: BLE001  # whatever a stream raises, a run must not end for its progress
            self._on = False


def _terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except Exception:  # noqa: BLE001  # a closed or odd stream is no terminal
        return False


def _fitting(stream: TextIO, words: object, left: float) -> str:
    """One line, never wrapped: a wrapped line could not be wiped away."""
    from agent.report._clean import clean
    from agent.report._layout import cut

    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 80
    return cut(f"diagnose: {clean(str(words))} … {max(round(left), 0)} s left", max((columns or 80) - 1, 20))
