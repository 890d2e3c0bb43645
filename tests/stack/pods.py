"""Pods for the tests of the node."""

from typing import Any

from tests.stack.images import BUSYBOX
from tests.stack.node import Node


def pod(space: str, name: str, command: str = "sleep 600", image: str = BUSYBOX) -> dict[str, Any]:
    """One container that ends at once when told."""
    container = {"name": "main", "image": image, "command": ["sh", "-c", command]}
    spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": space}, "spec": spec}


def said(node: Node, space: str, command: str) -> str:
    """What a pod that runs this to its end has printed."""
    node.apply(pod(space, "speaker", command))
    node.wait("the pod's end", lambda: phase(node, space, "speaker") in {"Succeeded", "Failed"})
    return node.kubectl("-n", space, "logs", "speaker")


def phase(node: Node, space: str, name: str) -> str:
    return str(node.get("-n", space, "pod", name)["status"]["phase"])


def why_waiting(node: Node, space: str, name: str) -> str:
    """Why the container waits, once it is for its image and in full: after the first try the reason alone is repeated."""
    statuses = node.get("-n", space, "pod", name)["status"].get("containerStatuses", [])
    waiting = [one["state"].get("waiting", {}) for one in statuses]
    return " ".join(one.get("message", "") for one in waiting if one.get("reason") == "ErrImagePull")


def events(node: Node, space: str) -> list[str]:
    """Reason and message of every event."""
    return [f"{one['reason']}: {one['message']}" for one in node.get("-n", space, "events")["items"]]
