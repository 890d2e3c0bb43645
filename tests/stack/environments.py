"""Programs in Python that must not share a Python with this project, each in an environment of its own, made once and kept outside the checkout.

python -m tests.stack.environments     all of them; minutes the first time, less than a second after that
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.stack.build import CannotBuildError, place

REQUIREMENTS = Path(__file__).with_name("python")
_COMPLETE = "complete"


def environment(name: str) -> Path:
    """The folder of an environment with what `python/NAME.txt` lists, made if it is not there yet. Raises CannotBuildError."""
    with place(name, _digest(name)) as where:
        if not (where / _COMPLETE).exists():  # a finished one is marked: its programs know their path, so it cannot be made elsewhere and moved
            _make(where, REQUIREMENTS / f"{name}.txt")
    return where


def _digest(name: str) -> str:
    python = f"{sys.base_prefix} {sys.version}"
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes() + python.encode()).hexdigest()[:12]


def _make(where: Path, requirements: Path) -> None:
    shutil.rmtree(where, ignore_errors=True)
    if _has_uv():
        _run("uv", "venv", "--quiet", "--python", sys.executable, where)
        _run("uv", "pip", "install", "--quiet", "--python", where / "bin/python", "--no-deps", "-r", requirements)
    else:
        _run(sys.executable, "-m", "venv", where)
        _run(where / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements)
    (where / _COMPLETE).touch()


def _has_uv() -> bool:
    """Whether it runs: one that a version manager only offers does not."""
    return shutil.which("uv") is not None and subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode == 0


def _run(*command: str | Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuildError(f"{' '.join(map(str, command))}: {done.stderr.strip()[-1500:]}")


def main() -> None:
    for name in sys.argv[1:] or sorted(path.stem for path in REQUIREMENTS.glob("*.txt")):
        began = time.monotonic()
        print(f"{name}: {environment(name)} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
