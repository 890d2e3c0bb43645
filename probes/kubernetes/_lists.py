"""The lists of one run: each kind fetched once, page by page, and shared by every probe that reads it.

Of pods that are plainly well only what a count needs is kept, so that memory grows with trouble and not with the cluster.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from probes._access import Access
from probes._contract import Subject, Unavailable
from probes.kubernetes._cluster import Cluster, ClusterError, cluster, grant, parsed, unavailable
from probes.kubernetes._owner import revision, workload
from probes.kubernetes._shapes import (
    Claim,
    EndpointSlice,
    Event,
    LimitRange,
    MetaOnly,
    Node,
    Page,
    Pod,
    Quota,
    Service,
    StorageClass,
    WebhookConfiguration,
    Workload,
)
from probes.kubernetes._times import amount, seconds

T = TypeVar("T")

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
RECENT_S = 24 * 3600.0
MOST_EVENT_PAGES = 20
"""10,000 events: those of an hour on a large cluster. What is left out is counted as not seen."""


def _as_it_is(item: Any) -> Any:
    return item


def _own_template(it: Workload) -> Workload:
    """Its template in bytes of its own: else each would hold the whole page that it came with."""
    return msgspec.structs.replace(it, spec=msgspec.structs.replace(it.spec, template=it.spec.template.copy()))


class Backing(msgspec.Struct, frozen=True, gc=False):
    """What is kept of an EndpointSlice: whose it is (namespace/service), and how many addresses of it are not unready."""

    service: str
    ready: int


def _backing(slice_: EndpointSlice) -> Backing:
    service = (slice_.metadata.labels or {}).get("kubernetes.io/service-name", "")
    ready = sum(len(one.addresses or ()) for one in slice_.endpoints or () if one.conditions.ready is not False)
    return Backing(f"{slice_.metadata.namespace}/{service}", ready)


class Kind(msgspec.Struct, frozen=True):
    """A list that can be asked for: where, in which shape, whether it lies in namespaces, how many pages are read, and what is kept of an item."""

    path: str
    shape: Any
    namespaced: bool = True
    accept: str = ""
    most: int = 200
    keep: Callable[[Any], Any] = _as_it_is


KINDS = {
    "pods": Kind("/api/v1/pods", Pod),
    "nodes": Kind("/api/v1/nodes", Node, namespaced=False),
    "namespaces": Kind("/api/v1/namespaces", MetaOnly, namespaced=False, accept=METADATA_ONLY),
    "events": Kind("/api/v1/events", Event, most=MOST_EVENT_PAGES),
    "services": Kind("/api/v1/services", Service),
    "endpointslices": Kind("/apis/discovery.k8s.io/v1/endpointslices", EndpointSlice, keep=_backing),
    "persistentvolumeclaims": Kind("/api/v1/persistentvolumeclaims", Claim),
    "storageclasses": Kind("/apis/storage.k8s.io/v1/storageclasses", StorageClass, namespaced=False),
    "resourcequotas": Kind("/api/v1/resourcequotas", Quota),
    "limitranges": Kind("/api/v1/limitranges", LimitRange),
    "deployments": Kind("/apis/apps/v1/deployments", Workload, keep=_own_template),
    "replicasets": Kind("/apis/apps/v1/replicasets", Workload, keep=_own_template),
    "statefulsets": Kind("/apis/apps/v1/statefulsets", Workload, keep=_own_template),
    "daemonsets": Kind("/apis/apps/v1/daemonsets", Workload, keep=_own_template),
    "jobs": Kind("/apis/batch/v1/jobs", Workload, keep=_own_template),
    "validatingwebhookconfigurations": Kind(
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", WebhookConfiguration, namespaced=False
    ),
    "mutatingwebhookconfigurations": Kind(
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", WebhookConfiguration, namespaced=False
    ),
}


class Listed(Generic[T]):
    """A list as far as it could be read: of all namespaces, or of one where more is not allowed; `gap` says what is missing."""

    def __init__(self, items: Sequence[T], scope: str, *, complete: bool, gap: ClusterError | None = None, total: int | None = None) -> None:
        self.items = items
        self.scope = scope
        self.complete = complete
        self.gap = gap
        self.total = len(items) if total is None else total
        """How many there are, also of those that are not kept."""

    def holds(self, namespace: str) -> bool:
        """Whether all of this namespace is in it."""
        return self.scope == f"namespace {namespace}" or (self.scope == "all namespaces" and self.complete)

    def unheld(self, namespace: str, path: str) -> ClusterError:
        """Why something of a namespace that it does not hold is not known."""
        return self.gap or ClusterError("not reached", f"{path}: of namespace {namespace} nothing was asked for.", remedy="Leave --namespace out.")

    def gaps(self, access: Access, kind: str) -> Iterator[Unavailable]:
        """What could not be read of it, to be yielded by the probe whose list it is."""
        if self.gap is not None:
            yield unavailable(self.gap, access, kind)


def listed(access: Access, name: str) -> Listed[Any]:
    """The list of this name (KINDS), fetched once a run. Raises ClusterError."""
    return access.shared(f"kubernetes {name}", lambda: _fetched(access, name, KINDS[name].keep))


def _fetched(access: Access, name: str, keep: Callable[[Any], T | None]) -> Listed[T]:
    """The list, all namespaces at once; where that is forbidden, that of the one namespace that the context or --namespace names."""
    server, kind = cluster(access), KINDS[name]
    namespace, only = access.settings.get("kubernetes.namespace", ""), access.settings.get("kubernetes.only") == "true"
    if not kind.namespaced:
        return _read(server, kind, kind.path, "the cluster", keep)
    if only and namespace:
        return _read(server, kind, _within(kind.path, namespace), f"namespace {namespace}", keep)
    try:
        return _read(server, kind, kind.path, "all namespaces", keep)
    except ClusterError as error:
        if error.status != 403 or not namespace:
            raise
        found = _read(server, kind, _within(kind.path, namespace), f"namespace {namespace}", keep)
        detail = f"Only namespace {namespace} may be read: {error.detail}"
        found.complete = False
        found.gap = found.gap or ClusterError("forbidden", detail, status=403, remedy=f"Grant it: {grant(kind.path)}.")
        return found


def _within(path: str, namespace: str) -> str:
    stem, _, resource = path.rpartition("/")
    return f"{stem}/namespaces/{namespace}/{resource}"


def _read(server: Cluster, kind: Kind, path: str, scope: str, keep: Callable[[Any], T | None]) -> Listed[T]:
    items: list[T] = []
    total = 0
    gap = None
    try:
        for page in server.pages(path, Page[msgspec.Raw], most=kind.most, accept=kind.accept):
            # one at a time: a whole page of pods in full is 10 MB, of which little is kept
            items += [kept for raw in page.items or () if (kept := keep(parsed(path, raw, kind.shape))) is not None]
            total += len(page.items or ())
            del page
    except ClusterError as error:
        if not total:
            raise
        gap = error
    return Listed(items, scope, complete=gap is None, gap=gap, total=total)


# pods


class Well(msgspec.Struct, frozen=True, gc=False):
    """What a count needs of a pod that is plainly well: where it is, whose, of which version and images, since when (seconds since 1970 UTC), and whether it has ended."""

    namespace: str
    node: str
    owner: str
    revision: str
    images: tuple[str, ...]
    since: float
    done: bool


class Asked:
    """What the pods of a node ask for, added up: cores, bytes, GPUs, and how many they are."""

    def __init__(self) -> None:
        self.cores = self.memory = self.gpus = 0.0
        self.pods = 0

    def add(self, pod: Pod) -> None:
        self.pods += 1
        for container in pod.spec.containers:
            for name, text in (container.resources.requests or {}).items():
                value = amount(text) or 0.0
                if name == "cpu":
                    self.cores += value
                elif name == "memory":
                    self.memory += value
                elif name.endswith("/gpu"):
                    self.gpus += value


class Pods(msgspec.Struct, frozen=True):
    """All pods: those that may be unwell in full, one well sibling in full for each owner, the others as a count needs them."""

    suspects: tuple[Pod, ...]
    siblings: tuple[Pod, ...]
    well: tuple[Well, ...]
    listed: Listed[Any]
    asked: Mapping[str, Asked]
    """What is asked for on each node."""


def pods(access: Access) -> Pods:
    """The pods of this run, fetched once. Raises ClusterError."""
    return access.shared("kubernetes pods apart", lambda: _apart(access))


def _apart(access: Access) -> Pods:
    skew = cluster(access).skew
    suspects: list[Pod] = []
    siblings: dict[str, Pod] = {}
    of_named: set[Subject] = set()
    asked: dict[str, Asked] = defaultdict(Asked)

    def keep(pod: Pod) -> Well | None:
        if pod.spec.node_name and pod.status.phase in ("Pending", "Running"):
            asked[pod.spec.node_name].add(pod)
        if may_be_unwell(pod, access.now, skew, access.back(RECENT_S)) or (access.named and _asked_about(access, pod, of_named)):
            suspects.append(pod)
            return None
        if pod.status.phase == "Running":
            siblings.setdefault(owner_uid(pod) or pod.metadata.uid, pod)
        return _well(pod, skew)

    found = _fetched(access, "pods", keep)
    return Pods(tuple(suspects), tuple(siblings.values()), tuple(found.items), found, asked)


def _asked_about(access: Access, pod: Pod, told: set[Subject]) -> bool:
    """It or a container of it is named, or it is the first pod of a workload that is."""
    owner = workload(pod)
    if owner is not None and owner not in told and access.asked_about(owner.kind, owner.key):
        told.add(owner)
        return True
    keys = (f"{pod.key}/{one.name}" for one in (*(pod.spec.init_containers or ()), *pod.spec.containers))
    return access.asked_about("pod", pod.key) or any(access.asked_about("container", key) for key in keys)


def owner_uid(pod: Pod) -> str:
    return next((owner.uid for owner in pod.metadata.owner_references or () if owner.controller), "")


def _well(pod: Pod, skew: float) -> Well:
    since = ready_since(pod, skew) or seconds(pod.metadata.creation_timestamp, skew) or 0.0
    images = tuple(sys.intern(container.image) for container in pod.spec.containers)
    return Well(
        sys.intern(pod.metadata.namespace),
        sys.intern(pod.spec.node_name),
        sys.intern(owner_uid(pod)),
        sys.intern(revision(pod)),
        images,
        since,
        pod.status.phase == "Succeeded",
    )


def ready_since(pod: Pod, skew: float) -> float | None:
    """When it became ready, or when its last container ended well."""
    if pod.status.phase == "Succeeded":
        ends = [seconds(status.state.terminated.finished_at, skew) for status in pod.status.container_statuses or () if status.state.terminated]
        return max((end for end in ends if end is not None), default=None)
    return next((seconds(it.last_transition_time, skew) for it in pod.status.conditions or () if it.type == "Ready" and it.status == "True"), None)


def may_be_unwell(pod: Pod, now: float, skew: float, recent: float = RECENT_S) -> bool:
    """Generous: whatever is not plainly running and ready, or ended well, without a restart in the last day or the seconds given."""
    if pod.metadata.deletion_timestamp or pod.status.reason or pod.status.phase not in ("Running", "Succeeded"):
        return True
    if pod.status.phase == "Running" and not ready_now(pod):
        return True
    return any(_restarted_since(status, now - recent, skew) for status in statuses(pod))


def ready_now(pod: Pod) -> bool:
    return any(it.type == "Ready" and it.status == "True" for it in pod.status.conditions or ())


def statuses(pod: Pod) -> Iterable[Any]:
    return (*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ()))


def _restarted_since(status: Any, since: float, skew: float) -> bool:
    last = status.last_state.terminated
    if not status.restart_count or last is None:
        return False
    ended = seconds(last.finished_at, skew)
    return ended is None or ended > since
