"""Is a workload stuck, since when, and at which step do its pods of the newest version stand?

`workload.stage` is one of: "" (not stuck), not-made (its pods are refused), not-placed (no node), not-started (image, volume or configuration), starting (an
init container), crashing, not-ready, not-updated (the controller does not act, or is paused), draining (old pods do not go).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from probes._contract import Spec, Subject, Value
from rules._derivation import Derivation, Given
from rules._signatures import ours
from rules.derive.node import is_unfit
from rules.derive.pull import REASONS as PULLING

QUIET_S = 180.0
"""A pod that is merely not ready, or merely being started, is given three minutes before anybody speaks of it."""

PLACING_S = 10.0
MOUNTING_S = 20.0
_NO_USE = re.compile(r"preemption: 0/(\d+) nodes are available: (?:(\d+) Preemption is not helpful for scheduling\.?)$")
"""No pod that leaves would make room on any node: since 1.34 so said of a request that is larger than the node (kubernetes #131345)."""
UNNOTICED_S = 60.0
"""A scheduler speaks within a second; after a minute nobody is there who would."""

OBSERVED_S = 60.0
START = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
PODS, CONTAINERS = "workload runs pod", "workload runs container"


def _stuck(given: Given) -> Mapping[str, Value]:
    stage = "" if _in_order(given) else _stage(given)
    since = _since(given, stage)
    return {"workload.stuck": bool(stage), "workload.stage": stage, "workload.stuck_since": since}


def _in_order(given: Given) -> bool:
    """Nothing is wanted of it, or all that is wanted is there."""
    if given["workload.suspended"] is True or given["workload.finished"] is True or not given.number("workload.pods_wanted"):
        return True
    wanted = given.number("workload.pods_wanted") or 0
    ready, updated = given.number("workload.pods_ready") or 0, given.number("workload.pods_updated") or 0
    behind = given["workload.observed"] is False or _timed_out(given)
    if given.text("workload.kind") == "Job":
        return ready >= wanted or not (given.number("workload.pods") or given["workload.create_refused"] is True)
    return ready >= wanted and updated >= wanted and not behind


def _timed_out(given: Given) -> bool:
    return given.text("workload.progress_reason") == "ProgressDeadlineExceeded"


def _stage(given: Given) -> str:
    waited = _waited(given)
    patient = waited is None or (waited < QUIET_S and not _timed_out(given))
    reasons = set(given.texts("workload.waiting_reasons"))
    if given["workload.create_refused"] is True:
        return "not-made"
    if given.number("workload.pods_unplaced") and (waited is None or _timed_out(given) or waited > _placing(given)):
        return "not-placed"
    if reasons & PULLING or reasons & START or given["workload.mount_stands"] is True:
        return "not-started"
    if "CrashLoopBackOff" in reasons or (given.number("workload.pod_restarts") or 0) >= 2:
        return "crashing"
    if given.text("workload.init_waits_for") and not patient:
        return "starting"
    return _slow(given, patient=patient)


def _placing(given: Given) -> float:
    """How long the scheduler is waited for: not at all for room that no node has even when it is empty."""
    if given.text("workload.blocked_by") == "resources" and _is_no_use(given.text("workload.scheduler_says")):
        return 0.0
    return PLACING_S if given.text("workload.scheduler_says") else UNNOTICED_S


def _is_no_use(text: str) -> bool:
    found = _NO_USE.search(text)
    return found is not None and found[1] == found[2]


def _slow(given: Given, *, patient: bool) -> str:
    """What only time tells."""
    written = given.number("workload.written_at")
    if given["workload.observed"] is False and (written is None or given.now - written > OBSERVED_S):
        return "not-updated"
    if given["workload.paused"] is True and (given.number("workload.pods_updated") or 0) < (given.number("workload.pods_wanted") or 0):
        return "not-updated"
    if given.number("workload.pods_running_unready") and (not patient or _node_lost(given)):
        return "not-ready"
    if patient:
        return ""
    if given.number("workload.pods_not_started"):
        return "not-started"
    return "draining" if given.number("workload.pods_deleting") else "not-updated" if _timed_out(given) else ""


def _node_lost(given: Given) -> bool:
    """Pods that run on an unfit node become unready for that, whatever their programs do: there is nothing to wait for."""
    unready = [pod for pod in given.facts.targets(given.subject, PODS) if given.facts.value(pod, "pod.ready") is False]
    nodes = {node for pod in unready for node in given.facts.targets(pod, "pod on node")}
    return bool(nodes) and all(is_unfit(given.facts, node) for node in nodes)


def _waited(given: Given) -> float | None:
    """Of a rollout that has no new pod yet, since somebody asked for it: old pods may be on their way out."""
    at = given.number("workload.oldest_unready_at") or (given.number("workload.written_at") if given.number("workload.pods_deleting") else None)
    return None if at is None else given.now - at


def _since(given: Given, stage: str) -> float | None:
    if not stage:
        return None
    if stage == "not-made":
        return given.number("workload.create_failed_at") if given.number("workload.create_failures") == 1 else None
    return given.number("workload.oldest_unready_at") or given.number("workload.revision_at")


# what its pods and their containers say


def _pods(given: Given) -> Mapping[str, Value]:
    pods = given.facts.targets(given.subject, PODS)
    unready = [pod for pod in pods if given.facts.value(pod, "pod.ready") is False]
    mount = _most(_texts(given, unready, "pod.mount_says"))
    matches = ours().scan(mount, "mount")
    kind = matches[0].signature.says if matches else ("volume-mount" if mount else "")
    made = [at for pod in unready for at in [given.facts.value(pod, "pod.created_at")] if isinstance(at, float | int)]
    old = bool(made) and given.now - min(made) > MOUNTING_S
    runs = [span for pod in unready for span in [given.facts.value(pod, "pod.init_runs_for")] if isinstance(span, float | int)]
    return {
        "workload.mount_says": mount,
        "workload.mount_kind": kind,
        "workload.mount_names": (matches[0].captures.get("name", "") if matches else ""),
        "workload.mount_stands": bool(kind) and kind != "transient" and (old or kind in ("missing-config", "missing-pvc", "volume-attach")),
        "workload.claims_missing": _listed(given, unready, "pod.claims_missing"),
        "workload.claims_pending": _listed(given, unready, "pod.claims_pending"),
        "workload.claim_says": _most(_texts(given, unready, "pod.claim_says")),
        "workload.claim_class": _most(_texts(given, unready, "pod.claim_class")),
        "workload.claim_class_exists": _all(given, unready, "pod.claim_class_exists"),
        "workload.claim_class_provisions": _all(given, unready, "pod.claim_class_provisions"),
        "workload.init_waits_for": _most(_texts(given, unready, "pod.init_waits_for")),
        "workload.init_runs_for": max(runs, default=None),
        "workload.sandbox_says": _most(_texts(given, unready, "pod.sandbox_says")),
        "workload.pod_gates": _listed(given, unready, "pod.gates"),
        "workload.readiness_gates_block": any(
            given.facts.value(pod, "pod.has_readiness_gates") is True and given.facts.value(pod, "pod.containers_ready") is True for pod in unready
        ),
        "workload.pods_overdue": sum(given.facts.value(pod, "pod.overdue") is True for pod in pods),
        "workload.pod_finalizers": _listed(given, pods, "pod.finalizers"),
    }


def _containers(given: Given) -> Mapping[str, Value]:
    found = given.facts.targets(given.subject, CONTAINERS)
    unready = [one for one in found if given.facts.value(one, "container.ready") is False]
    return {
        "workload.start_says": _most(_texts(given, unready, "container.start_error")),
        "workload.start_kind": _most(_texts(given, unready, "container.start_says")),
        "workload.readiness_says": _most(_texts(given, unready, "container.readiness_says")),
        "workload.readiness_failures": sum(_numbers(given, unready, "container.readiness_failures")),
        "workload.readiness_probe": _most(_texts(given, unready, "container.readiness_probe")),
        "workload.host_ports": _listed(given, found, "container.host_ports"),
        "workload.unready_containers": tuple(sorted({one.key.rpartition("/")[2] for one in unready}))[:5],
    }


def _limits(given: Given) -> Mapping[str, Value]:
    unready = [one for one in given.facts.targets(given.subject, CONTAINERS) if given.facts.value(one, "container.ready") is False]
    return {"workload.memory_limit_least_bytes": min(_numbers(given, unready, "container.memory_limit_bytes"), default=None)}


def _texts(given: Given, subjects: Iterable[Subject], name: str) -> list[str]:
    return [value for one in subjects for value in [given.facts.value(one, name)] if isinstance(value, str) and value]


def _numbers(given: Given, subjects: Iterable[Subject], name: str) -> list[int]:
    return [value for one in subjects for value in [given.facts.value(one, name)] if isinstance(value, int)]


def _most(texts: list[str]) -> str:
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text)) if counts else ""


