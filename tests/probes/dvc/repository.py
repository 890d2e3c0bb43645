"""Repositories made by the real DVC, and the ways in which they change."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.stack.build import CannotBuildError
from tests.stack.environments import environment as python_environment

FILES: Mapping[str, str] = {
    "data/raw.csv": "id,x,y\n1,0.5,0\n2,0.7,1\n",
    "images/a.txt": "a\n",
    "images/sub/b.txt": "b\r\n",
    "params.yaml": "train:\n  rate: 1e-3\n  mix: yes\n  layers: [1, 2]\nother: 1\n",
    "helper.py": "FACTOR = 2\n",
    "prepare.py": "from pathlib import Path\nfrom helper import FACTOR\n\nPath('clean.csv').write_text(Path('data/raw.csv').read_text() * FACTOR)\n",
    "train.py": "from pathlib import Path\n\nPath('model.bin').write_text(Path('clean.csv').read_text())\nPath('score.json').write_text('{}')\n",
    "sub/copy.py": "import shutil\n\nshutil.copy('in.txt', 'out.txt')\n",
    "sub/in.txt": "in\n",
}
PIPELINE: Mapping[str, Any] = {
    "stages": {
        "prepare": {"cmd": "python prepare.py", "deps": ["data/raw.csv", "images", "prepare.py"], "outs": ["clean.csv"]},
        "train": {
            "cmd": "python train.py",
            "deps": ["clean.csv", "train.py"],
            "params": ["train.rate", "train.mix", "train.layers"],
            "outs": ["model.bin"],
            "metrics": [{"score.json": {"cache": False}}],
        },
    }
}
SUB: Mapping[str, Any] = {"stages": {"copy": {"cmd": "python copy.py", "deps": ["in.txt"], "outs": ["out.txt"]}}}


class NoDvcError(RuntimeError):
    """There is no DVC to be had here; the message says why."""


class Repository:
    """A work tree, the environment that DVC runs in, and a remote folder beside it."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.root = folder / "repository"
        self.remote = folder / "remote"
        self.home = home
        self.settings: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        alone = {"DVC_NO_ANALYTICS": "1", "COLUMNS": "400", "DVC_SITE_CACHE_DIR": str(self.folder / "site"), "GIT_CONFIG_NOSYSTEM": "1"}
        path = f"{self.home}/bin{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder), "LOGNAME": "somebody", "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true", **alone, **self.settings}

    def attempt(self, *words: str, root: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A DVC command, whatever comes of it."""
        return subprocess.run(
            [f"{self.home}/bin/python", "-m", "dvc", *words], cwd=root or self.root, env=self.environment, capture_output=True, text=True, check=False
        )

    def dvc(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *words], cwd=self.root, env=self.environment, capture_output=True, text=True, check=True).stdout

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())

    def commit(self, message: str = "More") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def read(self, path: str) -> dict[str, Any]:
        said: dict[str, Any] = yaml.safe_load((self.root / path).read_text())
        return said

    def set_stage(self, name: str, **keys: Any) -> None:
        """Give a stage of dvc.yaml other keys; None takes one away."""
        pipeline = self.read("dvc.yaml")
        stage = pipeline["stages"].setdefault(name, {})
        stage.update(keys)
        for key in [key for key, value in stage.items() if value is None]:
            del stage[key]
        self.write("dvc.yaml", yaml.safe_dump(pipeline, sort_keys=False))

    def scratch_status(self) -> dict[str, Any]:
        """What `dvc status --json` says of a copy."""
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.root, scratch, symlinks=True)
        done = self.attempt("status", "--json", root=scratch)
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = yaml.safe_load(done.stdout.splitlines()[-1])
        return said

    def make(self) -> None:
        self.root.mkdir(parents=True)
        self.remote.mkdir()
        for path, text in FILES.items():
            self.write(path, text)
        self.git("init", "--quiet")
        self.dvc("init", "--quiet")
        self.write(".dvc/config", "[core]\n    remote = shared\n['remote \"shared\"']\n    url = ../../remote\n")
        self.dvc("add", "--quiet", "data/raw.csv", "images")
        self.write("dvc.yaml", yaml.safe_dump(PIPELINE, sort_keys=False))
        self.write("sub/dvc.yaml", yaml.safe_dump(SUB, sort_keys=False))
        self.dvc("repro", "--quiet", "--all-pipelines")
        self.dvc("push", "--quiet")
        self.commit("First run")


def dvc_home() -> Path:
    """The environment that DVC is installed in. Raises NoDvcError."""
    if shutil.which("git") is None:
        raise NoDvcError("not installed: git")
    try:
        return python_environment("dvc")
    except CannotBuildError as error:
        raise NoDvcError(str(error)) from error


def copy(first: Repository, folder: Path) -> Repository:
    """Another that is the same, with a remote of its own."""
    shutil.copytree(first.folder, folder, symlinks=True, dirs_exist_ok=True)
    return Repository(folder, first.home)
