"""An engineer's commands against a real node, through the real kubectl: one thing, what fired, and whether the repair worked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.images import BUSYBOX
from tests.stack.node import Node

pytestmark = pytest.mark.node
SPACE = "at-the-desk"
ROOT = Path(__file__).parents[2]
FAILS = ["sh", "-c", "echo 'FATAL: cannot bind 0.0.0.0:8080: Address already in use'; exit 3"]


def _deployment(name: str, replicas: int, command: list[str]) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"containers": [{"name": "main", "image": BUSYBOX, "command": command}], "terminationGracePeriodSeconds": 1}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SPACE},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }  # fmt: skip


class Desk:
    """A shell of somebody with kubectl, the plugin and a kubeconfig."""

    def __init__(self, node: Node, home: Path) -> None:
        program = home / "kubectl-diagnose"
        script = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom agent.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
        program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
        program.chmod(0o755)
        self.node = node
        path = f"{home}:{node.binaries}:{os.environ['PATH']}"
        self.environ = os.environ | {"PATH": path, "KUBECONFIG": str(node.kubeconfig), "XDG_STATE_HOME": str(home)}

    def diagnose(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(["kubectl", "diagnose", *words, "--docker", "none", "-q", "-o", "json"], capture_output=True, text=True, check=False, env=self.environ, cwd=ROOT)
        assert done.stderr in ("", f"error: exit status {done.returncode}\n"), done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def desk(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two healthy pods, one that loops, and another that a test mends."""
    node.kubectl("create", "namespace", SPACE)
    objects = [_deployment("web", 2, ["sleep", "9999"]), _deployment("api", 1, FAILS), _deployment("mended", 1, FAILS)]
    node.apply(*objects)
    began = time.monotonic()
    while time.monotonic() < began + 120:
        pods = node.get("pods", "-n", SPACE)["items"]
        states = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
        if sum(status["ready"] for status in states) == 2 and sum(status["restartCount"] >= 2 for status in states) == 2:
            yield Desk(node, tmp_path_factory.mktemp("desk"))
            node.kubectl("delete", "namespace", SPACE, "--wait=false")
            return
        time.sleep(1)
    pytest.fail("the pods did not come about")


def test_a_healthy_pod_that_is_named_is_looked_at_and_the_loop_beside_it_is_only_counted(desk: Desk) -> None:
    name = desk.node.get("pods", "-n", SPACE, "-l", "app=web")["items"][0]["metadata"]["name"]
    code, report = desk.diagnose(f"po/{name}", "-n", SPACE)

    assert (0, [], True) == (code, report["incidents"], report["elsewhere"] >= 1)
    assert report["verdict"].startswith(f"Nothing wrong with pod {SPACE}/{name} in what I could see: ")


def test_a_name_that_is_not_there_ends_with_three(desk: Desk) -> None:
    code, report = desk.diagnose("pod/nobody", "-n", SPACE)

    assert (3, ["not found"]) == (code, [gap["why"] for gap in report["gaps"] if gap["asked"]])


def test_what_fired_begins_the_look(desk: Desk, tmp_path: Path) -> None:
    alerts = [{"labels": {"alertname": "KubeDeploymentRolloutStuck", "namespace": SPACE, "deployment": "api"}, "status": {"state": "active"}}]
    (tmp_path / "alerts.json").write_text(json.dumps(alerts), encoding="utf-8")
    code, report = desk.diagnose("--alert", str(tmp_path / "alerts.json"))

    assert (1, ["kubernetes/crashloopbackoff"]) == (code, [one["row"] for one in report["incidents"]])


def test_a_repair_is_verified_on_the_pods_that_came_of_it(desk: Desk) -> None:
    """The looping pod is gone by then: its workload's new one answers."""
    _code, report = desk.diagnose("deploy/mended", "-n", SPACE)
    (incident,) = report["incidents"]
    failing = desk.diagnose("verify", incident["id"])
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/command", "value": ["sleep", "9999"]}]
    desk.node.kubectl("patch", "deployment", "mended", "-n", SPACE, "--type=json", "-p", json.dumps(patch))
    desk.node.kubectl("rollout", "status", "deployment/mended", "-n", SPACE, "--timeout=60s")
    old = incident["subjects"][0].split("/")[1]
    desk.node.wait("the old pod to go", lambda: old not in [one["metadata"]["name"] for one in desk.node.get("pods", "-n", SPACE)["items"]])
    time.sleep(11)
    code, mended = desk.diagnose("verify", incident["id"])

    assert (1, "failing") == (failing[0], failing[1]["outcome"])
    assert (3, [("holds", True)]) == (code, [(held["outcome"], 0 < held["held"] < held["must_hold"]) for held in mended["cases"][0]["conditions"]])
