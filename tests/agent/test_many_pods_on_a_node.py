"""One registry that does not answer, and 300 pods of 40 workloads that wait for it: one incident, beside whatever else is wrong.

Deployments, ReplicaSets and scheduling are real; the kubelet of the node that the pods stand on is told, in the words of a real one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bench.crowd import Writer
from tests.stack.images import PYTHON
from tests.stack.node import Node

pytestmark = pytest.mark.node
Object = dict[str, Any]
SPACES = [f"many-{number}" for number in range(5)]
WORKLOADS, PODS = 40, 300
REGISTRY = "nexus.example:8443"
TOLD = "told-for-many"
HUNGRY = "x = []\nwhile True: x.append('a' * 1000000)"


def _deployment(number: int) -> Object:
    name, labels = f"app-{number:02}", {"app": f"app-{number:02}"}
    container = {"name": "main", "image": f"{REGISTRY}/ml/{name}:1.4"}
    spec = {"containers": [container], "nodeSelector": {"pool": TOLD}, "terminationGracePeriodSeconds": 0}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SPACES[number % len(SPACES)]},
        "spec": {"replicas": 7 + number % 2, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }  # fmt: skip


def _trainer(node: Node) -> Object:
    """On the node that has a kubelet: the scheduler may choose either."""
    container = {"name": "main", "image": PYTHON, "command": ["python3", "-c", HUNGRY], "resources": {"limits": {"memory": "32Mi"}}}
    spec = {"restartPolicy": "Never", "containers": [container], "nodeSelector": {"kubernetes.io/hostname": node.node_name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trainer", "namespace": SPACES[0]}, "spec": spec}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _alive(node: Node) -> None:
    conditions = [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status", "lastHeartbeatTime": _now()}]
    size = {"cpu": "64", "memory": "256Gi", "pods": "1000"}
    Writer(node).status(f"/api/v1/nodes/{TOLD}", {"conditions": conditions, "capacity": size, "allocatable": size}, "kubelet")


def _keep_alive(node: Node, over: threading.Event) -> None:
    while not over.wait(5):
        _alive(node)


def _waits(pod: Object) -> Object:
    image = pod["spec"]["containers"][0]["image"]
    path = image.removeprefix(f"{REGISTRY}/").partition(":")[0]
    error = (
        f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": failed to do request: '
        f'Head "https://{REGISTRY}/v2/{path}/manifests/1.4": dial tcp 10.20.0.9:8443: connect: connection refused'
    )
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}": ErrImagePull: {error}'}
    return {
        "phase": "Pending", "startTime": _now(),
        "containerStatuses": [{"name": "main", "image": image, "imageID": "", "ready": False, "restartCount": 0, "started": False, "state": {"waiting": waiting}}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def waiting(node: Node) -> Iterator[Node]:
    """300 pods that wait for one registry, and one training that is killed for memory."""
    over = threading.Event()
    objects: list[Object] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in SPACES]
    objects.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": TOLD, "labels": {"pool": TOLD}}})
    node.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    _alive(node)
    beat = threading.Thread(target=_keep_alive, args=(node, over))
    beat.start()
    try:
        made = [*(_deployment(number) for number in range(WORKLOADS)), _trainer(node)]
        node.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))
        node.wait(f"{PODS} pods have a node", lambda: len(_placed(node)) == PODS, 120)
        writer = Writer(node)
        for pod in _placed(node):
            writer.status(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}", _waits(pod), "kubelet")
        node.wait("the training is killed", lambda: "OOMKilled" in node.kubectl("get", "pod", "trainer", "-n", SPACES[0], "-o", "json"), 120)
        yield node
    finally:
        over.set()
        beat.join()
        node.attempt("delete", "namespace", *SPACES, "--wait=false")
        for name in SPACES:
            node.attempt("delete", "pods", "--all", "-n", name, "--grace-period=0", "--force", "--wait=false")
        node.attempt("delete", "node", TOLD)


def _placed(node: Node) -> list[Object]:
    return [pod for pod in node.get("pods", "-A", "--field-selector", f"spec.nodeName={TOLD}")["items"] if pod["metadata"]["namespace"] in SPACES]


def test_one_registry_is_one_incident_and_what_stands_apart_another(waiting: Node) -> None:
    command = [sys.executable, "-m", "agent.cli", "--kubeconfig", str(waiting.kubeconfig), "--docker", "none", "--deadline", "30", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    report = json.loads(done.stdout)
    ours = [one for one in report["incidents"] if any(f" {space}/" in subject for one_ in (one, *one["consequences"]) for subject in one_["subjects"] for space in SPACES)]
    pull, kill = sorted(ours, key=lambda one: -one["affected"])

    assert ("kubernetes/imagepullbackoff", PODS, f"registry {REGISTRY}", ["registry-unreachable"]) == (pull["row"], pull["affected"], pull["head"], pull["named_ids"])
    assert WORKLOADS == sum(one["affected"] for one in pull["consequences"] if one["row"] == "kubernetes/deployment-stuck")
    assert ("training/training-oom", 1) == (kill["row"], kill["affected"])
