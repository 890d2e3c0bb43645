"""One container's events, told as signals: a line a signal.

A count is of the last hour, or from the start of the last attempt if that is longer ago; while a container is down, deaths that follow one another
within an hour all belong to it, so that a loop is dated from its first death that the engine still has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from probes._contract import Spec, Type, Value
from probes._fact import Fact, taken
from probes.docker._attempts import Attempt, attempts, code_of, signal_of
from probes.docker._kept import Event

HOUR_S = 3600.0
COMPLETE = "container.events_complete"
MOST_LENGTHS = 10
UNHEALTHY = "health_status: unhealthy"


class Beside(msgspec.Struct, frozen=True):
    """What a container's own events do not tell: it is in its list entry, or in the events of the one that had its name before."""

    complete: bool
    recreated_at: float | None = None
    previous_image: str | None = None
    previous_config_hash: str | None = None


class Story(msgspec.Struct, frozen=True):
    """The events in a container's window, and its attempts that died there."""

    events: tuple[Event, ...]
    died: tuple[Attempt, ...]
    beside: Beside

    def of(self, action: str) -> list[Event]:
        return [event for event in self.events if event.action == action]


def story(events: Sequence[Event], now: float, beside: Beside) -> Story:
    """The story of one container from all its events, oldest first."""
    tries = attempts(events)
    start = _window(tries, now)
    died = tuple(attempt for attempt in tries if attempt.died is not None and attempt.died >= start)
    return Story(tuple(event for event in events if event.at >= start), died, beside)


def _window(tries: Sequence[Attempt], now: float) -> float:
    edge = now
    deaths = [attempt.died for attempt in tries if attempt.died is not None]
    if tries and tries[-1].died is not None:
        edge = tries[-1].died
    for death in reversed(deaths):
        if edge - death > HOUR_S:
            break
        edge = death
    last_start = tries[-1].started if tries and tries[-1].started is not None else now
    return min(now - HOUR_S, edge, last_start)


def _distinct(values: Iterable[int | None]) -> tuple[str, ...]:
    """Each once, in the order of its newest occurrence."""
    return tuple(reversed(dict.fromkeys(str(value) for value in reversed(list(values)) if value is not None)))


def _last(found: Sequence[Event]) -> float | None:
    return found[-1].at if found else None


def _lengths(it: Story) -> tuple[str, ...]:
    return tuple(f"{attempt.lasted:.1f}" for attempt in it.died if attempt.lasted is not None)[-MOST_LENGTHS:]


def _last_lasted(it: Story) -> float | None:
    return next((attempt.lasted for attempt in reversed(it.died) if attempt.lasted is not None), None)


def _first_death(it: Story) -> float | None:
    return it.died[0].died if it.died else None


def _fact(name: str, type_: Type, take: Callable[[Story], Value], doc: str, unit: str = "") -> Fact[Story]:
    return Spec(name=f"container.{name}", type=type_, doc=doc, unit=unit, covered_by=COMPLETE), take


_FACTS: tuple[Fact[Story], ...] = (
    _fact("deaths", "int", lambda it: len(it.died), "Number of die events."),
    _fact("deaths_by_command", "int", lambda it: sum(x.stopped or x.killed for x in it.died), "Those of them that a stop or kill command brought."),
    _fact("exit_codes", "texts", lambda it: _distinct(x.code for x in it.died), "Distinct exitCode values of die events, newest last."),
    _fact("first_death_at", "time", _first_death, "Time of the first die event; if they follow within an hour, of their row."),
    _fact("last_death_at", "time", lambda it: it.died[-1].died if it.died else None, "Time of the newest die event."),
    _fact("last_exit_code", "int", lambda it: it.died[-1].code if it.died else None, "exitCode of the newest die event."),
    _fact("last_attempt_lasted", "span", _last_lasted, "From start to die of the newest attempt with both events.", "s"),
    _fact("attempt_lengths", "texts", _lengths, "The same in seconds of at most ten attempts, newest last."),
    _fact("starts", "int", lambda it: len(it.of("start")), "Number of start events."),
    _fact(
        "ooms", "int", lambda it: len(it.of("oom")), "Number of oom events: the kernel killed something at the container's limit, perhaps a child."
    ),
    _fact("last_oom_at", "time", lambda it: _last(it.of("oom")), "Time of the newest oom event."),
    _fact("kill_signals", "texts", lambda it: _distinct(map(signal_of, it.of("kill"))), "Distinct signals that kill events sent, newest last."),
    _fact("stopped_by_command", "bool", lambda it: bool(it.died) and it.died[-1].stopped, "The last death followed a stop command or TERM."),
    _fact(
        "stop_grace_expired", "bool", lambda it: bool(it.died) and it.died[-1].grace_expired, "It did not end when asked and was killed after that."
    ),
    _fact(
        "killed_by_command", "bool", lambda it: bool(it.died) and it.died[-1].killed, "The last death followed a kill event 9 with no stop before."
    ),
    _fact("restarted_by_command", "bool", lambda it: bool(it.of("restart")), "Somebody, or a watchdog, ran docker restart."),
    _fact("restarts_by_command", "int", lambda it: len(it.of("restart")), "Number of restart events."),
    _fact("unhealthy_events", "int", lambda it: len(it.of(UNHEALTHY)), "Number of health_status: unhealthy events."),
    _fact("recreated_at", "time", lambda it: it.beside.recreated_at, "When it was created, if another container of its name was destroyed for it."),
    _fact("previous_image", "text", lambda it: it.beside.previous_image, "The image of that other container."),
    _fact("previous_config_hash", "text", lambda it: it.beside.previous_config_hash, "Its label com.docker.compose.config-hash."),
)

_COMPLETE = Spec(name=COMPLETE, type="bool", doc="The engine still has every event since the start of the last attempt, or since the creation.")

_HAPPENED: tuple[tuple[Spec, str, Callable[[Event], Value]], ...] = (
    (Spec(name="container.died", type="int", event=True, doc="A die event: its exitCode."), "die", code_of),
    (Spec(name="container.oom", type="bool", event=True, doc="An oom event."), "oom", lambda _: True),
    (Spec(name="container.kill", type="int", event=True, doc="A kill event: the number of the signal."), "kill", signal_of),
    (Spec(name="container.restart", type="bool", event=True, doc="A restart event, by command."), "restart", lambda _: True),
    (
        Spec(name="container.health_changed", type="text", event=True, doc="A health_status event: what the health turned to."),
        "health_status",
        lambda event: event.action.partition(": ")[2] or None,
    ),
    (
        Spec(name="container.updated", type="bool", event=True, doc="An update event: limits or policy were changed; not which."),
        "update",
        lambda _: True,
    ),
)

SPECS: tuple[Spec, ...] = (*(spec for spec, _ in _FACTS), _COMPLETE, *(spec for spec, _, _ in _HAPPENED))


def values(it: Story) -> dict[str, Value]:
    """A value or None for each state of SPECS."""
    return {**taken(_FACTS, it), COMPLETE: it.beside.complete}


def happened(events: Iterable[Event]) -> tuple[tuple[str, Value, float], ...]:
    """The events of SPECS among these."""
    return tuple(
        (spec.name, take(event), event.at) for event in events for spec, action, take in _HAPPENED if event.action.partition(":")[0] == action
    )
