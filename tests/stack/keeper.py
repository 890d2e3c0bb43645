"""Holds a node from outside its namespaces: makes them, waits until whoever asked for the node is gone, however that was, and clears it away.

python -m tests.stack.keeper FOLDER     prints the node's number, starts it at the first line of standard input, ends it at the end of that
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PREFIX = "node-"
NUMBERS = 250
_LOCK = "keeper.lock"
_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_CGROUPS = Path("/sys/fs/cgroup")
_CLEAR_S = 20


def main(folder: Path) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    number = _claim()
    with (folder / "new.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(number))
        lock.flush()
        (folder / "new.lock").rename(folder / _LOCK)  # a sweep never sees it unlocked while we live
        try:
            print(number, flush=True)
            if sys.stdin.readline():
                _hold(folder, number)
        finally:
            clear(folder, number)


def sweep() -> None:
    """Clear away what nodes left whose keepers were killed too."""
    for lock_file in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{_LOCK}"):
        with contextlib.suppress(OSError), lock_file.open() as lock:  # its keeper lives, or another sweep was faster
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear(lock_file.parent, int(lock.read() or 0))


def clear(folder: Path, number: int) -> None:
    """Take away the link, the control groups and the folder of a node whose processes end just now, or have ended."""
    deadline = time.monotonic() + _CLEAR_S
    while not (_cleared_cgroups(number) and _cleared_folder(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    _ip("link", "delete", _ends(number)[0], check=False)


def _claim() -> int:
    """A number that no other node has: the kernel gives a name to one link only."""
    for number in (1 + (os.getpid() + step) % NUMBERS for step in range(NUMBERS)):
        ours, its = _ends(number)
        if _ip("link", "add", ours, "type", "veth", "peer", "name", its, check=False):
            return number
    raise RuntimeError("no link can be made for the node")


def _hold(folder: Path, number: int) -> None:
    process = None
    try:
        process = _start(folder, number)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:  # whoever asked for the node reads it
        (folder / "failed").write_text(str(error))
    sys.stdin.read()
    if process:
        process.kill()
        process.wait()


def _start(folder: Path, number: int) -> subprocess.Popen[bytes]:
    _make_cgroups(number)
    # it dies with us, should we be killed: nothing of the node outlives its keeper
    command = ["setpriv", "--pdeathsig", "KILL", *_UNSHARE, sys.executable, "-m", "tests.stack.inside", str(folder)]
    with (folder / "inside.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    inner = _child(process)
    ours, its = _ends(number)
    _ip("link", "set", its, "netns", str(inner))
    _ip("addr", "add", f"{json.loads((folder / 'plan.json').read_text())['gateway']}/30", "dev", ours)
    _ip("link", "set", ours, "up")
    return process


def _child(process: subprocess.Popen[bytes]) -> int:
    """The process id, as the machine has it, of the first process in the namespaces."""
    place = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        if words := place.read_text().split():
            return int(words[0])
        time.sleep(0.02)
    raise RuntimeError("the node's namespaces could not be made")


def _ends(number: int) -> tuple[str, str]:
    """The names of the machine's end of a node's link and of the node's."""
    return f"dgn{number}h", f"dgn{number}n"


def _ip(*words: str, check: bool = True) -> bool:
    return subprocess.run(["ip", *words], check=check, capture_output=True).returncode == 0


def _roots(number: int) -> list[Path]:
    """The node's own root in every hierarchy of control groups."""
    hierarchies = [_CGROUPS, *(top for top in _CGROUPS.iterdir() if top.is_dir() and not top.is_symlink())]
    return [top / f"diagnose-node-{number}" for top in hierarchies if (top / "cgroup.procs").exists()]


def _make_cgroups(number: int) -> None:
    for root in _roots(number):
        with contextlib.suppress(OSError):
            root.mkdir(exist_ok=True)


def _cleared_cgroups(number: int) -> bool:
    """From the leaves up; a group that has processes still stays."""
    roots = _roots(number)
    for root in roots:
        for place, _folders, _files in os.walk(root, topdown=False):
            with contextlib.suppress(OSError):
                Path(place).rmdir()
    return not any(root.exists() for root in roots)


def _cleared_folder(folder: Path) -> bool:
    """The lock goes last: by it a sweep finds what is left."""
    for path in folder.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)
    if {path.name for path in folder.glob("*")} <= {_LOCK}:
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
