"""The chart on a real node: installed in a namespace that takes restricted pods alone, its Jobs waited for, and their reports read."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.helm.image import REPOSITORY, TAG
from tests.stack.build import programs
from tests.stack.images import BUSYBOX, PYTHON
from tests.stack.node import Node

CHART = Path(__file__).parents[2] / "helm"
PLANTED, QUIET = "shop", "attic"
IMAGE = {"image": {"repository": REPOSITORY, "tag": TAG, "pullPolicy": "Never"}}
_PATIENCE_S = 120


def helm(it: Node, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run helm against the node; nothing of the person's own settings is read."""
    homes = {f"HELM_{name}_HOME": str(it.folder / "helm") for name in ("CACHE", "CONFIG", "DATA")}
    command = [str(programs("helm") / "helm"), *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "KUBECONFIG": str(it.kubeconfig), **homes})


def plant(it: Node) -> None:
    """A crash loop and an image that cannot be pulled in one namespace, and nothing wrong in another."""
    for space in (PLANTED, QUIET):
        it.kubectl("create", "namespace", space)
    looping = {"image": PYTHON, "command": ["python3", "/app/serve.py"]}
    it.apply(
        _deployment(PLANTED, "api", looping), _deployment(PLANTED, "web", {"image": "no-such-registry.invalid/shop/web:1.2"}),
        _deployment(PLANTED, "cache", {"image": BUSYBOX, "command": ["sleep", "10000"]}), _deployment(QUIET, "cache", {"image": BUSYBOX, "command": ["sleep", "10000"]}),
    )  # fmt: skip
    it.wait("the planted faults", lambda: _came_about(it), _PATIENCE_S)


def _deployment(space: str, name: str, container: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": name}
    spec = {"containers": [{"name": "main", **container}], "terminationGracePeriodSeconds": 0}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }  # fmt: skip


def _came_about(it: Node) -> bool:
    statuses = [status for pod in it.get("-n", PLANTED, "pods")["items"] for status in pod["status"].get("containerStatuses", [])]
    waits = [status["state"].get("waiting", {}).get("reason", "") for status in statuses]
    loops = "CrashLoopBackOff" in waits or any(status["restartCount"] >= 3 for status in statuses)
    return loops and any("Pull" in reason for reason in waits)


class Release:
    """The chart under one name, in a namespace of its own that takes pods of this pod security level."""

    def __init__(self, it: Node, name: str, level: str = "restricted") -> None:
        self.node = it
        self.name = name
        labels = [f"pod-security.kubernetes.io/{mode}={level}" for mode in ("enforce", "warn")]
        it.kubectl("create", "namespace", name)
        it.kubectl("label", "namespace", name, *labels)

    def install(self, values: dict[str, Any]) -> str:
        """What helm says. Raises AssertionError where it refuses or warns."""
        done = self.attempt("upgrade", "--install", self.name, str(CHART), "-f", "-", stdin=json.dumps({**IMAGE, **values}))
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout

    def attempt(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return helm(self.node, "--namespace", self.name, *words, stdin=stdin)

    def remove(self) -> None:
        self.attempt("uninstall", self.name)
        self.node.kubectl("delete", "namespace", self.name, "--wait=false")

    def ends(self, component: str = "run") -> dict[str, tuple[int, str, str]]:
        """Of each pod of that component, once all of its Jobs' pods have ended: the Job, and exit code, log and termination message."""
        return self.node.wait("the end of the Jobs", lambda: self._ended(component), _PATIENCE_S)

    def _ended(self, component: str) -> dict[str, tuple[int, str, str]]:
        selector = ["-l", f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"]
        pods = self.node.get("-n", self.name, "pods", *selector)["items"]
        found = {}
        for pod in pods:
            (status,) = pod["status"].get("containerStatuses") or [{}]
            ended = status.get("state", {}).get("terminated")
            if ended is None:
                return {}
            log = self.node.kubectl("-n", self.name, "logs", pod["metadata"]["name"])
            found[pod["metadata"]["labels"]["job-name"]] = (ended["exitCode"], log, ended.get("message", ""))
        wanted = [job for job in self.node.get("-n", self.name, "jobs")["items"] if "completionMode" not in job["spec"] or job["spec"]["completionMode"] != "Indexed"]
        return found if len(found) >= len(wanted) else {}


def asked(it: Node, account: str, since: float) -> list[tuple[str, str, int]]:
    """What an account asked the API server for since then: verb, resource, and the status of the answer."""
    found = []
    for line in it.audit_log.read_text().splitlines():
        one = json.loads(line)
        began = datetime.fromisoformat(one["requestReceivedTimestamp"]).timestamp()
        if one["user"].get("username") == account and one["stage"] == "ResponseComplete" and began >= since - 1:
            reference = one.get("objectRef", {})
            resource = "/".join(part for part in (reference.get("resource", one["requestURI"]), reference.get("subresource", "")) if part)
            found.append((one["verb"], resource, one.get("responseStatus", {}).get("code", 0)))
    return found
