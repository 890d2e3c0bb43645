"""Which Service of the cluster does the host in a log mean, and is anybody behind it?"""

from __future__ import annotations

from collections.abc import Mapping

from probes._contract import Spec, Subject, Value
from rules._derivation import Derivation, Given

NO_SERVICE, NOBODY, READY, OUTSIDE = "there is no such Service", "nobody is ready behind it", "it has ready backends", "not a name of this cluster"


def _service(given: Given) -> Mapping[str, Value]:
    host = given.text("container.log_host")
    name, _, rest = host.partition(".")
    own = given.subject.key.partition("/")[0]
    namespace = rest.removesuffix(".cluster.local").removesuffix(".svc") or own
    state = _state(given, Subject("ns", namespace), name) if name and "." not in namespace else OUTSIDE if host else ""
    down = {NO_SERVICE: True, NOBODY: True, READY: False}.get(state)
    return {"container.service_host": host, "container.service_state": state, "container.service_down": down if host else False}


def _state(given: Given, namespace: Subject, name: str) -> str:
    services = given.facts.value(namespace, "ns.services")
    if not isinstance(services, tuple):
        return ""
    if name not in services:
        return NO_SERVICE
    empty = given.facts.value(namespace, "ns.services_without_backends")
    return NOBODY if isinstance(empty, tuple) and name in empty else READY


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
)
