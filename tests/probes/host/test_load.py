"""Load, shares of CPU time, and the processes that hold the memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Look, Relation, Subject, Swept, Unavailable
from probes.host import load
from probes.host.load import PROBES

from .conftest import BOOT, NOW, MakeAccess, RunProbe

(PROBE,) = PROBES
PAGE = os.sysconf("SC_PAGE_SIZE")
HZ = os.sysconf("SC_CLK_TCK")
CONTAINER = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def stat(pid: int, name: str, pages: int, started_s: int = 5) -> str:
    return f"{pid} ({name}) S 1 {' 0' * 17} {started_s * HZ} 0 {pages} 0 0\n"


INIT = {"/proc/1/stat": stat(1, "systemd", 3)}


@pytest.fixture(autouse=True)
def _short_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SAMPLE_S", 0.0)


def values(run: RunProbe, access: Access) -> dict[str, Any]:
    return dict(next(answer.values for answer in run(PROBE, access) if isinstance(answer, Look)))


def test_a_plain_machine_gives_every_signal_of_the_host(machine: MakeAccess, run: RunProbe) -> None:
    files = {
        **INIT,
        "/proc/7/stat": stat(7, "a (b) c", 20),
        "/proc/8/stat": stat(8, "kthreadd", 0),
        "/proc/sys/kernel/pid_max": "1000\n",
        "/proc/sys/kernel/threads-max": "300\n",
        "/proc/sys/fs/file-nr": "50\t0\t200\n",
    }

    expected = {
        "host.cpus": 2,
        "host.load_1m": 3.0,
        "host.load_per_cpu": 1.5,
        "host.iowait_ratio": None,
        "host.cpu_used_ratio": None,
        "host.processes": 3,
        "host.threads": 150,
        "host.threads_ratio": 0.5,
        "host.open_files_ratio": 0.25,
        "host.top_memory": (f"a (b) c (pid 7) {20 * PAGE / 1024:.1f} KiB", f"systemd (pid 1) {3 * PAGE / 1024:.1f} KiB"),
        "host.top_memory_name": "a (b) c",
        "host.top_memory_bytes": 20 * PAGE,
    }
    access = machine({**files, "/proc/meminfo": "MemTotal: 100000 kB\n"})
    look, swept = run(PROBE, access)
    assert isinstance(look, Look)
    assert (Subject("host", "gpu-1"), expected, Swept(kind="process", scope="gpu-1", count=3)) == (look.subject, look.values, swept)


def test_shares_of_cpu_time_are_those_between_two_samples(machine: MakeAccess, run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    access = machine(INIT)

    def later(_seconds: float) -> None:
        access.path("/proc/stat").write_text("cpu  40 0 10 80 70 0 0 0 0 0\ncpu0 1\n")

    monkeypatch.setattr(time, "sleep", later)

    found = values(run, access)
    expected = (0.6, 0.3)
    assert expected == (found["host.iowait_ratio"], found["host.cpu_used_ratio"])


def test_iowait_that_the_kernel_counts_backwards_is_nothing(machine: MakeAccess, run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    access = machine(INIT)
    monkeypatch.setattr(time, "sleep", lambda _seconds: access.path("/proc/stat").write_text("cpu  30 0 10 75 5 0 0 0 0 0\n"))

    expected = 0.0
    assert expected == values(run, access)["host.iowait_ratio"]


def test_a_process_with_a_fifth_of_the_memory_is_looked_at_by_itself(machine: MakeAccess, run: RunProbe) -> None:
    pages = 400 * 1024 // PAGE
    files = {
        **INIT,
        "/proc/7/stat": stat(7, "python3", pages, started_s=100),
        "/proc/7/status": "Name:\tpython3\nVmRSS:\t     400 kB\nRssAnon:\t     300 kB\nRssFile:\t      60 kB\nRssShmem:\t      40 kB\n",
        "/proc/7/cmdline": "python3\0train.py\0--name=" + "x" * 400 + "\0",
        "/proc/7/cgroup": f"4:memory:/docker/{CONTAINER}\n0::/\n",
    }
    answers = run(PROBE, machine(files))

    process = Subject("process", "python3 (pid 7)")
    expected = {
        "process.pid": 7,
        "process.name": "python3",
        "process.command": ("python3 train.py --name=" + "x" * 400)[:300],
        "process.state": "running",
        "process.rss_bytes": 400 * 1024,
        "process.anon_bytes": 300 * 1024,
        "process.shmem_bytes": 40 * 1024,
        "process.started_at": BOOT + 100.0,
        "process.age": NOW - BOOT - 100.0,
        "process.container_id": "9f86d081884c",
        "process.killed_at": None,
        "process.kill_scope": None,
        "process.kill_cgroup": None,
    }
    assert {process: expected} == {look.subject: look.values for look in answers if isinstance(look, Look) and look.subject.kind == "process"}
    assert Relation("on", process, Subject("host", "gpu-1")) in answers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("0::/system.slice/docker-{id}.scope\n", "9f86d081884c"),
        ("0::/kubepods.slice/kubepods-pod0aaa.slice/cri-containerd-{id}.scope\n", "9f86d081884c"),
        ("11:memory:/kubepods/burstable/pod95387fa4-da9c-11e7-9d36-5254b24cbf5e/{id}\n", "9f86d081884c"),
        ("0::/machine.slice/libpod-{id}.scope/container\n", "9f86d081884c"),
        ("0::/docker/" + "0" * 64 + "/docker/{id}\n", "9f86d081884c"),
        ("0::/machine.slice/libpod-conmon-{id}.scope\n", None),
        ("0::/system.slice/docker.service\n", None),
        ("", None),
    ],
)
def test_the_container_of_a_process_is_read_from_its_group(machine: MakeAccess, run: RunProbe, path: str, expected: str | None) -> None:
    access = machine({"/proc/1/stat": stat(1, "big", 1000), "/proc/1/cgroup": path.format(id=CONTAINER)})

    found = [look.values["process.container_id"] for look in run(PROBE, access) if isinstance(look, Look) and look.subject.kind == "process"]
    assert [expected] == found


def test_hidden_processes_are_said_to_be_hidden(machine: MakeAccess, run: RunProbe) -> None:
    answers = run(PROBE, machine({"/proc/7/stat": stat(7, "mine", 1), "/proc/8/stat": "8 (torn"}))

    found = [answer for answer in answers if isinstance(answer, Swept | Unavailable)]
    expected = Unavailable(
        kind="process",
        why="forbidden",
        detail="/proc hides the processes of other users (hidepid).",
        remedy="Run diagnose as root, or mount /proc with hidepid=0.",
    )
    assert [Swept(kind="process", scope="gpu-1", count=1, complete=False), expected] == found


def test_garbled_files_give_none_and_no_error(machine: MakeAccess, run: RunProbe) -> None:
    garbage = "cpu one two\n\0 3/x \n"
    found = values(run, machine({f"/proc/{name}": garbage for name in ("stat", "loadavg", "sys/fs/file-nr", "sys/kernel/pid_max", "1/stat")}))

    expected = dict.fromkeys(found, None) | {"host.processes": 0, "host.top_memory": ()}
    assert expected == found


def test_this_machine_names_a_process_of_ours_as_psutil_does(run: RunProbe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    psutil = pytest.importorskip("psutil")
    monkeypatch.setattr(load, "_LARGE", 0.0)
    ready = tmp_path / "ready"
    code = f"import pathlib, time; held = b'x' * (80 << 20); pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code]) as child:
        while not ready.exists():
            time.sleep(0.01)
        answers = run(PROBE, Access({}, deadline=time.monotonic() + 60))
        expected = psutil.Process(child.pid)
        rss, started = expected.memory_info().rss, expected.create_time()
        child.kill()

    own = next(look for look in answers if isinstance(look, Look) and look.values.get("process.pid") == child.pid)
    assert rss == pytest.approx(own.values["process.rss_bytes"], rel=0.05)
    assert started == pytest.approx(own.values["process.started_at"], abs=0.02)
    assert f"{sys.executable} -c {code}"[:300] == own.values["process.command"]
