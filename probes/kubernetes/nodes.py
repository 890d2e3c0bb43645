"""Which nodes are not fit to run pods, and how much room is there for a pod that finds none?

node gpu-1  ready=false  ready_reason=NodeStatusUnknown  taints=("node.kubernetes.io/unreachable:NoExecute",)  cordoned=false
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept
from probes._fact import Fact, fact, taken
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._cluster import subject as subject_of_cluster
from probes.kubernetes._lists import Asked, Pods, listed, pods
from probes.kubernetes._shapes import Condition, Node, Taint
from probes.kubernetes._times import amount, seconds
from probes.kubernetes._told import Told, events

STANDARD = frozenset({"Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"})
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
WARNINGS = (
    "SystemOOM",
    "OOMKilling",
    "ImageGCFailed",
    "FreeDiskSpaceFailed",
    "EvictionThresholdMet",
    "Rebooted",
    "NodeNotReady",
    "ContainerGCFailed",
    "InvalidDiskCapacity",
)
GPU_LABELS = ("nvidia.com/gpu.present", "nvidia.com/gpu.product", "cloud.google.com/gke-accelerator")


class Seen(msgspec.Struct, frozen=True):
    """A node at a moment: what its pods ask for (None where not all pods were read), and the events about it."""

    it: Node
    asked: Asked | None
    told: tuple[Told, ...]
    skew: float

    def condition(self, type_: str) -> Condition:
        return next((one for one in self.it.status.conditions or () if one.type == type_), Condition())

    def allocatable(self, name: str) -> float:
        return amount((self.it.status.allocatable or {}).get(name)) or 0.0

    @property
    def cores_free(self) -> float | None:
        return None if self.asked is None else self.allocatable("cpu") - self.asked.cores

    @property
    def memory_free(self) -> float | None:
        return None if self.asked is None else self.allocatable("memory") - self.asked.memory

    @property
    def pods_free(self) -> int | None:
        return None if self.asked is None else int(self.allocatable("pods")) - self.asked.pods

    @property
    def gpus(self) -> float:
        return sum(amount(text) or 0.0 for name, text in (self.it.status.allocatable or {}).items() if name.endswith("/gpu"))


def _pressures(it: Seen) -> tuple[str, ...]:
    return tuple(f"{name}: {it.condition(name).message}" for name in PRESSURES if it.condition(name).status == "True")


def _other_conditions(it: Seen) -> tuple[str, ...]:
    """Conditions of other programs that are of trouble: a problem detector writes True for it, unless the name says Ready (KernelReady)."""
    found = (
        one for one in it.it.status.conditions or () if one.type not in STANDARD and one.status == ("False" if one.type.endswith("Ready") else "True")
    )
    return tuple(f"{one.type}: {one.message or one.reason}" for one in found)


def _taint(taint: Taint) -> str:
    return f"{taint.key}{f'={taint.value}' if taint.value else ''}:{taint.effect}"


def _warnings(it: Seen) -> tuple[str, ...]:
    return tuple(f"{one.reason}: {one.message}" for one in it.told if one.reason in WARNINGS)[-10:]


def _unfit_at(it: Seen) -> float | None:
    if not ready(it):
        return seconds(it.condition("Ready").last_transition_time, it.skew)
    since = [seconds(it.condition(name).last_transition_time, it.skew) for name in PRESSURES if it.condition(name).status == "True"]
    return min((at for at in since if at is not None), default=None)


def ready(it: Seen) -> bool:
    return it.condition("Ready").status == "True"


FACTS: tuple[Fact[Seen], ...] = (
    fact("node.name", "text", lambda it: it.it.metadata.name, "metadata.name."),
    fact("node.ready", "bool", ready, "condition Ready."),
    fact("node.ready_reason", "text", lambda it: it.condition("Ready").reason or None, "reason of that condition: KubeletReady, KubeletNotReady, NodeStatusUnknown."),
    fact("node.ready_message", "text", lambda it: it.condition("Ready").message or None, "message of that condition."),
    fact("node.pressures", "texts", _pressures, "Standard conditions of trouble that are True: MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable."),
    fact("node.other_conditions", "texts", _other_conditions, "Conditions of other programs that are of trouble: True, or False of one named …Ready."),
    fact("node.unfit_at", "time", _unfit_at, "Since when it is not ready or under pressure."),
    fact("node.cordoned", "bool", lambda it: it.it.spec.unschedulable, "spec.unschedulable."),
    fact("node.taints", "texts", lambda it: tuple(_taint(one) for one in it.it.spec.taints or ()), "spec.taints as key=value:effect."),
    fact("node.labels", "texts", lambda it: tuple(f"{key}={value}" for key, value in sorted((it.it.metadata.labels or {}).items())), "metadata.labels as name=value."),
    fact("node.architecture", "text", lambda it: it.it.status.node_info.architecture or None, "nodeInfo.architecture."),
    fact("node.kubelet_version", "text", lambda it: it.it.status.node_info.kubelet_version or None, "nodeInfo.kubeletVersion."),
    fact("node.created_at", "time", lambda it: seconds(it.it.metadata.creation_timestamp, it.skew), "creationTimestamp."),
    fact("node.gpus", "int", lambda it: int(it.gpus), "allocatable GPUs."),
    fact("node.gpu_label", "bool", lambda it: any(name in (it.it.metadata.labels or {}) for name in GPU_LABELS), "A label says that it has a GPU."),
    fact("node.cores_free", "double", lambda it: it.cores_free, "allocatable CPU − requests of its pods; none where not all pods may be read.", "cores"),
    fact("node.memory_free_bytes", "double", lambda it: it.memory_free, "allocatable memory − requests of its pods; none likewise.", "bytes"),
    fact("node.pods_free", "int", lambda it: it.pods_free, "allocatable pods − its pods; none likewise."),
    fact("node.warnings", "texts", _warnings, "The last ten events of trouble about it: SystemOOM, ImageGCFailed, Rebooted …"),
)  # fmt: skip
SPECS = tuple(spec for spec, _ in FACTS)
_CLUSTER = (
    Spec(name="cluster.nodes", type="int", doc="Number of nodes."),
    Spec(name="cluster.nodes_ready", type="int", doc="Number of nodes with the condition Ready."),
    Spec(name="cluster.gpus", type="int", doc="allocatable GPUs of all nodes."),
    Spec(name="cluster.gpus_free", type="int", doc="The same, less what pods ask for; none where not all pods may be read."),
    Spec(name="cluster.cores_free_most", type="double", doc="The most CPU that any one node has free of requests; none likewise.", unit="cores"),
    Spec(
        name="cluster.memory_free_most_bytes",
        type="double",
        doc="The most memory that any one node has free of requests; none likewise.",
        unit="bytes",
    ),
    Spec(name="cluster.architectures", type="texts", doc="Architectures of its nodes."),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at each node that may be unfit or has a pod that may be unwell, one at the cluster's room, and what was swept."""
    try:
        server, found = cluster(access), listed(access, "nodes")
    except ClusterError as error:
        yield unavailable(error, access, "node")
        return
    there, told, gaps = _beside(access)
    yield from gaps
    asked = there.asked if there and there.listed.scope == "all namespaces" and there.listed.complete else None
    seen = [
        Seen(it, None if asked is None else asked.get(it.metadata.name, Asked()), told.get(it.metadata.name, ()), server.skew) for it in found.items
    ]
    used = {pod.spec.node_name for pod in there.suspects} if there else set()
    for it in seen:
        if may_be_unfit(it) or it.it.metadata.name in used or access.asked_about("node", it.it.metadata.name):
            name = it.it.metadata.name
            yield Look(subject=Subject("node", name), values=taken(FACTS, it), command=f"kubectl describe node {name}", vantage="node")
            yield Relation("in", Subject("node", name), subject_of_cluster(access))
    yield Look(subject=subject_of_cluster(access), values=_room(seen), command="kubectl describe nodes", vantage="pod")
    yield Swept(kind="node", scope=found.scope, count=found.total, complete=found.complete)


