"""Which workloads do not have the pods they want, what did their newest version change, and where do its pods stand?

workload ml/Deployment/api  pods_wanted=3  pods_ready=2  pods_updated=1  progress_reason=ProgressDeadlineExceeded  changes=("image of api: …")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept
from probes._fact import Fact, fact, taken
from probes.kubernetes._attempt import containers, waiting_reason
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._cluster import subject as subject_of_cluster
from probes.kubernetes._lists import Listed, Pods, listed, pods, ready_now
from probes.kubernetes._shapes import Condition, Pod, Workload
from probes.kubernetes._times import seconds
from probes.kubernetes._workloads import Moment, Owned, changed, made_by_cron, owned, ready_pods

KINDS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs", "ReplicaSet": "replicasets"}
RELATIONS = ("workload in ns", "ns in cluster", "workload runs pod")
MOST_TEXTS = 20


def _condition(it: Owned, type_: str) -> Condition:
    return next((one for one in it.it.status.conditions or () if one.type == type_), Condition())


def wanted(it: Owned) -> int:
    if it.kind == "DaemonSet":
        return it.it.status.desired_number_scheduled
    if it.kind == "Job":
        return 0 if it.it.spec.suspend or _finished(it) else _parallel(it)
    return 1 if it.it.spec.replicas is None else it.it.spec.replicas


def _parallel(it: Owned) -> int:
    """Of a Job without a number of completions all run until the first has succeeded; after that none is made."""
    most = 1 if it.it.spec.parallelism is None else it.it.spec.parallelism
    if it.it.spec.completions is None:
        return 0 if it.it.status.succeeded else most
    return max(0, min(most, it.it.spec.completions - it.it.status.succeeded))


def _finished(it: Owned) -> bool:
    return any(one.type in ("Complete", "Failed") and one.status == "True" for one in it.it.status.conditions or ())


def _updated(it: Owned) -> int:
    if it.kind == "DaemonSet":
        return it.it.status.updated_number_scheduled
    if it.kind == "ReplicaSet":  # it has one version
        return it.it.status.replicas
    return it.it.status.active if it.kind == "Job" else it.it.status.updated_replicas


def _available(it: Owned) -> int:
    if it.kind == "DaemonSet":
        return it.it.status.number_available
    return it.it.status.active if it.kind == "Job" else it.it.status.available_replicas


def _revision_at(it: Owned) -> float | None:
    """When its newest version was made; a rollback to an older ReplicaSet shows only in who wrote last."""
    if it.newest is not None:
        return seconds(it.newest.metadata.creation_timestamp, it.skew)
    return None


def _changes(it: Owned) -> tuple[str, ...] | None:
    return changed(it.before, it.newest)[:MOST_TEXTS] if it.before is not None and it.newest is not None else None


def _old_ready(it: Owned) -> int:
    return it.well_older() + sum(ready_now(pod) and not it.is_newest(pod) for pod in it.suspects)


def _new_ready(it: Owned) -> int:
    return it.well_newest() + sum(ready_now(pod) for pod in it.of_newest())


def _live(it: Owned) -> list[Pod]:
    """Its pods of the newest version that are neither on their way out nor over."""
    return [pod for pod in it.of_newest() if not pod.metadata.deletion_timestamp and pod.status.phase not in ("Succeeded", "Failed")]


def _unplaced(it: Owned) -> list[Pod]:
    return [pod for pod in _live(it) if not pod.spec.node_name]


def _scheduler_says(it: Owned) -> str | None:
    says = [one.message for pod in _unplaced(it) for one in pod.status.conditions or () if one.type == "PodScheduled" and one.status == "False"]
    return _most_frequent(says)


def _most_frequent(texts: Sequence[str]) -> str | None:
    counts = Counter(text for text in texts if text)
    return min(counts, key=lambda text: (-counts[text], text)) if counts else None


def _waiting(it: Owned) -> tuple[str, ...]:
    reasons = {waiting_reason(one) for pod in _live(it) for one in containers(pod, it.now, it.skew)}
    return tuple(sorted(reason for reason in reasons if reason))


def _not_started(it: Owned) -> int:
    """Placed on a node, and its containers have not been started: images, volumes or configuration are awaited."""
    return sum(bool(pod.spec.node_name) and pod.status.phase == "Pending" for pod in _live(it))


def _running_unready(it: Owned) -> int:
    return sum(pod.status.phase == "Running" and not ready_now(pod) for pod in _live(it))


def _restarts(it: Owned) -> int:
    return sum(one.status.restart_count for pod in _live(it) for one in containers(pod, it.now, it.skew) if one.status is not None)


def _pods(it: Owned) -> int:
    lives = sum(not pod.metadata.deletion_timestamp and pod.status.phase in ("Pending", "Running") for pod in it.suspects)
    return lives + sum(not one.done for one in it.well)


def _oldest_unready_at(it: Owned) -> float | None:
    made = [seconds(pod.metadata.creation_timestamp, it.skew) for pod in _live(it) if not ready_now(pod)]
    return min((at for at in made if at is not None), default=None)


def _last_writer(it: Owned) -> str | None:
    writes = [(seconds(one.time) or 0.0, one.manager) for one in it.it.metadata.managed_fields or () if not one.subresource]
    return max(writes)[1] if writes else None


def _written_at(it: Owned) -> float | None:
    writes = [seconds(one.time, it.skew) for one in it.it.metadata.managed_fields or () if not one.subresource]
    return max((at for at in writes if at is not None), default=None)


def _rolling(it: Owned) -> str | None:
    strategy = it.it.spec.strategy or it.it.spec.update_strategy
    if strategy is None:
        return None
    if strategy.rolling_update is None:
        return strategy.type or None
    rolling = strategy.rolling_update
    return f"{strategy.type}, maxUnavailable {rolling.max_unavailable}, maxSurge {rolling.max_surge}"


def _drains(it: Owned) -> bool:
    """Its strategy may take all old pods away before a new one is ready."""
    strategy = it.it.spec.strategy
    if it.kind != "Deployment" or strategy is None:
        return False
    most = strategy.rolling_update.max_unavailable if strategy.rolling_update else None
    return strategy.type == "Recreate" or str(most) == "100%" or (isinstance(most, int) and most >= max(1, wanted(it)))


FACTS: tuple[Fact[Owned], ...] = (
    fact("workload.name", "text", lambda it: it.it.metadata.name, "metadata.name."),
    fact("workload.kind", "text", lambda it: it.kind, "Deployment, StatefulSet, DaemonSet, Job or ReplicaSet."),
    fact("workload.resource", "text", lambda it: f"{it.kind.lower()}/{it.it.metadata.name}", "kind/name, as kubectl writes it."),
    fact("workload.created_at", "time", lambda it: seconds(it.it.metadata.creation_timestamp, it.skew), "creationTimestamp."),
    fact("workload.pods_wanted", "int", wanted, "spec.replicas; a DaemonSet's desiredNumberScheduled; what a Job still runs at once."),
    fact("workload.pods", "int", _pods, "Its pods that are pending or running."),
    fact("workload.pods_ready", "int", ready_pods, "Its pods with the condition Ready."),
    fact("workload.pods_updated", "int", _updated, "status.updatedReplicas: pods of the newest version."),
    fact("workload.pods_available", "int", _available, "status.availableReplicas."),
    fact("workload.pods_unplaced", "int", lambda it: len(_unplaced(it)), "Pods of the newest version that no node was chosen for."),
    fact("workload.pods_not_started", "int", _not_started, "Pods of the newest version that have a node and are still Pending."),
    fact("workload.pods_running_unready", "int", _running_unready, "Pods of the newest version that run and are not ready."),
    fact("workload.pod_restarts", "int", _restarts, "Restarts of the containers of those pods."),
    fact("workload.new_ready", "int", _new_ready, "Ready pods of the newest version."),
    fact("workload.old_ready", "int", _old_ready, "Ready pods of older versions."),
    fact("workload.pods_deleting", "int", lambda it: sum(pod.metadata.deletion_timestamp is not None for pod in it.suspects), "Pods with a deletionTimestamp."),
    fact("workload.waiting_reasons", "texts", _waiting, "Reasons for which containers of the newest version wait."),
    fact("workload.scheduler_says", "text", _scheduler_says, "The most frequent message of the condition PodScheduled of its unplaced pods."),
    fact("workload.oldest_unready_at", "time", _oldest_unready_at, "When the oldest of its unready pods of the newest version was made."),
    fact("workload.progressing", "text", lambda it: _condition(it, "Progressing").status or None, "status of the condition Progressing: True, False, Unknown."),
    fact("workload.progress_reason", "text", lambda it: _condition(it, "Progressing").reason or None, "reason of the condition Progressing."),
    fact("workload.progress_at", "time", lambda it: seconds(_condition(it, "Progressing").last_update_time, it.skew), "lastUpdateTime of that condition."),
    fact("workload.replica_failure", "text", lambda it: _condition(it, "ReplicaFailure").message or None, "message of the condition ReplicaFailure."),
    fact("workload.paused", "bool", lambda it: it.it.spec.paused, "spec.paused."),
    fact("workload.suspended", "bool", lambda it: it.it.spec.suspend, "spec.suspend of a Job."),
    fact("workload.finished", "bool", _finished, "A Job with the condition Complete or Failed."),
    fact("workload.job_failed", "text", lambda it: _condition(it, "Failed").reason or None if it.kind == "Job" else None, "reason of a Job's condition Failed."),
    fact("workload.cron", "text", lambda it: made_by_cron(it.it) or None, "The CronJob that made a Job."),
    fact("workload.observed", "bool", lambda it: it.it.status.observed_generation >= it.it.metadata.generation or it.kind == "Job", "Its controller has seen its newest spec."),
    fact("workload.revision", "int", lambda it: it.versions[0].number if it.versions else None, "Number of its newest version."),
    fact("workload.revision_at", "time", _revision_at, "When its newest ReplicaSet was made."),
    fact("workload.changes", "texts", _changes, "What its newest version changed against the one before; none where there is no other."),
    fact("workload.written_by", "text", _last_writer, "managedFields: the program that wrote its spec last."),
    fact("workload.written_at", "time", _written_at, "managedFields: when."),
    fact("workload.strategy", "text", _rolling, "The type of its strategy, with maxUnavailable and maxSurge."),
    fact("workload.drains", "bool", _drains, "Its strategy may end all old pods before a new one is ready."),
    fact("workload.deadline", "span", lambda it: float(it.it.spec.progress_deadline_seconds) if it.it.spec.progress_deadline_seconds else None, "spec.progressDeadlineSeconds.", "s"),
    fact("workload.service_account", "text", lambda it: it.it.pod.service_account_name or None, "serviceAccountName of its template."),
)  # fmt: skip
SPECS: tuple[Spec, ...] = tuple(spec for spec, _ in FACTS)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each workload that has fewer ready pods than it wants, or a pod that may be unwell, or was asked about; the others are counted."""
    try:
        server, found = cluster(access), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "workload")
        return
    named = {subject.key for subject in subjects}
    for name in KINDS.values():
        try:
            it = listed(access, name)
        except ClusterError as error:
            yield unavailable(error, access, "workload")
        else:
            yield from it.gaps(access, "workload")
            yield Swept(kind="workload", scope=f"{name} in {it.scope}", count=it.total, complete=it.complete)
    for one in (one for one in everything(access, found, server.skew) if found.listed.holds(one.it.metadata.namespace)):
        if one.key in named if named else may_be_stuck(one) or access.asked_about("workload", one.key):
            yield from _told(one, access)


