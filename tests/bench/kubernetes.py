"""What a whole diagnosis of a large cluster costs, beside fetching the same lists raw; and what 20 diagnoses at once do to the API server.

python -m tests.bench.kubernetes [--pods 5000] [--grow 20000] [--nodes 500] [--runs 5]        root; about 15 minutes on two cores

On a real API server: nodes, Deployments, pods, Services and events that are only told (tests/bench/crowd.py), and 20 really sick workloads on one real node.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3

from tests.bench import sick
from tests.bench.cost import ROOT, Cost, end, line, median, quiet, start
from tests.bench.crowd import PODS_EACH, Crowd
from tests.stack.node import Node, missing, node

WALL_GOAL, MEMORY_GOAL = 1.5, 120
AT_ONCE = 20
SERVICES, EVENTS = 1000, 2000
_WITHOUT = ("controllers", "kube-proxy")
_CONTROLLERS = (
    "deployment-controller", "replicaset-controller", "resourcequota-controller", "serviceaccount-controller", "root-ca-certificate-publisher-controller",
)  # fmt: skip
"""Those that the sick workloads need. The others would take the told objects for dead: nobody answers for their nodes."""

_FLAGS = {"apiserver": ["--audit-log-maxsize=2000", "--disable-admission-plugins=TaintNodesByCondition"]}
"""The log in one file; and no taint for a new node, which only a controller that is not there would take away."""

_ROLE = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}


class Bed:
    """The API server, who asks it, and where children leave what they print."""

    def __init__(self, it: Node) -> None:
        self.node = it
        self.asker = it.client("asker", "readers")
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=it.folder))
        it.kubectl(
            "create",
            "-f",
            "-",
            stdin=json.dumps({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": [_ROLE]}),
        )
        it.kubectl("create", "clusterrolebinding", "readers", "--clusterrole=reader", "--group=readers")

    def diagnose(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "agent.cli", "run", "--kubeconfig", str(self.asker), "--docker", "none", "-o", "json", *words]

    def raw(self, lists: Sequence[tuple[str, str]], modules: Sequence[str] = (), *, gzip: bool = False) -> list[str]:
        plan = self.folder / f"plan-{len(modules)}-{gzip}.json"
        plan.write_text(json.dumps({"lists": lists, "modules": modules, "gzip": gzip}))
        return [sys.executable, "-m", "tests.bench.lists", str(self.asker), str(plan)]

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[str]:
        environment = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "DOCKER_HOST")} | {"PYTHONFAULTHANDLER": "1"}
        return start(command, self.folder / name, environment)

    def end(self, name: str, process: subprocess.Popen[str]) -> Cost:
        return end(process, self.folder / name)

    def cost(self, command: Sequence[str]) -> Cost:
        return self.end("one", self.start("one", command))

    @contextlib.contextmanager
    def audited(self, user: str = "asker") -> Iterator[list[Any]]:
        """What the server's audit log says of a user's requests meanwhile."""
        found: list[Any] = []
        with self.node.audit_log.open() as log:
            log.seek(0, os.SEEK_END)
            yield found
            time.sleep(0.5)
            found += [one for one in map(json.loads, log) if one["user"].get("username") == user and one["stage"] == "ResponseComplete"]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.kubernetes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {"pods": 5000, "grow": 20_000, "nodes": 500, "runs": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    if why := missing():
        sys.exit(f"left out: {why}")
    with node(["registries"], _WITHOUT, _FLAGS) as it:
        bed, crowd = Bed(it), Crowd(it)
        began = time.monotonic()
        crowd.grow(options.nodes, options.pods, SERVICES, EVENTS)
        _told(crowd, time.monotonic() - began)
        with _controllers(it):
            sick.plant(it)
            small = _compare(bed, options.pods, options.runs)
            _at_once(bed)
        # what is grown now is told whole, and the controllers would fill a ReplicaSet before its pods are told
        began = time.monotonic()
        crowd.grow(options.nodes, options.grow)
        if options.grow > options.pods:
            _told(crowd, time.monotonic() - began)
            with _controllers(it):
                large = _compare(bed, options.grow, options.runs)
            _growth(options.pods, small, options.grow, large)


def _told(crowd: Crowd, seconds: float) -> None:
    print(
        f"\n{crowd.nodes} nodes, {crowd.deployments} Deployments with {crowd.deployments * PODS_EACH:,} pods, {crowd.services} Services with EndpointSlices and "
        f"{crowd.events} events are told ({seconds:.0f} s)", flush=True,
    )  # fmt: skip


@contextlib.contextmanager
def _controllers(it: Node) -> Iterator[None]:
    further = [f"--controllers={','.join(_CONTROLLERS)}", "--kube-api-qps=200", "--kube-api-burst=400"]
    with (it.folder / "controllers.log").open("ab") as log:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *it.commands["controllers"], *further], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


# one at a time


def _compare(bed: Bed, pods: int, runs: int) -> dict[str, Cost]:
    """Diagnoses and raw fetches by turns; the median of each."""
    lists, modules = _lists(bed), _modules(bed)
    commands = {
        "diagnose": bed.diagnose(),
        "raw, same imports": bed.raw(lists, modules),
        "raw, same imports, gzip": bed.raw(lists, modules, gzip=True),
        "raw": bed.raw(lists),
        "diagnose of the host alone": [*bed.diagnose(), "--kubernetes", "none"],
    }
    print(f"\n== {pods:,} pods; {quiet()}; the median of {runs} runs by turns, the highest peak")
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    sent: dict[str, list[Any]] = {}
    for _ in range(runs):
        for name, command in commands.items():
            with bed.audited() as asked:
                found[name].append(bed.cost(command))
            sent[name] = asked
    costs = {name: median(each) for name, each in found.items()}
    for name, cost in costs.items():
        line(name, cost, found[name], len(sent[name]))
    verbs = Counter(one["verb"] for one in sent["diagnose"])
    print(f"diagnose asked: {', '.join(f'{count} {verb}' for verb, count in sorted(verbs.items()))}; load afterwards {os.getloadavg()[0]:.1f}")
    fetched = json.loads(costs["raw"].output)
    print(f"raw: {fetched['requests']} pages of {len(lists)} lists, {fetched['bytes'] / 1e6:.1f} MB")
    ratio, memory = costs["diagnose"].wall / costs["raw, same imports"].wall, costs["diagnose"].memory
    print(
        f"ratio of walls: {ratio:.2f} with the same imports (goal <= {WALL_GOAL}), {costs['diagnose'].wall / costs['raw'].wall:.2f} without; of CPU {costs['diagnose'].cpu / costs['raw, same imports'].cpu:.2f}"
    )
    print(f"peak memory:    {memory:.0f} MiB (goal <= {MEMORY_GOAL})")
    _said(costs["diagnose"])
    return costs


def _said(cost: Cost) -> None:
    """How many of the sick ones the report names, so that what was measured is known to be a diagnosis."""
    report = json.loads(cost.output)
    incidents = json.dumps(report["incidents"])
    named = [name for name in sick.NAMES if f"/{name}" in incidents]
    gaps = [gap["what"] for gap in report["gaps"] if gap["what"].startswith("kubernetes")]
    print(
        f"{len(report['incidents'])} incidents name {len(named)} of {len(sick.NAMES)} sick workloads; not seen of Kubernetes: {', '.join(gaps) or 'nothing'}; exit code {cost.code}"
    )


def _lists(bed: Bed) -> list[tuple[str, str]]:
    """The lists that a diagnosis fetches, as its own requests show."""
    from probes.kubernetes._lists import KINDS

    with bed.audited() as asked:
        bed.cost(bed.diagnose())
    paths = {one["requestURI"].partition("?")[0] for one in asked}
    return [(kind.path, kind.accept) for kind in KINDS.values() if kind.path in paths]


def _modules(bed: Bed) -> list[str]:
    """What a diagnosis imports."""
    code = "import sys, os\nleave = os._exit\ndef told(code):\n print(*sys.modules, file=sys.stderr, flush=True)\n leave(code)\nos._exit = told\nimport agent.cli\nagent.cli.main()"
    command = [sys.executable, "-c", code, *bed.diagnose()[3:]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    names = done.stderr.splitlines()[-1].split()
    if "probes.kubernetes.pods" not in names:
        raise RuntimeError(f"a diagnosis does not tell what it imports: {done.stderr[-500:]}")
    return [name for name in names if name != "__main__"]


def _growth(few: int, small: dict[str, Cost], many: int, large: dict[str, Cost]) -> None:
    print(f"\n== from {few:,} to {many:,} pods, {many / few:.1f} times as many")
    for name, cost in small.items():
        more = large[name]
        print(f"{name:28} wall x {more.wall / cost.wall:.2f}  CPU x {more.cpu / cost.cpu:.2f}  peak {cost.memory:.0f} -> {more.memory:.0f} MiB")


# many at once


def _at_once(bed: Bed) -> None:
    """20 diagnoses of one namespace at once; beside them somebody else's plain GET."""
    saved = bed.folder / "saved.bundle"
    bed.cost([*bed.diagnose("-n", sick.NAMESPACE), "--save", str(saved)])
    print(f"\n== {AT_ONCE} diagnoses of namespace {sick.NAMESPACE} at once; {quiet()}")
    with bed.audited("bystander") as seen, _asking(bed.node) as waits:
        time.sleep(15)
    _latency("before", waits, seen)
    replay = [sys.executable, "-m", "agent.cli", "replay", str(saved), "-o", "json"]
    for what, command in ((f"beside {AT_ONCE} replays", replay), (f"beside {AT_ONCE} diagnoses", bed.diagnose("-n", sick.NAMESPACE))):
        with bed.audited() as asked, bed.audited("bystander") as seen, _asking(bed.node) as waits:
            costs = _together(bed, command)
        _latency(what, waits, seen)
        walls = sorted(cost.wall for cost in costs)
        codes = Counter(cost.code for cost in costs)
        refused = sum(one.get("responseStatus", {}).get("code") == 429 for one in (*asked, *seen))
        print(
            f"  each took {walls[0]:.1f} to {walls[-1]:.1f} s, {sum(cost.cpu for cost in costs) / len(costs):.2f} s CPU; ended with {dict(codes)}; "
            f"{len(asked)} requests, {refused} of them answered 429; the longest {max((_took(one) for one in asked), default=0) * 1000:.0f} ms at the server", flush=True,
        )  # fmt: skip


