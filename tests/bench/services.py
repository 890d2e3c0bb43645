"""What a whole diagnosis of MLflow, S3 and DVC costs, beside the same requests made raw, and how both grow with what is stored.

python -m tests.bench.services [--runs 5] [--grow 10000] [--models 1000] [--objects 1000000] [--files 10000]        about 10 minutes on two cores

On real services: MLflow 3 on PostgreSQL with its artifacts in S3, versitygw, and a DVC repository with its remote there. Requests are counted on the wire.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.bench.asked import Plan, Request, operation
from tests.bench.cost import ROOT, Cost, end, line, median, quiet, start
from tests.bench.platform import Platform, platform
from tests.stack.process import ServiceError, own_folder
from tests.stack.recorder import Asked, recorder
from tests.stack.s3 import REGION

WALL_GOAL, MOST_REQUESTS = 1.5, 30
RUNS, MODELS = 100, 20

# what a diagnosis imports, which files of the work tree it opens and what it asks Git for, told when it leaves
_TOLD = """
import json, os, sys
leave, opened, started = os._exit, {}, []
def heard(event, words):
    if event == "open" and isinstance(words[0], (str, os.PathLike)) and "r" in str(words[1] or "r"):
        opened[os.fspath(words[0])] = None
    elif event == "subprocess.Popen":
        started.append([str(word) for word in words[1]])
def told(code):
    sys.stdout.flush()
    json.dump({"modules": list(sys.modules), "opened": list(opened), "started": started}, open(FILE, "w"))
    leave(code)
os._exit = told
sys.addaudithook(heard)
sys.argv[0] = "diagnose"
import agent.cli
agent.cli.main()
"""


class Seen(NamedTuple):
    """What one diagnosis asked for: of MLflow and of S3 on the wire, and of the work tree."""

    mlflow: Sequence[Asked]
    s3: Sequence[Asked]
    modules: Sequence[str]
    files: Sequence[str]
    commands: Sequence[Sequence[str]]


class Bed:
    """The platform, and where children leave what they print."""

    def __init__(self, it: Platform, folder: Path) -> None:
        self.platform, self.folder = it, folder

    def diagnose(self, mlflow: str) -> list[str]:
        words = ["run", "--mlflow", mlflow, "--repo", str(self.platform.repository.root), "--docker", "none", "--kubernetes", "none", "-o", "json"]
        return [sys.executable, "-m", "agent.cli", *words]

    def environment(self, store: str) -> dict[str, str]:
        """The reader's, who finds the store at this address."""
        mine = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MLFLOW_", "DIAGNOSE_"))}
        named = {**self.platform.store.settings(self.platform.reader), "AWS_ENDPOINT_URL": store, "AWS_EC2_METADATA_DISABLED": "true"}
        return {**mine, **named, "HOME": str(self.folder)}

    def cost(self, command: Sequence[str]) -> Cost:
        out = self.folder / "one"
        return end(start(command, out, self.environment(self.platform.store.url)), out)

    def seen(self) -> Seen:
        """Of one diagnosis that goes through recorders."""
        file = self.folder / "told.json"
        with recorder(self.platform.server.url) as server, recorder(self.platform.store.url) as store:
            command = [sys.executable, "-c", _TOLD.replace("FILE", repr(str(file))), *self.diagnose(server.url)[3:]]
            done = subprocess.run(command, cwd=ROOT, env=self.environment(store.url), capture_output=True, text=True, check=False)
        if not file.exists():
            raise RuntimeError(f"a diagnosis does not tell what it asks: {done.stderr[-800:]}")
        told = json.loads(file.read_text())
        root = self.platform.repository.root
        files = [one for one in told["opened"] if one.startswith(f"{root}/") and Path(one).is_file()]
        git = [one for one in told["started"] if one and Path(one[0]).name == "git"]
        return Seen(server.asked, store.asked, [name for name in told["modules"] if name != "__main__"], files, git)

    def raw(self, seen: Seen, *, modules: bool) -> list[str]:
        plan: Plan = {
            "modules": seen.modules if modules else (),
            "mlflow": self.platform.server.url,
            "requests": [_request(one) for one in seen.mlflow],
            "s3": self.platform.store.url,
            "region": REGION,
            "calls": [_request(one) for one in seen.s3],
            "files": seen.files,
            "commands": seen.commands,
        }
        place = self.folder / f"plan-{modules}.json"
        place.write_text(json.dumps(plan))
        return [sys.executable, "-m", "tests.bench.asked", str(place)]


