"""What is said of real data files in trouble, and that nothing is said of those that are well."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

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


STATES: Mapping[str, tuple[Callable[[Repository], None], str]] = {
    "an older version in the work tree": (_older, "wrong-data-version"),
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


QUIET: Mapping[str, Callable[[Repository], object]] = {
    "changed together with the program that reads it": _with_its_reader,
    "no contract": lambda _it: None,
    "data and contract changed together": _grown,
    "a column that nobody expects": lambda it: it.write("data/raw.schema.yaml", CONTRACT.replace("  x: {dtype: float64}\n", "")),
    "never pulled": lambda it: (it.root / "data/raw.csv").unlink(),
}


@pytest.mark.parametrize("name", QUIET)
def test_a_data_file_that_is_well_is_passed_over(repository: Repository, name: str) -> None:
    QUIET[name](repository)

    assert [] == [one for one in looked(repository).incidents if one.row == "dvc/data-schema-mismatch"]
