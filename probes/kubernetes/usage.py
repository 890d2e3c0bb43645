"""How much memory and processor time does a container use now? Told by the metrics API, where a cluster has it.

container ml/trainer-0/main  memory_used_bytes=498073600  memory_used_ratio=0.93  cpu_used=1.98
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable, Value
from probes.kubernetes._attempt import containers
from probes.kubernetes._cluster import Cluster, ClusterError, cluster, unavailable
from probes.kubernetes._made_of import memory_limit
from probes.kubernetes._shapes import Labels, Pod
from probes.kubernetes._times import amount
from probes.kubernetes._where import Where, on_cluster

GROUP = "/apis/metrics.k8s.io/v1beta1"
SPECS = (
    Spec(name="container.memory_used_bytes", type="int", unit="bytes", doc="containers[].usage.memory: its working set. None while nothing runs."),
    Spec(name="container.memory_used_ratio", type="double", doc="memory_used_bytes of its limit; none without a limit."),
    Spec(name="container.cpu_used", type="double", unit="cores", doc="containers[].usage.cpu, over some 15 s. None while nothing runs."),
)

NO_METRICS = Unavailable(
    kind="container", why="not configured", detail="This cluster has no metrics API.", remedy="Install metrics-server.", names=tuple(spec.name for spec in SPECS)
)
"""Nobody asked for it by naming the cluster, so it is no blindness."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """containers[] of a PodMetrics."""

    name: str = ""
    usage: Labels | None = None


class PodMetrics(msgspec.Struct, frozen=True, gc=False):
    """A pod's last sample (k8s.io/metrics, v1beta1)."""

    containers: tuple[Use, ...] = ()


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container given by its key on this cluster; one gap for all where there is no metrics API."""
    for subject, where in on_cluster(subjects):
        try:
            if not _served(access):
                yield NO_METRICS
                return
            yield _look(access, cluster(access), where, subject)
        except ClusterError as error:
            yield unavailable(error, access, "container", subject)


def _look(access: Access, server: Cluster, where: Where, subject: Subject) -> Look:
    pod = server.decode(where.path, Pod)
    limit = next((memory_limit(one) for one in containers(pod, access.now, server.skew) if one.spec.name == where.container), None)
    usage = _usage(server, where)
    memory = amount(usage.get("memory"))
    values: dict[str, Value] = {
        "container.memory_used_bytes": None if memory is None else int(memory),
        "container.memory_used_ratio": memory / limit if memory is not None and limit else None,
        "container.cpu_used": amount(usage.get("cpu")),
    }
    return Look(subject=subject, values=values, command=f"kubectl top pod {where.pod} -n {where.namespace} --containers", vantage="node")


def _served(access: Access) -> bool:
    """Whether there is a metrics API: its answer for a pod without a sample would read the same."""
    try:
        access.shared("kubernetes metrics", lambda: cluster(access).text(GROUP, 4096))
    except ClusterError as error:
        if error.status == 404:
            return False
        raise
    return True


def _usage(server: Cluster, where: Where) -> Labels:
    """Nothing for a pod that has no sample: it does not run, or has not run for long enough."""
    try:
        found = server.decode(f"{GROUP}/namespaces/{where.namespace}/pods/{where.pod}", PodMetrics)
    except ClusterError as error:
        if error.status == 404:
            return {}
        raise
    return next((one.usage or {} for one in found.containers if one.name == where.container), {})


PROBES = (
    Probe(
        name="kubernetes.usage",
        kind="container",
        doc="Reads what a container uses of memory and processor from the metrics API.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl top pods",),
        sweeps=False,
        permissions=("get pods", "get pods.metrics.k8s.io"),
        cost=2,
    ),
)
