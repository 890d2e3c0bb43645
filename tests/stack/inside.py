"""Runs inside the node's own namespaces, as its first process: starts every component, then waits; when it ends, all of them end.

python -m tests.stack.inside FOLDER        (FOLDER/plan.json says what, tests/stack/node.py writes it)
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from ssl import create_default_context
from typing import Any

START_S = 90


def main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _names(folder, plan)
        _network(plan)
        for component in plan["components"]:
            _start(folder, component)
        (folder / "ready").write_text("")
    except Exception as error:  # whoever started us reads it
        (folder / "failed").write_text(str(error))
        raise
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def _names(folder: Path, plan: dict[str, Any]) -> None:
    """Names are those of the plan alone: nothing here asks the world."""
    for name in ("hosts", "resolv.conf"):
        (folder / name).write_text(plan[name])
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)


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


def _start(folder: Path, component: dict[str, Any]) -> None:
    """Start one component and wait until it answers."""
    name = component["name"]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(component["command"], stdout=log, stderr=log, cwd=folder, env=os.environ | component.get("environment", {}))
    deadline = time.monotonic() + START_S
    while not _answers(component, folder):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = (folder / f"{name}.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{name} did not come up:\n{tail}")
        time.sleep(0.1)


def _answers(component: dict[str, Any], folder: Path) -> bool:
    if "file" in component:
        return Path(component["file"]).exists()
    if "url" not in component:
        return True
    context = create_default_context(cafile=str(folder / "ca.crt"))
    if "certificate" in component:
        context.load_cert_chain(*component["certificate"])
    if component.get("any_certificate"):
        context.check_hostname, context.verify_mode = False, 0  # type: ignore[assignment]
    try:
        with urllib.request.urlopen(component["url"], context=context, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
