"""A private Docker engine: started for the tests, torn down without a trace; or one that already runs.

The engine gets a network and a mount namespace of its own, so its bridges, firewall rules and mounts neither meet those of another engine on this
machine nor outlive it, and a name server that knows no name. Process ids and cgroups are the machine's, as for any engine.
`FAULTS_DOCKER_HOST` names an engine to use instead.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST_VARIABLE = "FAULTS_DOCKER_HOST"
LABEL = "fixture"
_START_SECONDS = 60
_BRIDGE = "172.17.0.1"
_NO_NAMES = Path(__file__).parent / "scripts" / "no_names.py"


class EngineError(RuntimeError):
    """The engine could not be had, or refused what was asked of it."""


@dataclass(frozen=True)
class Engine:
    """The docker command, always of one engine."""

    host: str

    @property
    def socket(self) -> Path:
        return Path(self.host.removeprefix("unix://"))

    def attempt(self, *args: str, stdin: bytes | None = None, together: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run a docker command and give its result, whatever it was: a start that fails is often what was wanted."""
        environment = os.environ | {"DOCKER_HOST": self.host}
        errors = subprocess.STDOUT if together else subprocess.PIPE
        return subprocess.run(["docker", *args], input=stdin, stdout=subprocess.PIPE, stderr=errors, check=False, env=environment)

    def docker(self, *args: str, stdin: bytes | None = None) -> str:
        """Run a docker command that must succeed and give what it printed."""
        done = self.attempt(*args, stdin=stdin)
        if done.returncode:
            raise EngineError(f"docker {' '.join(args)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def get(self, path: str) -> bytes:
        """Read from the engine's API: what is looked at many times a second is not worth a process each time."""
        connection = _Connection(self.socket)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise EngineError(f"GET {path}: {answer.status} {body.decode(errors='replace').strip()}")
        return body

    def clean(self) -> None:
        """Remove all containers and networks that carry our label, running or not."""
        containers = self.docker("ps", "-aq", "--filter", f"label={LABEL}").split()
        if containers:
            self.docker("rm", "-fv", *containers)
        networks = self.docker("network", "ls", "-q", "--filter", f"label={LABEL}").split()
        if networks:
            self.docker("network", "rm", *networks)


class Listener:
    """Everything that an engine tells of its containers from now on. The engine itself remembers its last 256 events only."""

    def __init__(self, it: Engine) -> None:
        command = ["docker", "events", "--since", str(time.time()), "--filter", "type=container", "--format", "{{json .}}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"DOCKER_HOST": it.host})
        self._heard: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of a container's name, those of its predecessors included."""
        return [event for event in tuple(self._heard) if event["Actor"]["Attributes"].get("name") == name]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._heard.append(json.loads(line))


class _Connection(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """Give the engine that the environment names, or start a private one; afterwards nothing of ours is left on either."""
    named = os.environ.get(HOST_VARIABLE)
    with contextlib.nullcontext(Engine(named)) if named else _private_engine() as it:
        it.docker("version")
        try:
            yield it
        finally:
            it.clean()


def missing() -> str:
    """Say what this machine lacks to start a private engine: an empty text when nothing."""
    if os.environ.get(HOST_VARIABLE):
        return "" if shutil.which("docker") else "no docker command"
    if os.geteuid() != 0:
        return "a private Docker engine needs root"
    lacking = [tool for tool in ("dockerd", "docker", "unshare") if shutil.which(tool) is None]
    if busybox() is None:
        lacking.append("busybox (Debian: busybox-static)")
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def busybox() -> Path | None:
    """Find the busybox of this machine."""
    found = shutil.which("busybox", path=f"/bin:/usr/bin:{os.environ.get('PATH', '')}")
    return Path(found) if found else None


@contextlib.contextmanager
def _private_engine() -> Iterator[Engine]:
    if why := missing():
        raise EngineError(why)
    home = Path(tempfile.mkdtemp(prefix="engine-"))
    daemon = _start_daemon(home)
    try:
        it = Engine(f"unix://{home}/docker.sock")
        _wait_until_up(it, daemon, home)
        yield it
    finally:
        _stop_daemon(daemon)
        shutil.rmtree(home, ignore_errors=True)


def _start_daemon(home: Path) -> subprocess.Popen[bytes]:
    flags = f"--data-root {home}/data --exec-root {home}/exec --pidfile {home}/pid -H unix://{home}/docker.sock --bip {_BRIDGE}/16 --dns {_BRIDGE}"
    command = f"{busybox()} ip link set lo up && {{ {sys.executable} {_NO_NAMES} {_BRIDGE} & }} && exec dockerd {flags}"
    with (home / "log").open("wb") as log:
        return subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", command], cwd=home, stdout=log, stderr=log)


def _wait_until_up(it: Engine, daemon: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while it.attempt("version").returncode:
        if daemon.poll() is not None or time.monotonic() > deadline:
            tail = (home / "log").read_text(errors="replace")[-2000:]
            raise EngineError(f"dockerd did not come up:\n{tail}")
        time.sleep(0.2)


def _stop_daemon(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(30)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
