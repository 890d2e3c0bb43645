"""What did kubelet, scheduler and controllers say about pods and workloads that may be unwell, before the API server forgets it?

container ml/api-0/main  probe_killed=liveness  probe_says="Liveness probe failed: HTTP probe failed with statuscode: 503"  events_complete=true
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject
from probes._fact import Fact, fact, taken
from probes.kubernetes._attempt import EVENTS, One, containers
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._lists import pods
from probes.kubernetes._shapes import Pod
from probes.kubernetes._times import seconds
from probes.kubernetes._told import KEPT_S, Events, Told, count, events, last_at, last_message
from probes.kubernetes._workloads import Owned
from probes.kubernetes.workloads import unwell

GRACE_S = 30
SLACK_S = 10.0
_PROBE_KILL = re.compile(r"failed (liveness|startup) probe")
_CREATING = re.compile(r"^Error creating: |^create Pod \S+ in \w+ \S+ failed error: ")


class Around(msgspec.Struct, frozen=True):
    """A container and the events about it and about its pod."""

    one: One
    own: tuple[Told, ...]
    complete: bool

    def of(self, *reasons: str) -> list[Told]:
        return [told for told in self.own if told.reason in reasons]

    def saying(self, start: str) -> list[Told]:
        return [told for told in self.of("Unhealthy") if told.message.startswith(start)]


def _probe_kills(it: Around) -> list[Told]:
    return [told for told in it.of("Killing") if _PROBE_KILL.search(told.message)]


def _probe_killed(it: Around) -> str | None:
    kills = _probe_kills(it)
    found = _PROBE_KILL.search(kills[-1].message) if kills else None
    return found[1] if found else None


def _stopped(it: Around) -> bool:
    """The kubelet asked it to end, for a failed probe or because the pod goes, and its last death followed; or its whole pod was taken away."""
    if _taken_away(it.one):
        return True
    died = it.one.at(it.one.ended.finished_at) if it.one.ended else None
    if died is None:
        return False
    grace = it.one.pod.spec.termination_grace_period_seconds
    within = (GRACE_S if grace is None else grace) + SLACK_S
    return any(told.last - SLACK_S <= died <= told.last + within for told in it.of("Killing"))


def _taken_away(one: One) -> bool:
    """Deleted, evicted, preempted, lost with its node; or a sidecar of a pod that is done."""
    pod = one.pod
    disrupted = any(it.type == "DisruptionTarget" and it.status == "True" for it in pod.status.conditions or ())
    return bool(pod.metadata.deletion_timestamp or pod.status.reason or disrupted) or (one.role == "sidecar" and pod.status.phase == "Succeeded")


def _first_death_at(it: Around) -> float | None:
    """The first back-off or probe kill, of a pod whose events can all be there; the attempt before the first back-off had died a little earlier."""
    made = it.one.at(it.one.pod.metadata.creation_timestamp)
    told = [*_probe_kills(it), *(one for one in it.of("BackOff") if "restarting failed container" in one.message)]
    young = made is not None and it.one.now - made < KEPT_S
    return min(one.first for one in told) if told and young else None


def _pull_failures(it: Around) -> list[Told]:
    """Those with the error: `Error: ImagePullBackOff` follows each of them."""
    return [told for told in it.of("Failed", "InspectFailed") if "image" in told.message.lower() and not told.message.startswith("Error: ")]


def _pulling_at(it: Around) -> float | None:
    """Since when an image is being pulled: the last Pulling that neither Pulled nor Failed has followed."""
    told = it.of("Pulling", "Pulled", "Failed")
    return told[-1].last if told and told[-1].reason == "Pulling" else None


CONTAINER: tuple[Fact[Around], ...] = (
    fact("container.events_complete", "bool", lambda it: it.complete, "Every event since its last death can be there: the list is whole and that was within 55 minutes."),
    fact("container.probe_killed", "text", _probe_killed, "Which probe's failure the kubelet ended it for, by the last event Killing: liveness or startup."),
    fact("container.probe_kills", "int", lambda it: count(_probe_kills(it)), "Number of those events."),
    fact("container.probe_killed_at", "time", lambda it: last_at(_probe_kills(it)), "Time of the last of them."),
    fact("container.probe_says", "text", lambda it: last_message([*it.saying("Liveness"), *it.saying("Startup")]), "Last event Unhealthy of its liveness or startup probe."),
    fact("container.unhealthy_events", "int", lambda it: count([*it.saying("Liveness"), *it.saying("Startup")]), "Number of those events.", covered_by=EVENTS),
    fact("container.readiness_says", "text", lambda it: last_message(it.saying("Readiness")), "Last event Unhealthy of its readiness probe."),
    fact("container.readiness_failures", "int", lambda it: count(it.saying("Readiness")), "Number of those events."),
    fact("container.readiness_failed_at", "time", lambda it: last_at(it.saying("Readiness")), "Time of the last of them."),
    fact("container.hook_says", "text", lambda it: last_message(it.of("FailedPostStartHook", "FailedPreStopHook")), "Last event of a hook that failed."),
    fact("container.stopped_by_command", "bool", _stopped, "The kubelet asked it to end and its last death followed, or its pod was deleted, evicted or preempted.", covered_by=EVENTS),
    fact("container.first_death_at", "time", _first_death_at, "First event BackOff of a restart, or of a probe that killed it; none where older ones may be gone.", covered_by=EVENTS),
    fact("container.pull_event", "text", lambda it: last_message(_pull_failures(it)), "Last event of a pull that failed."),
    fact("container.pulling_at", "time", _pulling_at, "Since when its image is being pulled; none unless one is."),
)  # fmt: skip


class PodAround(msgspec.Struct, frozen=True):
    """A pod and the events about it."""

    own: tuple[Told, ...]
    complete: bool

    def of(self, *reasons: str) -> list[Told]:
        return [told for told in self.own if told.reason in reasons]


_MOUNT = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "VolumeFailedDelete")
_SCALE_UP = ("TriggeredScaleUp", "NotTriggerScaleUp")
_TAKEN = ("Preempted", "Evicted", "TaintManagerEviction", "NodeNotReady")

POD: tuple[Fact[PodAround], ...] = (
    fact("pod.events_complete", "bool", lambda it: it.complete, "Every event since it was made can be there: the list is whole and it is younger than 55 minutes."),
    fact("pod.mount_says", "text", lambda it: last_message(it.of(*_MOUNT)), "Last event of a volume that cannot be attached or mounted."),
    fact("pod.mount_failed_at", "time", lambda it: last_at(it.of(*_MOUNT)), "Time of it."),
    fact("pod.mount_failures", "int", lambda it: count(it.of(*_MOUNT)), "Number of those events."),
    fact("pod.sandbox_says", "text", lambda it: last_message(it.of("FailedCreatePodSandBox")), "Last event FailedCreatePodSandBox: network, runtime."),
    fact("pod.pull_secret_says", "text", lambda it: last_message(it.of("FailedToRetrieveImagePullSecret")), "Last event FailedToRetrieveImagePullSecret."),
    fact("pod.scheduling_event", "text", lambda it: last_message(it.of("FailedScheduling")), "Last event FailedScheduling."),
    fact("pod.scale_up_says", "text", lambda it: last_message(it.of(*_SCALE_UP)), "Last event of a cluster autoscaler about it."),
    fact("pod.taken_says", "text", lambda it: last_message(it.of(*_TAKEN)), "Last event of a preemption or eviction."),
)  # fmt: skip


class WorkloadAround(msgspec.Struct, frozen=True):
    """A workload and the events about it and about what makes its pods."""

    own: tuple[Told, ...]
    complete: bool

    def of(self, *reasons: str) -> list[Told]:
        return [told for told in self.own if told.reason in reasons]


def _create_says(it: WorkloadAround) -> str | None:
    message = last_message(it.of("FailedCreate"))
    return _CREATING.sub("", message) if message else None


WORKLOAD: tuple[Fact[WorkloadAround], ...] = (
    fact("workload.events_complete", "bool", lambda it: it.complete, "The list of events is whole."),
    fact("workload.create_says", "text", _create_says, "Last event FailedCreate: why a pod could not be made."),
    fact("workload.create_failed_at", "time", lambda it: last_at(it.of("FailedCreate")), "Time of it."),
    fact("workload.create_failures", "int", lambda it: count(it.of("FailedCreate")), "Number of those events."),
    fact("workload.made_at", "time", lambda it: last_at(it.of("SuccessfulCreate")), "Time of the last event SuccessfulCreate."),
)  # fmt: skip

SPECS: tuple[Spec, ...] = tuple(spec for spec, _ in (*CONTAINER, *POD, *WORKLOAD))


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """Looks for each container and pod that may be unwell and for each workload that may be stuck."""
    try:
        server, found, said = cluster(access), pods(access), events(access)
    except ClusterError as error:
        yield unavailable(error, access, "container")
        return
    yield from said.listed.gaps(access, "container")
    for pod in found.suspects:
        own = said.of("Pod", pod.metadata.namespace, pod.metadata.name)
        command = f"kubectl get events -n {pod.metadata.namespace} --field-selector involvedObject.name={pod.metadata.name}"
        yield Look(subject=Subject("pod", pod.key), values=taken(POD, _pod(pod, own, said, access, server.skew)), command=command, vantage="pod")
        for one in containers(pod, access.now, server.skew):
            around = _container(one, own, said, access)
            yield Look(subject=Subject("container", one.key), values=taken(CONTAINER, around), command=command, vantage="pod")
    for workload in unwell(access, found, server.skew):
        yield _workload(workload, said)


def _pod(pod: Pod, own: Sequence[Told], said: Events, access: Access, skew: float) -> PodAround:
    made = seconds(pod.metadata.creation_timestamp, skew)
    return PodAround(tuple(own), said.listed.complete and made is not None and access.now - made < KEPT_S)


def _container(one: One, own: Sequence[Told], said: Events, access: Access) -> Around:
    mine = tuple(told for told in own if told.container in ("", one.spec.name) and (told.container or _names(told, one.spec.name)))
    since = one.at(one.ended.finished_at) if one.ended else one.at(one.pod.metadata.creation_timestamp)
    return Around(one, mine, said.listed.complete and since is not None and access.now - since < KEPT_S)


def _names(told: Told, container: str) -> bool:
    """Whether an event without a field is about this container by its text."""
    return f"ontainer {container}" in told.message


def _workload(it: Owned, said: Events) -> Look:
    meta = it.it.metadata
    makers = [(it.kind, meta.name), *(("ReplicaSet", version.made.metadata.name) for version in it.versions[:1])]
    own = [told for kind, name in makers for told in said.of(kind, meta.namespace, name)]
    around = WorkloadAround(tuple(sorted(own, key=lambda told: told.last)), said.listed.complete)
    command = f"kubectl get events -n {meta.namespace} --field-selector reason=FailedCreate"
    return Look(subject=Subject("workload", it.key), values=taken(WORKLOAD, around), command=command, vantage="pod")


PROBES = (
    Probe(
        name="kubernetes.events",
        kind="container",
        doc="Reads the events that the API server still has about pods and workloads that may be unwell.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl get events", "kubectl describe pod", "Check events"),
        permissions=("list events", "list pods"),
        limit_s=25.0,
    ),
)
