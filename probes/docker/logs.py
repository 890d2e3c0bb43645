"""What did a container's last attempt say before it ended?

container trainer  log_tail="… MemoryError"  log_lines=212  log_complete=true  log_attempts_agree=true
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Value
from probes.docker._engine import Engine, EngineError, on_engine, opened, unavailable
from probes.docker._kept import Event
from probes.docker._loglines import Line, alike, entries, is_framed, lines
from probes.docker._shapes import Container
from probes.docker._state import runs, runs_for
from probes.docker._times import seconds

MOST_LINES = 400
MOST_BYTES = 256 * 1024
MOST_ANSWER = 4_000_000
ASKED = (1000, 100)
"""Lines asked for. If they are more than MOST_ANSWER bytes, the newest are not in the answer, and fewer are asked for."""

EARLIER_S = 60.0
ENTRY_BYTES = 80
"""What an entry takes in a log file beside its text: stream, time, quotes."""

SLACK_S = 0.2
"""A fast program's first lines are stamped before its start is noted; an attempt follows the one before by at least 0.3 s."""

LATELY_S = 3600.0
COMPLETE = "container.log_complete"

SPECS = (
    Spec(name="container.log_tail", type="text", covered_by=COMPLETE, doc="Last 400 lines or 256 KiB of the last ended attempt's stdout and stderr."),
    Spec(name="container.log_lines", type="int", doc="Number of lines in log_tail; none if the log cannot be read."),
    Spec(name="container.log_empty", type="bool", covered_by=COMPLETE, doc="The attempt wrote nothing; none if the log cannot be read."),
    Spec(name=COMPLETE, type="bool", doc="log_tail holds the whole attempt: nothing was cut or rotated away, and its start is known."),
    Spec(name="container.log_last_at", type="time", doc="When the engine read the last line of log_tail."),
    Spec(name="container.log_attempt_runs", type="bool", doc="log_tail is of the attempt that runs now, not of one that ended."),
    Spec(
        name="container.log_attempts_agree",
        type="bool",
        doc="The last lines of the last two attempts are equal but for numbers; none if one is known.",
    ),
)


class Span(msgspec.Struct, frozen=True):
    """The attempt that is asked about, in seconds since 1970 UTC: from `start` (None: not known) to before `end` (None: the log's end)."""

    start: float | None
    end: float | None

    def holds(self, line: Line) -> bool:
        return (self.start is None or line.at >= self.start) and (self.end is None or line.at < self.end)

    def follows(self, line: Line) -> bool:
        return self.start is not None and line.at < self.start


