"""DVC repositories as people have them, made by git and DVC, and the ways in which they go wrong.

A repository has a tracked file, `data/raw.csv`, two stages after it, `prepare` and `train`, and a remote `shared` that is a folder beside it.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.stack.build import CannotBuildError
from tests.stack.environments import environment as python_environment
from tests.stack.process import Process, ServiceError, own_environment, own_folder

_FILES: Mapping[str, str] = {
    "data/raw.csv": "id,x,y\n1,0.5,0\n2,0.7,1\n",
    "params.yaml": "train:\n  rate: 0.1\n",
    "helper.py": "FACTOR = 2\n",
    "prepare.py": "from pathlib import Path\nfrom helper import FACTOR\n\nPath('clean.csv').write_text(Path('data/raw.csv').read_text() * FACTOR)\n",
    "train.py": "from pathlib import Path\n\nPath('model.bin').write_text(Path('clean.csv').read_text() + Path('params.yaml').read_text())\n",
}
_PIPELINE: Mapping[str, Any] = {
    "stages": {
        "prepare": {"cmd": "python prepare.py", "deps": ["data/raw.csv", "prepare.py"], "outs": ["clean.csv"]},
        "train": {"cmd": "python train.py", "deps": ["clean.csv", "train.py"], "params": ["train.rate"], "outs": ["model.bin"]},
    }
}
_SHARED = "[core]\n    remote = shared\n['remote \"shared\"']\n    url = ../../remote\n"


class Repository:
    """A repository in a folder; `remote` is where its objects are pushed to."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.root = folder / "repository"
        self.remote = folder / "remote"
        self._home = home
        self.settings: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self._home}/bin{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": path, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(self.folder / "site"), "GIT_CONFIG_NOSYSTEM": "1"}
        return own_environment(self.folder, **own, **self.settings)

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a DVC command and give its result, whatever it was."""
        return self._run(*self.command(*words))

    def command(self, *words: str) -> list[str]:
        return [str(self._home / "bin/python"), "-m", "dvc", *words]

    def dvc(self, *words: str) -> str:
        """Run a DVC command that must succeed and give what it printed."""
        return self._must(self.attempt(*words))

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
        return self._must(self._run("git", *who, *words))

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def pipeline(self) -> dict[str, Any]:
        """What dvc.yaml says; hand it to `set_pipeline` when changed."""
        said: dict[str, Any] = yaml.safe_load((self.root / "dvc.yaml").read_text())
        return said

    def set_pipeline(self, pipeline: Mapping[str, Any]) -> None:
        self.write("dvc.yaml", yaml.safe_dump(pipeline, sort_keys=False))

    def set_remote(self, name: str, url: str, *, layer: str = "config", **options: str) -> None:
        """Let this be the default remote, in `.dvc/config` or in another layer such as `config.local`, which wins."""
        lines = [f"{key} = {value}" for key, value in {"url": url, **options}.items()]
        self.write(f".dvc/{layer}", f"[core]\n    remote = {name}\n['remote \"{name}\"']\n    " + "\n    ".join(lines) + "\n")

    # the ways in which it goes wrong

    def freeze(self, stage: str) -> None:
        pipeline = self.pipeline()
        pipeline["stages"][stage]["frozen"] = True
        self.set_pipeline(pipeline)

    def forget(self) -> None:
        """Be as a fresh clone is: nothing in the cache, nothing of what DVC tracks in the workspace."""
        for path in (".dvc/cache", "data/raw.csv", "clean.csv", "model.bin"):
            place = self.root / path
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)

    def lose(self, path: str) -> Path:
        """Remove the object of a tracked file from the remote folder, and give where it was."""
        digest = self.digest(path)
        place = self.remote / "files/md5" / digest[:2] / digest[2:]
        place.unlink()
        return place

    def digest(self, path: str) -> str:
        """The hash that is recorded of a file, in its .dvc file or in dvc.lock."""
        files = [self.root / f"{path}.dvc", self.root / "dvc.lock"]
        said = [yaml.safe_load(file.read_text()) for file in files if file.exists()]
        outs = [out for one in said for stage in (one, *one.get("stages", {}).values()) for out in stage.get("outs", [])]
        return next(str(out["md5"]) for out in outs if out["path"] in {path, Path(path).name})

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator[Process]:
        """Another DVC command runs meanwhile."""
        process = Process(self.root, self.folder / "running.log", self.command(*words), self.environment)
        try:
            yield process
        finally:
            process.kill()

    def make(self) -> None:
        """The files, the repository, the first run of the pipeline, its commit, and the push of its objects."""
        self.root.mkdir()
        self.remote.mkdir()
        for path, text in _FILES.items():
            self.write(path, text)
        self.git("init", "--quiet")
        self.dvc("init", "--quiet")
        self.write(".dvc/config", _SHARED)
        self.dvc("add", "--quiet", "data/raw.csv")
        self.set_pipeline(_PIPELINE)
        self.dvc("repro", "--quiet")
        self.dvc("push", "--quiet")
        self.commit("First run")

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)

    def _must(self, done: subprocess.CompletedProcess[str]) -> str:
        if done.returncode:
            raise ServiceError(f"{' '.join(done.args)}: {done.stdout}{done.stderr}")
        return done.stdout


def missing() -> str:
    """What this machine lacks: an empty text when nothing."""
    return "" if shutil.which("git") else "not installed: git"


@contextlib.contextmanager
def first_repository() -> Iterator[Repository]:
    """One that is as it should be: reproduced, committed, pushed. Copy it with `copy`. Raises ServiceError."""
    if why := missing():
        raise ServiceError(why)
    try:
        home = python_environment("dvc")
    except CannotBuildError as error:
        raise ServiceError(str(error)) from error
    with own_folder("dvc-") as folder:
        it = Repository(folder, home)
        it.make()
        yield it


def copy(first: Repository, folder: Path) -> Repository:
    """Another that is the same, with a remote of its own."""
    shutil.copytree(first.folder, folder, symlinks=True, dirs_exist_ok=True)
    return Repository(folder, first._home)
