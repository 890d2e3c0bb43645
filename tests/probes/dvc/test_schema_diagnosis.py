"""What is said of real data files in trouble, and that nothing is said of those that are well."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping

import pytest
import yaml

from .repository import Repository
from .test_datasets import CONTRACT
from .test_diagnosis import looked

pytestmark = pytest.mark.usefixtures("nobody")

AGED = CONTRACT.replace("x:", "age: {dtype: int64}\n  x:")
NEWER = "id,x,y,age\n1,0.5,0,3\n2,0.7,1,4\n"


def _replace(it: Repository, text: str) -> None:
    """As another file, so that the cache that it may be linked to stays as it is."""
    (it.root / "data/raw.csv").unlink()
    it.write("data/raw.csv", text)


def _grown(it: Repository) -> str:
    """Data and contract get a column in one commit; what was there before is given back."""
    old = (it.root / "data/raw.csv").read_text()
    it.write("data/raw.schema.yaml", AGED)
    _replace(it, NEWER)
    it.dvc("add", "--quiet", "data/raw.csv")
    it.commit("Ages")
    return old


def _older(it: Repository) -> None:
    _replace(it, _grown(it))


def _pointer(it: Repository) -> None:
    _replace(it, "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n")


def _cut(it: Repository) -> None:
    _grown(it)
    _replace(it, NEWER[:-4])


def _set_back(it: Repository) -> None:
    old = _grown(it)
    _replace(it, old)
    it.dvc("add", "--quiet", "data/raw.csv")
    it.commit("By mistake")


STATES: Mapping[str, tuple[Callable[[Repository], None], str]] = {
    "an older version in the work tree": (_older, "wrong-data-version"),
    "a record that was set back": (_set_back, "wrong-data-version"),
    "a pointer of Git LFS": (_pointer, "partial-or-corrupt-file"),
    "cut off": (_cut, "partial-or-corrupt-file"),
}


@pytest.mark.parametrize("name", STATES)
def test_a_data_file_that_is_not_what_is_expected(repository: Repository, name: str) -> None:
    state, cause = STATES[name]
    state(repository)
    found = [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]

    assert [("diagnosed", (cause,))] == [(one.band, one.named_ids) for one in found]


def _with_its_reader(it: Repository) -> None:
    """Somebody works on both: what reads the file may be meant for its new columns."""
    _replace(it, "key,x,y\n1,0.5,0\n2,0.7,1\n")
    it.write("prepare.py", (it.root / "prepare.py").read_text() + "# by key\n")


@pytest.mark.parametrize("name", STATES)
def test_its_first_fix_mends_it(repository: Repository, name: str) -> None:
    state, _cause = STATES[name]
    state(repository)
    (found,) = [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]
    folder, *commands = found.fix[0].command.split(" && ")
    for command in commands:
        program, *words = shlex.split(command)
        {"dvc": repository.dvc, "git": repository.git}[program](*words)

    assert f"cd {repository.root}" == folder
    assert [] == [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]


def _delivered(it: Repository, text: str, path: str = "data/raw.csv") -> None:
    """Recorded and committed, and nothing is run with it."""
    (it.root / path).unlink(missing_ok=True)
    it.write(path, text)
    it.dvc("add", "--quiet", path)
    it.commit("A delivery")


def _with_semicolons(it: Repository) -> None:
    """As the contract names the columns, and not as its reader has read it."""
    it.write("data/raw.schema.yaml", CONTRACT)
    _delivered(it, "id;x;y\n1;0.5;0\n2;0.7;1\n")


def _emptied(it: Repository) -> None:
    _delivered(it, "")


def _broken_off(it: Repository) -> None:
    _delivered(it, '{"id": 1, "x": 0.5}\n', "data/raw.jsonl")
    _delivered(it, '{"id": 1, "x": 0.5}\n{"id": 2, "x', "data/raw.jsonl")


def _wanted_by_a_model(it: Repository) -> None:
    """Both files had what the model takes; it is fed with the one that is made from the other."""
    _model(it)
    _delivered(it, "id,y\n1,0\n2,1\n")
    it.dvc("repro", "--quiet")
    it.commit("Run")


def _with_nulls_for_ever(it: Repository) -> None:
    """Whoever trained the model has dropped them."""
    _delivered(it, "id,x,y\n1,0.5,0\n,0.7,1\n")
    _model(it)


def _model(it: Repository) -> None:
    """A signature that no stage names, and data that is copied."""
    columns = [{"type": "long", "name": "id", "required": True}, {"type": "double", "name": "x", "required": True}]
    it.write("models/MLmodel", yaml.safe_dump({"signature": {"inputs": json.dumps(columns)}}))
    it.write("helper.py", "FACTOR = 1\n")
    it.dvc("repro", "--quiet", "--force")
    it.commit("A model")


RECORDED: Mapping[str, tuple[Callable[[Repository], None], str, str, str]] = {
    "another separator": (_with_semicolons, "data/raw.csv", "likely", "schema-changed"),
    "an empty file": (_emptied, "data/raw.csv", "diagnosed", "partial-or-corrupt-file"),
    "half a record": (_broken_off, "data/raw.jsonl", "diagnosed", "partial-or-corrupt-file"),
    "what a model takes is no longer delivered": (_wanted_by_a_model, "clean.csv", "diagnosed", "schema-changed"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_data_file_that_is_recorded_as_it_should_not_be(repository: Repository, name: str) -> None:
    state, path, band, cause = RECORDED[name]
    state(repository)
    found = [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]

    assert [(path, band, (cause,))] == [(one.subjects[0].partition("#")[2], one.band, one.named_ids) for one in found]


def _run_with_semicolons(it: Repository) -> None:
    _with_semicolons(it)
    it.dvc("repro", "--quiet")
    it.commit("Run")


def _rejected_none(it: Repository) -> None:
    for found in ("id\\n1\\n", ""):
        it.write("reject.py", f"open('rejected.csv', 'w').write('{found}')\n")
        it.set_stage("reject", cmd="python reject.py", deps=["reject.py"], outs=["rejected.csv"])
        it.dvc("repro", "--quiet", "reject")
        it.commit("Rejected")


QUIET: Mapping[str, Callable[[Repository], object]] = {
    "changed together with the program that reads it": _with_its_reader,
    "no contract": lambda _it: None,
    "data and contract changed together": _grown,
    "a column that nobody expects": lambda it: it.write("data/raw.schema.yaml", CONTRACT.replace("  x: {dtype: float64}\n", "")),
    "nulls that whoever trained a model has dropped": _with_nulls_for_ever,
    "empty from the first day": lambda it: _delivered(it, "", "data/none.csv"),
    "empty since a stage found nothing": _rejected_none,
    "other separators, and all was run with them": _run_with_semicolons,
    "never pulled": lambda it: (it.root / "data/raw.csv").unlink(),
}


@pytest.mark.parametrize("name", QUIET)
def test_a_data_file_that_is_well_is_passed_over(repository: Repository, name: str) -> None:
    QUIET[name](repository)

    assert [] == [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]