class Tail(msgspec.Struct, frozen=True):
    """The newest lines of a log; `more`: older ones may have been there."""

    lines: tuple[Line, ...]
    more: bool


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container given by its name on this engine."""
    try:
        with opened(access) as engine:
            for subject in on_engine(subjects):
                try:
                    yield _look(engine, subject, access.now)
                except EngineError as error:
                    yield unavailable(error, access, "container", subject)
    except EngineError as error:
        yield unavailable(error, access, "container")


def _look(engine: Engine, subject: Subject, now: float) -> Look:
    it = engine.decode(f"/containers/{subject.key}/json", Container)
    span = _span(engine, it, now)
    tail = _tail(engine, it)
    if tail is not None and tail.more and span.end is not None and not any(map(span.holds, tail.lines)):
        tail = _earlier(engine, it, span)
    values = {**dict.fromkeys(spec.name for spec in SPECS), COMPLETE: False} if tail is None else _told(it, tail, span)
    values["container.log_attempt_runs"] = span.end is None and runs(it)
    return Look(subject=subject, values=values, command=f"docker logs --timestamps --tail {MOST_LINES} {subject.key}")


def _told(it: Container, tail: Tail, span: Span) -> dict[str, Value]:
    own = [line for line in tail.lines if span.holds(line)]
    before = [line for line in tail.lines if span.follows(line)]
    kept = _bounded(own)
    reached = bool(before) or not (tail.more or _may_have_rotated(it, tail))
    last, last_before = _last_words(kept), _last_words(before)
    return {
        "container.log_tail": "\n".join(line.text for line in kept) or None,
        "container.log_lines": len(kept),
        "container.log_empty": not own,
        COMPLETE: span.start is not None and reached and kept == own,
        "container.log_last_at": kept[-1].at if kept else None,
        "container.log_attempts_agree": alike(last, last_before) if last and last_before else None,
    }


def _last_words(found: Sequence[Line]) -> str:
    return next((line.text for line in reversed(found) if line.text.strip()), "")


def _span(engine: Engine, it: Container, now: float) -> Span:
    """The last attempt that ended; but the one that runs, unless the policy has started it within the hour."""
    started, finished = seconds(it.state.started_at), seconds(it.state.finished_at)
    loops = bool(it.restart_count) and (runs_for(it, now) or 0.0) < LATELY_S
    if runs(it) and loops and started is not None and finished is not None:
        before = _start_before(engine, it.id, finished)
        return Span(None if before is None else before - SLACK_S, started - SLACK_S)
    begun = min((at for at in (started, None if runs(it) else finished) if at is not None), default=seconds(it.created))
    return Span(None if begun is None else begun - SLACK_S, None)


def _start_before(engine: Engine, container: str, finished: float) -> float | None:
    """When the attempt that ended then had started, by its start event; None if the engine no longer has it, or tells no events."""
    filters = msgspec.json.encode({"container": [container], "event": ["start"]}).decode()
    try:
        body = engine.read("/events", MOST_BYTES, since=1, until=f"{finished:.9f}", filters=filters)
    except EngineError as error:
        if error.status:
            return None
        raise
    events = [engine.parse("/events", line, Event) for line in body.data.splitlines() if line.strip() and not body.cut]
    return events[-1].at if events else None


def _tail(engine: Engine, it: Container) -> Tail | None:
    """The newest lines of the log; None if its driver keeps none that can be read (501)."""
    try:
        for asked in ASKED:
            found, cut = _entries(engine, it, tail=asked)
            if not cut:
                break
    except EngineError as error:
        if error.status == 501 or "does not support reading" in error.detail:
            return None
        raise
    return Tail(tuple(lines(found)), more=cut or len(found) >= asked)


def _earlier(engine: Engine, it: Container, span: Span) -> Tail:
    """The lines before an attempt that wrote too many. The engine cuts to `tail` before it looks at `until`, so no tail can be asked for."""
    end = span.end or 0.0
    begin = span.start if span.start is not None and span.start > end - EARLIER_S else end - EARLIER_S
    found, cut = _entries(engine, it, since=f"{begin:.9f}", until=f"{end:.9f}")
    return Tail(() if cut else tuple(lines(found)), more=cut or begin != span.start)


def _entries(engine: Engine, it: Container, **params: Any) -> tuple[list[tuple[int, bytes]], bool]:
    """Entries of the log, and whether the answer was cut: then the newest are not among them."""
    body = engine.read(f"/containers/{it.id}/logs", MOST_ANSWER, stdout=1, stderr=1, timestamps=1, **params)
    return entries(body.data, framed=is_framed(body.data, body.content_type, tty=it.config.tty)), body.cut


def _bounded(own: Sequence[Line]) -> list[Line]:
    """The newest lines within both bounds; of a last line longer than that, its end."""
    room = MOST_BYTES
    kept: list[Line] = []
    for line in reversed(own[-MOST_LINES:]):
        room -= len(line.text.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    if own and not kept:
        kept = [Line(own[-1].at, own[-1].text[-MOST_BYTES // 4 :])]
    return kept[::-1]


def _may_have_rotated(it: Container, tail: Tail) -> bool:
    """Whether as much was written as the driver's files hold before the oldest is dropped (options max-size and max-file)."""
    driver, options = it.host_config.log_config.type, it.host_config.log_config.config or {}
    size, files = options.get("max-size"), options.get("max-file", "1" if driver == "json-file" else "5")
    if driver not in ("json-file", "local") or (size is None and driver == "json-file"):
        return False
    held = (int(files) - 1 if files.isdecimal() else 0) * _bytes(size or "20m")
    return sum(len(line.text) + ENTRY_BYTES for line in tail.lines) >= held


def _bytes(size: str) -> float:
    """`10m` is 10,000,000; what cannot be read is 0."""
    found = re.fullmatch(r"([\d.]+)\s*([kmgt]?)i?b?", size.strip().lower())
    return float(found[1]) * 1000.0 ** " kmgt".index(found[2] or " ") if found else 0.0


PROBES = (
    Probe(
        name="docker.logs",
        kind="container",
        doc="Reads the end of what a container's last attempt wrote to stdout and stderr.",
        gives=SPECS,
        look=look,
        stands_for=("docker logs",),
        sweeps=False,
        permissions=("read /var/run/docker.sock (GET /containers/{id}/logs, /containers/{id}/json, /events)",),
        cost=2,
    ),
)
