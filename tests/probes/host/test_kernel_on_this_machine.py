"""Real kills and crashes, planted in control groups and children of our own. Takes at most 64 MiB of memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes._access import Access
from probes.host.kernel import PROBES

from .conftest import RunProbe, host_values, processes

(PROBE,) = PROBES

V1, V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A memory control group with a limit of 32 MiB, made by hand."""
    version_1 = V1.is_dir()
    group = (V1 if version_1 else V2) / f"diagnose-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(32 << 20))
        if not version_1 and (group / "memory.swap.max").exists():
            (group / "memory.swap.max").write_text("0")
    except OSError as error:
        pytest.skip(f"no control group of our own can be made here: {error}")
    yield group
    group.rmdir()


def eats(group: Path) -> str:
    return f"import os; open({str(group / 'cgroup.procs')!r}, 'w').write(str(os.getpid())); held = b'x' * (64 << 20)"


@pytest.mark.engine
def test_a_real_kill_at_a_limit_is_named_with_the_right_process_and_time(small_group: Path, run: RunProbe) -> None:
    with subprocess.Popen([sys.executable, "-c", eats(small_group)]) as child:
        code = child.wait(timeout=30)
    died = time.time()
    answers = run(PROBE, Access({}, deadline=time.monotonic() + 60))

    found = next(values for values in processes(answers).values() if values["process.pid"] == child.pid)
    names = ("process.state", "process.kill_scope", "process.kill_cgroup", "process.container_id")
    expected = ("killed", "cgroup", f"/{small_group.name}", None)
    assert (-signal.SIGKILL, expected) == (code, tuple(found[name] for name in names))
    assert died == pytest.approx(found["process.killed_at"], abs=2.0)
    assert 20 << 20 < found["process.rss_bytes"] < 80 << 20
    assert host_values(answers)["host.last_cgroup_oom_at"] >= found["process.killed_at"]


@pytest.mark.engine
def test_dmesg_tells_the_same_as_the_device(small_group: Path, run: RunProbe, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", eats(small_group)]) as child:
        child.wait(timeout=30)
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/hostname").write_text("gpu-1\n")
    of_device, of_dmesg = (
        next(values for values in processes(run(PROBE, access)).values() if values["process.pid"] == child.pid)
        for access in (Access({}, deadline=time.monotonic() + 60), Access({}, deadline=time.monotonic() + 60, root=tmp_path))
    )

    assert of_device.pop("process.killed_at") == pytest.approx(of_dmesg.pop("process.killed_at"), abs=1.5)
    assert of_device == of_dmesg


@pytest.mark.engine
def test_a_real_segfault_is_named(run: RunProbe) -> None:
    if Path("/proc/sys/debug/exception-trace").read_text().strip() != "1":
        pytest.skip("this kernel does not tell of segfaults")
    with subprocess.Popen([sys.executable, "-c", "import ctypes; ctypes.string_at(0)"], stderr=subprocess.DEVNULL) as child:
        child.wait(timeout=30)
    crashes = host_values(run(PROBE, Access({}, deadline=time.monotonic() + 60)))["host.crashes"]

    expected = ["segfault"]
    assert expected == [words[3] for words in map(str.split, crashes) if words[2] == str(child.pid)]


AS_NOBODY = """
import json, os, time, socket
from probes._access import Access
from probes._contract import Unavailable
from probes.host import kernel, listeners
from encodings import idna
os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = {}
for module in (kernel, listeners):
    answers = list(module.PROBES[0].look(Access({}, deadline=time.monotonic() + 60), ()))
    found[module.__name__] = [answer.why for answer in answers if isinstance(answer, Unavailable)]
print(json.dumps(found))
"""


@pytest.mark.engine
def test_an_ordinary_user_really_is_told_what_is_forbidden() -> None:
    if Path("/proc/sys/kernel/dmesg_restrict").read_text().strip() != "1":
        pytest.skip("this machine shows its log to everybody")
    done = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, check=True, timeout=60)

    expected = {"probes.host.kernel": ["forbidden", "forbidden"], "probes.host.listeners": ["forbidden"]}
    assert expected == json.loads(done.stdout)
