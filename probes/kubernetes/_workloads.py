"""One workload and what is its own: its pods of the newest version and of older ones, its ReplicaSets, what differs between versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from probes.kubernetes._lists import Pods, Well, owner_uid, ready_now
from probes.kubernetes._made_of import probe_words
from probes.kubernetes._shapes import ContainerSpec, Pod, Workload

REVISION = "deployment.kubernetes.io/revision"


class Version(msgspec.Struct, frozen=True):
    """A ReplicaSet of a Deployment: its number, and the object."""

    number: int
    made: Workload


class Owned(msgspec.Struct, frozen=True):
    """A workload with its versions, newest first, and its pods by the uid of what made them."""

    kind: str
    it: Workload
    versions: tuple[Version, ...]
    suspects: tuple[Pod, ...]
    well: tuple[Well, ...]
    now: float
    skew: float

    @property
    def key(self) -> str:
        return f"{self.it.metadata.namespace}/{self.kind}/{self.it.metadata.name}"

    @property
    def newest(self) -> Workload | None:
        return self.versions[0].made if self.versions else None

    @property
    def before(self) -> Workload | None:
        """The version before; of a rollback that is the one left."""
        return self.versions[1].made if len(self.versions) > 1 else None

    def of_newest(self) -> list[Pod]:
        """Suspects of the newest version; all of them where nothing tells versions apart."""
        return [pod for pod in self.suspects if self.is_newest(pod)]

    def is_newest(self, pod: Pod) -> bool:
        if self.newest is not None:
            return owner_uid(pod) == self.newest.metadata.uid
        hash_ = (pod.metadata.labels or {}).get("controller-revision-hash", "")
        return not self.it.status.update_revision or not hash_ or hash_ == self.it.status.update_revision

    def well_of(self, version: Workload | None) -> int:
        uid = version.metadata.uid if version is not None else self.it.metadata.uid
        return sum(one.owner == uid and not one.done for one in self.well)


class Moment(msgspec.Struct, frozen=True):
    """Now, and the seconds that this machine's clock is ahead of the server's."""

    now: float
    skew: float


def owned(found: Iterable[tuple[str, Workload]], sets: Iterable[Workload], pods: Pods, moment: Moment) -> Iterator[Owned]:
    """Each workload, given with its kind, with its own."""
    by_owner = _sets_by_owner(sets)
    suspects: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods.suspects:
        suspects[owner_uid(pod)].append(pod)
    well: dict[str, list[Well]] = defaultdict(list)
    for one in pods.well:
        well[one.owner].append(one)
    for kind, it in found:
        versions = tuple(sorted(by_owner.get(it.metadata.uid, ()), key=lambda version: -version.number))
        uids = [it.metadata.uid, *(version.made.metadata.uid for version in versions)]
        own = (tuple(pod for uid in uids for pod in suspects.get(uid, ())), tuple(one for uid in uids for one in well.get(uid, ())))
        yield Owned(kind, it, versions, *own, moment.now, moment.skew)


def _sets_by_owner(sets: Iterable[Workload]) -> Mapping[str, list[Version]]:
    found: dict[str, list[Version]] = defaultdict(list)
    for it in sets:
        owner = next((one for one in it.metadata.owner_references or () if one.controller), None)
        number = (it.metadata.annotations or {}).get(REVISION, "")
        if owner is not None and number.isdigit():
            found[owner.uid].append(Version(int(number), it))
    return found


def changed(old: Workload, new: Workload) -> tuple[str, ...]:
    """What differs between two versions, a text a field: `image of api: ml/api:1.2 -> ml/api:1.3`."""
    was, now = old.pod, new.pod
    before = {container.name: container for container in (*(was.init_containers or ()), *was.containers)}
    after = {container.name: container for container in (*(now.init_containers or ()), *now.containers)}
    found = [f"container {name} is new" for name in after if name not in before]
    found += [f"container {name} is gone" for name in before if name not in after]
    for name in (name for name in after if name in before):
        found += [f"{what} of {name}: {change}" for what, change in _container_changes(before[name], after[name])]
    pod = [(name, getattr(was, field), getattr(now, field)) for name, field in _POD_FIELDS]
    return tuple(found + [f"{name} of the pod" for name, one, other in pod if one != other])


_POD_FIELDS = (
    ("node selector", "node_selector"), ("service account", "service_account_name"), ("volumes", "volumes"), ("pull secrets", "image_pull_secrets"),
    ("security context", "security_context"), ("host network", "host_network"), ("priority class", "priority_class_name"),
    ("runtime class", "runtime_class_name"),
)  # fmt: skip


def _container_changes(old: ContainerSpec, new: ContainerSpec) -> Iterator[tuple[str, str]]:
    plain = (("image", old.image, new.image), ("working dir", old.working_dir, new.working_dir))
    probes = ((name, probe_words(getattr(old, field)), probe_words(getattr(new, field))) for name, field in _PROBES)
    for what, was, now in (*plain, *probes):
        if was != now:
            yield what, f"{was or 'none'} -> {now or 'none'}"
    yield from ((what, "changed") for what, was, now in _shapes(old, new) if was != now)
    yield from _limits(old, new)


_PROBES = (("liveness probe", "liveness_probe"), ("readiness probe", "readiness_probe"), ("startup probe", "startup_probe"))


def _shapes(old: ContainerSpec, new: ContainerSpec) -> tuple[tuple[str, object, object], ...]:
    """What may hold secrets is only said to have changed."""
    return (
        ("command", (old.command, old.args), (new.command, new.args)),
        ("environment", (old.env, old.env_from), (new.env, new.env_from)),
        ("mounts", old.volume_mounts, new.volume_mounts),
        ("ports", old.ports, new.ports),
        ("security context", old.security_context, new.security_context),
    )


def _limits(old: ContainerSpec, new: ContainerSpec) -> Iterator[tuple[str, str]]:
    for what in ("limits", "requests"):
        was, now = getattr(old.resources, what) or {}, getattr(new.resources, what) or {}
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield f"{name} {what.removesuffix('s')}", f"{was.get(name, 'none')} -> {now.get(name, 'none')}"


def ready_pods(it: Owned) -> int:
    return sum(not one.done for one in it.well) + sum(ready_now(pod) and not pod.metadata.deletion_timestamp for pod in it.suspects)


def made_by_cron(it: Workload) -> str:
    owner = next((one for one in it.metadata.owner_references or () if one.controller), None)
    return owner.name if owner is not None and owner.kind == "CronJob" else ""
