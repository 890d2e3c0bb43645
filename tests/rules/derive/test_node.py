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