def _together(bed: Bed, command: Sequence[str]) -> list[Cost]:
    started = [(f"many-{number}", bed.start(f"many-{number}", command)) for number in range(AT_ONCE)]
    return [bed.end(name, process) for name, process in started]


@contextlib.contextmanager
def _asking(it: Node) -> Iterator[list[float]]:
    """Seconds that a plain GET takes, five times a second, by another user of the same rights."""
    it.client("bystander", "readers")
    certificate, key = (str(it.folder / f"user-bystander.{end}") for end in ("crt", "key"))
    pool = urllib3.PoolManager(cert_file=certificate, key_file=key, ca_certs=str(it.folder / "ca.crt"))
    waits: list[float] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.2):
            began = time.perf_counter()
            pool.request("GET", f"{it.server}/api/v1/namespaces/team-00/serviceaccounts/default")
            waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def _latency(what: str, waits: Sequence[float], seen: Sequence[Any]) -> None:
    inside = sorted(_took(one) for one in seen)
    outside = sorted(waits)
    parts = [
        f"{name}: median {_part(them, 0.5):.1f}, 99 % {_part(them, 0.99):.1f}, longest {them[-1] * 1000:.1f} ms"
        for name, them in (("at the server", inside), ("at the asker", outside))
    ]
    print(f"a plain GET {what} ({len(outside)}) — {'; '.join(parts)}; load {os.getloadavg()[0]:.1f}", flush=True)


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000


def _took(one: Any) -> float:
    """Seconds from when the server had a request until its answer was complete."""
    began, ended = (datetime.fromisoformat(one[field]) for field in ("requestReceivedTimestamp", "stageTimestamp"))
    return (ended - began).total_seconds()


if __name__ == "__main__":
    main()
