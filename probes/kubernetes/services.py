"""Which Services are there in a namespace, which have nobody behind them, and which pods should be there?

ns ml  services=("api", "postgres")  services_without_backends=("postgres",)
service svc:ml/postgres  ready_addresses=0  selector="app=postgres"  addresses=("10.96.0.9",)  selects pod ml/postgres-0
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Value
from probes.kubernetes._cluster import ClusterError, unavailable
from probes.kubernetes._lists import listed, pods
from probes.kubernetes._shapes import Pod, Service
from probes.kubernetes.admission import ready_addresses

MOST = 500
SPECS = (
    Spec(name="ns.services", type="texts", doc="Names of its Services, 500 at most."),
    Spec(name="ns.services_without_backends", type="texts", doc="Those with a selector and no ready address in their EndpointSlices."),
    Spec(name="ns.services_without_selector", type="texts", doc="Those whose backends somebody else writes."),
    Spec(name="service.ready_addresses", type="int", doc="Addresses in its EndpointSlices that are not unready."),
    Spec(name="service.selector", type="text", doc="spec.selector, as kubectl -l takes it."),
    Spec(name="service.addresses", type="texts", doc="Its address in the cluster; none of a headless one."),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at each namespace that has a Service, and at each Service with a selector and nobody behind it."""
    try:
        found, ready, slices = listed(access, "services"), ready_addresses(access), listed(access, "endpointslices")
    except ClusterError as error:
        yield unavailable(error, access, "ns")
        return
    yield from found.gaps(access, "ns")
    yield from slices.gaps(access, "ns")
    by_namespace = defaultdict(list)
    for it in (one for one in found.items if slices.holds(one.metadata.namespace)):
        by_namespace[it.metadata.namespace].append(it)
    for namespace, of in sorted(by_namespace.items()):
        chosen = sorted(of, key=lambda it: it.metadata.name)[:MOST]
        empty = tuple(it.metadata.name for it in chosen if it.spec.selector and not ready.get(f"{namespace}/{it.metadata.name}"))
        values = {
            "ns.services": tuple(it.metadata.name for it in chosen),
            "ns.services_without_backends": empty or None,
            "ns.services_without_selector": tuple(it.metadata.name for it in chosen if not it.spec.selector) or None,
        }
        yield Look(subject=Subject("ns", namespace), values=values, command=f"kubectl get services,endpointslices -n {namespace}", vantage="pod")
        for it in (one for one in chosen if one.metadata.name in empty):
            yield from _nobody_behind(access, it)
    yield Swept(kind="service", scope=found.scope, count=found.total, complete=found.complete)


def _nobody_behind(access: Access, it: Service) -> Iterator[Answer]:
    """The Service, and those of the pods that may be unwell that it selects."""
    namespace, name, selector = it.metadata.namespace, it.metadata.name, it.spec.selector or {}
    subject = Subject("service", f"svc:{namespace}/{name}")
    values: dict[str, Value] = {
        "service.ready_addresses": 0,
        "service.selector": ",".join(f"{label}={value}" for label, value in sorted(selector.items())),
        "service.addresses": (it.spec.cluster_ip,) if it.spec.cluster_ip not in ("", "None") else None,
    }
    yield Look(
        subject=subject, values=values, command=f"kubectl get endpointslices -n {namespace} -l kubernetes.io/service-name={name}", vantage="pod"
    )
    for pod in _suspects(access):
        if pod.metadata.namespace == namespace and selector.items() <= (pod.metadata.labels or {}).items():
            yield Relation("selects", subject, Subject("pod", pod.key))


def _suspects(access: Access) -> tuple[Pod, ...]:
    """None where pods may not be read, which is said where they are swept."""
    try:
        return pods(access).suspects
    except ClusterError:
        return ()


PROBES = (
    Probe(
        name="kubernetes.services",
        kind="ns",
        doc="Lists Services and whether anybody answers behind them.",
        gives=SPECS,
        relations=("service selects pod",),
        look=look,
        stands_for=("kubectl get services,endpointslices -A",),
        permissions=("list services", "list endpointslices.discovery.k8s.io", "list pods"),
        limit_s=25.0,
    ),
)
