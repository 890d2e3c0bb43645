"""Which container does the host in a log mean, is it up, and can it be reached from there?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts

NEEDS = "container needs container"
_ITSELF = re.compile(r"(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[?::1?\]?)$", re.IGNORECASE)
"""Inside of a container that is the container, or the pod: where a setting that is missing leaves a default."""


def is_loopback(host: str) -> bool:
    return bool(_ITSELF.match(host))


def named(facts: Facts, host: str, asker: Subject) -> Subject | None:
    """The container that this one means by a host name or address: of several, one that it shares a network with, else its compose project."""
    found = list(_called(facts, host)) if host else []
    return min(
        found, key=lambda one: (not _shares(facts, one, asker, "networks"), not _shares(facts, one, asker, "compose_project"), one), default=None
    )


def _shares(facts: Facts, one: Subject, other: Subject, name: str) -> bool:
    mine, theirs = (facts.value(subject, f"container.{name}") for subject in (one, other))
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        return bool(set(mine) & set(theirs))
    return isinstance(mine, str) and mine == theirs


def _called(facts: Facts, host: str) -> Iterable[Subject]:
    for container in facts.subjects("container"):
        known = {container.key}
        for name in ("container.aliases", "container.addresses"):
            values = facts.value(container, name)
            known |= set(values) if isinstance(values, tuple) else set()
        service = facts.value(container, "container.compose_service")
        if host in known or host == service:
            yield container


def _dependency(given: Given) -> Mapping[str, Value]:
    host = given.text("container.log_host")
    other = named(given.facts, host, given.subject)
    return {
        "container.dependency": host if other is None or other == given.subject else other.key,
        "container.needs_itself": is_loopback(host),
    }


def _state(given: Given) -> Mapping[str, Value]:
    host = given.text("container.log_host")
    other = named(given.facts, host, given.subject)
    if other is None or other == given.subject:
        return {"container.dependency_state": "unknown" if host else ""}
    state = given.facts.value(other, "container.state")
    steady = given.facts.value(other, "container.steady")
    down = (
        None if not isinstance(state, str) else state != "running" or (steady is False and bool(given.facts.value(other, "container.restart_count")))
    )
    return {
        "container.dependency_state": state if isinstance(state, str) else "unknown",
        "container.dependency_down": down,
        "container.dependency_apart": _apart(given, other),
    }


def _apart(given: Given, other: Subject) -> bool | None:
    mine, theirs = given["container.networks"], given.facts.value(other, "container.networks")
    if not isinstance(mine, tuple) or not isinstance(theirs, tuple):
        return None
    return not set(mine) & set(theirs)


def _needs(facts: Facts) -> Iterable[Relation]:
    for container in facts.subjects("container"):
        host = facts.value(container, "container.log_host")
        other = named(facts, host, container) if isinstance(host, str) else None
        if other is not None and other != container:
            yield Relation("needs", container, other)


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.dependency", type="text", doc="what its log says it could not reach: a container, or a host name"),
            Spec(name="container.needs_itself", type="bool", doc="that is a loopback address: its own container or pod"),
        ),
        needs=("container.log_host",),
        function=_dependency,
    ),
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.dependency_state", type="text", doc="the state of that container; unknown if no container has that name"),
            Spec(name="container.dependency_down", type="bool", doc="that container is not up, or keeps restarting"),
            Spec(name="container.dependency_apart", type="bool", doc="no network joins the two"),
        ),
        needs=("container.log_host", "container.networks"),
        function=_state,
    ),
)
RELATORS = (Relator(relations=(NEEDS,), needs=("container.log_host",), function=_needs),)
