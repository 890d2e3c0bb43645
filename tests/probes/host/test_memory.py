"""Memory, pressure and limits, on version 1 and 2 of control groups."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Look, Subject, Swept
from probes.host.memory import PROBES

from .conftest import BOOT, Files, MakeAccess, RunProbe

(PROBE,) = PROBES
CONTAINER = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UNLIMITED = "9223372036854771712\n"


def values(run: RunProbe, access: Access) -> dict[str, Any]:
    return dict(next(answer.values for answer in run(PROBE, access) if isinstance(answer, Look)))


def own(run: RunProbe, access: Access) -> tuple[Any, ...]:
    found = values(run, access)
    return tuple(found[f"host.{name}"] for name in ("cgroup_version", "own_memory_limit_bytes", "own_memory_used_bytes", "in_container"))


def test_a_plain_machine_gives_every_signal(machine: MakeAccess, run: RunProbe) -> None:
    psi = "some avg10=0.00 avg60=12.50 avg300=0.35 total=8\nfull avg10=0.00 avg60=1.25 avg300=0.00 total=0\n"
    access = machine(
        {
            "/proc/pressure/memory": psi,
            "/proc/pressure/io": psi,
            "/proc/pressure/cpu": psi,
            "/proc/sys/vm/overcommit_memory": "2\n",
            "/proc/self/ns/pid": Path("pid:[4026531836]"),
            "/sys/fs/cgroup/cgroup.controllers": "memory\n",
        }
    )

    expected = {
        "host.memory_total_bytes": 1_024_000,
        "host.memory_available_bytes": 256_000,
        "host.memory_available_ratio": 0.25,
        "host.swap_total_bytes": 409_600,
        "host.swap_used_bytes": 102_400,
        "host.has_swap": True,
        "host.memory_stall_ratio": 0.0125,
        "host.memory_wait_ratio": 0.125,
        "host.io_stall_ratio": 0.0125,
        "host.io_wait_ratio_psi": 0.125,
        "host.cpu_wait_ratio": 0.125,
        "host.oom_kills": 3,
        "host.booted_at": float(BOOT),
        "host.overcommit_mode": 2,
        "host.cgroup_version": "2",
        "host.own_memory_limit_bytes": None,
        "host.own_memory_used_bytes": None,
        "host.in_container": False,
    }
    look, swept = run(PROBE, access)
    assert isinstance(look, Look)
    assert (Subject("host", "gpu-1"), expected, Swept(kind="host", scope="gpu-1", count=1)) == (look.subject, look.values, swept)


def test_without_swap_there_is_none_in_use(machine: MakeAccess, run: RunProbe) -> None:
    found = values(run, machine({"/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 10 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"}))

    expected = (False, 0, 0)
    assert expected == (found["host.has_swap"], found["host.swap_total_bytes"], found["host.swap_used_bytes"])


def test_pressure_is_none_where_the_kernel_does_not_measure_it(machine: MakeAccess, run: RunProbe) -> None:
    found = values(run, machine({}))

    names = ("memory_stall_ratio", "memory_wait_ratio", "io_stall_ratio", "io_wait_ratio_psi", "cpu_wait_ratio")
    assert tuple(found[f"host.{name}"] for name in names) == (None,) * 5


def test_garbled_files_give_none_and_no_error(machine: MakeAccess, run: RunProbe) -> None:
    garbage = "\0\x1b[31mMemTotal: many kB\nfull avg60=\nMemAvailable:\n"
    names = ("meminfo", "stat", "vmstat", "pressure/memory", "pressure/io", "pressure/cpu", "sys/vm/overcommit_memory", "self/cgroup")
    found = values(run, machine({f"/proc/{name}": garbage for name in names}))

    assert {None, False} == set(found.values())


def test_no_meminfo_is_an_error_and_never_an_empty_machine(machine: MakeAccess, run: RunProbe) -> None:
    with pytest.raises(FileNotFoundError):
        run(PROBE, machine({"/proc/meminfo": None}))


V1_IN_CONTAINER: Files = {
    "/proc/self/cgroup": f"5:cpu:/docker/{CONTAINER}\n4:memory:/docker/{CONTAINER}\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "400000000\n",
    "/sys/fs/cgroup/memory/memory.stat": "cache 5\ntotal_inactive_file 100000000\n",
    "/proc/self/ns/pid": Path("pid:[4026532222]"),
}
V1_ON_HOST: Files = {
    "/proc/self/cgroup": "4:memory:/user.slice\n0::/\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "900\n",
    "/sys/fs/cgroup/memory/user.slice/memory.limit_in_bytes": UNLIMITED,
    "/sys/fs/cgroup/memory/user.slice/memory.usage_in_bytes": "700\n",
    "/proc/self/ns/pid": Path("pid:[4026531836]"),
}
V2_LIMIT_ABOVE: Files = {
    "/proc/self/cgroup": "0::/kubepods/pod1/job\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    "/sys/fs/cgroup/kubepods/pod1/job/memory.max": "max\n",
    "/sys/fs/cgroup/kubepods/pod1/job/memory.current": "600\n",
    "/sys/fs/cgroup/kubepods/pod1/memory.max": "1000\n",
    "/sys/fs/cgroup/kubepods/pod1/memory.current": "900\n",
    "/sys/fs/cgroup/kubepods/pod1/memory.stat": "anon 700\ninactive_file 150\n",
    "/sys/fs/cgroup/kubepods/memory.max": "5000\n",
    "/sys/fs/cgroup/kubepods/memory.current": "4000\n",
    "/proc/self/ns/pid": Path("pid:[4026531836]"),
}
V2_IN_CONTAINER: Files = {
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    "/sys/fs/cgroup/memory.max": "2000\n",
    "/sys/fs/cgroup/memory.current": "1500\n",
    "/sys/fs/cgroup/memory.stat": "anon 700\ninactive_file 500\n",
    "/proc/self/ns/pid": Path("pid:[4026532222]"),
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(V1_IN_CONTAINER, ("1", 536_870_912, 300_000_000, True), id="version 1: a container sees its own group at the top"),
        pytest.param(V1_ON_HOST, ("1", None, 700, False), id="version 1: the largest number means no limit"),
        pytest.param(V2_LIMIT_ABOVE, ("2", 1000, 750, False), id="version 2: the tightest limit above us holds"),
        pytest.param(V2_IN_CONTAINER, ("2", 2000, 1000, True), id="version 2: a container sees its own group at the top"),
        pytest.param({}, (None, None, None, False), id="no control groups"),
    ],
)
def test_the_limit_that_holds_for_us_is_found(machine: MakeAccess, run: RunProbe, files: Files, expected: tuple[Any, ...]) -> None:
    assert expected == own(run, machine(files))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"/.dockerenv": "", "/proc/self/ns/pid": Path("pid:[4026531836]")}, False, id="a virtual machine made from an image is none"),
        pytest.param({"/.dockerenv": "", "/proc/self/mountinfo": "1 0 0:50 / / rw - overlay overlay rw\n"}, True, id="mark and overlay are one"),
        pytest.param({"/proc/self/cgroup": f"0::/system.slice/docker-{CONTAINER}.scope\n"}, True, id="a container that shares the host's processes"),
        pytest.param({"/proc/self/ns/pid": Path("pid:[4026532222]")}, True, id="processes of its own"),
    ],
)
def test_a_container_is_told_from_a_machine(machine: MakeAccess, run: RunProbe, files: Files, expected: bool) -> None:
    assert expected == values(run, machine(files))["host.in_container"]


def test_this_machine_agrees_with_psutil(run: RunProbe) -> None:
    psutil = pytest.importorskip("psutil")
    found = values(run, Access({}, deadline=time.monotonic() + 60))

    expected = (found["host.memory_total_bytes"], found["host.swap_total_bytes"])
    assert expected == (psutil.virtual_memory().total, psutil.swap_memory().total)
    assert psutil.boot_time() == found["host.booted_at"]


IN_A_NAMESPACE = """
import json, time
from probes._access import Access
from probes.host.memory import PROBES
look, _ = PROBES[0].look(Access({}, deadline=time.monotonic() + 60), ())
print(json.dumps(look.values["host.in_container"]))
"""


@pytest.mark.engine
def test_real_namespaces_count_as_a_container() -> None:
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", IN_A_NAMESPACE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert json.loads(done.stdout) is True