def _beside(access: Access) -> tuple[Pods | None, dict[str, tuple[Told, ...]], list[Answer]]:
    """Pods and events of the nodes; each may be out of reach without costing the rest."""
    there, told, gaps = None, {}, []
    try:
        there = pods(access)
    except ClusterError as error:
        gaps.append(unavailable(error, access, "node", names=("node.cores_free", "node.memory_free_bytes", "node.pods_free")))
    try:
        told = {name: tuple(of) for (kind, _ns, name), of in events(access).by_thing.items() if kind == "Node"}
    except ClusterError as error:
        gaps.append(unavailable(error, access, "node", names=("node.warnings",)))
    return there, told, [*gaps]


def may_be_unfit(it: Seen) -> bool:
    return not ready(it) or it.it.spec.unschedulable or bool(_pressures(it) or _other_conditions(it) or _warnings(it) or it.it.spec.taints)


def _room(seen: list[Seen]) -> dict[str, int | float | tuple[str, ...] | None]:
    fit = [it for it in seen if ready(it) and not it.it.spec.unschedulable]
    gpus = sum(it.gpus for it in seen)
    known = all(it.asked is not None for it in seen)
    return {
        "cluster.nodes": len(seen),
        "cluster.nodes_ready": sum(map(ready, seen)),
        "cluster.gpus": int(gpus),
        "cluster.gpus_free": int(gpus - sum(it.asked.gpus for it in seen if it.asked)) if known else None,
        "cluster.cores_free_most": max((it.cores_free or 0.0 for it in fit), default=0.0) if known else None,
        "cluster.memory_free_most_bytes": max((it.memory_free or 0.0 for it in fit), default=0.0) if known else None,
        "cluster.architectures": tuple(sorted({it.it.status.node_info.architecture for it in seen} - {""})) or None,
    }


PROBES = (
    Probe(
        name="kubernetes.nodes",
        kind="node",
        doc="Lists the nodes and tells of those that may be unfit, and of the room that is left.",
        gives=(*SPECS, *_CLUSTER),
        relations=("node in cluster",),
        look=look,
        stands_for=("kubectl get nodes", "kubectl describe node", "kubectl top nodes"),
        permissions=("list nodes", "list pods", "list events"),
        limit_s=25.0,
    ),
)
