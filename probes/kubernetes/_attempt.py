"""One container of a pod as the kubelet tells it: how it is, and how its last attempt went.

Traps: for up to 90 s after an exit the kubelet shows `terminated` and not yet `CrashLoopBackOff`; a server killed by its probe can end as
`Completed`, 0; exit 137 with reason `Error` is a kill, not an OOM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from probes._fact import Fact, fact
from probes.kubernetes._shapes import ContainerSpec, ContainerStatus, Pod, Terminated
from probes.kubernetes._times import seconds

Role = Literal["main", "init", "sidecar"]

PULL_REASONS = frozenset({
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
})  # fmt: skip
START_REASONS = frozenset({
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError", "PreCreateHookError",
})  # fmt: skip
EVENTS = "container.events_complete"
"""Docker knows the last end from its events alone; here the status has it, so the cover is only named for the sake of one vocabulary."""

NEVER_RAN = frozenset({"StartError", "ContainerCannotRun"})


class One(msgspec.Struct, frozen=True):
    """One container: its pod, its spec, its status (None before the kubelet has written one), its role and the server's clock."""

    pod: Pod
    spec: ContainerSpec
    status: ContainerStatus | None
    role: Role
    now: float
    skew: float

    @property
    def key(self) -> str:
        return f"{self.pod.key}/{self.spec.name}"

    @property
    def ended(self) -> Terminated | None:
        """The last attempt that ended: the one just over, or the one before the one that runs or waits."""
        if self.status is None:
            return None
        return self.status.state.terminated or self.status.last_state.terminated

    def at(self, timestamp: str | None) -> float | None:
        return seconds(timestamp, self.skew)


def containers(pod: Pod, now: float, skew: float) -> Iterator[One]:
    """Every container of a pod, in the order in which they start."""
    for spec in pod.spec.init_containers or ():
        role: Role = "sidecar" if spec.restart_policy == "Always" else "init"
        yield One(pod, spec, _status(pod.status.init_container_statuses, spec.name), role, now, skew)
    for spec in pod.spec.containers:
        yield One(pod, spec, _status(pod.status.container_statuses, spec.name), "main", now, skew)


def _status(found: tuple[ContainerStatus, ...] | None, name: str) -> ContainerStatus | None:
    return next((status for status in found or () if status.name == name), None)


def waiting_reason(it: One) -> str | None:
    return it.status.state.waiting.reason or None if it.status and it.status.state.waiting else None


def _waiting_message(it: One) -> str | None:
    return it.status.state.waiting.message or None if it.status and it.status.state.waiting else None


def runs(it: One) -> bool:
    return it.status is not None and it.status.state.running is not None


def starts_again(it: One) -> bool:
    """Whether the kubelet starts it again after the ending that it shows."""
    ended = it.status.state.terminated if it.status else None
    if ended is None or it.pod.metadata.deletion_timestamp or it.pod.status.phase in ("Failed", "Succeeded"):
        return False
    policy = restart_policy(it)
    return policy == "always" or (policy == "on-failure" and ended.exit_code != 0)


def restart_policy(it: One) -> str:
    if it.role == "sidecar":
        return "always"
    policy = it.pod.spec.restart_policy
    return "no" if policy == "Never" else "on-failure" if policy == "OnFailure" or it.role == "init" else "always"


def state(it: One) -> str:
    """In Docker's words, which rows of both read: created, running, restarting or exited."""
    if it.status is None:
        return "created"
    if runs(it):
        return "running"
    if waiting_reason(it) == "CrashLoopBackOff" or (starts_again(it) and it.status.restart_count):
        return "restarting"
    return "exited" if it.status.state.terminated else "created" if not it.status.restart_count else "restarting"


def exit_code(it: One) -> int | None:
    return None if runs(it) or it.ended is None else it.ended.exit_code


def _start_error(it: One) -> str | None:
    """Why the runtime or the kubelet could not start it: of the wait for a start, or of an attempt that never ran."""
    reason = waiting_reason(it)
    if reason in START_REASONS:
        return _waiting_message(it) or reason
    if it.ended is not None and it.ended.reason in NEVER_RAN and not runs(it):
        return it.ended.message or it.ended.reason
    return None


