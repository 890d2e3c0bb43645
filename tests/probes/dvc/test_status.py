"""What would run again, beside what `dvc status --json` says of a copy of the same state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes.dvc._config import read as read_config
from probes.dvc._hash import Hashes, NotHashedError
from probes.dvc._pipeline import read
from probes.dvc._status import Comparison

from .repository import Repository

State = Callable[[Repository], object]


def ours(access: Access, root: Path) -> dict[str, Any]:
    """Our own status, in the words of `dvc status --json`."""
    repo = str(root)
    pipeline, comparison = read(access, repo), Comparison(access, repo, read_config(access, repo))
    found = {stage.name: comparison.stage(stage).as_dvc() for stage in pipeline.stages}
    found |= {tracked.name: comparison.tracked(tracked).as_dvc() for tracked in pipeline.tracked}
    assert pipeline.unread == ()
    return {name: said for name, said in found.items() if said}


def _old_lock(it: Repository) -> None:
    """As DVC 2 wrote it: no kind of hash, and text with Unix line ends."""
    it.write("data/raw.csv", "id,x,y\r\n1,0.5,0\r\n2,0.7,1\r\n")
    for path in ("dvc.lock", "data/raw.csv.dvc", "sub/dvc.lock"):
        text = (it.root / path).read_text()
        it.write(path, "".join(line for line in text.splitlines(keepends=True) if "hash: md5" not in line))


def _append(path: str, text: str = "x\n") -> State:
    def state(it: Repository) -> None:
        (it.root / path).write_bytes((it.root / path).read_bytes() + text.encode())

    return state


def _replace(path: str, old: str, new: str) -> State:
    return lambda it: it.write(path, (it.root / path).read_bytes().decode().replace(old, new))


def _remove(path: str) -> State:
    def state(it: Repository) -> None:
        place = it.root / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return state


def _both(*states: State) -> State:
    def state(it: Repository) -> None:
        for one in states:
            one(it)

    return state


def _ignored_further_down(it: Repository) -> None:
    it.write("logs/.dvcignore", "/made/*.log\n**/cache/\n")
    for path in ("logs/made/a.txt", "logs/made/a.log", "logs/made/b/cache/c.txt", "logs/made/b/a.log"):
        it.write(path, path)
    it.dvc("add", "--quiet", "logs/made")
    it.write("logs/made/a.log", "another")
    it.write("logs/made/b/cache/c.txt", "another")


STATES: Mapping[str, State] = {
    "as it should be": lambda _it: None,
    "data of a .dvc file changed": _append("data/raw.csv"),
    "data changed and as long as before": _replace("data/raw.csv", "0.7", "0.8"),
    "a script changed": _append("train.py", "# more\n"),
    "a file that is no dependency changed": _append("helper.py", "OTHER = 1\n"),
    "a parameter changed": _replace("params.yaml", "1e-3", "2e-3"),
    "a parameter written otherwise": _replace("params.yaml", "1e-3", "0.001"),
    "a parameter of nobody changed": _replace("params.yaml", "other: 1", "other: 2"),
    "a list of parameters changed": _replace("params.yaml", "[1, 2]", "[1, 3]"),
    "a parameter is gone": _replace("params.yaml", "  mix: yes\n", ""),
    "a parameter is new": lambda it: it.set_stage("train", params=["train.rate", "train.mix", "train.layers", "other"]),
    "the parameter file is gone": _remove("params.yaml"),
    "all of the parameter file": lambda it: it.set_stage("train", params=[{"params.yaml": None}]),
    "a command changed": lambda it: it.set_stage("train", cmd="python -u train.py"),
    "a command of two lines": lambda it: it.set_stage("train", cmd=["python train.py", "true"]),
    "an output is gone": _remove("model.bin"),
    "an output was changed by hand": _append("model.bin"),
    "a metric that is not cached changed": _append("score.json"),
    "the cache is gone": _remove(".dvc/cache"),
    "the cache and the data are gone": _both(_remove(".dvc/cache"), _remove("data/raw.csv"), _remove("clean.csv"), _remove("images")),
    "never run": _remove("dvc.lock"),
    "a stage that has not run yet": lambda it: it.set_stage("later", cmd="true", deps=["clean.csv", "absent.txt"], outs=["later.txt"]),
    "frozen": lambda it: it.set_stage("train", frozen=True),
    "frozen, and a dependency changed": _both(lambda it: it.set_stage("train", frozen=True), _append("train.py")),
    "frozen, and its command changed": lambda it: it.set_stage("train", frozen=True, cmd="true"),
    "always run": lambda it: it.set_stage("train", always_changed=True),
    "neither dependencies nor outputs": lambda it: it.set_stage("hello", cmd="echo hello"),
    "no dependencies": lambda it: it.set_stage("prepare", deps=None),
    "one more dependency": lambda it: it.set_stage("prepare", deps=["data/raw.csv", "images", "prepare.py", "helper.py"]),
    "a file in a folder changed": _append("images/sub/b.txt"),
    "a file more in a folder": lambda it: it.write("images/c.txt", "c"),
    "a file more in a folder, ignored": _both(lambda it: it.write("images/c.tmp", "c"), lambda it: it.write(".dvcignore", "*.tmp\n")),
    "a folder in a folder, ignored": lambda it: it.write(".dvcignore", "# words\nimages/sub/\n"),
    "ignored but for one": _both(
        lambda it: it.write("images/c.tmp", "c"), lambda it: it.write("images/d.tmp", "d"), lambda it: it.write(".dvcignore", "*.tmp\n!d.tmp\n")
    ),
    "ignored by a file further down": _ignored_further_down,
    "a folder became a file": _both(_remove("images"), lambda it: it.write("images", "x")),
    "a pipeline further down": _append("sub/in.txt"),
    "a folder that the command runs in": lambda it: it.set_stage("copy", cmd="python copy.py", wdir="sub", deps=["in.txt"], outs=["../sub2.txt"]),
    "recorded by DVC 2": _old_lock,
    "values filled in": lambda it: it.set_stage("train", cmd="python train.py --rate ${train.rate} --first ${train.layers[0]}"),
    "another place for the cache": lambda it: it.write(".dvc/config.local", "[cache]\n    dir = ../../other-cache\n"),
}


@pytest.mark.parametrize("state", STATES)
def test_it_would_run_what_dvc_would_run(repository: Repository, access: Access, state: str) -> None:
    STATES[state](repository)

    assert repository.scratch_status() == ours(access, repository.root)


def test_a_dependency_outside_of_the_repository_is_compared_too(repository: Repository, access: Access) -> None:
    """DVC says it with its absolute path."""
    (repository.folder / "outside.txt").write_text("x")
    repository.set_stage("prepare", deps=["../outside.txt", "s3://models/raw.csv"])
    repo = str(repository.root)
    changes = Comparison(access, repo, read_config(access, repo)).stage(read(access, repo).stages[0])

    assert ({"../outside.txt": "modified"}, {"s3://models/raw.csv"}) == (dict(changes.deps), set(changes.unseen))


def test_nothing_is_written(repository: Repository, access: Access) -> None:
    def files() -> dict[str, tuple[int, int]]:
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in repository.root.rglob("*")}

    before = files()
    ours(access, repository.root)

    assert before == files()


def test_what_is_beyond_the_budget_is_neither_equal_nor_different(repository: Repository, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.dvc._hash.MOST_BYTES", 10)
    repo = str(repository.root)
    comparison = Comparison(access, repo, read_config(access, repo))
    changes = {stage.name: comparison.stage(stage) for stage in read(access, repo).stages}

    assert changes["train"].reruns is None
    assert {"clean.csv", "train.py", "model.bin"} <= changes["train"].unseen.keys()
    with pytest.raises(NotHashedError):
        Hashes(access, repo).of("data/raw.csv", "md5")


def test_a_small_text_of_many_values_is_refused(tmp_path: Path, access: Access) -> None:
    """An alias of aliases of aliases."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    (tmp_path / "dvc.yaml").write_text("\n".join(lines))
    pipeline = read(access, str(tmp_path))

    assert ["dvc.yaml cannot be read: it holds more than 500000 values"] == [one.why for one in pipeline.unread]


def test_a_pipe_with_the_name_of_a_file_is_not_waited_for(tmp_path: Path, access: Access) -> None:
    os.mkfifo(tmp_path / "dvc.yaml")

    assert ["dvc.yaml cannot be read: it is no file"] == [one.why for one in read(access, str(tmp_path)).unread]
