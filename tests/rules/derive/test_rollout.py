"""When is a workload stuck, and at which step do its pods stand? What merely takes its time is not."""

from __future__ import annotations

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import NOW, facts, told

WHO = "workload ml/Deployment/api"
NO_USE = "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
WELL: dict[str, Value] = {
    "kind": "Deployment", "pods_wanted": 3, "pods": 3, "pods_ready": 3, "pods_updated": 3, "waiting_reasons": (), "suspended": False, "finished": False, "observed": True,
    "progress_reason": "NewReplicaSetAvailable", "pods_unplaced": 0, "scheduler_says": None, "pod_restarts": 0, "paused": False, "written_at": NOW - 900,
    "pods_running_unready": 0, "pods_not_started": 0, "pods_deleting": 0, "oldest_unready_at": None, "revision_at": NOW - 900, "replica_failure": None,
    "create_says": None, "create_failed_at": None, "made_at": NOW - 800,
}  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "changed"),
    [
        ("", {}),
        ("", {"pods_wanted": 0, "pods_ready": 0, "pods_updated": 0}),
        ("", {"pods_ready": 2, "pods_updated": 2, "pods_running_unready": 1, "oldest_unready_at": NOW - 10, "progress_reason": "ReplicaSetUpdated"}),
        ("", {"pods_ready": 2, "pods_unplaced": 1, "scheduler_says": "0/1 nodes are available: 1 Insufficient cpu.", "oldest_unready_at": NOW - 10}),
        ("not-placed", {"pods_ready": 2, "pods_unplaced": 1, "scheduler_says": f"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). {NO_USE}", "oldest_unready_at": NOW - 3}),
        ("", {"pods_ready": 2, "pods_unplaced": 1, "scheduler_says": "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 1 Preemption is not helpful for scheduling, 1 No preemption victims found for incoming pod.", "oldest_unready_at": NOW - 3}),
        ("", {"pods_ready": 2, "pods_unplaced": 1, "scheduler_says": f"0/2 nodes are available: 2 node(s) had untolerated taint(s). {NO_USE}", "oldest_unready_at": NOW - 3}),
        ("", {"paused": True}),
        ("", {"kind": "Job", "suspended": True, "pods_ready": 0, "pods": 0}),
        ("", {"kind": "Job", "finished": True, "pods_ready": 0, "pods": 0}),
        ("not-placed", {"pods_ready": 2, "pods_unplaced": 1, "scheduler_says": "0/1 nodes are available: 1 Insufficient cpu.", "oldest_unready_at": NOW - 60}),
        ("not-placed", {"pods_ready": 2, "pods_unplaced": 1, "oldest_unready_at": NOW - 90}),
        ("not-made", {"pods_ready": 0, "pods": 0, "create_says": "exceeded quota: q, requested: pods=1, used: pods=3", "create_failed_at": NOW - 60, "made_at": None}),
        ("", {"pods_ready": 2, "create_says": "exceeded quota: q, requested: pods=1, used: pods=3", "create_failed_at": NOW - 60, "made_at": NOW - 10}),
        ("not-started", {"pods_ready": 2, "waiting_reasons": ("ImagePullBackOff",), "oldest_unready_at": NOW - 10}),
        ("not-started", {"pods_ready": 2, "waiting_reasons": ("CreateContainerConfigError",), "oldest_unready_at": NOW - 10}),
        ("crashing", {"pods_ready": 2, "waiting_reasons": ("CrashLoopBackOff",), "pod_restarts": 3, "oldest_unready_at": NOW - 60}),
        ("not-ready", {"pods_ready": 2, "pods_running_unready": 1, "oldest_unready_at": NOW - 400}),
        ("not-ready", {"pods_ready": 2, "pods_running_unready": 1, "oldest_unready_at": NOW - 30, "progress_reason": "ProgressDeadlineExceeded"}),
        ("not-updated", {"pods_ready": 3, "pods_updated": 0, "paused": True}),
        ("not-updated", {"observed": False, "written_at": NOW - 120}),
        ("", {"observed": False, "written_at": NOW - 5}),
        ("draining", {"pods_ready": 2, "pods_deleting": 1, "oldest_unready_at": NOW - 400}),
    ],
)  # fmt: skip
def test_the_step_at_which_its_pods_stand(stage: str, changed: dict[str, Value]) -> None:
    found = facts({WHO: WELL | changed})

    assert {"stage": stage, "stuck": bool(stage)} == told(found, WHO, "stage", "stuck")