def _listed(given: Given, subjects: Iterable[Subject], name: str) -> tuple[str, ...]:
    return tuple(sorted({item for one in subjects for value in [given.facts.value(one, name)] if isinstance(value, tuple) for item in value}))


def _all(given: Given, subjects: Iterable[Subject], name: str) -> bool | None:
    known = [value for one in subjects for value in [given.facts.value(one, name)] if isinstance(value, bool)]
    return all(known) if known else None


def _change(given: Given) -> Mapping[str, Value]:
    """A version that came shortly before the trouble, while pods of the one before are well: the version is to blame, not the world."""
    changes = given.texts("workload.changes")
    old, new = given.number("workload.old_ready"), given.number("workload.new_ready")
    return {
        "workload.bad_revision": bool(changes) and bool(old) and not new,
        "workload.image_changed": any(text.startswith("image of ") for text in changes),
        "workload.changed_words": "; ".join(changes)[:300],
    }


_TEXT = {
    "mount_says": "what is said of volumes that cannot be mounted", "mount_kind": "what that means", "mount_names": "the object that it names",
    "claim_says": "what was said last of its claims", "claim_class": "storage class of a claim that is not bound",
    "init_waits_for": "the init container that its pods wait for", "sandbox_says": "why a pod's sandbox cannot be made",
}  # fmt: skip
_LISTS = {
    "claims_missing": "claims that its pods mount and that are not there", "claims_pending": "claims that its pods mount and that are not bound",
    "pod_gates": "scheduling gates of its pods", "pod_finalizers": "finalizers of its pods",
}  # fmt: skip
DERIVATIONS = (
    Derivation(
        kind="workload",
        gives=(
            *(Spec(name=f"workload.{name}", type="text", doc=doc) for name, doc in _TEXT.items()),
            *(Spec(name=f"workload.{name}", type="texts", doc=doc) for name, doc in _LISTS.items()),
            Spec(name="workload.mount_stands", type="bool", doc="a volume cannot be mounted, and that is not of the first moment"),
            Spec(name="workload.claim_class_exists", type="bool", doc="the storage classes of its claims that are not bound are there"),
            Spec(name="workload.claim_class_provisions", type="bool", doc="those classes make volumes by themselves"),
            Spec(name="workload.init_runs_for", type="span", doc="how long that init container has been running"),
            Spec(name="workload.readiness_gates_block", type="bool", doc="its pods' containers are ready, and a readiness gate is not"),
            Spec(name="workload.pods_overdue", type="int", doc="pods that should have been gone by now"),
        ),
        needs=("workload.pods_wanted",),
        function=_pods,
    ),
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.start_says", type="text", doc="why containers of its pods cannot be started"),
            Spec(name="workload.start_kind", type="text", doc="what that means"),
            Spec(name="workload.readiness_says", type="text", doc="the last failure of its readiness probe"),
            Spec(name="workload.readiness_failures", type="int", doc="how often it failed"),
            Spec(name="workload.readiness_probe", type="text", doc="the readiness probe that it fails"),
            Spec(name="workload.host_ports", type="texts", doc="ports that its pods take on their nodes"),
            Spec(name="workload.unready_containers", type="texts", doc="containers that are not ready"),
        ),
        needs=("workload.pods_wanted",),
        function=_containers,
    ),
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.memory_limit_least_bytes", type="int", unit="bytes", doc="the smallest memory limit of a container that is not ready"),
        ),
        needs=("workload.pods_wanted",),
        function=_limits,
    ),
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.stuck", type="bool", doc="it does not get the pods that it wants"),
            Spec(name="workload.stage", type="text", doc="at which step its newest pods stand"),
            Spec(name="workload.stuck_since", type="time", doc="since when, if that was seen"),
        ),
        needs=("workload.pods_wanted", "workload.pods_ready", "workload.pods_updated", "workload.waiting_reasons"),
        wants=(
            "workload.kind", "workload.suspended", "workload.finished", "workload.observed", "workload.progress_reason", "workload.pods_unplaced",
            "workload.scheduler_says", "workload.pod_restarts", "workload.paused", "workload.written_at", "workload.pods_running_unready", "workload.pods",
            "workload.pods_not_started", "workload.pods_deleting", "workload.oldest_unready_at", "workload.revision_at", "workload.create_refused",
            "workload.create_failed_at", "workload.create_failures", "workload.mount_stands", "workload.init_waits_for", "workload.blocked_by",
        ),
        function=_stuck,
    ),
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.bad_revision", type="bool", doc="pods of its newest version are not ready while those of an older one are"),
            Spec(name="workload.image_changed", type="bool", doc="its newest version has another image"),
            Spec(name="workload.changed_words", type="text", doc="what its newest version changed"),
        ),
        needs=("workload.changes",),
        wants=("workload.old_ready", "workload.new_ready"),
        function=_change,
    ),
)  # fmt: skip