def _last_attempt_at(it: One) -> float | None:
    if it.status is not None and it.status.state.running is not None:
        return it.at(it.status.state.running.started_at)
    if it.ended is not None:
        return it.at(it.ended.started_at) or it.at(it.ended.finished_at)
    return it.at(it.pod.status.start_time)


def lasted(ended: Terminated | None, it: One) -> float | None:
    if ended is None:
        return None
    started, finished = it.at(ended.started_at), it.at(ended.finished_at)
    return None if started is None or finished is None else max(0.0, finished - started)


def _runs_for(it: One) -> float | None:
    started = it.at(it.status.state.running.started_at) if it.status and it.status.state.running else None
    return None if started is None else max(0.0, it.now - started)


def _last_finished(it: One) -> float | None:
    return it.at(it.ended.finished_at) if it.ended else None


def _started_at(it: One) -> float | None:
    if it.status is not None and it.status.state.running is not None:
        return it.at(it.status.state.running.started_at)
    return it.at(it.ended.started_at) if it.ended else None


ATTEMPT: tuple[Fact[One], ...] = (
    fact("container.engine", "text", lambda _: "kubernetes", "What runs it: kubernetes."),
    fact("container.role", "text", lambda it: it.role, "main, init, or sidecar (an init container with restartPolicy Always)."),
    fact("container.id", "text", lambda it: it.status.container_id.partition("://")[2][:12] or None if it.status else None, "status containerID."),
    fact("container.state", "text", state, "state.waiting, running and terminated in Docker's words; restarting: another start follows the last end."),
    fact("container.waiting_reason", "text", waiting_reason, "state.waiting.reason; none unless it waits."),
    fact("container.waiting_message", "text", _waiting_message, "state.waiting.message; none unless it waits."),
    fact("container.ready", "bool", lambda it: bool(it.status and it.status.ready), "status ready."),
    fact("container.started", "bool", lambda it: bool(it.status and it.status.started), "status started: past its startup probe."),
    fact("container.exit_code", "int", exit_code, "exitCode of the last attempt that ended; none while one runs, or before the first end."),
    fact("container.last_exit_code", "int", lambda it: it.ended.exit_code if it.ended else None, "exitCode of the last attempt that ended.", covered_by=EVENTS),
    fact("container.last_reason", "text", lambda it: it.ended.reason or None if it.ended else None, "reason of the last end: Completed, Error, OOMKilled, …"),
    fact("container.last_message", "text", lambda it: it.ended.message or None if it.ended else None, "message of the last end: of the runtime, or the program's own."),
    fact("container.oom_killed", "bool", lambda it: bool(it.ended and it.ended.reason == "OOMKilled"), "The last end has the reason OOMKilled."),
    fact("container.start_error", "text", _start_error, "Why the last start failed: state.waiting.message, or that of an end with reason StartError."),
    fact("container.created_at", "time", lambda it: it.at(it.pod.metadata.creation_timestamp), "The pod's creationTimestamp."),
    fact("container.started_at", "time", _started_at, "startedAt of the attempt that runs, or of the last that ended."),
    fact("container.finished_at", "time", _last_finished, "finishedAt of the last attempt that ended, also while the next one runs."),
    fact("container.last_death_at", "time", _last_finished, "The same.", covered_by=EVENTS),
    fact("container.last_attempt_at", "time", _last_attempt_at, "Start of the attempt that runs or ended last; the pod's startTime before the first."),
    fact("container.attempt_lasted", "span", lambda it: None if runs(it) else lasted(it.ended, it), "How long the last attempt lasted; none while one runs.", "s"),
    fact("container.last_attempt_lasted", "span", lambda it: lasted(it.ended, it), "How long the last attempt that ended had lasted.", "s", covered_by=EVENTS),
    fact("container.restart_count", "int", lambda it: it.status.restart_count if it.status else 0, "restartCount."),
    fact("container.runs_for", "span", _runs_for, "Now − startedAt; none unless an attempt runs.", "s"),
    fact("container.pod_phase", "text", lambda it: it.pod.status.phase or None, "The pod's status.phase."),
    fact("container.pod_reason", "text", lambda it: it.pod.status.reason or None, "The pod's status.reason: Evicted, Preempting, NodeLost …; none usually."),
    fact("container.being_deleted", "bool", lambda it: it.pod.metadata.deletion_timestamp is not None, "The pod has a deletionTimestamp."),
)  # fmt: skip
