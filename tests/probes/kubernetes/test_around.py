"""What stands around a workload: nodes, quotas, webhooks, volumes, images, Services, references and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from probes._access import Access
from probes._contract import Census, Relation, Subject, Swept, Unavailable
from probes.kubernetes import admission, images, logs, nodes, references, services, usage, volumes
from probes.kubernetes.admission import stopped_by
from probes.kubernetes.images import distance

from .conftest import NOW, Api, Handler, Object, RunProbe, See, at, ended, event, looks, pod, some, status

Hands = Callable[..., Access]
MAIN = Subject("container", "ml/api-1/main")
POD = "/api/v1/namespaces/ml/pods/api-1"
GIB = 2.0**30


def gaps(answers: list[Any]) -> list[tuple[str, str]]:
    return [(one.why, one.remedy) for one in answers if isinstance(one, Unavailable)]


# nodes


def node(name: str = "n1", *, ready: str = "True", conditions: tuple[Object, ...] = (), **parts: Any) -> Object:
    """A node of 8 cores, 32 GiB and 10 pods; `spec`, `status` and `meta` are merged in."""
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastTransitionTime": at(700),
    }
    status_ = {
        "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "10"},
        "nodeInfo": {"architecture": "amd64"},
        "conditions": [condition, *conditions],
    }
    return {
        "metadata": {"name": name} | parts.get("meta", {}),
        "spec": parts.get("spec", {}),
        "status": status_ | parts.get("status", {}),
    }


def condition(type_: str, status_: str, message: str = "it says so") -> Object:
    return {"type": type_, "status": status_, "message": message, "lastTransitionTime": at(300)}


ABOUT_NODES = nodes.PROBES[0]
TAINT = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("name", "expected", "it"),
    [
        ("ready", False, node(ready="False")),
        ("ready", False, node(ready="Unknown")),
        ("unfit_at", NOW - 700, node(ready="Unknown")),
        ("unfit_at", NOW - 300, node(conditions=(condition("DiskPressure", "True"),))),
        ("pressures", ("DiskPressure: it says so",), node(conditions=(condition("DiskPressure", "True"), condition("MemoryPressure", "False")), ready="False")),
        ("other_conditions", ("KernelDeadlock: it says so",), node(conditions=(condition("KernelDeadlock", "True"), condition("DiskPressure", "True")))),
        ("other_conditions", (), node(conditions=(condition("KernelDeadlock", "False"), condition("KernelReady", "True")), ready="False")),
        ("other_conditions", ("KernelReady: it says so",), node(conditions=(condition("KernelReady", "False"),))),
        ("cordoned", True, node(spec={"unschedulable": True})),
        ("taints", ("dedicated=gpu:NoSchedule",), node(spec={"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]})),
        ("taints", ("node.kubernetes.io/unreachable:NoExecute",), node(spec={"taints": [TAINT]})),
        ("gpus", 4, node(status={"allocatable": {"nvidia.com/gpu": "4"}}, ready="False")),
        ("gpu_label", True, node(meta={"labels": {"nvidia.com/gpu.present": "true"}}, ready="False")),
        ("labels", ("pool=gpu", "zone=a"), node(meta={"labels": {"zone": "a", "pool": "gpu"}}, ready="False")),
        ("architecture", "arm64", node(status={"nodeInfo": {"architecture": "arm64"}}, ready="False", spec={"unschedulable": True})),
    ],
)  # fmt: skip
def test_a_node_that_may_be_unfit_is_told(name: str, expected: object, it: Object, api: Api, see: See) -> None:
    api.put("nodes", it)

    assert expected == see(ABOUT_NODES, "node")["n1"][name]


@pytest.mark.parametrize(
    "it",
    [node(), node(conditions=(condition("KernelDeadlock", "False"), condition("DiskPressure", "False"), condition("StorageReady", "True")))],
    ids=["plain", "with other conditions"],
)
def test_a_healthy_node_is_silent_and_counted(it: Object, api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("nodes", it)
    answers = run(ABOUT_NODES, hands())

    assert {} == looks(answers, "node")
    assert [("node", 1)] == [(one.kind, one.count) for one in answers if isinstance(one, Swept)]


def asks(name: str, where: str, **requests: str) -> Object:
    container = {"name": "main", "resources": {"requests": {key.replace("gpu", "nvidia.com/gpu"): value for key, value in requests.items()}}}
    return pod(name, spec={"nodeName": where, "containers": [container]})


def test_room_is_what_is_allocatable_less_what_pods_ask_for(api: Api, see: See) -> None:
    gpu = node("g1", status={"allocatable": {"cpu": "16", "memory": "64Gi", "pods": "10", "nvidia.com/gpu": "4"}})
    lost = node("n3", ready="False", status={"allocatable": {"cpu": "96", "memory": "1Ti", "pods": "10"}})
    api.put("nodes", node(), gpu, lost, node("n4", spec={"unschedulable": True}))
    api.put("pods", asks("a", "n1", cpu="500m", memory="2Gi"), asks("b", "n1", cpu="2"), asks("c", "g1", cpu="15", memory="60Gi", gpu="3"))
    api.put("pods", pod("over", phase="Failed", spec={"nodeName": "n1", "containers": [{"name": "m", "resources": {"requests": {"cpu": "4"}}}]}))

    assert (5.5, 30 * GIB, 8) == some(see(ABOUT_NODES, "node")["n1"], "cores_free", "memory_free_bytes", "pods_free")
    expected = {
        "nodes": 4, "nodes_ready": 3, "gpus": 4, "gpus_free": 1, "cores_free_most": 5.5, "memory_free_most_bytes": 30 * GIB, "architectures": ("amd64",),
    }  # fmt: skip
    assert expected == see(ABOUT_NODES, "cluster")["here"]


def test_where_not_all_pods_may_be_read_no_room_is_told(api: Api, see: See) -> None:
    api.put("nodes", node(ready="False")).answer("/api/v1/pods", 403)

    assert (None, None, None) == some(see(ABOUT_NODES, "node")["n1"], "cores_free", "memory_free_bytes", "pods_free")
    assert (1, 0, None, None) == some(see(ABOUT_NODES, "cluster")["here"], "nodes", "nodes_ready", "gpus_free", "cores_free_most")


def test_events_of_trouble_about_a_node_are_told(api: Api, see: See) -> None:
    api.put("nodes", node()).put(
        "events",
        event("SystemOOM", "System OOM encountered, victim process: python", about="Node n1"),
        event("Starting", "Starting kubelet.", about="Node n1"),
    )

    assert ("SystemOOM: System OOM encountered, victim process: python",) == see(ABOUT_NODES, "node")["n1"]["warnings"]


# quotas and webhooks

QUOTAS, WEBHOOKS = admission.PROBES
EXCEEDED = 'pods "api-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4'
NO_ENDPOINTS = 'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post "https://check.policy.svc:443/v": no endpoints available for service "check"'


def quota(hard: dict[str, str], used: dict[str, str]) -> Object:
    return {"metadata": {"name": "compute", "namespace": "ml"}, "status": {"hard": hard, "used": used}}


@pytest.mark.parametrize(
    ("expected", "hard", "used"),
    [
        (("requests.nvidia.com/gpu 4 of 4",), {"requests.nvidia.com/gpu": "4", "pods": "20"}, {"requests.nvidia.com/gpu": "4", "pods": "3"}),
        (("limits.cpu 9900m of 10",), {"limits.cpu": "10"}, {"limits.cpu": "9900m"}),
        (None, {"limits.memory": "64Gi"}, {"limits.memory": "32Gi"}),
        (None, {"pods": "2"}, {}),
        (("pods 0 of 0",), {"pods": "0"}, {}),
    ],
    ids=["full", "nearly", "half", "unused", "nothing is allowed"],
)
def test_a_quota_says_what_is_used_up(expected: object, hard: dict[str, str], used: dict[str, str], api: Api, see: See) -> None:
    api.put("resourcequotas", quota(hard, used))

    assert expected == see(QUOTAS, "quota")["ml/compute"]["full"]


def test_makers_of_pods_that_a_quota_stopped_are_counted_with_the_pods_let_in_since(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put(
        "events",
        event("FailedCreate", f"Error creating: {EXCEEDED}", about="ReplicaSet api-abc", ago=60),
        event("FailedCreate", EXCEEDED, about="Job train", ago=10),
    )
    api.put("events", event("FailedCreate", NO_ENDPOINTS, about="ReplicaSet web-1"), event("Killing", EXCEEDED, about="Pod api-1"))
    api.put(
        "pods",
        pod("old", meta={"creationTimestamp": at(500)}),
        pod("new", meta={"creationTimestamp": at(5)}),
        pod("far", ns="other", meta={"creationTimestamp": at(5)}),
    )

    expected = {Census(Subject("quota", "ml/compute"), "workload", 2, 1), Census(Subject("webhook", "check.example.com"), "workload", 1, 1)}
    assert expected == {answer for answer in run(QUOTAS, hands()) if isinstance(answer, Census)}


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (Subject("quota", "ml/compute"), EXCEEDED),
        (Subject("webhook", "check.example.com"), NO_ENDPOINTS),
        (Subject("webhook", "validate.kyverno.svc-fail"), 'admission webhook "validate.kyverno.svc-fail" denied the request: policy disallow-latest-tag'),
        (None, 'pods "x" is forbidden: error looking up service account ml/api: serviceaccount "api" not found'),
        (None, ""),
    ],
    ids=["quota", "webhook that fails", "webhook that denies", "something else", "nothing"],
)  # fmt: skip
def test_a_refusal_names_what_stopped_it(expected: Subject | None, message: str) -> None:
    assert expected == stopped_by(message, "ml")


def webhook(**parts: Any) -> Object:
    hook = {"name": "check.example.com", "clientConfig": {"service": {"namespace": "policy", "name": "check"}}} | parts
    return {"metadata": {"name": "checks", "managedFields": [{"manager": "helm", "time": at(900)}]}, "webhooks": [hook]}


def service(name: str = "check", ns: str = "policy", **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": ns}, "spec": {"selector": {"app": name}} | spec}


def endpoints(name: str = "check", ns: str = "policy", *ready: bool | None) -> Object:
    found = [{"addresses": [f"10.0.0.{number}"], "conditions": {"ready": it}} for number, it in enumerate(ready)]
    return {"metadata": {"name": f"{name}-x", "namespace": ns, "labels": {"kubernetes.io/service-name": name}}, "endpoints": found or None}


@pytest.mark.parametrize(
    ("expected", "resource", "objects"),
    [
        ((True, "policy/check", True, 0), "validatingwebhookconfigurations", (webhook(), service(), endpoints())),
        ((True, "policy/check", True, 0), "mutatingwebhookconfigurations", (webhook(failurePolicy="Fail"), service(), endpoints("check", "policy", False))),
        ((True, "policy/check", True, 2), "validatingwebhookconfigurations", (webhook(), service(), endpoints("check", "policy", True, None, False))),
        ((False, "policy/check", False, 0), "validatingwebhookconfigurations", (webhook(failurePolicy="Ignore"), service("other"), endpoints("other"))),
        ((True, "https://e.com/v", None, None), "validatingwebhookconfigurations", (webhook(clientConfig={"url": "https://e.com/v"}), service(), endpoints())),
    ],
    ids=["nobody", "nobody is ready", "two, one of which does not say", "no Service", "a URL"],
)  # fmt: skip
def test_a_webhook_is_told_with_who_answers_behind_it(
    expected: tuple[Any, ...], resource: str, objects: tuple[Object, ...], api: Api, see: See
) -> None:
    configuration, its_service, its_endpoints = objects
    api.put(resource, configuration).put("services", its_service).put("endpointslices", its_endpoints)
    it = see(WEBHOOKS, "webhook")["check.example.com"]

    assert expected == some(it, "fails_closed", "backend", "backend_exists", "backends_ready")
    assert ("checks", NOW - 900) == some(it, "configuration", "changed_at")


def test_who_answers_in_a_namespace_that_may_not_be_read_is_not_known(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("validatingwebhookconfigurations", webhook()).put("services", service()).put("endpointslices", endpoints("check", "policy", True))
    api.answer("/api/v1/services", 403)
    answers = run(WEBHOOKS, hands())

    assert {} == looks(answers, "webhook")
    assert [("forbidden", "Grant it: verbs [list] on services cluster-wide.")] == gaps(answers)
    assert [("not reached", "Leave --namespace out.")] == gaps(run(WEBHOOKS, hands(**{"kubernetes.only": "true"})))


# volumes

VOLUMES = volumes.PROBES[0]
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def claim(name: str = "data", phase: str = "Pending", class_: str | None = None) -> Object:
    return {"metadata": {"name": name, "namespace": "ml"}, "spec": {"storageClassName": class_}, "status": {"phase": phase}}


def storage(name: str, provisioner: str = "ebs.csi.aws.com", **meta: Any) -> Object:
    return {"metadata": {"name": name} | meta, "provisioner": provisioner}


def mounts(*names: str, **parts: Any) -> Object:
    return pod(
        phase="Pending", spec={"containers": [], "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]}, **parts
    )


@pytest.mark.parametrize(
    ("expected", "claims", "classes"),
    [
        ((("data",), (), None, None, None), (), (storage("fast"),)),
        (((), (), None, None, None), (claim(phase="Bound", class_="fast"),), ()),
        (((), ("data",), "fast", True, True), (claim(class_="fast"),), (storage("fast"),)),
        (((), ("data",), "fats", False, None), (claim(class_="fats"),), (storage("fast"),)),
        (((), ("data",), "gp3", True, True), (claim(),), (storage("fast"), storage("gp3", annotations=DEFAULT))),
        (((), ("data",), None, False, None), (claim(),), (storage("fast"),)),
        (((), ("data",), "local", True, False), (claim(class_="local"),), (storage("local", "kubernetes.io/no-provisioner"),)),
        (((), ("data",), None, True, None), (claim(class_=""),), (storage("fast", annotations=DEFAULT),)),
    ],
    ids=["missing", "bound", "pending", "class missing", "default class", "no default class", "nobody makes volumes", "no class on purpose"],
)
def test_how_the_claims_of_a_pod_stand(
    expected: tuple[Any, ...], claims: tuple[Object, ...], classes: tuple[Object, ...], api: Api, see: See
) -> None:
    api.put("pods", mounts("data")).put("persistentvolumeclaims", *claims).put("storageclasses", *classes)
    it = see(VOLUMES, "pod")["ml/api-1"]

    assert expected == some(it, "claims_missing", "claims_pending", "claim_class", "claim_class_exists", "claim_class_provisions")


def test_a_claim_whose_volume_is_gone_is_lost(api: Api, see: See) -> None:
    api.put("pods", mounts("data")).put("persistentvolumeclaims", claim(phase="Lost"))

    assert (("data",), (), ()) == some(see(VOLUMES, "pod")["ml/api-1"], "claims_lost", "claims_pending", "claims_missing")


def test_what_was_said_last_of_its_claims_is_told(api: Api, see: See) -> None:
    told = (
        event("ProvisioningFailed", 'storageclass.storage.k8s.io "fats" not found', about="PersistentVolumeClaim data", ago=10),
        event("WaitForFirstConsumer", "waiting for first consumer", about="PersistentVolumeClaim data", ago=400),
        event("ProvisioningFailed", "of somebody else", about="PersistentVolumeClaim other", ago=5),
    )
    api.put("pods", mounts("data")).put("persistentvolumeclaims", claim()).put("events", *told)

    assert 'ProvisioningFailed: storageclass.storage.k8s.io "fats" not found' == see(VOLUMES, "pod")["ml/api-1"]["claim_says"]


def test_classes_that_may_not_be_read_are_not_said_to_be_missing(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("pods", mounts("data")).put("persistentvolumeclaims", claim(class_="fast")).answer("/apis/storage.k8s.io/v1/storageclasses", 403)
    answers = run(VOLUMES, hands())

    assert (("data",), None) == some(looks(answers, "pod")["ml/api-1"], "claims_pending", "claim_class_exists")
    assert [("forbidden", "Grant it: verbs [list] on storageclasses.storage.k8s.io cluster-wide.")] == gaps(answers)


def test_claims_of_a_namespace_that_may_not_be_read_are_not_said_to_be_missing(api: Api, see: See) -> None:
    elsewhere = mounts("data", ns="other")
    elsewhere["metadata"]["namespace"] = "other"
    api.put("pods", mounts("data"), elsewhere).answer("/api/v1/persistentvolumeclaims", 403)

    assert {"ml/api-1": ("data",)} == {key: it["claims_missing"] for key, it in see(VOLUMES, "pod").items()}


# images

IMAGES = images.PROBES[0]
WANTED = "r.example/ml/api:2"


def runs(name: str, image: str) -> Object:
    ready = {"containerStatuses": [status(ready=True, image=image, state={"running": {"startedAt": at(500)}})]}
    return pod(
        name,
        ready=True,
        spec={"nodeName": "n1", "containers": [{"name": "main", "image": image}]},
        status=ready | {"conditions": [{"type": "Ready", "status": "True"}]},
    )


@pytest.mark.parametrize(
    ("expected", "running"),
    [
        ((False, None, None, None), ()),
        ((True, None, None, WANTED), (WANTED,)),
        ((False, "r.example/ml/api:1", None, "r.example/ml/api:1"), ("r.example/ml/api:1", "r.example/ml/api:1.5")),
        ((False, None, "r.example/ml/apy:2", "r.example/ml/apy:2"), ("r.example/ml/apy:2",)),
        ((False, None, "r.exmaple/ml/api:2", None), ("r.exmaple/ml/api:2",)),
        ((False, None, None, "r.example/data/loader:7"), ("r.example/data/loader:7", "docker.io/ml/other:2")),
    ],
    ids=["nothing runs", "the same", "other tags", "other name", "other registry", "of the same registry"],
)
def test_an_image_that_does_not_come_is_compared_with_those_that_run(expected: tuple[Any, ...], running: tuple[str, ...], api: Api, see: See) -> None:
    api.put("pods", pod(phase="Pending", status={"containerStatuses": [status(state={"waiting": {"reason": "ImagePullBackOff"}})]}))
    api.put("pods", *(runs(f"w{number}", image) for number, image in enumerate(running)))

    assert {WANTED: expected} == {
        key: some(it, "runs_elsewhere", "other_tag", "much_like", "registry_serves") for key, it in see(IMAGES, "image").items()
    }


def test_an_older_version_of_a_workload_knows_another_tag(api: Api, see: See) -> None:
    api.put("pods", pod(phase="Pending", status={"containerStatuses": [status(state={"waiting": {"reason": "ErrImagePull"}})]}))
    template = {"spec": {"containers": [{"name": "main", "image": "r.example/ml/api:1"}]}}
    api.put("replicasets", {"metadata": {"name": "api-1", "namespace": "ml"}, "spec": {"template": template}})

    assert "r.example/ml/api:1" == see(IMAGES, "image")[WANTED]["other_tag"]


@pytest.mark.parametrize(
    ("expected", "one", "other"),
    [(0, "api", "api"), (1, "api", "apis"), (1, "api", "aip"), (1, "api", "apy"), (2, "trainer", "rainers"), (2, "trainer", "trianre"), (3, "trainer", "server"), (3, "a", "abcd")],
)  # fmt: skip
def test_names_are_as_far_apart_as_letters_to_change_and_farther_than_two_is_far(expected: int, one: str, other: str) -> None:
    assert expected == distance(one, other) == distance(other, one)


# services

SERVICES = services.PROBES[0]


def test_services_are_told_with_those_that_have_nobody_behind_them(api: Api, see: See) -> None:
    api.put(
        "services", service("api", "ml"), service("db", "ml"), service("cache", "ml"), service("legacy", "ml", selector=None), service("api", "other")
    )
    api.put("endpointslices", endpoints("api", "ml", True), endpoints("db", "ml"), endpoints("cache", "ml", False))

    expected = {
        "ml": {"services": ("api", "cache", "db", "legacy"), "services_without_backends": ("cache", "db"), "services_without_selector": ("legacy",)},
        "other": {"services": ("api",), "services_without_backends": ("api",), "services_without_selector": None},
    }
    assert expected == see(SERVICES, "ns")


def test_the_pods_that_should_be_behind_a_service_without_backends_are_told(api: Api, hands: Hands, run: RunProbe) -> None:
    of_db = {"labels": {"app": "db", "tier": "store"}}
    db = service("db", "ml", selector={"app": "db"}, clusterIP="10.96.0.9")
    api.put("services", db, service("api", "ml"), service("all", "ml", selector={"app": "none"}, clusterIP="None")).put("endpointslices", endpoints("api", "ml", True))
    api.put("pods", pod("db-0", meta=of_db), pod("db-0", ns="other", meta=of_db), pod("api-1"))
    answers = run(SERVICES, hands())

    told = {"svc:ml/db": {"ready_addresses": 0, "selector": "app=db", "addresses": ("10.96.0.9",)}, "svc:ml/all": {"ready_addresses": 0, "selector": "app=none", "addresses": None}}
    assert told == looks(answers, "service")
    expected = [Relation("selects", Subject("service", "svc:ml/db"), Subject("pod", "ml/db-0"))]
    assert expected == [answer for answer in answers if isinstance(answer, Relation)]


def test_services_whose_backends_may_not_be_read_are_not_said_to_have_none(api: Api, see: See) -> None:
    api.put("services", service("api", "ml"), service("api", "other")).put("endpointslices", endpoints("api", "ml", True))
    api.answer("/apis/discovery.k8s.io/v1/endpointslices", 403)

    assert {"ml": None} == {key: it["services_without_backends"] for key, it in see(SERVICES, "ns").items()}


# references

REFERENCES = references.PROBES[0]
MAPS = "/api/v1/namespaces/ml/configmaps"
NEEDS = {
    "name": "main",
    "envFrom": [{"configMapRef": {"name": "settings"}}, {"configMapRef": {"name": "extra", "optional": True}}, {"secretRef": {"name": "keys"}}],
}


def test_a_config_map_that_is_not_there_is_missing_and_one_that_is_there_is_not(api: Api, see: See) -> None:
    both = NEEDS | {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "flags", "key": "a"}}}]}
    api.answer(POD, 200, pod(spec={"containers": [both]})).answer(f"{MAPS}/flags", 200, {"metadata": {"name": "flags"}})

    assert ("settings",) == see(REFERENCES, "container", MAIN)["ml/api-1/main"]["config_maps_missing"]


def test_all_there_is_nothing_missing_and_only_metadata_was_asked_for(api: Api, see: See) -> None:
    api.answer(POD, 200, pod(spec={"containers": [NEEDS]})).answer(f"{MAPS}/settings", 200, {"metadata": {"name": "settings"}})

    assert None is see(REFERENCES, "container", MAIN)["ml/api-1/main"]["config_maps_missing"]
    expected = [(POD, "application/json"), (f"{MAPS}/settings", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")]
    assert expected == list(zip(api.asked, api.accepted, strict=True))


def test_a_config_map_that_may_not_be_read_is_not_said_to_be_missing(api: Api, hands: Hands, run: RunProbe) -> None:
    api.answer(POD, 200, pod(spec={"containers": [NEEDS]})).answer(f"{MAPS}/settings", 403)
    answers = run(REFERENCES, hands(), MAIN)

    assert ({}, [("forbidden", "Grant it: verbs [get] on configmaps in namespace ml.")]) == (looks(answers, "container"), gaps(answers))


# usage

USAGE = usage.PROBES[0]
METRICS = "/apis/metrics.k8s.io/v1beta1"
LIMITED = {"resources": {"limits": {"memory": "512Mi"}}}
SAMPLE = {"containers": [{"name": "side", "usage": {"cpu": "1", "memory": "1Gi"}}, {"name": "main", "usage": {"cpu": "250m", "memory": "131072Ki"}}]}


@pytest.mark.parametrize(
    ("container", "sample", "expected"),
    [
        (LIMITED, (200, SAMPLE), (134_217_728, 0.25, 0.25)),
        ({}, (200, SAMPLE), (134_217_728, None, 0.25)),
        (LIMITED, (404, None), (None, None, None)),
        (LIMITED, (200, {"containers": []}), (None, None, None)),
    ],
    ids=["of its limit", "without a limit", "no sample of the pod", "no sample of the container"],
)
def test_use_is_that_of_the_container_named(
    container: dict[str, Any], sample: tuple[int, object], expected: tuple[object, ...], api: Api, see: See
) -> None:
    api.answer(POD, 200, pod(container=container)).answer(METRICS, 200, {}).answer(f"{METRICS}/namespaces/ml/pods/api-1", *sample)

    assert expected == some(see(USAGE, "container", MAIN)["ml/api-1/main"], "memory_used_bytes", "memory_used_ratio", "cpu_used")


@pytest.mark.parametrize(("status_", "why"), [(404, "not configured"), (403, "forbidden"), (503, "refused")])
def test_a_cluster_without_metrics_is_no_pod_without_use(status_: int, why: str, api: Api, hands: Hands, run: RunProbe) -> None:
    api.answer(POD, 200, pod()).answer(METRICS, status_)
    answers = run(USAGE, hands(), MAIN)

    assert ({}, [why]) == (looks(answers, "container"), [reason for reason, _ in gaps(answers)])


# logs

LOGS = logs.PROBES[0]
LINE = "2027-01-15T07:59:30.000000000Z"
LOOPS = {"containerStatuses": [status(state={"running": {"startedAt": at(20)}}, lastState=ended(ago=25), restartCount=3)]}
ENDED = {"containerStatuses": [status(state=ended(), restartCount=3)]}
ONCE = {"containerStatuses": [status(state={"running": {"startedAt": at(20)}})]}
LONG_AGO = {"containerStatuses": [status(state={"running": {"startedAt": at(4000)}}, lastState=ended(ago=4010), restartCount=3)]}


def log(api: Api, see: See, body: str, state: dict[str, Any] | None = None) -> dict[str, Any]:
    api.answer(POD, 200, pod(status=state or ENDED)).answer(f"{POD}/log", 200, body)
    return see(LOGS, "container", MAIN)["ml/api-1/main"]


@pytest.mark.parametrize(
    ("previous", "runs_now", "state"),
    [("true", False, LOOPS), ("false", False, ENDED), ("false", True, ONCE), ("false", True, LONG_AGO)],
    ids=["runs again", "ended", "first attempt", "started again long ago"],
)
def test_the_attempt_that_ended_last_is_read_and_the_one_that_runs_where_none_did(
    previous: str, runs_now: bool, state: dict[str, Any], api: Api, see: See
) -> None:
    it = log(api, see, f"{LINE} loading\n{LINE} MemoryError\n", state)

    assert ("loading\nMemoryError", 2, False, True, runs_now) == some(it, "log_tail", "log_lines", "log_empty", "log_complete", "log_attempt_runs")
    expected = {"container": ["main"], "tailLines": ["400"], "timestamps": ["true"], "previous": [previous]}
    assert expected == parse_qs(urlsplit(api.asked[-1]).query)


def test_the_stamps_of_the_node_tell_when_the_last_line_was_written(api: Api, see: See) -> None:
    assert NOW - 30 == log(api, see, f"{LINE} MemoryError\n")["log_last_at"]


def test_a_log_of_as_many_lines_as_were_asked_for_may_have_older_ones(api: Api, see: See) -> None:
    assert (400, False) == some(log(api, see, f"{LINE} step\n" * 400), "log_lines", "log_complete")


def test_of_long_lines_fewer_are_asked_for_and_the_newest_are_kept(api: Api, see: See) -> None:
    def scene(handler: Handler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        most = int(query.get("tailLines", ["0"])[0])
        handler.say(200, "".join(f"{LINE} {number} {'x' * 8000}\n" for number in range(400 - most, 400)) if most else pod(status=ENDED))

    api.scene = scene
    it = see(LOGS, "container", MAIN)["ml/api-1/main"]

    assert (32, False, "399") == (it["log_lines"], it["log_complete"], it["log_tail"].splitlines()[-1].split()[0])
    assert ["400", "60"] == [parse_qs(urlsplit(path).query)["tailLines"][0] for path in api.asked if "/log" in path]


def test_an_attempt_that_wrote_nothing_is_empty_and_not_unread(api: Api, see: See) -> None:
    assert (None, 0, True, True) == some(log(api, see, ""), "log_tail", "log_lines", "log_empty", "log_complete")


def test_a_container_that_waits_to_start_has_written_nothing(api: Api, see: See) -> None:
    message = 'container "main" in pod "api-1" is waiting to start: ContainerCreating'
    api.answer(POD, 200, pod(phase="Pending")).answer(f"{POD}/log", 400, {"message": message})

    assert (None, True) == some(see(LOGS, "container", MAIN)["ml/api-1/main"], "log_tail", "log_empty")


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ([("refused", "Keep logs outside of the node.")], (200, "unable to retrieve container logs for containerd://0123456789ab")),
        ([("refused", "Read the API server's own log.")], (400, {"message": 'previous terminated container "main" in pod "api-1" not found'})),
        ([("forbidden", "Grant it: verbs [get] on pods/log in namespace ml.")], (403, None)),
    ],
    ids=["gone", "no attempt before", "forbidden"],
)
def test_a_log_that_cannot_be_had_is_not_an_empty_one(
    expected: list[tuple[str, str]], answer: tuple[int, object], api: Api, hands: Hands, run: RunProbe
) -> None:
    api.answer(POD, 200, pod(status=LOOPS)).answer(f"{POD}/log", *answer)
    answers = run(LOGS, hands(), MAIN)

    assert ({}, expected) == (looks(answers, "container"), gaps(answers))
