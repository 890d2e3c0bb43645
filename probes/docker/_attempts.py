"""A container's attempts as its events tell them: start to die, with the signals sent in between.

What the engine emits (20.10, and moby's source since): `docker stop` is kill 15, after the grace period kill 9, die, stop; `docker kill` is kill 9, die;
`docker rm -f` is kill 9, die, destroy; `docker restart` is a stop, then start, restart; a restart by policy and a kill from the host are a bare die.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable

import msgspec

from probes.docker._kept import Event


class Attempt(msgspec.Struct):
    """One attempt. `started` is None if it started before the events begin; `signals` are those sent before it died."""

    started: float | None = None
    died: float | None = None
    code: int | None = None
    signals: list[int] = msgspec.field(default_factory=list)
    stop_event: bool = False

    @property
    def lasted(self) -> float | None:
        return None if self.started is None or self.died is None else max(0.0, self.died - self.started)

    @property
    def stopped(self) -> bool:
        """Ended by `docker stop` or the like. Stop signals other than TERM count by the stop event; one alone may be a reload (HUP, USR1)."""
        return self.died is not None and bool(self.signals) and (self.stop_event or signal.SIGTERM in self.signals)

    @property
    def grace_expired(self) -> bool:
        return self.stopped and signal.SIGKILL in self.signals[1:]

    @property
    def killed(self) -> bool:
        """Ended by `docker kill` or `docker rm -f`, without being asked first."""
        return self.died is not None and signal.SIGKILL in self.signals and not self.stopped


def attempts(events: Iterable[Event]) -> list[Attempt]:
    """The attempts of one container, oldest first. A `stop` between two attempts, while the policy waits, ended none of them."""
    found = [Attempt()]
    for event in events:
        last = found[-1]
        if event.action == "start":
            found.append(Attempt(started=event.at))
        elif event.action == "kill" and last.died is None:
            last.signals.append(signal_of(event))
        elif event.action == "die":
            last.died, last.code = event.at, code_of(event)
        elif event.action == "stop":
            last.stop_event = True
    return [attempt for attempt in found if attempt.started is not None or attempt.died is not None]


def signal_of(event: Event) -> int:
    """The number of the signal; 0 if the engine did not say."""
    text = event.actor.attributes.get("signal", "")
    return int(text) if text.isdecimal() else 0


def code_of(event: Event) -> int | None:
    text = event.actor.attributes.get("exitCode", "")
    return int(text) if text.isdecimal() else None
