"""Is it one node that holds a workload's pods up?"""

from __future__ import annotations

import pytest

from probes._contract import Subject, Value
from tests.rules.derive.conftest import facts

API = Subject("workload", "ml/Deployment/api")
NO_NETWORK = 'plugin type="bridge" failed (add): failed to set bridge addr'


@pytest.mark.parametrize(
    ("nodes", "sandbox", "places", "expected"),
    [
        ({"n1": False}, None, ["n1", "n1"], ["n1"]),
        ({"n1": True}, None, ["n1", "n1"], []),
        ({"n1": True}, NO_NETWORK, ["n1", "n1"], ["n1"]),
        ({"n1": False, "n2": True}, None, ["n1", "n2"], []),
        ({"n1": False}, None, ["n1", ""], []),
    ],
    ids=["not ready", "ready", "it makes no sandbox", "on two nodes", "one has no node"],
)
def test_only_a_node_that_all_unready_pods_stand_on_stops_a_workload(
    nodes: dict[str, bool], sandbox: str | None, places: list[str], expected: list[str]
) -> None:
    pods: dict[str, dict[str, Value]] = {f"pod ml/api-{number}": {"ready": False, "sandbox_says": sandbox} for number in range(len(places))}
    relations = [f"workload ml/Deployment/api runs pod ml/api-{number}" for number in range(len(places))]
    relations += [f"pod ml/api-{number} on node {node}" for number, node in enumerate(places) if node]
    found = facts({**pods, **{f"node {name}": {"ready": ready} for name, ready in nodes.items()}}, relations)

    assert expected == [one.key for one in found.targets(API, "workload stopped_by node")]


def test_a_node_tainted_by_kubernetes_itself_stops_those_that_stand_on_it_and_those_that_find_none() -> None:
    says = "0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    found = facts(
        {
            "pod ml/api-0": {"ready": False}, "pod ml/api-1": {"ready": False},
            "workload ml/Deployment/api": {"scheduler_says": says, "pods_unplaced": 1},
            "node n1": {"ready": True, "taints": ("node.kubernetes.io/network-unavailable:NoSchedule",)},
        },
        ["workload ml/Deployment/api runs pod ml/api-0", "workload ml/Deployment/api runs pod ml/api-1", "pod ml/api-0 on node n1"],
    )  # fmt: skip

    assert ["n1"] == [one.key for one in found.targets(API, "workload stopped_by node")]


FULL = ("dedicated=farm:NoSchedule", "node.kubernetes.io/disk-pressure:NoSchedule")
MIXED = "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) had untolerated taint(s)."


@pytest.mark.parametrize(
    ("labels", "placed", "expected"),
    [
        (("pool=farm",), False, ["full"]),
        (("pool=other",), False, []),
        (None, False, []),
        (("pool=farm",), True, []),
    ],
    ids=["the one that its selector is meant for", "for none", "nobody read the labels", "a pod runs there"],
)
def test_a_node_that_takes_no_pods_stops_those_that_are_meant_for_it(labels: tuple[str, ...] | None, placed: bool, expected: list[str]) -> None:
    known: dict[str, Value] = {} if labels is None else {"labels": labels}
    found = facts(
        {
            "pod ml/api-0": {"ready": False, "node_selector": ("pool=farm",)}, "workload ml/Deployment/api": {"scheduler_says": None if placed else MIXED, "pods_unplaced": 1},
            "node full": {"ready": True, "taints": FULL, **known}, "node gpu": {"ready": True, "taints": ("gpu=a:NoSchedule",), "labels": ("pool=gpu",)},
            "node plain": {"ready": True, "taints": None, "labels": ()},
        },
        ["workload ml/Deployment/api runs pod ml/api-0", *(["pod ml/api-0 on node full"] if placed else [])],
    )  # fmt: skip

    assert expected == [one.key for one in found.targets(API, "workload stopped_by node")]
