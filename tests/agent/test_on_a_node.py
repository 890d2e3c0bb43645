"""A whole run against a real Kubernetes node: what it says of real trouble, with any rights, and that it leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.stack.certificates import Authority
from tests.stack.images import BUSYBOX, PYTHON
from tests.stack.node import Node

pytestmark = pytest.mark.node
SPACE = "run-on-a-node"
PATIENCE_S = 25
"""A pod without a node is given 20 s before anybody speaks of it."""



def _deployment(name: str, **container: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main"} | container], "terminationGracePeriodSeconds": 1}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SPACE}, "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}}


def _pod(name: str, **container: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE}, "spec": {"restartPolicy": "Never", "containers": [{"name": "main"} | container]}}


SICK = [
    _deployment("api", image=PYTHON, command=["python3", "/app/missing.py"]),
    _deployment("web", image="no-such-registry.invalid/ml/web:1.2"),
    _deployment("big", image=BUSYBOX, command=["sleep", "1000"], resources={"requests": {"cpu": "64"}}),
    _deployment("fine", image=BUSYBOX, command=["sleep", "1000"]),
    _pod("trainer", image=PYTHON, command=["python3", "-c", "x = []\nwhile True: x.append('a' * 1000000)"], resources={"limits": {"memory": "32Mi"}}),
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": SPACE}, "stringData": {"token": "s3cret-of-the-cluster"}},
]


@pytest.fixture(scope="module")
def sick(node: Node) -> Node:
    """A node with four troubles and one thing that is well."""
    node.kubectl("create", "namespace", SPACE)
    node.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": SICK}))
    began = time.monotonic()
    while time.monotonic() < began + 120:
        pods = node.get("pods", "-n", SPACE)["items"]
        states = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
        restarts = max((status["restartCount"] for status in states), default=0)
        ended = any(status["state"].get("terminated", {}).get("reason") == "OOMKilled" for status in states)
        waits = any("Pull" in status["state"].get("waiting", {}).get("reason", "") for status in states)
        if restarts >= 2 and ended and waits and time.monotonic() > began + PATIENCE_S:
            return node
        time.sleep(1)
    pytest.fail(f"the troubles did not come about: {node.attempt('get', 'pods', '-n', SPACE, '-o', 'wide').stdout}")


def _run(config: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, "-m", "agent.cli", "--kubeconfig", str(config), "--docker", "none", "--deadline", "30", "-o", "json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    return done.returncode, json.loads(done.stdout), done.stderr


def _told(report: dict[str, Any]) -> dict[str, str]:
    """Row and leading causes of each incident of this space, consequences included."""
    found: dict[str, str] = {}

    def take(incidents: list[dict[str, Any]]) -> None:
        for one in incidents:
            for subject in one["subjects"]:
                if f" {SPACE}/" in subject:
                    found[f"{one['row']} {subject.split('/')[1 if 'container' in subject else 2].split('-')[0]}"] = one["band"]
            take(one["consequences"])

    take(report["incidents"])
    return found


def test_four_troubles_are_told_and_what_is_well_is_not(sick: Node) -> None:
    code, report, stderr = _run(sick.kubeconfig)
    found = _told(report)

    assert 1 == code
    assert {"kubernetes/crashloopbackoff api", "kubernetes/imagepullbackoff web", "kubernetes/deployment-stuck big", "training/training-oom trainer"} <= found.keys()
    assert not [name for name in found if "fine" in name]
    assert sick.server in stderr.splitlines()[0]


def test_nothing_is_written_and_no_secret_is_read(sick: Node) -> None:
    _code, report, stderr = _run(sick.kubeconfig)
    lines = [json.loads(line) for line in sick.audit_log.read_text().splitlines()]
    ours = [line for line in lines if line.get("userAgent") == "diagnose"]

    assert ours
    assert {"get", "list"} == {line["verb"] for line in ours}
    assert "secrets" not in {line.get("objectRef", {}).get("resource") for line in ours}
    assert "s3cret-of-the-cluster" not in json.dumps(report) + stderr


@pytest.mark.parametrize(
    ("right", "seen", "gap"),
    [
        pytest.param("view", True, "nodes", id="view"),
        pytest.param("one namespace", True, "Only namespace", id="one namespace"),
        pytest.param("nothing", False, "forbidden", id="nothing"),
    ],
)
def test_what_a_right_is_missing_for_is_said_with_the_grant(right: str, seen: bool, gap: str, sick: Node) -> None:
    config = _account(sick, right)

    code, report, _stderr = _run(config)

    assert seen == bool(_told(report))
    assert (1 if report["incidents"] else 3) == code
    missing = [one for one in report["gaps"] if one["what"].startswith("kubernetes") and one["why"] == "forbidden"]
    assert any(gap in one["detail"] for one in missing)
    assert all(one["remedy"].startswith("Grant it: verbs [") for one in missing)
    assert any(one["leaves_open"] for one in missing)


def _account(it: Node, right: str) -> Path:
    name = right.replace(" ", "-")
    it.attempt("create", "serviceaccount", name, "-n", SPACE)
    account = f"--serviceaccount={SPACE}:{name}"
    if right == "view":
        it.attempt("create", "clusterrolebinding", name, "--clusterrole=view", account)
    if right == "one namespace":
        it.attempt("create", "rolebinding", name, "-n", SPACE, "--clusterrole=view", account)
    token = it.kubectl("create", "token", name, "-n", SPACE).strip()
    return it.kubeconfig_for(name, {"token": token}, namespace=SPACE)


@pytest.mark.parametrize(
    ("user", "server", "why"),
    [
        pytest.param({"token": "not.a.token"}, "", "forbidden", id="a token that is not known"),
        pytest.param({}, "https://127.0.0.1:9", "refused", id="nobody answers"),
    ],
)
def test_a_cluster_that_was_asked_for_and_not_seen_is_blindness(user: dict[str, Any], server: str, why: str, sick: Node) -> None:
    code, report, _stderr = _run(sick.kubeconfig_for("blind", user, server=server))

    assert (1 if report["incidents"] else 3) == code
    assert {} == _told(report)
    assert [why] == sorted({one["why"] for one in report["gaps"] if one["what"].startswith("kubernetes")})


@pytest.mark.parametrize(
    ("how", "why", "says"),
    [
        pytest.param("ran out", "forbidden", "401", id="a client's certificate that has run out"),
        pytest.param("another's", "forbidden", "401", id="a client's certificate of another authority"),
        pytest.param("unknown server", "refused", "certificate is not trusted", id="a server of another authority"),
    ],
)
def test_a_certificate_that_is_not_good_is_named(how: str, why: str, says: str, sick: Node, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    signed_by = other if how == "another's" else sick.authority
    certificate, key = signed_by.sign(f"of-{how.partition(' ')[0].strip(chr(39))}", "/O=system:masters/CN=late", days=0 if how == "ran out" else 1)
    config = sick.kubeconfig_for("certified", {"client-certificate": str(certificate), "client-key": str(key)})
    if how == "unknown server":
        config.write_text(config.read_text().replace(str(sick.ca), str(other.certificate)))
    time.sleep(1.5 if how == "ran out" else 0)

    code, report, _stderr = _run(config)
    gaps = [one for one in report["gaps"] if one["what"].startswith("kubernetes")]

    assert (1 if report["incidents"] else 3) == code
    assert {} == _told(report)
    assert [why] == sorted({one["why"] for one in gaps})
    assert all(says in one["detail"] and one["remedy"] for one in gaps)


def test_the_same_trouble_has_the_same_fingerprint_after_a_roll_out(sick: Node) -> None:
    def told() -> dict[str, str]:
        _code, report, _stderr = _run(sick.kubeconfig, "-n", SPACE)
        return {one["thing"]: one["fingerprint"] for one in report["incidents"]}

    def crashing() -> set[str]:
        pods = sick.get("pods", "-n", SPACE, "-l", "app=api")["items"]
        return {pod["metadata"]["name"] for pod in pods if any(one["restartCount"] >= 2 for one in pod["status"].get("containerStatuses", []))}

    thing = f"workload {SPACE}/Deployment/api"
    before, names = told(), crashing()
    sick.kubectl("rollout", "restart", "deployment/api", "-n", SPACE)
    until = time.monotonic() + 120
    while not crashing() - names and time.monotonic() < until:
        time.sleep(1)

    assert names.isdisjoint(crashing())
    assert before[thing] == told()[thing]
