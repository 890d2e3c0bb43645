"""Holds what a test has started, and takes it away when the test has ended, however that was: the test's end closes our standard input.

python -m tests.stack.guard run FOLDER COMMAND…     starts it there, prints its process id, and ends with it, as does whatever it has started
python -m tests.stack.guard remove FOLDER           waits, and removes it
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_REMOVE_S = 20


def main(what: str, *words: str) -> int:
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, lambda *_: None)  # unlike an ignored one, a handled one is as usual again in what we start
    if what == "run":
        return _run(words[0], words[1:])
    sys.stdin.read()
    _remove(Path(words[0]))
    return 0


def _run(folder: str, command: tuple[str, ...]) -> int:
    """Give what the command ended with, as a shell does, or 137 where we had to end it."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what its processes leave behind becomes ours
    # should we be killed ourselves, the first process at least goes with us
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    ended = os.pidfd_open(process.pid)
    print(process.pid, flush=True)
    select.select([ended, sys.stdin], [], [])
    code = process.poll()
    while children := _children():
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
    return 128 + signal.SIGKILL if code is None else 128 - code if code < 0 else code


def _children() -> list[int]:
    me = os.getpid()
    return [int(word) for word in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


def _remove(folder: Path) -> None:
    """Others may still write into it."""
    deadline = time.monotonic() + _REMOVE_S
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
