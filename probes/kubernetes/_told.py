"""The cluster's events of this run, by what they are about.

Traps: the scheduler's events carry eventTime alone; a repeated event is one object with a count; most are gone after an hour.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from probes._access import Access
from probes.kubernetes._cluster import cluster
from probes.kubernetes._lists import Listed, listed
from probes.kubernetes._shapes import Event
from probes.kubernetes._times import seconds

KEPT_S = 3300.0
"""Events of the last 55 minutes are there: API servers keep them for an hour, if not set otherwise."""

_FIELD = re.compile(r"^spec\.(?:initContainers|containers)\{(.+)\}$")


class Told(msgspec.Struct, frozen=True, gc=False):
    """One event: its reason and text, the container it is about ("" for none), how often, first and last time in seconds since 1970 UTC."""

    reason: str
    message: str
    container: str
    count: int
    first: float
    last: float


class Events(msgspec.Struct, frozen=True):
    """All events, by kind, namespace and name of what they are about."""

    by_thing: Mapping[tuple[str, str, str], Sequence[Told]]
    listed: Listed[Event]

    def of(self, kind: str, namespace: str, name: str, *reasons: str) -> list[Told]:
        """Those about one thing, oldest first; of these reasons, if some are given."""
        found = self.by_thing.get((kind, namespace, name), ())
        return [one for one in found if not reasons or one.reason in reasons]


def events(access: Access) -> Events:
    """The events of this run, fetched once. Raises ClusterError."""
    return access.shared("kubernetes events indexed", lambda: _indexed(access))


def _indexed(access: Access) -> Events:
    skew = cluster(access).skew
    found: Listed[Event] = listed(access, "events")
    by_thing: dict[tuple[str, str, str], list[Told]] = defaultdict(list)
    for event in found.items:
        about = event.involved_object
        by_thing[(about.kind, about.namespace or event.metadata.namespace, about.name)].append(_told(event, skew))
    return Events({thing: sorted(told, key=lambda one: (one.last, one.reason, one.message)) for thing, told in by_thing.items()}, found)


def _told(event: Event, skew: float) -> Told:
    series = event.series
    first = _first_known(skew, event.first_timestamp, event.event_time, event.metadata.creation_timestamp)
    last = _first_known(
        skew, series.last_observed_time if series else None, event.last_timestamp, event.event_time, event.metadata.creation_timestamp
    )
    field = _FIELD.match(event.involved_object.field_path)
    count = max(event.count or 0, series.count if series else 0, 1)
    return Told(event.reason, event.message.strip(), field[1] if field else "", count, min(first, last), last)


def _first_known(skew: float, *times: str | None) -> float:
    return next((at for text in times if (at := seconds(text, skew)) is not None), 0.0)


def last_message(told: Sequence[Told]) -> str | None:
    return told[-1].message if told else None


def last_at(told: Sequence[Told]) -> float | None:
    return told[-1].last if told else None


def count(told: Iterable[Told]) -> int:
    return sum(one.count for one in told)
