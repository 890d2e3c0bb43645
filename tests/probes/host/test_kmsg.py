"""How far back the kernel's log reaches, and what is said where it cannot be read."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access, Unreachable
from probes._contract import Subject, Unavailable
from probes.host import _clock
from probes.host.kernel import HOST, PROBES

from .conftest import BOOT, MakeAccess, RunProbe, host_values, kmsg, processes

(PROBE,) = PROBES
HOST_SUBJECT = Subject("host", "gpu-1")
SIZES = "total-vm:82100kB, anon-rss:300kB, file-rss:60kB, shmem-rss:40kB, UID:0 pgtables:144kB oom_score_adj:0"
pytestmark = pytest.mark.usefixtures("kernel_clock")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(kmsg("Linux version 6.18", second=0), True, id="from the first record"),
        pytest.param(kmsg("late", first=900, second=30), True, id="only the first seconds after boot are lost"),
        pytest.param(kmsg("late", first=900), False, id="hours are lost"),
        pytest.param("", False, id="nothing there"),
    ],
)
def test_a_log_is_complete_if_it_reaches_back_far_enough(machine: MakeAccess, run: RunProbe, log: str, expected: bool) -> None:
    access = machine({"/dev/kmsg": log, "/proc/stat": f"btime {BOOT}\n"})
    access.now = BOOT + 10_000.0

    assert expected == host_values(run(PROBE, access))["host.kernel_log_complete"]


def test_a_log_that_holds_six_hours_is_complete(machine: MakeAccess, run: RunProbe) -> None:
    access = machine({"/dev/kmsg": kmsg("late", first=900)})
    access.now = BOOT + 9000.0 + 6 * 3600

    assert host_values(run(PROBE, access))["host.kernel_log_complete"] is True


def test_records_that_are_overwritten_while_we_read_are_passed_over(machine: MakeAccess, run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [line.encode() + b"\n" for line in kmsg("old", f"Out of memory: Killed process 7 (p) {SIZES}").splitlines()]
    script: list[bytes | OSError] = [records[0], BrokenPipeError(), BrokenPipeError(), records[1], BlockingIOError()]

    def read(_device: int, _most: int) -> bytes:
        answer = script.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(os, "read", read)

    assert [Subject("process", "p (pid 7)")] == list(processes(run(PROBE, machine({"/dev/kmsg": ""}))))


class NoDevice(Access):
    """No /dev/kmsg; dmesg prints `output`, or cannot."""

    output: str | Unreachable = ""

    def run(self, name: str, limit: float = 5.0, **words: str) -> str:  # noqa: ARG002  # as its base
        assert (name, limit) == ("dmesg", 5.0)
        if isinstance(self.output, Unreachable):
            raise self.output
        return self.output


def without_device(base: Access, output: str | Unreachable) -> NoDevice:
    access = NoDevice({}, deadline=base.deadline, root=base.root, now=base.now)
    access.output = output
    return access


def test_without_the_device_dmesg_is_read(machine: MakeAccess, run: RunProbe) -> None:
    output = (
        "2027-01-15T08:43:20,000000+02:00 Linux version 6.1\n"
        f"2027-01-15T08:43:21,500000+02:00 Memory cgroup out of memory: Killed process 7 (python3) {SIZES}\n"
        "a second line of the same\n"
    )
    answers = run(PROBE, without_device(machine({}), output))

    found = host_values(answers)
    expected = (("2027-01-15T06:43:21Z cgroup - python3 7 409600",), BOOT + 5400.0, True)
    assert expected == tuple(found[f"host.{name}"] for name in ("oom_victims", "kernel_log_since", "kernel_log_complete"))


ON_HOST = {"/proc/self/ns/pid": Path("pid:[4026531836]")}
IN_CONTAINER = {"/proc/self/ns/pid": Path("pid:[4026532222]")}
NOT_PERMITTED = Unreachable("refused", "dmesg ended with code 1: dmesg: read kernel buffer failed: Operation not permitted")
NO_DMESG = Unreachable("missing tool", "dmesg is not installed.")
AS_ROOT = "Run diagnose as root, give it CAP_SYSLOG, or set sysctl kernel.dmesg_restrict=0."
WITH_DEVICE = "Run diagnose on the host as root, or start its container with --device /dev/kmsg --cap-add SYSLOG."
WITH_UTIL_LINUX = "Run diagnose as root on a machine that has /dev/kmsg or util-linux's dmesg."


@pytest.mark.parametrize(
    ("files", "error", "expected"),
    [
        pytest.param(ON_HOST, NOT_PERMITTED, ("forbidden", AS_ROOT), id="an ordinary user"),
        pytest.param(IN_CONTAINER, NOT_PERMITTED, ("forbidden", WITH_DEVICE), id="a container"),
        pytest.param(IN_CONTAINER, NO_DMESG, ("missing tool", WITH_DEVICE), id="a container without dmesg"),
        pytest.param(ON_HOST, Unreachable("timed out", "…"), ("timed out", WITH_UTIL_LINUX), id="dmesg hangs"),
    ],
)
def test_a_log_that_cannot_be_read_is_unseen_and_never_empty(
    machine: MakeAccess, run: RunProbe, files: dict[str, Path], error: Unreachable, expected: tuple[Any, str]
) -> None:
    why, remedy = expected
    detail = f"/dev/kmsg: No such file or directory; {error.detail}"
    of_host = Unavailable(kind="host", subject=HOST_SUBJECT, why=why, detail=detail, remedy=remedy, names=tuple(spec.name for spec in HOST))
    names = ("process.killed_at", "process.kill_scope", "process.kill_cgroup")
    of_process = Unavailable(kind="process", why=why, detail=detail, remedy=remedy, names=names)

    assert [of_host, of_process] == run(PROBE, without_device(machine(files), error))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Sched Debug Version: v0.11\nktime      : 5000.500000\nsched_clk  : 9.0\ncpu_clk    : 3000.250000\n", 2.00025),
        ("ktime : 5000.5\n", 0.0),
        ("garbage", 0.0),
        (None, 0.0),
    ],
)
def test_the_drift_of_the_logs_clock_is_taken_out_where_it_is_shown(machine: MakeAccess, head: str | None, expected: float) -> None:
    access = machine({"/sys/kernel/debug/sched/debug": head})

    assert pytest.approx(time.time() - time.monotonic() + expected, abs=0.01) == _clock.kernel_clock_zero(access)
