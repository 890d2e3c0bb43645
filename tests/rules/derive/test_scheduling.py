"""Why no node fits, from messages as schedulers of several versions write them."""

from __future__ import annotations

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import facts, told

WHO = "workload ml/Deployment/api"
END = " no new claims to deallocate, preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("text", "kind", "named"),
    [
        ("0/1 nodes are available: 1 Insufficient cpu." + END, "resources", ("cpu",)),
        ("0/3 nodes are available: 2 Insufficient memory, 1 Insufficient cpu.", "resources", ("memory", "cpu")),
        ("0/5 nodes are available: 1 Insufficient nvidia.com/gpu, 4 node(s) had untolerated taint(s)." + END, "gpu", ("nvidia.com/gpu",)),
        ("0/1 nodes are available: 1 Insufficient example.com/fpga." + END, "resources", ("example.com/fpga",)),
        ("0/2 nodes are available: 2 node(s) had untolerated taint {gpu: }. preemption: 0/2 nodes are available.", "taint", ("gpu: ",)),
        ("0/2 nodes are available: 2 node(s) had untolerated taint(s)." + END, "some-taint", ()),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.", "node", ("unreachable",)),
        ("0/1 nodes are available: 1 node(s) were unschedulable." + END, "node", ()),
        ("0/10 nodes are available: 6 node(s) didn't match Pod's node affinity/selector, 4 node(s) were unschedulable.", "selector", ()),
        ("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports." + END, "ports", ()),
        ("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.", "spread", ()),
        ("0/3 nodes are available: 3 node(s) had volume node affinity conflict.", "volume", ()),
        ("0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity." + END, "volume", ()),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "claim", ()),
        ('0/1 nodes are available: persistentvolumeclaim "data" not found.' + END, "claim", ("data",)),
        ("0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods.", "pods", ()),
        ("no nodes available to schedule pods", "no-nodes", ()),
        ("something that no scheduler has said yet", "other", ()),
        ("", "nobody", ()),
    ],
)  # fmt: skip
def test_the_first_thing_in_the_way_on_the_nodes_that_are_left(text: str, kind: str, named: tuple[str, ...]) -> None:
    found = facts({WHO: {"scheduler_says": text or None, "pods_unplaced": 1}})

    assert {"blocked_by": kind, "blocked_for": named} == told(found, WHO, "blocked_by", "blocked_for")


@pytest.mark.parametrize(
    ("taints", "kind", "named"),
    [
        ([("node.kubernetes.io/unreachable:NoSchedule",), ("node.kubernetes.io/not-ready:NoExecute",)], "node", ("not-ready", "unreachable")),
        ([("node.kubernetes.io/unreachable:NoSchedule",), ("gpu=a100:NoSchedule",)], "taint", ()),
        ([("gpu=a100:NoSchedule",), ()], "taint", ()),
    ],
    ids=["all in trouble", "one in trouble, one of its owner's", "its owner's"],
)
def test_a_taint_that_the_scheduler_does_not_name_is_told_by_the_nodes(taints: list[tuple[str, ...]], kind: str, named: tuple[str, ...]) -> None:
    says = "0/2 nodes are available: 2 node(s) had untolerated taint(s)." + END
    nodes = {f"node n{number}": {"taints": of or None} for number, of in enumerate(taints)}
    found = facts({WHO: {"scheduler_says": says, "pods_unplaced": 1}, **nodes})

    assert {"blocked_by": kind, "blocked_for": named} == told(found, WHO, "blocked_by", "blocked_for")


@pytest.mark.parametrize(
    ("nodes", "selector", "kind", "named"),
    [
        ({"n1": (("gpu=a100:NoSchedule",), ("pool=spot",))}, ("pool=spot",), "taint", ("gpu=a100:NoSchedule",)),
        ({"n1": (("node.kubernetes.io/disk-pressure:NoSchedule",), ("pool=spot",))}, ("pool=spot",), "node", ("disk-pressure",)),
        ({"n1": (("gpu=a100:NoSchedule",), ("pool=other",))}, ("pool=spot",), "selector", ()),
        ({"n1": (("gpu=a100:NoSchedule",), ("pool=spot", "zone=a"))}, ("pool=spot", "zone=b"), "selector", ()),
        ({"n1": (("gpu=a100:NoSchedule",), ("pool=spot",))}, (), "selector-or-taint", ()),
    ],
    ids=["its owner's taint", "in trouble", "none has the label", "none has both labels", "no selector, so an affinity"],
)
def test_a_node_with_taints_may_be_the_one_that_the_selector_is_meant_for(
    nodes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]], selector: tuple[str, ...], kind: str, named: tuple[str, ...]
) -> None:
    says = "0/6 nodes are available: 1 node(s) had untolerated taint(s), 5 node(s) didn't match Pod's node affinity/selector." + END
    seen = {f"node {name}": {"taints": taints, "labels": labels} for name, (taints, labels) in nodes.items()}
    found = facts({WHO: {"scheduler_says": says, "pods_unplaced": 1}, "pod ml/api-0": {"node_selector": selector}, **seen}, [f"{WHO} runs pod ml/api-0"])

    assert {"blocked_by": kind, "blocked_for": named} == told(found, WHO, "blocked_by", "blocked_for")


def test_nothing_is_in_the_way_of_pods_that_have_a_node() -> None:
    assert {"blocked_by": ""} == told(facts({WHO: {"scheduler_says": None, "pods_unplaced": 0}}), WHO, "blocked_by")


PULL: dict[str, Value] = {"waiting_reason": "ImagePullBackOff", "image_registry": "r.example", "last_attempt_at": 1_799_999_900.0}


@pytest.mark.parametrize(
    ("message", "event", "says"),
    [
        ('Back-off pulling image "r/a:1": ErrImagePull: failed to resolve reference "r/a:1": r/a:1: not found', None, "image-doesnt-exist"),
        ('Back-off pulling image "r/a:1"', 'Failed to pull image "r/a:1": 429 Too Many Requests', "rate-limited"),
        ('failed to do request: Head "https://r/v2/": dial tcp: lookup r on 10.0.0.2:53: no such host', None, "unknown-host"),
        ("pulling from host r failed with status code [manifests 1]: 401 Unauthorized", None, "registry-auth-failed"),
        ("pulling from host r failed with status code [manifests 1]: 403 Forbidden", None, "access-denied"),
        ("no match for platform in manifest: not found", None, "wrong-platform"),
        ('Back-off pulling image "r/a:1"', None, ""),
    ],
)
def test_the_error_of_a_pull_is_found_wherever_it_stands(message: str, event: str | None, says: str) -> None:
    found = facts({"container ml/api/main": {**PULL, "waiting_message": message, "pull_event": event}})

    assert {"pull_failing": True, "pull_says": says} == told(found, "container ml/api/main", "pull_failing", "pull_says")


def test_a_container_that_waits_for_something_else_pulls_nothing() -> None:
    found = facts({"container ml/api/main": {"waiting_reason": "ContainerCreating"}})

    assert {"pull_failing": False, "pull_since": None} == told(found, "container ml/api/main", "pull_failing", "pull_since")
