"""The image, built from the Dockerfile by a Docker engine of its own: no registry is asked, for its base is made here by debootstrap.

The engine is that of DOCKER_HOST, or one started here with a folder of its own, no bridge and no firewall rules; builds use the machine's network.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.engine import Engine, EngineError

ROOT = Path(__file__).parents[2]
BASE, LENT, IMAGE = "diagnose-base:debian", "diagnose-base:lent", "diagnose:test"
MIRROR = "http://deb.debian.org/debian"
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_LEFT_OUT = ("./var/cache/apt", "./var/lib/apt/lists", "./var/log", "./usr/share/doc/*", "./usr/share/locale/*", "./usr/share/man/*")
_START_S = 60


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """The engine of DOCKER_HOST, or one for this purpose. Raises EngineError."""
    if os.environ.get("DOCKER_HOST"):
        yield Engine(os.environ["DOCKER_HOST"])
        return
    home = Path(tempfile.mkdtemp(prefix="engine-"))
    flags = ["--data-root", f"{home}/data", "--exec-root", f"{home}/exec", "--pidfile", f"{home}/pid", "--bridge=none", "--iptables=false"]
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(["unshare", "--mount", "dockerd", "-H", f"unix://{home}/docker.sock", *flags], stdout=log, stderr=log)
    try:
        it = Engine(f"unix://{home}/docker.sock")
        deadline = time.monotonic() + _START_S
        while it.attempt("version").returncode:
            if daemon.poll() is not None or time.monotonic() > deadline:
                raise EngineError(f"dockerd did not come up:\n{(home / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield it
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(home, ignore_errors=True)


def base(it: Engine, suite: str, mirror: str = MIRROR) -> str:
    """A Debian with python3 and nothing else, made by debootstrap: about a minute."""
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        command = ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", suite, folder, mirror]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EngineError(f"debootstrap: {done.stdout[-1500:]}")
        packing = subprocess.Popen(["tar", "-C", folder, *(f"--exclude={name}" for name in _LEFT_OUT), "-c", "."], stdout=subprocess.PIPE)
        environment = os.environ | {"DOCKER_HOST": it.host}
        subprocess.run(["docker", "import", "-", BASE], stdin=packing.stdout, check=True, capture_output=True, env=environment)
        packing.wait()
    return BASE


def lent(it: Engine, of: str) -> str:
    """That base with the authorities that this machine trusts: for the build stage alone, should the way to the index need them."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(_AUTHORITIES, folder)
        text = f"FROM {of}\nCOPY ca-certificates.crt {_AUTHORITIES}\nENV PIP_CERT={_AUTHORITIES} SSL_CERT_FILE={_AUTHORITIES}\n"
        (Path(folder) / "Dockerfile").write_text(text)
        _build(it, LENT, folder)
    return LENT


def build(it: Engine, of: str, build_base: str) -> str:
    """The image, from this checkout."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    given = {"BASE": of, "BUILD_BASE": build_base, "REVISION": commit}
    _build(it, IMAGE, str(ROOT), "--network=host", *(f"--build-arg={name}={value}" for name, value in given.items()))
    return IMAGE


def _build(it: Engine, name: str, folder: str, *words: str) -> None:
    """By BuildKit where the docker command has it, else by the engine's older builder."""
    has_buildkit = subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode == 0
    environment = os.environ | {"DOCKER_HOST": it.host, "DOCKER_BUILDKIT": "1" if has_buildkit else "0"}
    done = subprocess.run(["docker", "build", *words, "-t", name, folder], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise EngineError(f"docker build {name}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
