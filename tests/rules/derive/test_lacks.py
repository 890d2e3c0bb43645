"""Which object do workloads and containers wait for, by what the kubelet and the scheduler say?"""

from __future__ import annotations

import pytest

from probes._contract import Subject, Value
from tests.rules.derive.conftest import facts

API = "workload ml/Deployment/api"
POD, MAIN = "pod ml/api-0", "container ml/api-0/main"
RUNS = [f"{API} runs {POD}", f"{API} runs {MAIN}"]
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"


def lacks(pod: dict[str, Value], error: str | None = None, says: str | None = None) -> list[str]:
    workload: dict[str, Value] = {"pods_wanted": 1, "scheduler_says": says, "pods_unplaced": int(says is not None)}
    found = facts({API: workload, POD: {"ready": False, **pod}, MAIN: {"ready": False, "start_error": error}}, RUNS)
    return [one.key for one in found.targets(Subject("workload", "ml/Deployment/api"), "workload lacks object")]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ('configmap "common" not found', ["ml/configmap/common"]),
        ("couldn't find key TOKEN in Secret ml/tokens", ["ml/secret/tokens"]),
        ("couldn't find key URL in ConfigMap ml/urls", ["ml/configmap/urls"]),
        ('exec: "srve": executable file not found in $PATH', []),
        (None, []),
    ],
)
def test_what_the_kubelet_does_not_find_is_lacked(error: str | None, expected: list[str]) -> None:
    assert expected == lacks({}, error)


@pytest.mark.parametrize(
    ("pod", "says", "expected"),
    [
        ({"claims_pending": ("models",)}, UNBOUND, ["ml/persistentvolumeclaim/models"]),
        ({"claims_missing": ("models",)}, '0/1 nodes are available: persistentvolumeclaim "models" not found.', ["ml/persistentvolumeclaim/models"]),
        ({"claims_pending": ("models", "scratch")}, UNBOUND, []),
        ({"claims_pending": ("models",)}, "0/1 nodes are available: 1 Insufficient cpu.", []),
    ],
    ids=["not bound", "not there", "one of two", "it waits for a first consumer"],
)
def test_a_claim_that_the_scheduler_blames_is_lacked(pod: dict[str, Value], says: str, expected: list[str]) -> None:
    assert expected == lacks(pod, says=says)
