"""Events by what they are about: kills by probes, ends by command, pulls, volumes, refusals to make a pod, and how long they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from probes.kubernetes import events

from .conftest import NOW, Api, Object, See, at, ended, event, pod, some, status

(PROBE,) = events.PROBES
MAIN = "spec.containers{main}"
KILLS = "Container main failed liveness probe, will be restarted"
BACK_OFF = "Back-off restarting failed container main in pod api-1_ml(uid)"


def died(ago: float = 30, **parts: Any) -> dict[str, Any]:
    return {"containerStatuses": [status(state=ended(137, ago=ago), restartCount=2, **parts)]}


def container(api: Api, see: See, *told: Object, **parts: Any) -> dict[str, Any]:
    """What is told of container `main` of a pod that may be unwell."""
    api.put("pods", pod(**({"status": died()} | parts))).put("events", *told)
    return see(PROBE, "container")["ml/api-1/main"]


def of_pod(api: Api, see: See, *told: Object) -> dict[str, Any]:
    api.put("pods", pod(phase="Pending")).put("events", *told)
    return see(PROBE, "pod")["ml/api-1"]


@pytest.mark.parametrize(
    ("expected", "message"),
    [(("liveness", 1, NOW - 35), KILLS), (("startup", 1, NOW - 35), "Container main failed startup probe, will be restarted"), ((None, 0, None), "Stopping container main")],
    ids=["liveness", "startup", "no probe"],
)  # fmt: skip
def test_a_kill_by_a_probe_is_told_with_the_probe(expected: tuple[Any, ...], message: str, api: Api, see: See) -> None:
    assert expected == some(container(api, see, event("Killing", message, field=MAIN, ago=35)), "probe_killed", "probe_kills", "probe_killed_at")


def test_a_repeated_kill_is_one_event_with_a_count(api: Api, see: See) -> None:
    it = container(api, see, event("Killing", KILLS, field=MAIN, ago=35, count=7))

    assert (7, NOW - 35, NOW - 95) == some(it, "probe_kills", "probe_killed_at", "first_death_at")


def test_each_probe_says_what_it_said_last(api: Api, see: See) -> None:
    it = container(
        api,
        see,
        event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", field=MAIN, ago=90, count=2),
        event("Unhealthy", "Startup probe failed: command timed out", field=MAIN, ago=50),
        event("Unhealthy", "Readiness probe failed: dial tcp 10.0.0.7:8080: connect: connection refused", field=MAIN, ago=20, count=9),
        event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", field=MAIN, ago=400),
    )

    assert ("Startup probe failed: command timed out", 3) == some(it, "probe_says", "unhealthy_events")
    expected = ("Readiness probe failed: dial tcp 10.0.0.7:8080: connect: connection refused", 10, NOW - 20)
    assert expected == some(it, "readiness_says", "readiness_failures", "readiness_failed_at")


def test_an_exec_probe_may_fail_without_a_word(api: Api, see: See) -> None:
    assert ("Readiness probe failed:", 1) == some(
        container(api, see, event("Unhealthy", "Readiness probe failed: ", field=MAIN)), "readiness_says", "readiness_failures"
    )


def test_events_of_other_containers_pods_and_kinds_are_not_its_own(api: Api, see: See) -> None:
    it = container(
        api,
        see,
        event("Killing", KILLS, field="spec.containers{proxy}"),
        event("Killing", KILLS, about="Pod api-2", field=MAIN),
        event("Killing", KILLS, about="ReplicaSet api-1", field=MAIN),
        event("Killing", "Container mainframe failed liveness probe", field="spec.containers{mainframe}"),
    )

    assert (None, False) == some(it, "probe_killed", "stopped_by_command")


@pytest.mark.parametrize(
    ("expected", "killed_before", "grace"),
    [(True, 1, None), (True, 39, None), (False, 600, None), (False, 50, 30), (True, 100, 120), (False, -30, None)],
    ids=["just before", "within its grace", "long before", "after its grace", "within a long grace", "after the death"],
)
def test_an_end_soon_after_the_kubelet_asked_for_it_is_one_by_command(
    expected: bool, killed_before: float, grace: int | None, api: Api, see: See
) -> None:
    spec = {"nodeName": "n1", "containers": [{"name": "main"}], "terminationGracePeriodSeconds": grace}
    told = event("Killing", "Stopping container main", field=MAIN, ago=60 + killed_before)

    assert expected is container(api, see, told, status=died(ago=60), spec=spec)["stopped_by_command"]


@pytest.mark.parametrize(
    ("expected", "parts"),
    [
        (True, {"meta": {"deletionTimestamp": at(-10)}}),
        (True, {"status": died() | {"reason": "Evicted"}, "phase": "Failed"}),
        (True, {"status": died() | {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]}}),
        (False, {"status": died() | {"conditions": [{"type": "DisruptionTarget", "status": "False"}]}}),
        (False, {}),
    ],
    ids=["deleted", "evicted", "preempted", "no longer preempted", "on its own"],
)
def test_a_pod_that_is_taken_away_ends_its_containers_by_command(expected: bool, parts: dict[str, Any], api: Api, see: See) -> None:
    assert expected is container(api, see, **parts)["stopped_by_command"]


@pytest.mark.parametrize(("expected", "policy"), [(True, "Always"), (False, "")], ids=["sidecar", "init container"])
def test_a_sidecar_of_a_pod_that_is_done_was_ended_by_command(expected: bool, policy: str, api: Api, see: See) -> None:
    spec = {"nodeName": "n1", "containers": [{"name": "main"}], "initContainers": [{"name": "proxy", "restartPolicy": policy}]}
    dead = {"initContainerStatuses": [status(name="proxy", state=ended(137), lastState=ended(137), restartCount=1)]}
    api.put("pods", pod(phase="Succeeded", spec=spec, status={"phase": "Succeeded"} | dead))

    assert expected is see(PROBE, "container")["ml/api-1/proxy"]["stopped_by_command"]


@pytest.mark.parametrize(
    ("expected", "first", "made"),
    [(NOW - 90, event("BackOff", BACK_OFF, field=MAIN, ago=30), 600), (None, event("BackOff", BACK_OFF, field=MAIN, ago=30), 4000), (None, event("BackOff", "Back-off pulling image", field=MAIN), 600)],
    ids=["a young pod", "a pod whose first events may be gone", "a wait for an image"],
)  # fmt: skip
def test_the_first_death_is_known_while_no_event_can_be_gone(expected: float | None, first: Object, made: float, api: Api, see: See) -> None:
    assert expected == container(api, see, first, meta={"creationTimestamp": at(made)})["first_death_at"]


@pytest.mark.parametrize(("expected", "ago"), [(True, 3200), (False, 3400)], ids=["54 minutes", "57 minutes"])
def test_events_are_all_there_for_55_minutes(expected: bool, ago: float, api: Api, see: See) -> None:
    api.put("pods", pod(status=died(ago=ago), meta={"creationTimestamp": at(9000)}), pod("b", phase="Pending", meta={"creationTimestamp": at(ago)}))

    assert expected is see(PROBE, "container")["ml/api-1/main"]["events_complete"]
    assert {"ml/api-1": False, "ml/b": expected} == {key: it["events_complete"] for key, it in see(PROBE, "pod").items()}


FAILED = (
    'Failed to pull image "r.example/ml/api:2": rpc error: code = NotFound desc = failed to pull and unpack image "r.example/ml/api:2": not found'
)


def test_the_event_of_a_pull_is_the_one_with_the_error_and_not_the_kubelets_own_word_for_it(api: Api, see: See) -> None:
    told = (
        event("Failed", FAILED, field=MAIN, ago=50),
        event("Failed", "Error: ErrImagePull", field=MAIN, ago=50),
        event("Failed", "Error: ImagePullBackOff", field=MAIN, ago=12),
        event("Failed", "Error: container has runAsNonRoot and image will run as root", field=MAIN, ago=10),
    )

    assert FAILED == container(api, see, *told, phase="Pending")["pull_event"]


@pytest.mark.parametrize(
    ("expected", "after"),
    [(NOW - 300, None), (None, event("Pulled", "Successfully pulled image", field=MAIN, ago=10)), (None, event("Failed", FAILED, field=MAIN, ago=10))],
    ids=["still", "it came", "it failed"],
)  # fmt: skip
def test_an_image_is_being_pulled_until_it_has_come_or_failed(expected: float | None, after: Object | None, api: Api, see: See) -> None:
    told = [event("Pulling", 'Pulling image "r.example/ml/api:2"', field=MAIN, ago=300), *([after] if after else [])]

    assert expected == container(api, see, *told, phase="Pending")["pulling_at"]


MOUNT = 'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found'


@pytest.mark.parametrize(
    ("name", "expected", "told"),
    [
        ("mount_says", MOUNT, event("FailedMount", MOUNT, count=8)),
        ("mount_failures", 8, event("FailedMount", MOUNT, count=8)),
        ("mount_failed_at", NOW - 20, event("FailedMount", MOUNT, count=8)),
        ("mount_says", 'Multi-Attach error for volume "pvc-1"', event("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1"')),
        ("sandbox_says", "failed to setup network for sandbox", event("FailedCreatePodSandBox", "failed to setup network for sandbox")),
        ("pull_secret_says", "Unable to retrieve some image pull secrets (regcred)", event("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (regcred)")),
        ("scale_up_says", "pod didn't trigger scale-up: 2 max node group size reached", event("NotTriggerScaleUp", "pod didn't trigger scale-up: 2 max node group size reached")),
        ("taken_says", "Preempted by pod 7 on node n1", event("Preempted", "Preempted by pod 7 on node n1")),
        ("mount_says", None, event("Scheduled", "Successfully assigned ml/api-1 to n1")),
    ],
)  # fmt: skip
def test_what_is_said_of_a_pod(name: str, expected: object, told: Object, api: Api, see: See) -> None:
    assert expected == of_pod(api, see, told)[name]


def by_scheduler(message: str, ago: float, **parts: Any) -> Object:
    """As kube-scheduler writes it: with eventTime alone."""
    micro = at(ago).replace("Z", ".250000Z")
    return event("FailedScheduling", message) | {"firstTimestamp": None, "lastTimestamp": None, "count": None, "eventTime": micro} | parts


def test_an_event_with_its_event_time_alone_is_placed_by_it(api: Api, see: See) -> None:
    told = (by_scheduler("0/1 nodes are available: 1 Insufficient cpu.", 40), by_scheduler("0/1 nodes are available: 1 Too many pods.", 400))

    assert "0/1 nodes are available: 1 Insufficient cpu." == of_pod(api, see, *told)["scheduling_event"]


def test_a_series_counts_and_lasts_until_it_was_observed_last(api: Api, see: See) -> None:
    series = {"series": {"count": 12, "lastObservedTime": at(15).replace("Z", ".000001Z")}}
    told = event("FailedMount", MOUNT) | {"firstTimestamp": None, "lastTimestamp": None, "count": None, "eventTime": at(900)} | series

    assert (12, pytest.approx(NOW - 15, abs=0.01)) == some(of_pod(api, see, told), "mount_failures", "mount_failed_at")


DEPLOYMENT = {
    "metadata": {"name": "api", "namespace": "ml", "uid": "d-1"},
    "spec": {"replicas": 1},
}
SET = {
    "metadata": {
        "name": "api-abc", "namespace": "ml", "uid": "rs-1", "annotations": {"deployment.kubernetes.io/revision": "1"},
        "ownerReferences": [{"kind": "Deployment", "name": "api", "uid": "d-1", "controller": True}],
    },
}  # fmt: skip
QUOTA = 'pods "api-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4'


@pytest.mark.parametrize(
    ("about", "message"),
    [("ReplicaSet api-abc", f"Error creating: {QUOTA}"), ("Deployment api", QUOTA), ("ReplicaSet api-abc", f"  Error creating: {QUOTA}\n")],
    ids=["of its ReplicaSet", "its own", "with spaces around"],
)
def test_why_a_pod_could_not_be_made_is_told_without_what_wraps_it(about: str, message: str, api: Api, see: See) -> None:
    api.put("deployments", DEPLOYMENT).put("replicasets", SET).put("events", event("FailedCreate", message, about=about, count=5))

    it = see(PROBE, "workload")["ml/Deployment/api"]
    assert (QUOTA, NOW - 20, 5, None) == some(it, "create_says", "create_failed_at", "create_failures", "made_at")


def test_a_statefulsets_refusal_has_another_wrapping(api: Api, see: See) -> None:
    it = {"metadata": {"name": "db", "namespace": "ml", "uid": "s-1"}, "spec": {"replicas": 1}}
    message = f"create Pod db-0 in StatefulSet db failed error: {QUOTA}"
    api.put("statefulsets", it).put(
        "events",
        event("FailedCreate", message, about="StatefulSet db"),
        event("SuccessfulCreate", "create Pod db-0", about="StatefulSet db", ago=400),
    )

    assert (QUOTA, NOW - 400) == some(see(PROBE, "workload")["ml/StatefulSet/db"], "create_says", "made_at")


def test_refusals_of_an_older_version_are_of_the_past(api: Api, see: See) -> None:
    newer = SET | {"metadata": SET["metadata"] | {"name": "api-def", "uid": "rs-2", "annotations": {"deployment.kubernetes.io/revision": "2"}}}
    api.put("deployments", DEPLOYMENT).put("replicasets", SET, newer).put("events", event("FailedCreate", QUOTA, about="ReplicaSet api-abc"))

    assert None is see(PROBE, "workload")["ml/Deployment/api"]["create_says"]
