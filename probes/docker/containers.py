"""Which containers are there, and how are those that may be unwell?

container trainer  state=restarting  exit_code=137  oom_killed=true  restart_count=6  memory_limit_bytes=536870912
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from probes import _environment, _writing
from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value
from probes._fact import taken
from probes._hide import visible
from probes.docker._census import census
from probes.docker._engine import Engine, EngineError, opened, unavailable
from probes.docker._listed import MOST, closer
from probes.docker._setup import COMPOSE, SETUP, image, label, networks
from probes.docker._shapes import Container, Info, Listed
from probes.docker._state import STATE, runs_for

_TIED = (
    Spec(name="container.runs_for", type="span", unit="s", doc="Now − State.StartedAt; none unless an attempt runs."),
    Spec(name="container.env", type="texts", doc="Config.Env as NAME=value; a name that sounds like a secret stands alone."),
    Spec(name="container.labels", type="texts", doc="Config.Labels as name=value, 64 at most; a name that sounds like a secret stands alone."),
)
"""Signals that rest on more than one field."""

SPECS: tuple[Spec, ...] = (*(spec for spec, _ in (*STATE, *SETUP)), *_TIED, *_environment.specs("container"), *_writing.specs("container"))
RELATIONS = ("container on host", "container uses image", "container in workload", "container joins network")


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look and relations of each container that may be unwell, or of the subjects if some are given; what was swept; the census."""
    try:
        with opened(access) as engine:
            yield from _sweep(engine, access, {subject.key for subject in subjects})
    except EngineError as error:
        yield unavailable(error, access, "container")


def _sweep(engine: Engine, access: Access, named: set[str]) -> Iterator[Answer]:
    items = engine.decode("/containers/json", list[Listed], all=1)
    host = None
    try:
        host = Subject("host", engine.decode("/info", Info).name)
    except EngineError as error:
        yield unavailable(error, access, "container", names=("container on host",))
    chosen = [item for item in items if item.name in named] if named else closer(items, access.now, lambda item: _asked_about(access, item))
    inspected: dict[str, Container] = {}
    gaps: list[Unavailable] = []
    for it in _inspect(engine, access, chosen[:MOST], gaps):
        inspected[it.id] = it
        yield from _told(it, host, access)
    yield from gaps
    if len(chosen) > MOST:
        yield _not_reached(access, len(chosen))
    complete = len(chosen) <= MOST and not gaps
    yield Swept(kind="container", scope=host.key if host else engine.url, count=len(items), complete=complete)
    yield from census(items, inspected, host, access.now)


def _asked_about(access: Access, item: Listed) -> bool:
    labels = item.labels or {}
    workload = f"{labels.get(f'{COMPOSE}project')}/{labels.get(f'{COMPOSE}service')}"
    return access.asked_about("container", item.name) or access.asked_about("workload", workload)


def _inspect(engine: Engine, access: Access, chosen: Sequence[Listed], gaps: list[Unavailable]) -> Iterator[Container]:
    """Each container that is still there; one that could not be read goes to `gaps`, and the first time-out ends it."""
    for number, item in enumerate(chosen):
        try:
            yield engine.decode(f"/containers/{item.id}/json", Container)
        except EngineError as error:
            if error.status == 404:
                continue
            if error.why == "timed out":
                late = EngineError("timed out", f"{number} of {len(chosen)} containers were inspected in time.")
                gaps.append(unavailable(late, access, "container"))
                return
            gaps.append(unavailable(error, access, "container", Subject("container", item.name)))


def _not_reached(access: Access, chosen: int) -> Unavailable:
    remedy = "Name the container you mean, or remove ended ones with docker container prune."
    return unavailable(
        EngineError("not reached", f"{MOST} of {chosen} containers that may be unwell were inspected.", remedy=remedy), access, "container"
    )


def values(it: Container, access: Access) -> dict[str, Value]:
    """A value or None for each of SPECS."""
    labels = [f"{name}={value}" for name, value in sorted((it.config.labels or {}).items())]
    return {
        **taken((*STATE, *SETUP), it),
        "container.runs_for": runs_for(it, access.now),
        "container.env": visible(access.redactor, it.config.env or (), most=200),
        "container.labels": visible(access.redactor, labels, most=64),
        **_environment.uris("container", _environment.pairs(it.config.env or ()), [it.path, *(it.args or ())]),
        **_writing.values("container", _writing.pairs(it.config.env or ()), [it.path, *(it.args or ())], access.redactor),
    }


def _told(it: Container, host: Subject | None, access: Access) -> Iterator[Answer]:
    name = it.name.removeprefix("/")
    subject = Subject("container", name)
    yield Look(subject=subject, values=values(it, access), command=f"docker inspect {name}")
    yield from _relations(it, subject, host)


def _relations(it: Container, subject: Subject, host: Subject | None) -> Iterable[Relation]:
    if host:
        yield Relation("on", subject, host)
    reference = image(it)
    if reference:
        yield Relation("uses", subject, Subject("image", reference))
    project, service = label(it, f"{COMPOSE}project"), label(it, f"{COMPOSE}service")
    if project and service:
        yield Relation("in", subject, Subject("workload", f"{project}/{service}"))
    for network in networks(it):
        yield Relation("joins", subject, Subject("network", network))


PROBES = (
    Probe(
        name="docker.containers",
        kind="container",
        doc="Lists all containers of a Docker engine and inspects those that may be unwell.",
        gives=SPECS,
        relations=RELATIONS,
        look=look,
        stands_for=("docker ps -a", "docker inspect", "docker ps | grep mlflow"),
        permissions=("read /var/run/docker.sock (GET /containers/json, /containers/{id}/json, /info)",),
    ),
)