def _request(one: Asked) -> Request:
    names = {name.lower() for name in one.headers}
    return {"method": one.method, "path": one.path, "body": one.body.decode(), "signed": "authorization" in names}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.services", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {"runs": 5, "grow": 10_000, "models": 1000, "objects": 1_000_000, "files": 10_000}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    try:
        with platform() as it, own_folder("bench-") as folder:
            it.fill(RUNS, MODELS)
            bed = Bed(it, folder)
            found = {"at first": _compare(bed, f"{RUNS} runs, {MODELS} models of two versions, a small repository", options.runs)}
            for what, grown in (
                (f"{options.grow:,} more runs and {options.models:,} more models", lambda: it.grow(options.grow, options.models)),
                (f"{options.objects:,} more objects", lambda: it.grow_bucket(options.objects)),
                (f"{options.files:,} more files in the repository", lambda: it.grow_repository(options.files)),
            ):
                began = time.monotonic()
                made = grown()
                print(f"\nmade {what} in {time.monotonic() - began:.0f} s{f': {made:,} in time' if made else ''}", flush=True)
                found[what] = _compare(bed, what, options.runs)
            _growth(found)
    except ServiceError as error:
        sys.exit(f"left out: {error}")


def _compare(bed: Bed, what: str, runs: int) -> dict[str, Cost]:
    """Diagnoses and raw requests by turns; the median of each."""
    seen = bed.seen()
    commands = {
        "diagnose": bed.diagnose(bed.platform.server.url),
        "raw, same imports": bed.raw(seen, modules=True),
        "raw": bed.raw(seen, modules=False),
        "diagnose of the host alone": [*bed.diagnose("none"), "--repo", "none"],
    }
    bed.cost(commands["diagnose"])  # MLflow's first answers after a change take longer
    print(f"\n== {what}; {quiet()}; the median of {runs} runs by turns, the highest peak")
    each: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            each[name].append(bed.cost(command))
    costs = {name: median(of) for name, of in each.items()}
    asked = len(seen.mlflow) + len(seen.s3)
    for name, cost in costs.items():
        line(name, cost, each[name], 0 if "alone" in name else asked)
    whole, raw = costs["diagnose"], costs["raw, same imports"]
    print(f"ratio of walls: {whole.wall / raw.wall:.2f} with the same imports (goal <= {WALL_GOAL}), of CPU {whole.cpu / raw.cpu:.2f}; to raw alone {whole.wall / costs['raw'].wall:.2f}")
    print(f"requests: {asked} (goal <= {MOST_REQUESTS}): {_told(seen)}")
    _said(whole)
    return costs


def _told(seen: Seen) -> str:
    """Which requests, and what was read of the work tree."""
    mlflow = Counter(f"{one.method} {_kind(one.path)}" for one in seen.mlflow)
    s3 = Counter(operation(_request(one))[0] for one in seen.s3)
    parts = [*(f"{count} {name}" for name, count in mlflow.most_common()), *(f"{count} {name}" for name, count in s3.most_common())]
    return f"{', '.join(parts)}; {len(seen.files)} files, {len(seen.commands)} times Git"


def _kind(path: str) -> str:
    return "/".join(urlsplit(path).path.split("/")[-2:]).replace("2.0/", "")


def _said(cost: Cost) -> None:
    """What the report says of them, so that what was measured is known to be a diagnosis."""
    report = json.loads(cost.output)
    ours = ("mlflow", "dvc", "s3", "bucket", "dataset")
    rows = [one["row"] for one in report["incidents"] if one["row"].startswith(ours)]
    gaps = [f"{one['what']}: {one['detail'][:90]}" for one in report["gaps"] if one["what"].startswith(ours) and one["why"] != "not configured"]
    print(f"incidents of these systems: {', '.join(rows) or 'none'}; not seen of them: {'; '.join(gaps) or 'nothing'}; exit code {cost.code}")


def _growth(found: Mapping[str, Mapping[str, Cost]]) -> None:
    (_, first), *grown = found.items()
    print("\n== how it grows, to what it was at first")
    for what, costs in grown:
        for name in ("diagnose", "raw, same imports"):
            cost, before = costs[name], first[name]
            print(
                f"{what:44} {name:18} wall x {cost.wall / before.wall:.2f}  CPU x {cost.cpu / before.cpu:.2f}  peak {before.memory:.0f} -> {cost.memory:.0f} MiB"
            )


if __name__ == "__main__":
    main()
