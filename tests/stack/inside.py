"""Runs inside the node's own namespaces, as its first process: starts every component, then waits; when it ends, all of them end.

python -m tests.stack.inside FOLDER        (FOLDER/plan.json says what, tests/stack/settings.py writes it)
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

START_S = 90
OWN = ("/run/netns", "/run/containerd", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers")
"""Where programs write, whatever they are told: inside, these are folders of the node's."""


def main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    try:
        _mounts(folder, plan)
        _network(plan)
        _start_all(folder, plan["components"])
        (folder / "ready").write_text("")
    except Exception as error:  # whoever asked for the node reads it
        (folder / "failed").write_text(str(error))
        raise
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def _mounts(folder: Path, plan: dict[str, Any]) -> None:
    """Names are those of the plan alone: nothing here asks the world."""
    for name in ("hosts", "resolv.conf"):
        (folder / name).write_text(plan[name])
        _bind(folder / name, Path("/etc", name))
    for place in map(Path, OWN):
        ours = folder / "own" / place.relative_to("/")
        for made in (ours, place):
            made.mkdir(parents=True, exist_ok=True)
        _bind(ours, place)


def _bind(ours: Path, place: Path) -> None:
    subprocess.run(["mount", "--bind", ours, place], check=True)


def _network(plan: dict[str, Any]) -> None:
    link = plan["link"]
    deadline = time.monotonic() + START_S
    while subprocess.run(["ip", "link", "show", link], capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the link {link} did not come")
        time.sleep(0.05)
    for words in (
        ("link", "set", "lo", "up"),
        ("addr", "add", f"{plan['address']}/30", "dev", link),
        ("link", "set", link, "up"),
        ("route", "add", "default", "via", plan["gateway"]),
    ):
        subprocess.run(["ip", *words], check=True, capture_output=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _start_all(folder: Path, components: list[dict[str, Any]]) -> None:
    """One that others build on is waited for at once, all the rest together."""
    started = []
    for component in components:
        started.append((component, _start(folder, component)))
        if component.get("first"):
            _wait_for(folder, *started.pop())
    for component, process in started:
        _wait_for(folder, component, process)


def _start(folder: Path, component: dict[str, Any]) -> subprocess.Popen[bytes]:
    environment = os.environ | component.get("environment", {})
    with (folder / f"{component['name']}.log").open("wb") as log:
        return subprocess.Popen(component["command"], stdout=log, stderr=log, cwd=folder, env=environment)


def _wait_for(folder: Path, component: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    name = component["name"]
    deadline = time.monotonic() + START_S
    while not _answers(folder, component):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = (folder / f"{name}.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{name} did not come up:\n{tail}")
        time.sleep(0.1)


def _answers(folder: Path, component: dict[str, Any]) -> bool:
    """Refusing us is an answer too."""
    if "file" in component:
        return Path(component["file"]).exists()
    context = ssl._create_unverified_context()  # noqa: S323  the question is whether it is up, and some make their own certificate
    context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
    try:
        with urllib.request.urlopen(component["url"], context=context, timeout=2):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
