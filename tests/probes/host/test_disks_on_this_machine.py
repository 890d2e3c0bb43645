"""Disks of this machine, and a real file system that never answers, in a mount namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probes._access import Access
from probes._contract import Look
from probes.host.disks import PROBES

from .conftest import RunProbe

(PROBE,) = PROBES


def test_this_machine_agrees_with_statvfs(run: RunProbe) -> None:
    answers = run(PROBE, Access({}, deadline=time.monotonic() + 60))

    found = os.statvfs("/")
    root = next(look for look in answers if isinstance(look, Look) and look.subject.key == "/")
    assert found.f_blocks * found.f_frsize == root.values["disk.total_bytes"]


HANGING = """
import ctypes, json, os, sys, time
from probes._access import Access
from probes._contract import Look, Unavailable
from probes.host.disks import PROBES

def main():
    device = os.open("/dev/fuse", os.O_RDWR)  # nobody will ever answer on it
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"nowhere", sys.argv[1].encode(), b"fuse.stuck", 0, options):
        raise OSError(ctypes.get_errno(), "mount")
    began = time.monotonic()
    answers = list(PROBES[0].look(Access({}, deadline=time.monotonic() + 60), ()))
    print(json.dumps({
        "took": time.monotonic() - began,
        "silent": [[answer.subject.key, answer.why] for answer in answers if isinstance(answer, Unavailable)],
        "seen": [answer.subject.key for answer in answers if isinstance(answer, Look)],
    }), flush=True)
    os._exit(0)

if __name__ == "__main__":
    main()
"""


@pytest.mark.engine
def test_a_real_mount_that_never_answers_is_named_and_the_others_are_seen(tmp_path: Path) -> None:
    if not Path("/dev/fuse").exists():
        pytest.skip("this kernel has no FUSE")
    script, point = tmp_path / "hanging.py", tmp_path / "stuck"
    script.write_text(HANGING)
    point.mkdir()
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, str(script), str(point)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    found = json.loads(done.stdout)
    expected = (found["silent"], "/" in found["seen"], found["took"] < 5)
    assert expected == ([[str(point), "timed out"]], True, True)
