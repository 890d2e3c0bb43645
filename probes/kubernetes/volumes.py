"""Which claims of pods that may be unwell are missing, unbound or of a class that is not there?

pod ml/trainer-0  claims_missing=("data",)  claims_pending=()  claim_says="ProvisioningFailed: storageclass.storage.k8s.io 'fast' not found"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Subject, Swept, Value
from probes._fact import Fact, fact, taken
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._lists import listed, pods
from probes.kubernetes._shapes import Claim, Pod, StorageClass
from probes.kubernetes._told import Told, events

DEFAULT = "storageclass.kubernetes.io/is-default-class"
NO_PROVISIONER = "kubernetes.io/no-provisioner"
TROUBLE = ("ProvisioningFailed", "FailedBinding", "ProvisioningCleanupFailed", "ExternalProvisioning", "WaitForFirstConsumer", "WaitForPodScheduled")


class Mounted(msgspec.Struct, frozen=True):
    """A pod's claims by name (None: there is none of that name), the storage classes, and what was said of the claims."""

    claims: Mapping[str, Claim | None]
    classes: Mapping[str, StorageClass] | None
    told: tuple[Told, ...]

    @property
    def pending(self) -> list[Claim]:
        return [claim for claim in self.claims.values() if claim is not None and claim.status.phase == "Pending"]

    def class_of(self, claim: Claim) -> str | None:
        """The class it names; of one that names none the default's, if there is one."""
        if claim.spec.storage_class_name is not None:
            return claim.spec.storage_class_name
        return next((name for name, one in (self.classes or {}).items() if (one.metadata.annotations or {}).get(DEFAULT) == "true"), None)


def _first_pending_class(it: Mounted) -> str | None:
    return next((it.class_of(claim) or None for claim in it.pending), None)


def _class_exists(it: Mounted) -> bool | None:
    """None where nothing is pending, or where classes could not be read."""
    if it.classes is None or not it.pending:
        return None
    return all((name := it.class_of(claim)) is not None and (not name or name in it.classes) for claim in it.pending)


def _class_provisions(it: Mounted) -> bool | None:
    found = [(it.classes or {}).get(it.class_of(claim) or "") for claim in it.pending]
    known = [one for one in found if one is not None]
    return all(one.provisioner != NO_PROVISIONER for one in known) if known else None


def _says(it: Mounted) -> str | None:
    telling = [one for one in it.told if one.reason in TROUBLE]
    return f"{telling[-1].reason}: {telling[-1].message}" if telling else None


FACTS: tuple[Fact[Mounted], ...] = (
    fact("pod.claims_missing", "texts", lambda it: tuple(name for name, claim in it.claims.items() if claim is None), "Claims that it mounts and that are not there."),
    fact("pod.claims_pending", "texts", lambda it: tuple(claim.metadata.name for claim in it.pending), "Claims that it mounts and that are not bound."),
    fact("pod.claims_lost", "texts", lambda it: tuple(name for name, one in it.claims.items() if one is not None and one.status.phase == "Lost"), "Claims whose volume is gone."),
    fact("pod.claim_class", "text", _first_pending_class, "Storage class of the first claim that is not bound; the default's where it names none."),
    fact("pod.claim_class_exists", "bool", _class_exists, "Every claim that is not bound has a storage class that is there; none without such a claim."),
    fact("pod.claim_class_provisions", "bool", _class_provisions, "Those classes make volumes by themselves (provisioner is not kubernetes.io/no-provisioner)."),
    fact("pod.claim_says", "text", _says, "Last event about its claims: ProvisioningFailed, FailedBinding, WaitForFirstConsumer …"),
)  # fmt: skip
SPECS = tuple(spec for spec, _ in FACTS)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each pod that may be unwell."""
    try:
        cluster(access)
        there, found = pods(access), listed(access, "persistentvolumeclaims")
    except ClusterError as error:
        yield unavailable(error, access, "pod")
        return
    yield from found.gaps(access, "pod")
    by_name = {(claim.metadata.namespace, claim.metadata.name): claim for claim in found.items}
    classes, told, gaps = _beside(access)
    yield from gaps
    for pod in there.suspects:
        if not found.holds(pod.metadata.namespace):
            continue
        command = f"kubectl get pvc,storageclass -n {pod.metadata.namespace}"
        yield Look(subject=Subject("pod", pod.key), values=_values(pod, by_name, classes, told), command=command, vantage="pod")
    yield Swept(kind="claim", scope=found.scope, count=found.total, complete=found.complete)


def _values(
    pod: Pod, by_name: Mapping[tuple[str, str], Claim], classes: Mapping[str, StorageClass] | None, told: Mapping[tuple[str, str], tuple[Told, ...]]
) -> dict[str, Value]:
    namespace = pod.metadata.namespace
    wanted = [volume.persistent_volume_claim.claim_name for volume in pod.spec.volumes or () if volume.persistent_volume_claim]
    said = [one for name in wanted for one in told.get((namespace, name), ())]
    return taken(FACTS, Mounted({name: by_name.get((namespace, name)) for name in wanted}, classes, tuple(sorted(said, key=lambda one: one.last))))


def _beside(access: Access) -> tuple[Mapping[str, StorageClass] | None, Mapping[tuple[str, str], tuple[Told, ...]], list[Answer]]:
    """Classes and events; each may be out of reach without costing the rest."""
    gaps: list[Answer] = []
    classes: Mapping[str, StorageClass] | None = None
    told: Mapping[tuple[str, str], tuple[Told, ...]] = {}
    try:
        classes = {one.metadata.name: one for one in listed(access, "storageclasses").items}
    except ClusterError as error:
        gaps.append(unavailable(error, access, "pod", names=("pod.claim_class_exists", "pod.claim_class_provisions")))
    try:
        told = {(namespace, name): tuple(of) for (kind, namespace, name), of in events(access).by_thing.items() if kind == "PersistentVolumeClaim"}
    except ClusterError as error:
        gaps.append(unavailable(error, access, "pod", names=("pod.claim_says",)))
    return classes, told, gaps


PROBES = (
    Probe(
        name="kubernetes.volumes",
        kind="pod",
        doc="Lists claims and storage classes and tells how those of pods that may be unwell stand.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl get pvc -A", "kubectl get storageclass", "kubectl describe pvc"),
        permissions=("list persistentvolumeclaims", "list storageclasses.storage.k8s.io", "list pods", "list events"),
        limit_s=25.0,
    ),
)
