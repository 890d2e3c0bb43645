"""Twenty workloads that are really sick, on the one real node of the bed: crash loops, images that do not exist, no room, no quota, no configuration."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tests.stack.images import BUSYBOX
from tests.stack.node import NAME, Node

Object = dict[str, Any]
NAMESPACE = "sick"
WAIT_S = 180
RESTARTS = 3
"""Of each crash loop, so that there is something to read."""

_HERE = {"kubernetes.io/hostname": NAME}

_CRASHING = {
    "no-module": "echo \"ModuleNotFoundError: No module named 'xgboost'\"; exit 1",
    "no-database": "echo 'psycopg2.OperationalError: could not connect to server: Connection refused'; exit 1",
    "no-command": "exec /opt/does/not/exist",
    "bad-setting": "echo 'KeyError: MODEL_URI'; exit 2",
    "segfault": "kill -SEGV $$",
    "no-file": "cat /models/model.bin",
}
_IMAGES = {"no-image": "ok", "not-allowed": "unauthorized", "no-registry": "unknown", "nobody-listens": "closed"}
"""By the registry of tests/stack that it is not had from."""

_NO_ROOM = {
    "much-cpu": {"cpu": "1000"},
    "much-memory": {"memory": "9Ti"},
    "gpu": {"nvidia.com/gpu": "1"},
    "many-cores": {"cpu": "900", "memory": "8Ti"},
}
_NOT_CONFIGURED: dict[str, Object] = {
    "no-configmap": {"envFrom": [{"configMapRef": {"name": "missing"}}]},
    "no-secret": {"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "missing", "key": "token"}}}]},
    "never-ready": {"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 2}},
    "not-alive": {"livenessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 2, "failureThreshold": 1}},
}
_QUOTA = ("no-quota", "no-quota-left")
NAMES = (*_CRASHING, *_IMAGES, *_NO_ROOM, *_NOT_CONFIGURED, *_QUOTA)


def plant(node: Node) -> None:
    """Make all and wait until every one shows its sickness; what it shows is printed."""
    objects: list[Object] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (NAMESPACE, *_QUOTA)]
    objects += [
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute", "namespace": name}, "spec": {"hard": {"pods": "0"}}}
        for name in _QUOTA
    ]
    node.kubectl("apply", "-f", "-", stdin=_list(objects))
    _wait(lambda: all(one.get("status", {}).get("hard") for one in node.get("resourcequotas", "-A")["items"]), "the quotas do not count")
    node.kubectl("apply", "-f", "-", stdin=_list(_deployments(node)))
    _wait(lambda: _restarts(node, _CRASHING) >= RESTARTS, f"the crash loops do not loop: {dict(_shown(node))}")
    shown = ", ".join(f"{count} {what}" for what, count in _shown(node).most_common())
    print(f"{len(NAMES)} sick workloads on {NAME}, each with one pod: {shown}; {len(_QUOTA)} without a pod, for their quota", flush=True)


def _list(objects: list[Object]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def _wait(there: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not there():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(2)


def _shown(node: Node) -> Counter[str]:
    """Why the first container of each pod waits, or else the pod's phase."""
    found: Counter[str] = Counter()
    for pod in node.get("pods", "-n", NAMESPACE)["items"]:
        states = [one["state"] for one in pod["status"].get("containerStatuses", [])]
        found[next((state["waiting"]["reason"] for state in states if "waiting" in state), pod["status"]["phase"])] += 1
    return found


def _restarts(node: Node, names: Iterable[str]) -> int:
    """The fewest restarts that a pod of these has."""
    pods = {pod["metadata"]["labels"]["app"]: pod for pod in node.get("pods", "-n", NAMESPACE)["items"]}
    return min(sum(int(one["restartCount"]) for one in pods.get(name, {}).get("status", {}).get("containerStatuses", [])) for name in names)


def _deployments(node: Node) -> list[Object]:
    sleep: Object = {"image": BUSYBOX, "command": ["sh", "-c", "trap exit TERM; while :; do sleep 1; done"]}
    made = [_deployment(name, {"image": BUSYBOX, "command": ["sh", "-c", script]}) for name, script in _CRASHING.items()]
    made += [_deployment(name, {"image": f"{node.registries[key]}/team/model:1"}) for name, key in _IMAGES.items()]
    made += [_deployment(name, sleep | {"resources": {"requests": asked, "limits": asked}}, {}) for name, asked in _NO_ROOM.items()]
    made += [_deployment(name, sleep | more) for name, more in _NOT_CONFIGURED.items()]
    return made + [_deployment(name, sleep, namespace=name) for name in _QUOTA]


def _deployment(name: str, container: Object, where: Object | None = None, namespace: str = NAMESPACE) -> Object:
    spec = {"containers": [{"name": "main"} | container], "nodeSelector": _HERE if where is None else where, "terminationGracePeriodSeconds": 1}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }  # fmt: skip
