"""What a process costs, measured from outside, and whether this machine is quiet enough to measure."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

# it stands between, so that the memory of this process, which writes thousands of objects, is not counted as the child's
_LAUNCHER = """
import json, resource, subprocess, sys, time
with open(sys.argv[1], "wb") as out, open(sys.argv[1] + ".err", "wb") as err:
    began = time.perf_counter()
    code = subprocess.call(sys.argv[2:], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
    wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code]))
"""


class Cost(NamedTuple):
    """What one process took: seconds, seconds of CPU, MiB at its peak; how it ended, and what it printed."""

    wall: float
    cpu: float
    memory: float
    code: int
    output: str


def start(command: Sequence[str], out: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a command in the checkout; what it prints goes to `out`, its errors beside it."""
    launcher = [sys.executable, "-S", "-c", _LAUNCHER, str(out), *command]
    return subprocess.Popen(launcher, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(environment))


def end(process: subprocess.Popen[str], out: Path) -> Cost:
    """Wait for what `start` started."""
    printed, _ = process.communicate()
    wall, cpu, memory, code = json.loads(printed)
    cost = Cost(wall, cpu, memory, code, out.read_text())
    if cost.code < 0:
        print(f"a run was ended by signal {-cost.code}:\n{out.with_name(f'{out.name}.err').read_text()[-3000:]}", flush=True)
    return cost


def median(costs: Sequence[Cost]) -> Cost:
    wall, cpu = (statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu"))
    return Cost(wall, cpu, max(cost.memory for cost in costs), costs[-1].code, costs[-1].output)


def line(name: str, cost: Cost, each: Sequence[Cost], requests: int) -> None:
    walls = sorted(one.wall for one in each)
    print(
        f"{name:28} {cost.wall:6.2f} s wall ({walls[0]:.2f} to {walls[-1]:.2f})  {cost.cpu:6.2f} s CPU  {cost.memory:5.0f} MiB  {requests:3} requests",
        flush=True,
    )


def quiet(most_s: float = 180.0) -> str:
    """Wait until this machine has settled, and say how busy it is."""
    deadline = time.monotonic() + most_s
    while (busy := _busy(3.0)) > 0.15 and time.monotonic() < deadline:
        time.sleep(3)
    return f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores {busy:.0%} busy before"


def _busy(seconds: float) -> float:
    before = _ticks()
    time.sleep(seconds)
    now = _ticks()
    return 1 - (now[0] - before[0]) / max(1, now[1] - before[1])


def _ticks() -> tuple[int, int]:
    """Idle and all, since the start of the machine."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return numbers[3] + numbers[4], sum(numbers)
