"""A fake machine as a folder of /proc and /sys files, and a run of a probe that holds it to its own declaration."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._contract import RELATIONS, Answer, Look, Probe, Relation, Subject, Unavailable, checked
from probes.host import _kmsg

NOW = 1_800_000_000.0
BOOT = 1_799_990_000

MACHINE: Mapping[str, str | None] = {
    "/proc/sys/kernel/hostname": "gpu-1\n",
    "/proc/meminfo": "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nSwapTotal:       400 kB\nSwapFree:        300 kB\n",
    "/proc/stat": f"cpu  10 0 10 70 10 0 0 0 0 0\ncpu0 5 0 5 35 5 0 0 0 0 0\ncpu1 5 0 5 35 5 0 0 0 0 0\nctxt 5\nbtime {BOOT}\n",
    "/proc/vmstat": "nr_free_pages 10\noom_kill 3\n",
    "/proc/loadavg": "3.00 2.00 1.00 2/150 4242\n",
    "/proc/filesystems": "nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\nnodev\tnfs4\n\text4\n\tsquashfs\n",
    "/proc/self/mountinfo": "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n",
    "/proc/self/cgroup": "0::/\n",
}

Files = Mapping[str, str | Path | None]
MakeAccess = Callable[[Files], Access]
RunProbe = Callable[[Probe, Access], list[Answer]]


@pytest.fixture
def machine(tmp_path: Path) -> MakeAccess:
    """Files over those of a plain machine: text, a Path as the target of a link, or None to have no such file."""

    def make(files: Files) -> Access:
        for name, content in {**MACHINE, **files}.items():
            _put(tmp_path / name.lstrip("/"), content)
        return Access({}, deadline=time.monotonic() + 60, root=tmp_path, now=NOW)

    return make


def _put(path: Path, content: str | Path | None) -> None:
    if content is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        path.symlink_to(content)
    else:
        path.write_text(content)


@pytest.fixture
def run() -> RunProbe:
    """What the probe yields; fails if that breaks the contract."""

    def answers(probe: Probe, access: Access) -> list[Answer]:
        found = list(probe.look(access, ()))
        for answer in found:
            _hold(probe, answer)
        return found

    return answers


def _hold(probe: Probe, answer: Answer) -> None:
    if isinstance(answer, Look):
        specs = {spec.name: spec for spec in probe.gives if spec.kind == answer.subject.kind}
        assert sorted(specs) == sorted(answer.values)
        for name, value in answer.values.items():
            assert checked(specs[name], value) == value
    if isinstance(answer, Relation):
        ends = f"{answer.from_.kind} {answer.name} {answer.to.kind}"
        assert ends in probe.relations
        assert ends in {f"{known.from_kind} {known.name} {known.to_kind}" for known in RELATIONS}
    if isinstance(answer, Unavailable):
        assert answer.remedy.endswith(".")
        assert set(answer.names) <= {spec.name for spec in probe.gives}


@pytest.fixture
def kernel_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's log of the fake machine counts from its boot."""
    monkeypatch.setattr(_kmsg, "kernel_clock_zero", lambda _access: float(BOOT))


def kmsg(*lines: str, first: int = 0, second: int = 9000, priority: int = 6) -> str:
    """Records a second apart, the first being number `first` at `second` seconds after boot."""
    return "".join(f"{priority},{first + index},{(second + index) * 1_000_000},-;{line}\n" for index, line in enumerate(lines))


def host_values(answers: list[Answer]) -> dict[str, Any]:
    return next(dict(look.values) for look in answers if isinstance(look, Look) and look.subject.kind == "host")


def processes(answers: list[Answer]) -> dict[Subject, dict[str, Any]]:
    return {look.subject: dict(look.values) for look in answers if isinstance(look, Look) and look.subject.kind == "process"}
