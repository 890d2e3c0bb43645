"""Which Service of the cluster does the host in a log mean, is anybody behind it, and which containers should be?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts

NO_SERVICE, NOBODY, READY, OUTSIDE = "there is no such Service", "nobody is ready behind it", "it has ready backends", "not a name of this cluster"


def _service(given: Given) -> Mapping[str, Value]:
    host = _called(given.facts, given.text("container.log_host"))
    state = _state(given.facts, given.subject, host)
    down = {NO_SERVICE: True, NOBODY: True, READY: False}.get(state)
    return {"container.service_host": host, "container.service_state": state, "container.service_down": down if host else False}


def _called(facts: Facts, host: str) -> str:
    """The name of the Service without backends that has this address; else the host as it is."""
    for service in facts.subjects("service") if host[:1].isdigit() else ():
        addresses = facts.value(service, "service.addresses")
        if isinstance(addresses, tuple) and host in addresses:
            namespace, _, name = service.key.removeprefix("svc:").partition("/")
            return f"{name}.{namespace}"
    return host


def _named(asker: Subject, host: str) -> tuple[str, str] | None:
    """The namespace and name that a host is, as a pod of this one resolves it; None for what no Service is called."""
    name, _, rest = host.partition(".")
    namespace = rest.removesuffix(".cluster.local").removesuffix(".svc") or asker.key.partition("/")[0]
    return (namespace, name) if name and "." not in namespace else None


def _state(facts: Facts, asker: Subject, host: str) -> str:
    named = _named(asker, host)
    if named is None:
        return OUTSIDE if host else ""
    namespace, name = named
    services = facts.value(Subject("ns", namespace), "ns.services")
    if not isinstance(services, tuple):
        return ""
    if name not in services:
        return NO_SERVICE
    empty = facts.value(Subject("ns", namespace), "ns.services_without_backends")
    return NOBODY if isinstance(empty, tuple) and name in empty else READY


def _needs(facts: Facts) -> Iterable[Relation]:
    """The Service or host that a container's log says it cannot reach, and the containers that should answer there."""
    for container in facts.subjects("container"):
        host = facts.value(container, "container.service_host")
        if not isinstance(host, str) or not host or facts.value(container, "container.service_down") is False:
            continue
        named = _named(container, host)
        service = Subject("service", f"svc:{named[0]}/{named[1]}" if named else host)
        yield Relation("needs", container, service)
        for pod in facts.targets(service, "service selects pod"):
            behind = (one for one in facts.sources(pod, "container in pod") if facts.value(one, "container.ready") is False)
            yield from (Relation("needs", container, one) for one in behind if one != container)


def _of_workloads(facts: Facts) -> Iterable[Relation]:
    """What a container needs, its workload needs."""
    for relation in _needs(facts):
        workload = facts.reach(relation.from_, "workload")
        if relation.to.kind == "container" and isinstance(workload, Subject):
            yield Relation("needs", workload, relation.to)


def _init_host(given: Given) -> Mapping[str, Value]:
    """What the init container that holds up a workload's pods cannot reach, by its log."""
    name = given.text("workload.init_waits_for")
    holding = [one for one in given.facts.targets(given.subject, "workload runs container") if name and one.key.endswith(f"/{name}")]
    hosts = [given.of(one, "container.service_host") for one in holding if given.facts.value(one, "container.ready") is not True]
    known = sorted(host for host in hosts if isinstance(host, str) and host)
    if known:
        return {"workload.init_host": known[0]}
    return {} if given.unseen else {"workload.init_host": ""}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.service_host", type="text", doc="the host that its log could not reach"),
            Spec(name="container.service_state", type="text", doc="how the Service of that name stands"),
            Spec(
                name="container.service_down",
                type="bool",
                doc="there is no Service of that name, or nobody is ready behind it; none for a host outside of the cluster",
            ),
        ),
        needs=("container.log_host", "container.waiting_reason"),
        function=_service,
    ),
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.init_host", type="text", doc="the host that the init container which holds up its pods cannot reach, by its log"),
        ),
        needs=("workload.init_waits_for",),
        function=_init_host,
    ),
)
RELATORS = (
    Relator(
        relations=("container needs service", "container needs container"),
        needs=("container.service_host", "container.service_down"),
        function=_needs,
    ),
    Relator(relations=("workload needs container",), needs=("workload.init_host",), function=_of_workloads),
)
