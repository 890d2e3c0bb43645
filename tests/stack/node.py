"""A real Kubernetes node: API server, controllers, scheduler, kubelet, kube-proxy, containerd, names, metrics and registries, in namespaces of its own.

    python -m tests.stack.node         start one, print how to reach it, and keep it until Enter or SIGTERM

Network, mounts and process ids are its own, so that nothing of it meets what runs on this machine or outlives it; its one link to the machine is a pair
of virtual interfaces. tests/stack/README.md says what it needs.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests.faults.engine import busybox
from tests.stack import images, registry, services, settings
from tests.stack.build import CannotBuildError, programs
from tests.stack.certificates import Authority
from tests.stack.components import EXTRAS, ROOT, components
from tests.stack.keeper import PREFIX, sweep
from tests.stack.settings import CNI, NAME

__all__ = ["NAME", "Node", "NodeError", "missing", "node"]

START_S = 180
STOP_S = 60
_NEEDED = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "openssl": "openssl",
    "unshare": "util-linux",
}
_READY = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
_Seen = TypeVar("_Seen")


class NodeError(RuntimeError):
    """The node could not be had, or refused what was asked of it."""


def missing() -> str:
    """What this machine lacks to start a node: an empty text when nothing."""
    if os.geteuid() != 0:
        return "a Kubernetes node needs root"
    lacking = {package for tool, package in _NEEDED.items() if shutil.which(tool) is None}
    if not (CNI / "bridge").exists():
        lacking.add("containernetworking-plugins")
    if busybox() is None:
        lacking.add("busybox-static")
    return f"not installed: {' '.join(sorted(lacking))}" if lacking else ""


class Node:
    """A running node; every path is in `folder`, which goes with it."""

    registries = registry.REGISTRIES
    node_name = NAME

    def __init__(self, folder: Path, address: str, binaries: Path, authority: Authority) -> None:
        self.folder = folder
        self.address = address
        self.binaries = binaries
        self.authority = authority
        self.server = f"https://{address}:6443"
        self.ca = authority.certificate
        self.kubeconfig = folder / "admin.conf"
        self.audit_log = folder / "audit.log"
        self.commands: Mapping[str, list[str]] = {}
        """How each component is started, also one that was left out."""

    def attempt(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a kubectl command and give its result, whatever it was."""
        command = [str(self.binaries / "kubectl"), "--kubeconfig", str(self.kubeconfig), *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """Run a kubectl command that must succeed and give what it printed."""
        done = self.attempt(*words, stdin=stdin)
        if done.returncode:
            raise NodeError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *words: str) -> Any:
        """What `kubectl get … -o json` answers."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Make these objects."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def wait(self, what: str, look: Callable[[], _Seen], seconds: float = 60) -> _Seen:
        """Look until something true is seen. Raises NodeError after so many seconds."""
        deadline = time.monotonic() + seconds
        while not (seen := look()):
            if time.monotonic() > deadline:
                raise NodeError(f"{what} did not come in {seconds:.0f} s; seen last: {seen!r}")
            time.sleep(0.2)
        return seen

    def load(self, tar: Path) -> None:
        """Put the images of an archive onto the node, as `docker save` writes one."""
        command = ["ctr", "-a", str(self.folder / "containerd.sock"), "-n", "k8s.io", "images", "import", str(tar)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeError(f"{tar.name}: {done.stderr.strip()}")

    def push(self, name: str, image: images.Image) -> str:
        """Put an image into the node's own registry and give the reference that a pod pulls it by."""
        registry.push(f"http://{self.address}:5000", name, image)
        return f"{self.registries['ok']}/{name}"

    def client(self, name: str, *groups: str, days: int = 365) -> Path:
        """The kubeconfig of a user of these groups, by a client certificate."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={name}"
        certificate, key = self.authority.sign(f"user-{name}", subject, days=days)
        return self.kubeconfig_for(name, {"client-certificate": str(certificate), "client-key": str(key)})

    def service_account(self, namespace: str, name: str) -> Path:
        """The kubeconfig of a service account, by a token for an hour."""
        token = self.kubectl("-n", namespace, "create", "token", name, "--duration=1h").strip()
        return self.kubeconfig_for(f"{namespace}-{name}", {"token": token}, namespace)

    def kubeconfig_for(self, name: str, user: dict[str, Any], namespace: str = "", server: str = "") -> Path:
        return settings.kubeconfig(self.folder / f"{name}.conf", server or self.server, user, namespace)


@contextlib.contextmanager
def node(extras: Collection[str] = tuple(EXTRAS), without: Collection[str] = (), flags: Mapping[str, list[str]] = {}) -> Iterator[Node]:
    """Start a node, with names, metrics and registries or fewer of them, and take it away again. Raises NodeError.

    `without` names components that are not started, `flags` gives some further flags.
    """
    if why := missing():
        raise NodeError(why)
    try:
        binaries = {module: programs(module) for module in ("kubernetes", *(EXTRAS[extra] for extra in extras))}
    except CannotBuildError as error:
        raise NodeError(str(error)) from error
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    with _keeper(folder) as (keeper, number):
        authority = Authority(folder, "ca")
        address = settings.write(folder, number, authority)
        it = Node(folder, address, binaries["kubernetes"], authority)
        parts = [each | {"command": each["command"] + flags.get(each["name"], [])} for each in components(folder, address, binaries, extras)]
        it.commands = {each["name"]: each["command"] for each in parts}
        (folder / "plan.json").write_text(json.dumps(settings.plan(number, [each for each in parts if each["name"] not in without])))
        print("start", file=keeper.stdin, flush=True)
        _wait_until_up(it)
        if objects := services.objects(address, extras):
            it.apply(*objects)
        yield it


@contextlib.contextmanager
def _keeper(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process that takes the node away when we let go of it, or end."""
    command = [sys.executable, "-m", "tests.stack.keeper", str(folder)]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True)
    with keeper:
        number = keeper.stdout.readline() if keeper.stdout else ""
        if not number:
            shutil.rmtree(folder, ignore_errors=True)
            raise NodeError("the node's keeper does not start")
        try:
            yield keeper, int(number)
        finally:
            keeper.communicate(timeout=STOP_S)


def _wait_until_up(it: Node) -> None:
    it.wait("the start of every component", lambda: _started(it.folder), START_S)
    for tar in images.base_images(it.folder):
        it.load(tar)
    it.wait("Ready", lambda: it.attempt("get", "node", NAME, "-o", _READY).stdout == "True")


def _started(folder: Path) -> bool:
    failed = folder / "failed"
    if failed.exists():
        raise NodeError(failed.read_text())
    return (folder / "ready").exists()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    began = time.monotonic()
    with node() as it:
        print(f"Ready after {time.monotonic() - began:.0f} s.\nexport KUBECONFIG={it.kubeconfig}\nexport PATH={it.binaries}:$PATH", flush=True)
        if sys.stdin.isatty():
            input("Enter ends it. ")
        else:
            signal.pause()


if __name__ == "__main__":
    main()
