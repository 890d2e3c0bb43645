"""Where does a pod that may be unwell stand: not placed, placed and not started, running and not ready, on its way out?

pod ml/trainer-0  phase=Pending  scheduled=false  scheduler_says="0/3 nodes are available: 3 Insufficient nvidia.com/gpu. …"
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept
from probes._fact import Fact, fact, taken
from probes.kubernetes._attempt import containers, waiting_reason
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._cluster import subject as subject_of_cluster
from probes.kubernetes._lists import pods, ready_now
from probes.kubernetes._made_of import gpus
from probes.kubernetes._owner import controller, revision, workload
from probes.kubernetes._shapes import Condition, Pod
from probes.kubernetes._times import amount, seconds
from probes.kubernetes.containers import chosen

RELATIONS = ("pod in ns", "pod on node", "pod in workload", "ns in cluster")
SLACK_S = 30.0


class Seen(msgspec.Struct, frozen=True):
    """A pod at a moment, and the seconds that this machine's clock is ahead of the server's."""

    pod: Pod
    now: float
    skew: float

    def at(self, timestamp: str | None) -> float | None:
        return seconds(timestamp, self.skew)

    def condition(self, type_: str) -> Condition:
        return next((one for one in self.pod.status.conditions or () if one.type == type_), Condition())


def _scheduler_says(it: Seen) -> str | None:
    condition = it.condition("PodScheduled")
    return condition.message or None if condition.status == "False" else None


def _not_placed_reason(it: Seen) -> str | None:
    condition = it.condition("PodScheduled")
    return condition.reason or None if condition.status == "False" else None


def _overdue(it: Seen) -> bool:
    """It should have been gone by now: its grace is over."""
    gone = it.at(it.pod.metadata.deletion_timestamp)
    return gone is not None and it.now > gone + SLACK_S


def _init_waits_for(it: Seen) -> str | None:
    """The init container that must end before the rest may start; none once all are through."""
    for one in containers(it.pod, it.now, it.skew):
        over = one.status is not None and one.status.state.terminated is not None and one.status.state.terminated.exit_code == 0
        if one.role == "init" and not over:
            return one.spec.name
    return None


def _init_runs_for(it: Seen) -> float | None:
    name = _init_waits_for(it)
    for one in containers(it.pod, it.now, it.skew):
        if one.spec.name == name and one.status is not None and one.status.state.running is not None:
            started = it.at(one.status.state.running.started_at)
            return None if started is None else max(0.0, it.now - started)
    return None


def _asked(it: Seen, name: str) -> float:
    return sum(amount((one.resources.requests or {}).get(name)) or 0.0 for one in it.pod.spec.containers)


def _waiting_reasons(it: Seen) -> tuple[str, ...]:
    found = (waiting_reason(one) for one in containers(it.pod, it.now, it.skew))
    return tuple(sorted({reason for reason in found if reason}))


def _not_ready(it: Seen) -> tuple[str, ...]:
    return tuple(
        one.spec.name for one in containers(it.pod, it.now, it.skew) if one.role != "init" and not (one.status is not None and one.status.ready)
    )


def _claims(it: Seen) -> tuple[str, ...]:
    found = (volume.persistent_volume_claim for volume in it.pod.spec.volumes or ())
    return tuple(claim.claim_name for claim in found if claim is not None)


def _selector(it: Seen) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in sorted((it.pod.spec.node_selector or {}).items()))


FACTS: tuple[Fact[Seen], ...] = (
    fact("pod.name", "text", lambda it: it.pod.metadata.name, "metadata.name."),
    fact("pod.phase", "text", lambda it: it.pod.status.phase or None, "status.phase."),
    fact("pod.reason", "text", lambda it: it.pod.status.reason or None, "status.reason: Evicted, Preempting, UnexpectedAdmissionError …; none usually."),
    fact("pod.message", "text", lambda it: it.pod.status.message or None, "status.message."),
    fact("pod.created_at", "time", lambda it: it.at(it.pod.metadata.creation_timestamp), "creationTimestamp."),
    fact("pod.started_at", "time", lambda it: it.at(it.pod.status.start_time), "status.startTime: when a kubelet took it."),
    fact("pod.scheduled", "bool", lambda it: bool(it.pod.spec.node_name), "spec.nodeName is set."),
    fact("pod.scheduler_says", "text", _scheduler_says, "message of the condition PodScheduled while it is False."),
    fact("pod.not_placed_reason", "text", _not_placed_reason, "reason of the condition PodScheduled while it is False: Unschedulable, SchedulingGated …"),
    fact("pod.gates", "texts", lambda it: tuple(one.name for one in it.pod.spec.scheduling_gates or ()), "spec.schedulingGates."),
    fact("pod.ready", "bool", lambda it: ready_now(it.pod), "condition Ready."),
    fact("pod.ready_at", "time", lambda it: it.at(it.condition("Ready").last_transition_time) if ready_now(it.pod) else None, "since when it is ready."),
    fact("pod.has_readiness_gates", "bool", lambda it: bool(it.pod.spec.readiness_gates), "spec.readinessGates names a condition that somebody else must set."),
    fact("pod.containers_ready", "bool", lambda it: it.condition("ContainersReady").status == "True", "condition ContainersReady."),
    fact("pod.disruption", "text", lambda it: it.condition("DisruptionTarget").reason or None, "reason of the condition DisruptionTarget: PreemptionByScheduler, …"),
    fact("pod.deleted_at", "time", lambda it: it.at(it.pod.metadata.deletion_timestamp), "deletionTimestamp: when its grace ends; none unless it is being deleted."),
    fact("pod.being_deleted", "bool", lambda it: it.pod.metadata.deletion_timestamp is not None, "It has a deletionTimestamp."),
    fact("pod.overdue", "bool", _overdue, "It is being deleted, and its grace ended more than 30 s ago."),
    fact("pod.finalizers", "texts", lambda it: it.pod.metadata.finalizers or (), "metadata.finalizers."),
    fact("pod.waiting_reasons", "texts", _waiting_reasons, "Reasons for which its containers wait."),
    fact("pod.not_ready_containers", "texts", _not_ready, "Containers that are not ready."),
    fact("pod.init_waits_for", "text", _init_waits_for, "The init container that has not ended well yet; none once all are through."),
    fact("pod.init_runs_for", "span", _init_runs_for, "How long that init container has been running; none unless it runs.", "s"),
    fact("pod.gpus_asked", "int", lambda it: sum(gpus(one) for one in containers(it.pod, it.now, it.skew)), "GPUs that its containers ask for."),
    fact("pod.cpu_asked", "double", lambda it: _asked(it, "cpu"), "Sum of its containers' CPU requests.", "cores"),
    fact("pod.memory_asked_bytes", "double", lambda it: _asked(it, "memory"), "Sum of its containers' memory requests.", "bytes"),
    fact("pod.node_selector", "texts", _selector, "spec.nodeSelector as name=value."),
    fact("pod.claims", "texts", _claims, "Names of the PersistentVolumeClaims that it mounts."),
    fact("pod.service_account", "text", lambda it: it.pod.spec.service_account_name or None, "spec.serviceAccountName."),
    fact("pod.priority_class", "text", lambda it: it.pod.spec.priority_class_name or None, "spec.priorityClassName."),
    fact("pod.runtime_class", "text", lambda it: it.pod.spec.runtime_class_name or None, "spec.runtimeClassName."),
    fact("pod.revision", "text", lambda it: revision(it.pod) or None, "pod-template-hash or controller-revision-hash."),
    fact("pod.owner_kind", "text", lambda it: owner.kind if (owner := controller(it.pod)) else None, "Kind of its controller; none for a pod on its own."),
)  # fmt: skip
SPECS: tuple[Spec, ...] = tuple(spec for spec, _ in FACTS)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look and relations of each pod that may be unwell, and of one well sibling for each of their owners."""
    try:
        server, found = cluster(access), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "pod")
        return
    named = {subject.key for subject in subjects}
    for pod in chosen(found.suspects, found.siblings):
        if not named or pod.key in named:
            yield from _told(Seen(pod, access.now, server.skew), access)
    yield from found.listed.gaps(access, "pod")
    yield Swept(kind="pod", scope=found.listed.scope, count=found.listed.total, complete=found.listed.complete)


def _told(it: Seen, access: Access) -> Iterator[Answer]:
    pod, subject = it.pod, Subject("pod", it.pod.key)
    command = f"kubectl describe pod {pod.metadata.name} -n {pod.metadata.namespace}"
    yield Look(subject=subject, values=taken(FACTS, it), command=command, vantage="node")
    ns = Subject("ns", pod.metadata.namespace)
    yield Relation("in", subject, ns)
    yield Relation("in", ns, subject_of_cluster(access))
    if pod.spec.node_name:
        yield Relation("on", subject, Subject("node", pod.spec.node_name))
    owner = workload(pod)
    if owner is not None:
        yield Relation("in", subject, owner)


PROBES = (
    Probe(
        name="kubernetes.pods",
        kind="pod",
        doc="Lists the pods of a cluster and tells of each that may be unwell.",
        gives=SPECS,
        relations=RELATIONS,
        look=look,
        stands_for=("kubectl get pods", "kubectl get pods -A", "kubectl describe pod"),
        permissions=("list pods",),
        limit_s=25.0,
    ),
)