@pytest.mark.parametrize(
    ("kind", "by", "text"),
    [
        ("quota-exceeded", "compute", 'pods "api-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3'),
        ("quota-needs-requests", "compute", 'pods "api-1" is forbidden: failed quota: compute: must specify limits.cpu'),
        ("limit-range", "", 'pods "t-" is forbidden: maximum cpu usage per Container is 1, but limit is 2'),
        ("webhook-down", "check.example.com", 'failed calling webhook "check.example.com": failed to call webhook: no endpoints available for service "check"'),
        ("webhook-rejects", "check.example.com", 'admission webhook "check.example.com" denied the request: no latest tag'),
        ("webhook-rejects", "validate.kyverno.svc-fail", 'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/ml/api- was blocked due to the following policies\n\nrequire-requests:\n  validate-memory: no memory request'),
        ("pod-security", "restricted:latest", 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'),
        ("missing-service-account", "ml/api", 'pods "x-" is forbidden: error looking up service account ml/api: serviceaccount "api" not found'),
        ("", "", "words that nobody has heard yet"),
    ],
)
def test_why_its_pods_are_refused(kind: str, by: str, text: str) -> None:
    found = facts({WHO: WELL | {"create_says": text, "create_failed_at": NOW - 20, "made_at": None}})

    assert {"create_refused": True, "create_kind": kind, "create_by": by} == told(found, WHO, "create_refused", "create_kind", "create_by")


def test_what_a_policy_asks_for_is_told_whole_over_several_lines() -> None:
    text = 'admission webhook "validation.gatekeeper.sh" denied the request: [team] you must provide labels: {"team"}\n[limits] container <api> has no memory limit'
    found = facts({WHO: WELL | {"create_says": text, "create_failed_at": NOW - 20, "made_at": None}})

    assert {"create_words": '[team] you must provide labels: {"team"} [limits] container <api> has no memory limit'} == told(found, WHO, "create_words")


def test_what_its_pods_say_of_their_volumes_is_joined() -> None:
    pods: dict[str, Value] = {"ready": False, "mount_says": 'MountVolume.SetUp failed for volume "c" : configmap "x" not found', "created_at": NOW - 5}
    found = facts({WHO: WELL, "pod ml/a": pods, "pod ml/b": pods | {"mount_says": None}}, [f"{WHO} runs pod ml/a", f"{WHO} runs pod ml/b"])

    assert {"mount_kind": "missing-config", "mount_names": "x", "mount_stands": True} == told(found, WHO, "mount_kind", "mount_names", "mount_stands")


@pytest.mark.parametrize(
    ("host", "state", "down"),
    [
        ("postgres", "nobody is ready behind it", True),
        ("postgres.ml.svc.cluster.local", "nobody is ready behind it", True),
        ("mlflow", "it has ready backends", False),
        ("nowhere", "there is no such Service", True),
        ("db.prod.example.com", "not a name of this cluster", None),
        ("", "", False),
    ],
)
def test_the_service_that_a_log_means(host: str, state: str, down: bool | None) -> None:
    log = f'could not connect to server "{host}"' if not host else f"Error 111 connecting to {host}:6379. Connection refused."
    found = facts({
        "container ml/api/main": {"waiting_reason": None, "log_tail": f"redis.exceptions.ConnectionError: {log}" if host else "fine"},
        "ns ml": {"services": ("mlflow", "postgres"), "services_without_backends": ("postgres",)},
    })  # fmt: skip

    assert {"service_state": state, "service_down": down} == told(found, "container ml/api/main", "service_state", "service_down")
