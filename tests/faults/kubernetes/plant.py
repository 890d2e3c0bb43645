"""Plant faults on a Kubernetes node and wait until the API shows them.

python -m tests.faults.kubernetes.plant                     list them
python -m tests.faults.kubernetes.plant ID …                plant these, keep them until Enter, remove them
python -m tests.faults.kubernetes.plant --check [ID …]      plant in batches, print what the API shows of each, remove them
"""

import argparse
import base64
import contextlib
import json
import os
import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from tests.faults.kubernetes.catalogue import CATALOGUE, Catalogue, Manifest, Planting, Signal, Step, ToldNode, Wait, load, manifest
from tests.faults.kubernetes.images import archive
from tests.faults.kubernetes.look import Seen, unmet
from tests.faults.kubernetes.registries import NAMES, Registries
from tests.stack.certificates import Authority
from tests.stack.node import NAME, Node, NodeError, node

BATCH_SIZE = 14  # what two cores bear
_AT_ONCE = 8
_POLL_SECONDS = 2.0
_ALIVE_SECONDS = 10.0
_GONE_SECONDS = 120
_LABEL = "faults.test/planted"


class NotPlantedError(AssertionError):
    """The API does not show what the fault tells."""


@dataclass
class Garden:
    """A node with the images and registries of the catalogue, in which its faults are planted."""

    node: Node
    catalogue: Catalogue = field(default_factory=load)
    _registries: Registries | None = None
    _undo: list[str] = field(default_factory=list)
    _frozen: list[int] = field(default_factory=list)
    _of_the_cluster: list[str] = field(default_factory=list)
    _certificates: dict[str, dict[str, str]] = field(default_factory=dict)
    _alive: threading.Event = field(default_factory=threading.Event)
    _seen: Seen | None = None
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._registries = Registries(self.node)
        names = {filled(name, {}): image for name, image in self.catalogue.images.items()}
        place = archive(self.node.folder / "planted.tar", names)
        self.node.load(place)
        place.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._registries:
            self._registries.close()

    @contextlib.contextmanager
    def planted(self, plantings: Sequence[Planting]) -> Iterator[None]:
        """Plant these, and remove them afterwards."""
        try:
            self.plant(plantings)
            yield
        finally:
            self.weed(plantings)

    def plant(self, plantings: Sequence[Planting]) -> None:
        """Plant all of these side by side and wait for each; an error tells of all that did not come up."""
        self._alive.clear()
        with ThreadPoolExecutor(max(_AT_ONCE, len(plantings))) as pool:
            mistakes = list(pool.map(self._plant_one, plantings))
        if any(mistakes):
            raise NotPlantedError("\n".join(filter(None, mistakes)))

    def weed(self, plantings: Sequence[Planting]) -> None:
        """Remove what was planted, and take back what was done to the node."""
        self._alive.set()
        for process in self._frozen:
            os.kill(process, signal.SIGCONT)
        for command in self._undo:
            self.node.attempt(*shlex.split(command))
        for name in self._of_the_cluster:
            self.node.attempt("delete", name, "--ignore-not-found", "--wait=false")
        namespaces = [name for planting in plantings for name in planting.own_namespaces]
        for planting in plantings:
            if planting.told_node:
                self.node.attempt("-n", planting.id, "delete", "deployment,pod", "--all", "--grace-period=0", "--force")
                self.node.attempt("delete", "node", planting.told_node.name, "--ignore-not-found")
        self.node.attempt("delete", "namespace", *namespaces, "--ignore-not-found", "--wait=false")
        deadline = time.monotonic() + _GONE_SECONDS
        while self.node.attempt("get", "namespace", *namespaces, "--ignore-not-found", "-o", "name").stdout and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self._undo, self._frozen, self._of_the_cluster = [], [], []

    def seen(self) -> Seen:
        """What the API shows; asked anew when the last look is old, one look for everybody."""
        with self._looking:
            if self._seen is None or time.monotonic() - self._seen.at > _POLL_SECONDS:
                self._seen = Seen(self.node)
            return self._seen

    # one planting

    def _plant_one(self, planting: Planting) -> str:
        """Everything up to the condition that it is waited for; what went otherwise than told is returned."""
        try:
            self._prepare(planting)
            self._take(planting, planting.steps)
        except (NodeError, NotPlantedError) as error:
            return f"{planting.id}: {error}"
        missing = self._wait(planting, planting.wait_for)
        return f"{planting.id}: {missing}" if missing else ""

    def _prepare(self, planting: Planting) -> None:
        labels = {_LABEL: "yes"} | planting.namespace_labels
        self._apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}} for name in planting.own_namespaces])
        if planting.told_node:
            self._tell_of_a_node(planting.told_node)
        if planting.node_conditions:
            self._condition(planting.node_conditions)
        self.apply(planting, planting.objects)

    def apply(self, planting: Planting, objects: list[Manifest]) -> None:
        """Make these, or change them; a status is written as the status."""
        words = {"folder": str(self.node.folder)} | self._words(planting)
        told = [_whole(one, planting, words) for one in objects]
        for one in told:
            if "namespace" not in one["metadata"]:
                self._of_the_cluster.append(f"{one['kind']}/{one['metadata']['name']}")
        self._apply([{key: value for key, value in one.items() if key != "status"} for one in told])
        for one in told:
            if "status" in one:
                patch = json.dumps({"status": one["status"]})
                self.node.kubectl(
                    "-n", planting.id, "patch", one["kind"], one["metadata"]["name"], "--subresource=status", "--type=merge", "-p", patch
                )

    def _apply(self, objects: list[Manifest]) -> None:
        if objects:
            self.node.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def _words(self, planting: Planting) -> dict[str, str]:
        """What a manifest may name: a certificate made for it, who signed it, and somebody else who did not."""
        if planting.certificate and planting.id not in self._certificates:
            authority = Authority(self.node.folder, f"hooks-{planting.id}")
            certificate, key = authority.sign(f"hook-{planting.id}", f"/CN={planting.certificate}", (f"DNS:{planting.certificate}",))
            files = {"ca": authority.certificate, "cert": certificate, "key": key, "other": self.node.folder / "ca.crt"}
            self._certificates[planting.id] = {name: base64.b64encode(path.read_bytes()).decode() for name, path in files.items()}
        return self._certificates.get(planting.id, {})

    def _take(self, planting: Planting, steps: Sequence[Step]) -> None:
        for step in steps:
            self._take_one(planting, step)

    def _take_one(self, planting: Planting, step: Step) -> None:
        if step.undo:
            self._undo.append(filled(step.undo, {}))
        if step.apply:
            self.apply(planting, step.apply)
        if step.kubectl:
            self.node.kubectl("-n", planting.id, *shlex.split(filled(step.kubectl, {})))
        if step.wait and (missing := self._wait(planting, step.wait)):
            raise NotPlantedError(f"half-way: {missing}")
        if step.signal:
            self._signal(planting, step.signal)
        if step.freeze:
            self._freeze(step.freeze)
        time.sleep(step.pause)
        for _ in range(step.repeat):
            self._take(planting, step.steps)

    def _wait(self, planting: Planting, waits: Sequence[Wait]) -> str:
        """Wait until the API shows what is wanted, all of it; what it never showed is returned, an empty text when nothing."""
        deadline = time.monotonic() + planting.timeout
        while missing := next((why for wait in waits if (why := unmet(self.seen(), wait.namespace or planting.id, wait))), ""):
            if time.monotonic() > deadline:
                return missing
            time.sleep(_POLL_SECONDS / 2)
        return ""

    # what is done to the node

    def _signal(self, planting: Planting, told: Signal) -> None:
        """To the container's first process, from the machine, until the kubelet has seen it end."""
        while not (name := self._container(planting, told)):
            time.sleep(_POLL_SECONDS / 4)
        os.kill(_first_process(name), told.signal)
        while self._container(planting, told) == name:
            time.sleep(_POLL_SECONDS / 4)
        self._seen = None

    def _container(self, planting: Planting, told: Signal) -> str:
        """The id of the container that runs now, if one does."""
        running = [one for _, one in Seen(self.node).containers(planting.id, told.pod, told.container) if "running" in one["state"]]
        return running[0]["containerID"].rpartition("/")[2] if running else ""

    def _freeze(self, program: str) -> None:
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = place.read_text().split("\0")
                if Path(words[0]).name == program and any(str(self.node.folder) in word for word in words):
                    self._frozen.append(int(place.parent.name))
        for process in self._frozen:
            os.kill(process, signal.SIGSTOP)

    def _condition(self, conditions: list[dict[str, str]]) -> None:
        now = _moment(0)
        told = [one | {"lastHeartbeatTime": now, "lastTransitionTime": now} for one in conditions]
        self.node.kubectl("patch", "node", NAME, "--subresource=status", "--type=strategic", "-p", json.dumps({"status": {"conditions": told}}))
        gone = json.dumps({"status": {"conditions": [{"$patch": "delete", "type": one["type"]} for one in conditions]}})
        self._undo.append(shlex.join(["patch", "node", NAME, "--subresource=status", "--type=strategic", "-p", gone]))

    def _tell_of_a_node(self, told: ToldNode) -> None:
        spec = {} if told.silent else {"taints": [{"key": "dedicated", "value": told.name, "effect": "NoSchedule"}]}
        self._apply(
            [
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "metadata": {"name": told.name, "labels": {"kubernetes.io/hostname": told.name} | told.labels},
                    "spec": spec,
                }
            ]
        )
        self._beat(told)
        if not told.silent:
            threading.Thread(target=self._keep_alive, args=(told,), daemon=True).start()

    def _keep_alive(self, told: ToldNode) -> None:
        while not self._alive.wait(_ALIVE_SECONDS):
            self._beat(told)

    def _beat(self, told: ToldNode) -> None:
        now = _moment(0)
        wanted = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"} | told.conditions
        conditions = [
            {"type": kind, "status": status, "reason": f"Kubelet{kind}", "message": "", "lastHeartbeatTime": now} for kind, status in wanted.items()
        ]
        size = {"cpu": "8", "memory": "32Gi", "pods": "110"}
        status = {"conditions": conditions, "capacity": size, "allocatable": size, "nodeInfo": _INFO}
        self.node.attempt("patch", "node", told.name, "--subresource=status", "--type=strategic", "-p", json.dumps({"status": status}))


