"""Which Services are there in a namespace, and which have nobody behind them?

ns ml  services=("api", "postgres")  services_without_backends=("postgres",)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept
from probes.kubernetes._cluster import ClusterError, unavailable
from probes.kubernetes._lists import listed
from probes.kubernetes.admission import ready_addresses

MOST = 500
SPECS = (
    Spec(name="ns.services", type="texts", doc="Names of its Services, 500 at most."),
    Spec(name="ns.services_without_backends", type="texts", doc="Those with a selector and no ready address in their EndpointSlices."),
    Spec(name="ns.services_without_selector", type="texts", doc="Those whose backends somebody else writes."),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at each namespace that has a Service."""
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
    yield Swept(kind="service", scope=found.scope, count=found.total, complete=found.complete)


PROBES = (
    Probe(
        name="kubernetes.services",
        kind="ns",
        doc="Lists Services and whether anybody answers behind them.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl get services,endpointslices -A",),
        permissions=("list services", "list endpointslices.discovery.k8s.io"),
        limit_s=25.0,
    ),
)