def everything(access: Access, found: Pods, skew: float) -> Sequence[Owned]:
    """Every workload of the kinds whose lists can be read, with its own; no Deployment where ReplicaSets cannot be: they lead to its pods."""
    return access.shared("kubernetes workloads", lambda: list(_everything(access, found, skew)))


def _everything(access: Access, found: Pods, skew: float) -> Iterator[Owned]:
    sets = _readable(access, "replicasets")
    kinds = {kind: name for kind, name in KINDS.items() if kind != "Deployment" or sets is not None}
    of_all = ((kind, one) for kind, name in kinds.items() for one in _readable(access, name) or ())
    alone = ((kind, one) for kind, one in of_all if kind != "ReplicaSet" or not one.metadata.owner_references)
    yield from owned(alone, sets or (), found, Moment(access.now, skew))


def unwell(access: Access, found: Pods, skew: float) -> Iterator[Owned]:
    return (one for one in everything(access, found, skew) if may_be_stuck(one))


def _readable(access: Access, name: str) -> Sequence[Workload] | None:
    """A list's items; None where it cannot be read, which is said where the lists are swept."""
    try:
        it: Listed[Workload] = listed(access, name)
    except ClusterError:
        return None
    return it.items


def may_be_stuck(it: Owned) -> bool:
    """Generous: short of pods, short of updated ones, with pods that may be unwell, not observed, paused or failed."""
    short = ready_pods(it) < wanted(it) or _updated(it) < wanted(it)
    return short or bool(it.suspects) or it.it.status.observed_generation < it.it.metadata.generation or _failed(it)


