"""Workloads as the API tells them: how many pods they want, have and lack, what their newest version changed, and who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Relation, Subject, Swept, Unavailable
from probes.kubernetes import workloads

from .conftest import NOW, Api, Object, RunProbe, See, at, ended, looks, pod, some, status

Hands = Callable[..., Access]
Told = Callable[..., dict[str, Any]]
(PROBE,) = workloads.PROBES
KEY = "ml/Deployment/api"
WELL = {"containerStatuses": [status(ready=True, state={"running": {"startedAt": at(500)}})]}
CRASHES = {"containerStatuses": [status(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended(), restartCount=4)]}
SAYS = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."


def made(name: str = "api", uid: str = "d-1", **parts: Any) -> Object:
    """A workload of three pods that its controller has seen; `meta`, `spec` and `status` are merged in."""
    meta = {"name": name, "namespace": "ml", "uid": uid, "generation": 2, "creationTimestamp": at(9000)}
    return {
        "metadata": meta | parts.get("meta", {}),
        "spec": {"replicas": 3} | parts.get("spec", {}),
        "status": {"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3} | parts.get("status", {}),
    }


def version(number: int, uid: str, *, ago: float = 600, **parts: Any) -> Object:
    """A ReplicaSet of Deployment `api`, whose template has one container `main`; `container` and `spec` are merged in."""
    meta = {
        "name": f"api-{uid}", "namespace": "ml", "uid": uid, "creationTimestamp": at(ago), "annotations": {"deployment.kubernetes.io/revision": str(number)},
        "ownerReferences": [{"kind": "Deployment", "name": "api", "uid": "d-1", "controller": True}],
    }  # fmt: skip
    template = {"containers": [{"name": "main", "image": "r.example/ml/api:2"} | parts.get("container", {})]} | parts.get("spec", {})
    return {"metadata": meta, "spec": {"replicas": 3, "template": {"spec": template}}}


def of(uid: str, name: str, **parts: Any) -> Object:
    """A pod that this owner made."""
    return pod(name, meta={"ownerReferences": [{"kind": "ReplicaSet", "name": "x", "uid": uid, "controller": True}]} | parts.pop("meta", {}), **parts)


def well(uid: str, name: str, **parts: Any) -> Object:
    return of(uid, name, ready=True, status=WELL | {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(500)}]}, **parts)


@pytest.fixture
def told(see: See) -> Told:
    """What is told of one workload."""
    return lambda key=KEY: see(PROBE, "workload")[key]


@pytest.mark.parametrize(
    ("kind", "expected", "object_"),
    [
        ("Deployment", (3, 1, 2, 1), made(status={"updatedReplicas": 2, "availableReplicas": 1})),
        ("Deployment", (1, 1, 0, 1), made(spec={"replicas": None}, status={"updatedReplicas": 0, "availableReplicas": 1})),
        ("StatefulSet", (3, 1, 2, 1), made(status={"updatedReplicas": 2, "availableReplicas": 1})),
        ("DaemonSet", (5, 1, 4, 1), made(status={"desiredNumberScheduled": 5, "updatedNumberScheduled": 4, "numberAvailable": 1})),
        ("Job", (2, 1, 2, 2), made(spec={"parallelism": 2, "completions": 9}, status={"active": 2, "succeeded": 4})),
        ("Job", (1, 1, 1, 1), made(spec={"parallelism": 4, "completions": 9}, status={"active": 1, "succeeded": 8})),
        ("Job", (4, 1, 4, 4), made(spec={"parallelism": 4}, status={"active": 4})),
        ("ReplicaSet", (3, 1, 2, 1), made(status={"updatedReplicas": 0, "replicas": 2, "availableReplicas": 1})),
    ],
    ids=["Deployment", "without a number", "StatefulSet", "DaemonSet", "Job", "Job at its end", "Job that empties a queue", "ReplicaSet on its own"],
)  # fmt: skip
def test_each_kind_says_in_its_own_fields_what_is_wanted_ready_updated_and_available(
    kind: str, expected: tuple[int, ...], object_: Object, api: Api, told: Told
) -> None:
    api.put(f"{kind.lower()}s", object_).put("pods", well("d-1", "api-1"), of("d-1", "api-2"))

    assert expected == some(told(f"ml/{kind}/api"), "pods_wanted", "pods_ready", "pods_updated", "pods_available")


@pytest.mark.parametrize(
    ("resource", "object_"),
    [
        ("deployments", made()),
        ("deployments", made(spec={"replicas": 0}, status={"updatedReplicas": 0})),
        ("statefulsets", made()),
        ("daemonsets", made(status={"desiredNumberScheduled": 3, "updatedNumberScheduled": 3})),
        ("jobs", made(spec={"parallelism": 3, "completions": 3}, status={"active": 3})),
        ("jobs", made(spec={"suspend": True, "parallelism": 3, "completions": 3})),
        ("jobs", made(spec={"completions": 3}, status={"succeeded": 3, "conditions": [{"type": "Complete", "status": "True"}]})),
        ("replicasets", made(status={"updatedReplicas": 0, "replicas": 3})),
    ],
    ids=["Deployment", "scaled to nothing", "StatefulSet", "DaemonSet", "Job", "suspended Job", "Job that is done", "ReplicaSet on its own"],
)
def test_a_healthy_workload_is_silent_and_counted(resource: str, object_: Object, api: Api, hands: Hands, run: RunProbe) -> None:
    api.put(resource, object_).put("pods", *(well("d-1", f"api-{number}") for number in range(3)))
    answers = run(PROBE, hands())

    assert {} == looks(answers, "workload")
    assert ("workload", 1, True) in {(one.kind, one.count, one.complete) for one in answers if isinstance(one, Swept)}


def test_pods_are_told_apart_by_where_they_stand(api: Api, told: Told) -> None:
    unplaced = {"conditions": [{"type": "PodScheduled", "status": "False", "message": SAYS}]}
    waits = {"containerStatuses": [status(state={"waiting": {"reason": "ErrImagePull"}})]}
    api.put("deployments", made(spec={"replicas": 6})).put("replicasets", version(1, "rs-1")).put(
        "pods",
        of("rs-1", "a", phase="Pending", spec={"nodeName": ""}, status=unplaced, meta={"creationTimestamp": at(300)}),
        of("rs-1", "b", phase="Pending", status=waits),
        of("rs-1", "c", status=CRASHES),
        of("rs-1", "d", phase="Failed"),
        of("rs-1", "e", meta={"deletionTimestamp": at(-20)}),
        well("rs-1", "f"),
    )  # fmt: skip
    it = told()

    assert (4, 1, 1, 1, 1, 1, 4) == some(
        it, "pods", "pods_ready", "pods_unplaced", "pods_not_started", "pods_running_unready", "pods_deleting", "pod_restarts"
    )
    assert (("CrashLoopBackOff", "ErrImagePull"), SAYS, NOW - 600) == some(it, "waiting_reasons", "scheduler_says", "oldest_unready_at")


def test_the_message_that_most_of_its_pods_were_given_is_the_schedulers(api: Api, told: Told) -> None:
    texts = ("0/3 nodes are available: 3 Insufficient cpu.", SAYS, SAYS)
    given = [{"conditions": [{"type": "PodScheduled", "status": "False", "message": text}]} for text in texts]
    pods = [of("d-1", f"p{number}", phase="Pending", spec={"nodeName": ""}, status=one) for number, one in enumerate(given)]
    api.put("statefulsets", made()).put("pods", *pods)

    assert (3, SAYS) == some(told("ml/StatefulSet/api"), "pods_unplaced", "scheduler_says")


def test_ready_pods_of_the_newest_version_are_told_from_those_of_older_ones(api: Api, told: Told) -> None:
    api.put("deployments", made(spec={"replicas": 4}, status={"updatedReplicas": 2})).put(
        "replicasets", version(9, "rs-9", ago=5000), version(10, "rs-10", ago=300)
    )
    api.put("pods", well("rs-9", "a"), well("rs-9", "b"), well("rs-10", "c"), of("rs-10", "d", status=CRASHES))

    assert (10, NOW - 300, 2, 1, 3, 1) == some(told(), "revision", "revision_at", "old_ready", "new_ready", "pods_ready", "pods_running_unready")


def test_restarts_and_waits_of_an_older_version_are_not_those_of_the_newest(api: Api, told: Told) -> None:
    api.put("deployments", made()).put("replicasets", version(1, "rs-1"), version(2, "rs-2"))
    api.put("pods", of("rs-1", "a", status=CRASHES), of("rs-2", "b", phase="Pending"))

    assert ((), 0, 1, 0) == some(told(), "waiting_reasons", "pod_restarts", "pods_not_started", "pods_running_unready")


def test_a_pod_of_a_statefulset_is_of_its_newest_version_by_its_hash(api: Api, told: Told) -> None:
    api.put("statefulsets", made(status={"updateRevision": "api-new"}))
    api.put(
        "pods",
        of("d-1", "a", status=CRASHES, meta={"labels": {"controller-revision-hash": "api-old"}}),
        of("d-1", "b", phase="Pending", meta={"labels": {"controller-revision-hash": "api-new"}}),
    )

    assert (1, 0) == some(told("ml/StatefulSet/api"), "pods_not_started", "pods_running_unready")


HEALTH = {"httpGet": {"path": "/health", "port": 8080}}


@pytest.mark.parametrize(
    ("expected", "old", "new"),
    [
        ((), {}, {}),
        (("image of main: ml/api:1 -> ml/api:2",), {"container": {"image": "ml/api:1"}}, {"container": {"image": "ml/api:2"}}),
        (("working dir of main: none -> /app",), {}, {"container": {"workingDir": "/app"}}),
        (("readiness probe of main: none -> GET :8080/health, timeout 1 s, 3 failures 10 s apart, first after 0 s",), {}, {"container": {"readinessProbe": HEALTH}}),
        (("memory limit of main: 1Gi -> 512Mi",), {"container": {"resources": {"limits": {"memory": "1Gi"}}}}, {"container": {"resources": {"limits": {"memory": "512Mi"}}}}),
        (("nvidia.com/gpu request of main: none -> 1",), {}, {"container": {"resources": {"requests": {"nvidia.com/gpu": "1"}}}}),
        (("container proxy is new",), {}, {"spec": {"initContainers": [{"name": "proxy", "image": "b"}]}}),
        (("container proxy is gone",), {"spec": {"initContainers": [{"name": "proxy", "image": "b"}]}}, {}),
        (("node selector of the pod",), {}, {"spec": {"nodeSelector": {"gpu": "a100"}}}),
        (("volumes of the pod",), {}, {"spec": {"volumes": [{"name": "data", "emptyDir": {}}]}}),
        (("service account of the pod",), {}, {"spec": {"serviceAccountName": "trainer"}}),
        (("mounts of main: changed",), {}, {"container": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}}),
    ],
    ids=["nothing", "image", "working dir", "probe", "limit", "request", "new container", "container gone", "selector", "volumes", "account", "mounts"],
)  # fmt: skip
def test_what_the_newest_version_changed_is_said_a_text_a_field(
    expected: tuple[str, ...], old: dict[str, Any], new: dict[str, Any], api: Api, told: Told
) -> None:
    api.put("deployments", made()).put("replicasets", version(2, "rs-2", **new), version(1, "rs-1", **old)).put("pods", of("rs-2", "a"))

    assert expected == told()["changes"]


def test_of_what_may_hold_secrets_it_is_only_said_that_it_has_changed(api: Api, told: Told) -> None:
    old, new = (
        {"env": [{"name": "DB_URL", "value": f"postgres://u:{word}@db/ml"}], "args": ["--token", word]}
        for word in ("hunter1hunter1", "hunter2hunter2")
    )
    api.put("deployments", made()).put("replicasets", version(1, "rs-1", container=old), version(2, "rs-2", container=new)).put(
        "pods", of("rs-2", "a")
    )
    it = told()

    assert ("command of main: changed", "environment of main: changed") == it["changes"]
    assert "hunter" not in str(it)


def test_a_first_version_has_changed_nothing(api: Api, told: Told) -> None:
    api.put("deployments", made()).put("replicasets", version(1, "rs-1")).put("pods", of("rs-1", "a"))

    assert None is told()["changes"]


@pytest.mark.parametrize(
    ("name", "expected", "it"),
    [
        ("paused", True, ("Deployment", {"spec": {"paused": True}})),
        ("paused", False, ("Deployment", {})),
        ("suspended", True, ("Job", {"spec": {"suspend": True}})),
        ("suspended", False, ("Job", {})),
        ("finished", True, ("Job", {"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}})),
        ("finished", True, ("Job", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}})),
        ("finished", False, ("Job", {"status": {"conditions": [{"type": "Suspended", "status": "True"}]}})),
        ("job_failed", "BackoffLimitExceeded", ("Job", {"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}})),
        ("cron", "nightly", ("Job", {"meta": {"ownerReferences": [{"kind": "CronJob", "name": "nightly", "uid": "c", "controller": True}]}})),
        ("observed", True, ("Deployment", {})),
        ("observed", False, ("Deployment", {"meta": {"generation": 3}})),
        ("observed", True, ("Job", {"meta": {"generation": 3}})),
        ("drains", True, ("Deployment", {"spec": {"strategy": {"type": "Recreate"}}})),
        ("drains", True, ("Deployment", {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 1}}}})),
        ("drains", True, ("Deployment", {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3, "maxSurge": 1}}}})),
        ("drains", False, ("Deployment", {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}}}})),
        ("drains", False, ("StatefulSet", {})),
        ("strategy", "RollingUpdate, maxUnavailable 25%, maxSurge 1", ("Deployment", {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}}}})),
        ("strategy", "OnDelete", ("StatefulSet", {"spec": {"updateStrategy": {"type": "OnDelete"}}})),
        ("strategy", None, ("Job", {})),
        ("progress_reason", "ProgressDeadlineExceeded", ("Deployment", {"status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}})),
        ("replica_failure", 'pods "x" is forbidden', ("Deployment", {"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": 'pods "x" is forbidden'}]}})),
        ("deadline", 600.0, ("Deployment", {"spec": {"progressDeadlineSeconds": 600}})),
    ],
)  # fmt: skip
def test_how_it_is_set_and_how_it_gets_on(name: str, expected: object, it: tuple[str, dict[str, Any]], api: Api, told: Told) -> None:
    kind, parts = it
    api.put(f"{kind.lower()}s", made(**parts)).put("pods", of("d-1", "a"))

    assert expected == told(f"ml/{kind}/api")[name]


def test_who_wrote_last_is_whoever_wrote_its_spec(api: Api, told: Told) -> None:
    writes = [
        {"manager": "helm", "operation": "Apply", "time": at(9000)},
        {"manager": "kubectl-edit", "operation": "Update", "time": at(120)},
        {"manager": "kube-controller-manager", "operation": "Update", "time": at(10), "subresource": "status"},
    ]
    api.put("deployments", made(meta={"managedFields": writes})).put("pods", of("d-1", "a"))

    assert ("kubectl-edit", NOW - 120) == some(told(), "written_by", "written_at")


def test_a_job_does_not_count_pods_that_have_done_their_part(api: Api, told: Told) -> None:
    job = made(spec={"parallelism": 2, "completions": 9}, status={"active": 2, "succeeded": 3})
    api.put("jobs", job).put(
        "pods", *(of("d-1", f"done-{number}", phase="Succeeded") for number in range(3)), of("d-1", "a", phase="Pending"), of("d-1", "b")
    )

    assert (2, 0, 2) == some(told("ml/Job/api"), "pods_wanted", "pods_ready", "pods")


def test_it_stands_in_its_namespace_and_runs_its_pods(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("deployments", made()).put("replicasets", version(1, "rs-1")).put("pods", of("rs-1", "a"), well("rs-1", "b"))
    subject = Subject("workload", KEY)

    ns = Subject("ns", "ml")
    expected = [Relation("in", subject, ns), Relation("in", ns, Subject("cluster", "here")), Relation("runs", subject, Subject("pod", "ml/a"))]
    assert expected == [answer for answer in run(PROBE, hands()) if isinstance(answer, Relation)]


def test_without_replicasets_a_deployments_pods_are_not_known_and_nothing_is_said_of_it(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("deployments", made()).put("statefulsets", made("db", "s-1")).put(
        "pods", *(well("rs-1", f"a{number}") for number in range(3)), of("s-1", "db-0")
    )
    api.answer("/apis/apps/v1/replicasets", 403).answer("/apis/apps/v1/namespaces/ml/replicasets", 403)
    answers = run(PROBE, hands())

    assert ["ml/StatefulSet/db"] == list(looks(answers, "workload"))
    expected = [("forbidden", "Grant it: verbs [list] on replicasets.apps in namespace ml.")]
    assert expected == [(one.why, one.remedy) for one in answers if isinstance(one, Unavailable)]
