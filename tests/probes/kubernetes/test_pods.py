"""Containers and pods as the API tells them: each state that a row reads, from objects as a real 1.36 node writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Census, Relation, Subject
from probes._named import Named
from probes.kubernetes import containers, pods
from probes.kubernetes._made_of import reference
from probes.kubernetes._times import amount, seconds

from .conftest import NOW, Api, RunProbe, at, ended, looks, pod, some, status

Hands = Callable[..., Access]
KEY = "ml/api-1/main"


def told(api: Api, hands: Hands, run: RunProbe, *objects: dict[str, Any]) -> dict[str, Any]:
    api.put("pods", *objects)
    return looks(run(containers.PROBES[0], hands()), "container")[KEY]


@pytest.mark.parametrize(
    ("expected", "parts"),
    [
        (("restarting", 1, 1, 7), {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(), "restartCount": 7}),
        (("restarting", 1, 1, 3), {"state": ended(), "lastState": ended(ago=90), "restartCount": 3}),
        (("exited", 1, 1, 0), {"state": ended()}),
        (("running", None, 137, 3), {"state": {"running": {"startedAt": at(5)}}, "lastState": ended(137, "OOMKilled"), "restartCount": 3}),
        (("created", None, None, 0), {"state": {"waiting": {"reason": "ContainerCreating"}}}),
        (("restarting", 128, 128, 2), {"state": {"waiting": {"reason": "RunContainerError", "message": "exec: not found"}}, "lastState": ended(128, "StartError"), "restartCount": 2}),
    ],
    ids=["backs off", "has just ended once more", "has ended for the first time", "runs again", "is being made", "cannot be started"],
)  # fmt: skip
def test_a_state_is_told_in_the_words_of_docker(expected: tuple[Any, ...], parts: dict[str, Any], api: Api, hands: Hands, run: RunProbe) -> None:
    assert expected == some(
        told(api, hands, run, pod(status={"containerStatuses": [status(**parts)]})), "state", "exit_code", "last_exit_code", "restart_count"
    )


def test_an_oom_kill_is_told_with_its_times(api: Api, hands: Hands, run: RunProbe) -> None:
    it = told(api, hands, run, pod(status={"containerStatuses": [status(state=ended(137, "OOMKilled", ago=30, lasted=60))]}))

    assert (True, "OOMKilled", NOW - 30, 60.0) == some(it, "oom_killed", "last_reason", "finished_at", "attempt_lasted")


@pytest.mark.parametrize(
    ("expected", "parts"),
    [
        ('configmap "x" not found', {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "x" not found'}}}),
        ("no such file", {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(128, "StartError", message="no such file"), "restartCount": 2}),
        (None, {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(1), "restartCount": 2}),
        (None, {"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}),
    ],
    ids=["configuration", "runtime", "it ran", "an image that does not come"],
)  # fmt: skip
def test_why_it_could_not_be_started(expected: str | None, parts: dict[str, Any], api: Api, hands: Hands, run: RunProbe) -> None:
    assert expected == told(api, hands, run, pod(status={"containerStatuses": [status(**parts)]}))["start_error"]


def test_what_it_was_asked_to_be(api: Api, hands: Hands, run: RunProbe) -> None:
    container = {
        "command": ["python", "train.py"], "args": ["--epochs", "3"], "env": [{"name": "LR", "value": "0.1"}, {"name": "DB_PASSWORD", "value": "hunter2hunter2"}],
        "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "keys", "optional": True}}],
        "resources": {"limits": {"memory": "512Mi", "nvidia.com/gpu": "1"}, "requests": {"memory": "256Mi"}}, "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}},
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}, {"name": "data", "mountPath": "/data", "readOnly": True}], "securityContext": {"runAsUser": 1000},  # noqa: S108  # in the container
    }  # fmt: skip
    volumes = [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}, {"name": "data", "persistentVolumeClaim": {"claimName": "set"}}]
    it = told(
        api,
        hands,
        run,
        pod(container=container, spec={"volumes": volumes, "containers": [{"name": "main", "image": "r.example/ml/api:2"} | container]}),
    )

    assert ("python train.py --epochs 3", 536870912, True, 2**30, True, "1000") == some(
        it, "command", "memory_limit_bytes", "has_memory_limit", "shm_bytes", "gpus_asked", "user"
    )
    assert (("pvc set:/data:ro", "shm:/dev/shm:rw"), ("settings",), ()) == some(it, "mounts", "config_maps", "secrets")
    assert "GET :8080/health, timeout 1 s, 3 failures 10 s apart, first after 0 s" == it["health_command"]
    assert "hunter2hunter2" not in str(it)


def test_a_sidecar_is_told_from_an_init_container(api: Api, hands: Hands, run: RunProbe) -> None:
    inits = [{"name": "wait", "image": "b"}, {"name": "proxy", "image": "b", "restartPolicy": "Always"}]
    api.put("pods", pod(phase="Pending", spec={"initContainers": inits, "containers": [{"name": "main", "image": "b"}]}))
    found = looks(run(containers.PROBES[0], hands()), "container")

    assert {"ml/api-1/wait": "init", "ml/api-1/proxy": "sidecar", "ml/api-1/main": "main"} == {key: it["role"] for key, it in found.items()}


def test_only_what_may_be_unwell_is_told_with_one_sibling_and_the_rest_is_counted(api: Api, hands: Hands, run: RunProbe) -> None:
    well = {"containerStatuses": [status(ready=True, state={"running": {"startedAt": at(500)}})]}
    sick = {"containerStatuses": [status(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended(ago=700), restartCount=4)]}
    api.put("pods", pod(status=sick), *(pod(f"w{number}", ready=True, status=well) for number in range(6)))
    answers = run(containers.PROBES[0], hands())

    assert {KEY, "ml/w0/main"} == set(looks(answers, "container"))
    assert (7, 6) == next(
        (it.members, it.succeeded) for it in answers if isinstance(it, Census) and it.shared == Subject("image", "r.example/ml/api:2")
    )
    assert Relation("in", Subject("container", KEY), Subject("workload", "ml/Deployment/api")) in answers


def test_a_restart_of_long_ago_is_no_suspicion(api: Api, hands: Hands, run: RunProbe) -> None:
    it = status(ready=True, state={"running": {"startedAt": at(200_000)}}, lastState=ended(ago=200_010), restartCount=9)
    api.put("pods", pod(ready=True, status={"containerStatuses": [it]}))

    assert {} == looks(run(containers.PROBES[0], hands()), "container")


def test_where_a_pod_stands(api: Api, hands: Hands, run: RunProbe) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    api.put("pods", pod(phase="Pending", spec={"nodeName": ""}, status={"conditions": [condition]}))
    it = looks(run(pods.PROBES[0], hands()), "pod")["ml/api-1"]

    assert (False, "0/1 nodes are available: 1 Insufficient cpu.", "Unschedulable") == some(it, "scheduled", "scheduler_says", "not_placed_reason")


def test_an_init_container_that_runs_for_long_is_named(api: Api, hands: Hands, run: RunProbe) -> None:
    state = [status(name="wait", state={"running": {"startedAt": at(400)}})]
    api.put("pods", pod(phase="Pending", spec={"initContainers": [{"name": "wait", "image": "b"}]}, status={"initContainerStatuses": state}))

    assert ("wait", 400.0) == some(looks(run(pods.PROBES[0], hands()), "pod")["ml/api-1"], "init_waits_for", "init_runs_for")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("busybox", ("docker.io", "library/busybox", "latest")),
        ("ml/api:1.2", ("docker.io", "ml/api", "1.2")),
        ("r.example:5000/ml/api", ("r.example:5000", "ml/api", "latest")),
        ("localhost/a@sha256:00", ("localhost", "a", "sha256:00")),
        ("r.example/a:1@sha256:00", ("r.example", "a", "sha256:00")),
    ],
)
def test_a_reference_is_completed_as_a_runtime_does(image: str, expected: tuple[str, str, str]) -> None:
    assert expected == reference(image)


@pytest.mark.parametrize(
    ("text", "expected"), [("512Mi", 2.0**29), ("250m", 0.25), ("1e3", 1000.0), ("2", 2.0), ("", None), ("x", None), (None, None)]
)
def test_a_quantity_is_a_number_in_its_base_unit(text: str | None, expected: float | None) -> None:
    assert expected == amount(text)


def test_a_time_is_moved_by_the_clocks_difference() -> None:
    assert 1_800_000_010.0 == seconds(at(0), 10.0)
    assert None is seconds("soon")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (Named("pod", "w3", "ml"), {"ml/w0/main", "ml/w3/main"}),
        (Named("container", "w4/main"), {"ml/w0/main", "ml/w4/main"}),
        (Named("workload", "api", "", "Deployment"), {"ml/w0/main", "ml/w1/main"}),
        (Named("pod", "w3", "other"), set()),
    ],
    ids=["a pod and a sibling", "a container and a sibling", "one pod of a workload and a sibling", "a pod of another namespace"],
)
def test_who_was_asked_about_is_told_of_though_all_is_well(named: Named, expected: set[str], api: Api, hands: Hands, run: RunProbe) -> None:
    well = {"containerStatuses": [status(ready=True, state={"running": {"startedAt": at(500)}})]}
    api.put("pods", *(pod(f"w{number}", ready=True, status=well) for number in range(6)))
    access = hands()
    access.named = (named,)

    assert expected == set(looks(run(containers.PROBES[0], access), "container"))


def test_a_restart_of_days_ago_is_told_if_that_far_back_is_asked_for(api: Api, hands: Hands, run: RunProbe) -> None:
    it = status(ready=True, state={"running": {"startedAt": at(200_000)}}, lastState=ended(ago=200_010), restartCount=9)
    api.put("pods", pod(ready=True, status={"containerStatuses": [it]}))
    access = hands()
    access.since = NOW - 3 * 86_400

    assert {KEY} == set(looks(run(containers.PROBES[0], access), "container"))
