"""The events that the engine still has, and from when on it has all of them.

The engine keeps the newest 256 events of all kinds, in memory alone: a filter does not reach further back, a health check that runs every second
(three events a run) fills it in a minute and a half, and a restart of the engine empties it.
"""

from __future__ import annotations

import time

import msgspec
from msgspec import field

from probes.docker._engine import Engine, EngineError
from probes.docker._shapes import Info, Network
from probes.docker._times import seconds

BUFFER = 256
"""eventsLimit of moby's daemon/events/events.go; the same since 2015."""

SURELY_NOT_FULL = BUFFER - 56
"""Events that come between the look at the engine's clock and the answer push old ones out and are not in the answer themselves."""

SOON_S = 0.5
"""Within this time more than 56 events are not to be expected."""

LOOK_BACK_S = 7 * 86400.0
MOST_EVENTS_BYTES = 8_000_000
"""About 20,000 events: for engines that keep more than Docker does."""


class Actor(msgspec.Struct, frozen=True):
    """Whom an event is about; the attributes hold the container's name and labels, and what the action adds."""

    id: str = field(default="", name="ID")
    attributes: dict[str, str] = field(default_factory=dict, name="Attributes")


class Event(msgspec.Struct, frozen=True):
    """A message of GET /events."""

    type: str = field(name="Type")
    action: str = field(name="Action")
    actor: Actor = field(name="Actor")
    time_nano: int = field(name="timeNano")

    @property
    def at(self) -> float:
        """Seconds since 1970 UTC."""
        return self.time_nano / 1e9

    @property
    def name(self) -> str:
        return self.actor.attributes.get("name", "")


class Kept(msgspec.Struct, frozen=True):
    """Container events, oldest first. From `since` to `until` there were no others; None: nobody knows since when."""

    events: tuple[Event, ...]
    since: float | None
    until: float


def kept(engine: Engine, info: Info) -> Kept:
    """All that the engine has of the last seven days. Its own clock says when to stop: an `until` in its future would keep the answer open.

    A full buffer reaches back to its oldest event; one with room left, to the engine's start, or at least to its oldest event.
    """
    until = seconds(info.system_time)
    if until is None:
        raise EngineError("garbled", f"/info gives {info.system_time!r} as the engine's time.")
    oldest = until - LOOK_BACK_S
    asked = time.monotonic()
    body = engine.read("/events", MOST_EVENTS_BYTES, since=f"{oldest:.0f}", until=f"{until:.9f}")
    lines = body.data.splitlines()[: -1 if body.cut else None]
    events = [engine.parse("/events", line, Event) for line in lines if line.strip()]
    room = len(events) < SURELY_NOT_FULL and time.monotonic() - asked < SOON_S
    started = started_at(engine, info) if room and not body.cut else None
    oldest_event = events[0].at if events and not body.cut else None
    return Kept(tuple(event for event in events if event.type == "container"), oldest_event if started is None else max(oldest, started), until)


def started_at(engine: Engine, info: Info) -> float | None:
    """When the engine started: it makes the network `bridge` anew then, unless containers outlive it (live restore). None if that cannot tell."""
    if info.live_restore_enabled:
        return None
    try:
        return seconds(engine.decode("/networks/bridge", Network).created)
    except EngineError as error:
        if error.status:
            return None
        raise
