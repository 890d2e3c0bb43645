"""Build the image, put it on a real node, install the chart, and print what its Jobs find: all rights, named namespaces, every optional
grant off, and with a look from the node.

    python -m tests.helm                           as root on Debian, with debootstrap and docker.io; 6 minutes
    python -m tests.helm --base python:3.12-slim   from a base that the engine has or can pull
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.faults.engine import Engine
from tests.helm import build
from tests.helm.image import VARIABLE, image
from tests.helm.release import PLANTED, QUIET, Release, plant
from tests.helm.roles import GRANTS
from tests.stack.node import Node, node

SEALED = ("--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=10001", "--network=none")
NO_SHELL = tuple(f"--volume=/dev/null:{place}:ro" for place in ("/bin/sh", "/bin/bash", "/usr/bin/dash"))
BLIND = """{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
 clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443"}}], users: [{name: u, user: {token: none}}]}"""
COUNT = "import json; print(len(json.load(open('/opt/diagnose/sbom.cdx.json'))['components']), 'packages')"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.helm")
    parser.add_argument("--base", help="a glibc system with python3 and python3-venv; made by debootstrap if left out")
    parser.add_argument("--suite", default="bookworm", help="the Debian that debootstrap makes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        archive = Path(folder) / "image.tar"
        with build.engine() as engine:
            of = options.base or build.base(engine, options.suite)
            began = time.monotonic()
            build.build(engine, of, build.lent(engine, of))
            print(f"built from {of} in {time.monotonic() - began:.0f} s")
            good = sealed(engine, Path(folder))
            engine.docker("save", "-o", str(archive), build.IMAGE)
        os.environ[VARIABLE] = str(archive)
        with node() as it:
            it.load(image(it.folder))
            plant(it)
            for name, (values, expected) in WAYS.items():
                good &= reported(it, name, values, expected)
    sys.exit(not good)


def sealed(engine: Engine, folder: Path) -> bool:
    """Size, packages and start of the image; and how it ends without rights, without a shell, and where a cluster was asked for and is not there."""
    (folder / "blind").write_text(BLIND)
    size = int(engine.docker("image", "inspect", "--format", "{{.Size}}", build.IMAGE))
    packages = engine.docker("run", *SEALED, "--entrypoint=/opt/diagnose/bin/python", build.IMAGE, "-c", COUNT).strip()
    started = min(_seconds(engine, "--version") for _ in range(5))
    print(f"{size / 1e6:.0f} MB, {packages}, --version in {started:.2f} s with the container's own start")
    nothing = engine.attempt("run", *SEALED, *NO_SHELL, build.IMAGE)
    cluster = engine.attempt("run", *SEALED, f"--volume={folder}/blind:/blind:ro", build.IMAGE, "--kubeconfig=/blind")
    for what, done in {"nothing asked for": nothing, "a cluster asked for": cluster}.items():
        print(f"\n$ docker run {' '.join(SEALED)} …        {what}: exit code {done.returncode}\n{done.stdout.decode()}")
    return (0, 3) == (nothing.returncode, cluster.returncode)


def _seconds(engine: Engine, *words: str) -> float:
    began = time.monotonic()
    engine.docker("run", *SEALED, build.IMAGE, *words)
    return time.monotonic() - began


WAYS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "cluster": ({}, {PLANTED: 1}),
    "namespaced": ({"namespaces": [PLANTED, QUIET]}, {PLANTED: 1, QUIET: 3}),
    "withheld": ({"grants": dict.fromkeys(GRANTS, False)}, {PLANTED: 1}),
    "nodes": ({"nodeView": {"enabled": True}}, {PLANTED: 1}),
}


def reported(it: Node, name: str, values: dict[str, Any], expected: dict[str, int]) -> bool:
    """Install, wait, print; whether both faults were told and the Jobs ended as they should."""
    release = Release(it, name)
    began = time.monotonic()
    release.install(values)
    ends = release.ends()
    print(f"\n==== {name}: {values or 'the chart as it comes'}; Jobs ended after {time.monotonic() - began:.0f} s")
    for job, (code, log, message) in sorted(ends.items()):
        print(f"\n---- kubectl logs job/{job}        exit code {code}\n{log}\n---- what kubectl describe shows of it\n{message}")
    release.remove()
    told = "".join(log for _code, log, _message in ends.values())
    return sorted(expected.values()) == sorted(code for code, _log, _message in ends.values()) and all(f"{PLANTED}/{one}" in told for one in ("api", "web"))


if __name__ == "__main__":
    main()