def _failed(it: Owned) -> bool:
    return bool(_condition(it, "ReplicaFailure").status == "True" or (it.kind == "Job" and it.it.status.failed))


def _told(it: Owned, access: Access) -> Iterator[Answer]:
    subject, meta = Subject("workload", it.key), it.it.metadata
    yield Look(subject=subject, values=taken(FACTS, it), command=f"kubectl describe {it.kind.lower()} {meta.name} -n {meta.namespace}", vantage="pod")
    ns = Subject("ns", meta.namespace)
    yield Relation("in", subject, ns)
    yield Relation("in", ns, subject_of_cluster(access))
    for pod in it.suspects:
        yield Relation("runs", subject, Subject("pod", pod.key))


PROBES = (
    Probe(
        name="kubernetes.workloads",
        kind="workload",
        doc="Lists Deployments, StatefulSets, DaemonSets and Jobs and tells of those that lack pods or have some that may be unwell.",
        gives=SPECS,
        relations=RELATIONS,
        look=look,
        stands_for=("kubectl get deployments -A", "kubectl rollout status", "kubectl describe deployment"),
        permissions=("list pods", "list deployments.apps, replicasets.apps, statefulsets.apps, daemonsets.apps", "list jobs.batch"),
        limit_s=25.0,
    ),
)
