"""What stages read without listing it, and what of it is another file now than at their last run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Subject, Unavailable
from probes.dvc import changes, inputs, stages
from probes.dvc._inputs import of
from probes.dvc._pipeline import Stage

from .conftest import Seen
from .repository import Repository

(INPUTS,) = inputs.PROBES
(CHANGES,) = changes.PROBES
(STAGES,) = stages.PROBES


def stage(repository: Repository, name: str = "prepare") -> Subject:
    return Subject("stage", f"{repository.root}#{name}")


def later(repository: Repository, *paths: str) -> None:
    """Let files have been written a minute after dvc.lock."""
    for path in paths:
        at = (repository.root / "dvc.lock").stat().st_mtime + 60
        os.utime(repository.root / path, (at, at))


# the scan


def scanned(folder: Path, command: str, files: dict[str, str], within: str = "") -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    it = of(Access({}, deadline=time.monotonic() + 60), str(folder), Stage(name="s", file="dvc.yaml", folder=within, command=command))
    return it.programs, it.files, it.complete


SCANS: dict[str, tuple[str, dict[str, str], tuple[tuple[str, ...], tuple[str, ...], bool]]] = {
    "a module beside it": ("python run.py", {"run.py": "import helper", "helper.py": ""}, (("helper.py", "run.py"), (), True)),
    "a package and its parts": (
        "python src/run.py",
        {"src/run.py": "from lib.deep import part", "src/lib/__init__.py": "", "src/lib/deep/__init__.py": "", "src/lib/deep/part.py": "from ..near import x", "src/lib/near.py": ""},
        (("src/lib/__init__.py", "src/lib/deep/__init__.py", "src/lib/deep/part.py", "src/lib/near.py", "src/run.py"), (), True),
    ),
    "run by its module": ("python -m lib.run --fast", {"lib/__init__.py": "", "lib/run.py": ""}, (("lib/__init__.py", "lib/run.py"), (), True)),
    "a module of a library that has a folder's name": ("python run.py", {"run.py": "import json.tool", "data/json.txt": ""}, (("run.py",), (), True)),
    "read in several ways": (
        "python run.py",
        {
            "run.py": "import os\nfrom pathlib import Path\nA = 'a.txt'\nB = Path('d') / 'b.txt'\nopen(A)\nB.read_text()\npd.read_csv(os.path.join('d', 'c.txt'))\nnp.load(file='e.npy')\nwith (Path('f.txt')).open() as f: pass",
            **dict.fromkeys(("a.txt", "d/b.txt", "d/c.txt", "e.npy", "f.txt", "g.txt"), ""),
        },
        (("run.py",), ("a.txt", "d/b.txt", "d/c.txt", "e.npy", "f.txt"), True),
    ),
    "written, not read": (
        "python run.py > log.txt",
        {"run.py": "open('a.txt', 'w')\nPath('b.txt').write_text('')\ndf.to_csv('c.txt')\nPath('d.txt').open('w')\nopen('e.txt', 'w')\nopen('e.txt')", **dict.fromkeys(("a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "log.txt"), "")},
        (("run.py",), (), True),
    ),
    "a folder by a pattern": ("python run.py", {"run.py": "Path('d').glob('*.txt')\nglob.glob('e/*.csv')", "d/a.txt": "", "e/a.csv": ""}, (("run.py",), ("d", "e"), True)),
    "files on the command line": ("FAST=1 python run.py --config=c.yaml a.txt && cat b.txt | sort", {"run.py": "", **dict.fromkeys(("c.yaml", "a.txt", "b.txt"), "")}, (("run.py",), ("a.txt", "b.txt", "c.yaml"), True)),
    "imported for types alone": ("python run.py", {"run.py": "if TYPE_CHECKING:\n    import helper", "helper.py": ""}, (("run.py",), (), True)),
    "a project that is installed in place": (
        "python jobs/run.py", {"pyproject.toml": "", "jobs/run.py": "import lib.part", "src/lib/__init__.py": "", "src/lib/part.py": ""},
        (("jobs/run.py", "src/lib/__init__.py", "src/lib/part.py"), (), True),
    ),
    "a folder that PYTHONPATH names": ("PYTHONPATH=lib python jobs/run.py", {"jobs/run.py": "import part", "lib/part.py": ""}, (("jobs/run.py", "lib/part.py"), ("lib",), True)),
    "a program of another language": ("bash run.sh", {"run.sh": ""}, ((), ("run.sh",), False)),
    "a script that runs a program": (
        "bash run.sh", {"run.sh": "# old.py\nset -e\npython steps/sum.py data.csv > out.txt\n", **dict.fromkeys(("steps/sum.py", "old.py", "data.csv", "out.txt"), "")},
        (("steps/sum.py",), ("run.sh",), False),
    ),
    "a script that runs itself": ("bash run.sh", {"run.sh": "bash run.sh"}, ((), ("run.sh",), False)),
    "a script that goes elsewhere first": ("bash run.sh", {"run.sh": "cd steps && python sum.py", "sum.py": ""}, ((), ("run.sh",), False)),
    "a program that cannot be parsed": ("python run.py", {"run.py": "print 1"}, (("run.py",), (), False)),
    "imported by a name made when it runs": ("python run.py", {"run.py": "importlib.import_module(name)"}, (("run.py",), (), False)),
    "nothing of the repository": ("echo hello", {}, ((), (), True)),
    "outside of the repository": ("cat ../secret /etc/passwd", {}, ((), (), True)),
    "a quote that is left open": ("python run.py 'a", {"run.py": ""}, (("run.py",), (), True)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCANS)
def test_what_a_command_reads_is_found(tmp_path: Path, name: str) -> None:
    command, files, expected = SCANS[name]

    assert expected == scanned(tmp_path, command, files)


def test_a_command_is_read_from_the_folder_that_it_runs_in(tmp_path: Path) -> None:
    assert (("sub/run.py",), ("sub/a.txt",), True) == scanned(
        tmp_path, "python run.py", {"sub/run.py": "open('a.txt')", "sub/a.txt": "", "a.txt": ""}, "sub"
    )


def test_two_modules_that_import_each_other_end_the_scan(tmp_path: Path) -> None:
    assert ("a.py", "b.py") == scanned(tmp_path, "python a.py", {"a.py": "import b", "b.py": "import a"})[0]


# what changed


def said(seen: Seen, repository: Repository, name: str = "prepare") -> Any:
    """What is not listed, what is newer, and what is known to have changed."""
    first, second = (seen(probe, repository.root, stage(repository, name)) for probe in (INPUTS, CHANGES))
    if isinstance(second, Unavailable):
        return second
    assert not isinstance(first, Unavailable)
    return first["stage.inputs_untracked"], first["stage.inputs_newer"], second["stage.inputs_changed"]


def test_as_it_should_be_nothing_changed(repository: Repository, seen: Seen) -> None:
    assert (("helper.py",), None, None) == said(seen, repository)
    assert (None, None, None) == said(seen, repository, "train")


def test_a_module_that_is_not_listed_and_changed(repository: Repository, seen: Seen) -> None:
    repository.write("helper.py", "FACTOR = 3\n")
    later(repository, "helper.py")

    assert (("helper.py",), ("helper.py",), ("helper.py",)) == said(seen, repository)


def test_committed_since_in_a_fresh_clone(repository: Repository, seen: Seen) -> None:
    """There, times say nothing: every file is as old as the clone."""
    repository.write("helper.py", "FACTOR = 3\n")
    repository.commit("Another factor")
    repository.git("clone", "--quiet", ".", "../clone")
    repository.root = repository.folder / "clone"

    assert (("helper.py",), None, ("helper.py",)) == said(seen, repository)


def test_touched_and_the_same(repository: Repository, seen: Seen) -> None:
    later(repository, "helper.py")

    assert (("helper.py",), ("helper.py",), None) == said(seen, repository)


def test_changed_before_the_last_run_was_recorded(repository: Repository, seen: Seen) -> None:
    repository.write("helper.py", "FACTOR = 3\n")
    repository.dvc("repro", "--quiet", "--force", "prepare")
    repository.commit("Another factor, and its run")

    assert (("helper.py",), None, None) == said(seen, repository)


def test_another_stage_ran_since_and_this_one_did_not(repository: Repository, seen: Seen) -> None:
    time.sleep(1.1)  # commits of one second have no order in time
    repository.write("helper.py", "FACTOR = 3\n")
    repository.commit("Another factor")
    repository.set_stage("train", cmd="python -u train.py")
    time.sleep(1.1)
    repository.dvc("repro", "--quiet", "--single-item", "train")
    repository.commit("Run of another stage")

    assert ("helper.py",) == said(seen, repository)[2]


def test_changed_before_the_run_and_committed_after_it(repository: Repository, seen: Seen) -> None:
    """In the work tree of that run its times tell; in a clone nothing does."""
    repository.write("helper.py", "FACTOR = 3\n")
    repository.dvc("repro", "--quiet", "--force", "prepare")
    later(repository, "dvc.lock")
    repository.git("add", "dvc.lock")
    at = f"@{(repository.root / 'dvc.lock').stat().st_mtime + 60:.0f} +0000"
    repository.settings = {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    repository.git("commit", "--quiet", "--message", "The run")
    repository.commit("What it ran with")

    assert (("helper.py",), None, None) == said(seen, repository)


def test_a_folder_that_is_not_listed(repository: Repository, seen: Seen) -> None:
    program = (repository.root / "train.py").read_text() + "\nprint([one.read_text() for one in Path('notes').glob('*.md')])\n"
    repository.write("train.py", program)
    for number in range(250):
        repository.write(f"notes/{number}.md", "a")
    repository.dvc("repro", "--quiet")
    repository.commit("Reads a folder")
    assert (("notes",), None, None) == said(seen, repository, "train")

    repository.write("notes/scratch.md", "known to nobody")
    assert (("notes",), None) == said(seen, repository, "train")[::2]
    repository.commit("One more")
    assert ("notes",) == said(seen, repository, "train")[2]


def test_one_file_of_a_folder_is_gone(repository: Repository, seen: Seen) -> None:
    repository.write("train.py", (repository.root / "train.py").read_text() + "\nprint(list(Path('notes').glob('*.md')))\n")
    for name in ("a", "b"):
        repository.write(f"notes/{name}.md", name)
    repository.dvc("repro", "--quiet")
    repository.commit("Reads a folder")
    (repository.root / "notes/a.md").unlink()

    assert ("notes",) == said(seen, repository, "train")[2]


def test_what_dvcignore_takes_out_of_a_listed_folder_is_not_listed(repository: Repository, seen: Seen) -> None:
    repository.write("prepare.py", (repository.root / "prepare.py").read_text() + "print(open('texts/words.tmp').read())\n")
    repository.write("texts/words.tmp", "a")
    repository.write("texts/more.txt", "a")
    repository.write(".dvcignore", "*.tmp\n")
    repository.set_stage("prepare", deps=["data/raw.csv", "images", "prepare.py", "texts"])
    repository.dvc("repro", "--quiet")
    repository.commit("Reads what is ignored")
    repository.write("texts/words.tmp", "b")

    assert ("texts/words.tmp",) == said(seen, repository)[2]


def test_a_repository_below_the_top_of_git(repository: Repository, seen: Seen) -> None:
    (repository.root / ".git").rename(repository.folder / ".git")
    repository.commit("A folder above")
    repository.dvc("repro", "--quiet", "--force", "prepare")
    repository.commit("Run again")
    repository.write("helper.py", "FACTOR = 3\n")
    repository.commit("Another factor")

    assert ("helper.py",) == said(seen, repository)[2]


def test_ran_since_and_not_committed(repository: Repository, seen: Seen) -> None:
    """What the file was at that run is not kept: only its time speaks."""
    repository.write("helper.py", "FACTOR = 3\n")
    repository.dvc("repro", "--quiet", "--force", "prepare")

    assert (("helper.py",), None, None) == said(seen, repository)
    later(repository, "helper.py")
    assert (("helper.py",), ("helper.py",), None) == said(seen, repository)


def test_a_parameter_that_is_read_and_not_listed(repository: Repository, seen: Seen) -> None:
    repository.write("train.py", (repository.root / "train.py").read_text() + "import yaml\nprint(yaml.safe_load(open('params.yaml'))['other'])\n")
    repository.dvc("repro", "--quiet")
    repository.commit("Reads another parameter")
    repository.write("params.yaml", (repository.root / "params.yaml").read_text().replace("other: 1", "other: 2"))

    assert (None, None, ("params.yaml: other",)) == said(seen, repository, "train")


def test_data_of_dvc_that_is_read_and_not_listed(repository: Repository, seen: Seen) -> None:
    repository.set_stage("prepare", deps=["images", "prepare.py"])
    repository.dvc("repro", "--quiet")
    repository.commit("Does not list its data")
    assert (("data/raw.csv", "helper.py"), None) == said(seen, repository)[::2]

    repository.write("data/raw.csv", "id,x,y\n9,9,9\n")
    repository.dvc("add", "--quiet", "data/raw.csv")
    repository.commit("More data")

    assert ("data/raw.csv",) == said(seen, repository)[2]


def test_without_git_only_times_speak(repository: Repository, seen: Seen) -> None:
    (repository.root / ".git").rename(repository.folder / "aside")
    later(repository, "helper.py")

    assert (("helper.py",), ("helper.py",), None) == said(seen, repository)


def test_a_history_that_cannot_be_read_is_named(repository: Repository, seen: Seen) -> None:
    (repository.root / ".git/HEAD").write_text("nonsense")
    answer = said(seen, repository)

    assert isinstance(answer, Unavailable)
    assert "Git does not tell what the inputs of prepare were at its last run: " in answer.detail


def test_a_shallow_clone_does_not_tell_what_was_before(repository: Repository, seen: Seen) -> None:
    repository.write("helper.py", "FACTOR = 3\n")
    repository.commit("Another factor")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.root}", "../clone")
    repository.root = repository.folder / "clone"
    answer = said(seen, repository)

    assert isinstance(answer, Unavailable)
    assert "Run git fetch --unshallow." == answer.remedy


def test_what_git_is_told_by_the_repository_is_not_run(repository: Repository, seen: Seen) -> None:
    ran = repository.folder / "ran"
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external"):
        repository.git("config", name, f"touch {ran};")
    repository.git("config", "log.showSignature", "true")
    repository.write("helper.py", "FACTOR = 3\n")

    assert ("helper.py",) == said(seen, repository)[2]
    assert not ran.exists()


# as they are written down


def test_a_stage_is_given_as_it_is_written_down(repository: Repository, seen: Seen) -> None:
    repository.set_stage("train", frozen=True)

    expected = {
        "stage.name": "train",
        "stage.file": "dvc.yaml",
        "stage.command": "python train.py",
        "stage.deps": ("clean.csv", "train.py"),
        "stage.outs": ("model.bin", "score.json"),
        "stage.lists_deps": True,
        "stage.frozen": True,
        "stage.recorded": True,
        "stage.lost_deps": None,
    }
    assert expected == seen(STAGES, repository.root, stage(repository, "train"))


def test_data_that_can_be_pulled_is_not_lost_and_other_data_is(repository: Repository, seen: Seen) -> None:
    for path in ("data/raw.csv", "clean.csv", "prepare.py"):
        (repository.root / path).unlink()
    answer = seen(STAGES, repository.root, stage(repository))

    assert not isinstance(answer, Unavailable)
    assert ("prepare.py",) == answer["stage.lost_deps"]


def test_a_stage_made_by_foreach_is_named_as_not_read(repository: Repository, seen: Seen) -> None:
    repository.set_stage("each", foreach=["a", "b"], do={"cmd": "echo ${item}"})
    answer = seen(STAGES, repository.root, stage(repository, "each"))

    assert isinstance(answer, Unavailable)
    assert "The stage each of dvc.yaml is made by foreach or matrix, which are not read." == answer.detail


@pytest.mark.parametrize("text", ["stages: [", "stages: {a: {deps: 3}}", "[]", "\0", "stages: {a: {cmd: x, outs: [{a: {b: {}}}, 4]}}"])
def test_a_file_that_is_no_pipeline_is_named(repository: Repository, seen: Seen, text: str) -> None:
    repository.write("sub/dvc.yaml", text)

    assert isinstance(seen(STAGES, repository.root, stage(repository)), dict)
