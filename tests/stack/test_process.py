"""What a test starts does not outlive it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.stack.process import Process, ServiceError, own_environment, own_folder

ROOT = Path(__file__).parents[2]
FAMILY = ["sh", "-c", "sleep 600 & setsid sleep 600 & echo up; exec sleep 600"]
"""A program, a child, and one that has left its session."""

OWNER = f"""
import time
from tests.stack.process import Process, own_environment, own_folder
with own_folder("guarded-") as folder:
    it = Process(folder, folder / "log", {FAMILY!r}, own_environment(folder))
    it.wait_until("its word", it.tail, 10)
    print(folder, it.pid, flush=True)
    time.sleep(600)
"""


def test_of_a_program_whose_owner_is_killed_nothing_is_left() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        folder, pid = (owner.stdout.readline() if owner.stdout else "").split()
        first = psutil.Process(int(pid))
        family = [first, *first.children(recursive=True)]
        owner.kill()

    _gone, alive = psutil.wait_procs(family, timeout=10)
    _wait_until_gone(Path(folder))

    assert (3, [], False) == (len(family), alive, Path(folder).exists())


def test_what_is_killed_goes_with_all_that_it_has_started() -> None:
    with own_folder("guarded-") as folder:
        it = Process(folder, folder / "log", FAMILY, own_environment(folder))
        it.wait_until("its word", it.tail, 10)
        family = psutil.Process(it.pid).children(recursive=True)
        it.kill()

        assert (2, 137, []) == (len(family), it.ended(), [one for one in family if one.is_running()])


@pytest.mark.parametrize(("command", "code"), [("exit 3", 3), ("kill -TERM $$; sleep 9", 128 + signal.SIGTERM)])
def test_a_program_that_ends_by_itself_gives_its_code(tmp_path: Path, command: str, code: int) -> None:
    assert code == Process(tmp_path, tmp_path / "log", ["sh", "-c", command], own_environment(tmp_path)).ended()


def test_what_does_not_come_is_said_with_the_last_words(tmp_path: Path) -> None:
    it = Process(tmp_path, tmp_path / "log", ["sh", "-c", "echo no luck; exit 4"], own_environment(tmp_path))

    with pytest.raises(ServiceError, match=re.escape("the moon did not come, it ended with 4:\nno luck")):
        it.wait_until("the moon", lambda: False, 10)


def test_a_program_sees_nothing_of_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")

    assert {"AWS_EC2_METADATA_DISABLED", "HOME", "LANG", "PATH"} == set(own_environment(tmp_path))


def _wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