_INFO = {
    "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.3", "kernelVersion": "6.8.0", "osImage": "Debian GNU/Linux 12",
    "containerRuntimeVersion": "containerd://1.6.20", "machineID": "", "systemUUID": "", "bootID": "", "kubeProxyVersion": "",
}  # fmt: skip


def _first_process(container: str) -> int:
    """The process id, as the machine has it, of the first process of a container."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cgroup"):
        with contextlib.suppress(OSError):
            if container in place.read_text():
                found.append(int(place.parent.name))
    if not container or not found:
        raise NotPlantedError("no process to signal")
    return min(found)


def _whole(short: Manifest, planting: Planting, words: dict[str, str]) -> Manifest:
    told: Manifest = json.loads(filled(json.dumps(manifest(short, planting.id)), words))
    return told


def filled(text: str, words: dict[str, str]) -> str:
    """The text with what the catalogue leaves open: `@name@`, and `@ago:SECONDS@`."""
    known = NAMES | {"node": NAME} | words
    text = re.sub(r"@ago:(\d+)@", lambda found: _moment(int(found[1])), text)
    return re.sub(r"@([a-z]+)@", lambda found: known.get(found[1], found[0]), text)


def _moment(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def batches(plantings: Sequence[Planting], size: int = BATCH_SIZE) -> Iterator[tuple[Planting, ...]]:
    """Groups that the node bears; those that change it are alone, those that tell of further nodes are together."""
    told = tuple(planting for planting in plantings if planting.told_node and not planting.alone)
    plain = [planting for planting in plantings if not planting.alone and planting not in told]
    for start in range(0, len(plain), size):
        yield tuple(plain[start : start + size])
    if told:
        yield told
    yield from ((planting,) for planting in plantings if planting.alone)


# the command


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.kubernetes.plant", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--check", action="store_true", help="plant in batches and print what the API shows")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="FILE", help="another catalogue, e.g. second.yaml")
    options = parser.parse_args()
    catalogue = load(options.catalogue)
    chosen = catalogue.named(*options.ids) if options.ids else catalogue.all
    if options.check:
        _check(catalogue, chosen)
    elif options.ids:
        _keep(catalogue, chosen)
    else:
        _list(catalogue)


def _list(catalogue: Catalogue) -> None:
    for planting in catalogue.all:
        verdicts = [(expect.row, expect.cause or " | ".join(expect.undetermined)) for expect in planting.expect]
        for row, verdict in verdicts or [("healthy", "nothing may be said")]:
            print(f"{planting.id:16} {planting.mechanism:5} {row:28} {verdict}")


def _keep(catalogue: Catalogue, chosen: Sequence[Planting]) -> None:
    with node() as it, Garden(it, catalogue) as garden:
        began = time.monotonic()
        with garden.planted(chosen):
            print(f"KUBECONFIG={it.kubeconfig}   {len(chosen)} planted in {time.monotonic() - began:.0f} s")
            input("Enter removes them. ")


def _check(catalogue: Catalogue, chosen: Sequence[Planting]) -> None:
    failed = []
    with node() as it, Garden(it, catalogue) as garden:
        for batch in batches(chosen):
            began = time.monotonic()
            try:
                garden.plant(batch)
            except NotPlantedError as error:
                failed.append(str(error))
                print(f"!!! {error}")
            print(f"--- {len(batch)} in {time.monotonic() - began:.1f} s", flush=True)
            seen = Seen(it)
            for planting in batch:
                for name in planting.own_namespaces:
                    print(f"{name}:\n" + "\n".join(f"    {line}" for line in seen.told(name)), flush=True)
            garden.weed(batch)
    print("\n".join(failed) or "all as told")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
