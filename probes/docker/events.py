"""What happened to each container lately, and is anything missing from the engine's short memory?

container trainer  deaths=6  exit_codes=(137)  ooms=6  kill_signals=()  stopped_by_command=false  events_complete=true
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probes._access import Access
from probes._contract import Answer, Look, Probe, Subject
from probes.docker._engine import Engine, EngineError, opened, unavailable
from probes.docker._kept import Event, Kept, kept
from probes.docker._listed import FEW, may_be_unwell
from probes.docker._setup import COMPOSE
from probes.docker._shapes import Info, Listed
from probes.docker._story import SPECS, Beside, Story, happened, story, values

TELLING = frozenset({"create", "start", "die", "oom", "kill", "stop", "restart", "health_status", "update", "rename", "destroy"})
"""The rest is noise here: every run of a health check is three exec events."""

RECREATION_S = 300.0
"""compose creates the new container under another name before it destroys the old one."""

REMOVED_AT_ONCE_S = 10.0

ById = Mapping[str, Sequence[Event]]


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container that the engine lists; of a long list, only of those with events or trouble.

    One that is gone (--rm) is nobody's to look at closer; if the kernel killed something in it, the kernel's log tells of that.
    """
    try:
        with opened(access) as engine:
            yield from _sweep(engine, access, {subject.key for subject in subjects})
    except EngineError as error:
        yield unavailable(error, access, "container")


def _sweep(engine: Engine, access: Access, named: set[str]) -> Iterator[Answer]:
    items = engine.decode("/containers/json", list[Listed], all=1)
    memory = kept(engine, engine.decode("/info", Info))
    by_id = _by_id(memory.events)
    for item in items:
        wanted = (
            item.name in named
            if named
            else len(items) <= FEW or item.id in by_id or may_be_unwell(item, access.now) or access.asked_about("container", item.name)
        )
        if wanted:
            own: Sequence[Event] = by_id.get(item.id, ())
            yield _look(item.name, own, _told(item, own, by_id, memory), memory)


def _by_id(events: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        if event.action.partition(":")[0] in TELLING:
            found.setdefault(event.actor.id, []).append(event)
    return found


def _look(name: str, own: Sequence[Event], told: Story, memory: Kept) -> Look:
    return Look(
        subject=Subject("container", name),
        values=values(told),
        command=f"docker events --since 168h --until 0s --filter container={name}",
        events=happened(own),
        covered_since=memory.since,
    )


def _has(own: Sequence[Event], action: str) -> bool:
    return any(event.action == action for event in own)


def _complete(item: Listed, own: Sequence[Event], since: float | None) -> bool:
    """There are no holes in what the engine has: with the last start, or the creation of a container that never started, all after it is there."""
    if _has(own, "start") or (item.state == "created" and _has(own, "create")):
        return True
    return since is not None and since <= item.created


def _told(item: Listed, own: Sequence[Event], by_id: ById, memory: Kept) -> Story:
    complete = _complete(item, own, memory.since)
    created = next((event.at for event in own if event.action == "create"), float(item.created))
    before = _replaced(item, created, by_id)
    if before is None:
        return story(own, memory.until, Beside(complete=complete))
    attributes = before.actor.attributes
    replaced = Beside(
        complete=complete,
        recreated_at=created,
        previous_image=attributes.get("image"),
        previous_config_hash=attributes.get(f"{COMPOSE}config-hash"),
    )
    return story(own, memory.until, replaced)


def _replaced(item: Listed, created: float, by_id: ById) -> Event | None:
    """The destroy event of the container that had this name before; the newest if there were several."""
    last = [own[-1] for other, own in by_id.items() if other != item.id]
    gone = [event for event in last if event.action == "destroy" and event.name == item.name and event.at <= created + RECREATION_S]
    return max(gone, key=lambda event: event.at, default=None)


PROBES = (
    Probe(
        name="docker.events",
        kind="container",
        doc="Reads the events that a Docker engine still has: deaths, kills for memory, commands, health.",
        gives=SPECS,
        look=look,
        stands_for=("docker events",),
        permissions=("read /var/run/docker.sock (GET /events, /containers/json, /info, /networks/bridge)",),
    ),
)
