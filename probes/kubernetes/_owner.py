"""Which workload a pod belongs to, by its owner references alone: no further list is needed, so no further grant."""

from __future__ import annotations

from probes._contract import Subject
from probes.kubernetes._shapes import Owner, Pod

HASH = "pod-template-hash"


def controller(pod: Pod) -> Owner | None:
    return next((owner for owner in pod.metadata.owner_references or () if owner.controller), None)


def workload(pod: Pod) -> Subject | None:
    """`ns/Deployment/name`: of a ReplicaSet that a Deployment made, the Deployment; None for a pod on its own or of a node."""
    owner = controller(pod)
    if owner is None or owner.kind == "Node":
        return None
    kind, name = owner.kind, owner.name
    made_by = (pod.metadata.labels or {}).get(HASH, "")
    if kind == "ReplicaSet" and made_by and name.endswith(f"-{made_by}"):
        kind, name = "Deployment", name.removesuffix(f"-{made_by}")
    return Subject("workload", f"{pod.metadata.namespace}/{kind}/{name}")


def revision(pod: Pod) -> str:
    """What tells pods of one version of a workload from those of another: the hash of a Deployment's, StatefulSet's or DaemonSet's template."""
    labels = pod.metadata.labels or {}
    return labels.get(HASH) or labels.get("controller-revision-hash") or ""
