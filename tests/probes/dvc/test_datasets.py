"""Data files of the real DVC: held against a contract, a version before, and nothing."""

from __future__ import annotations

from probes._contract import Subject, Unavailable
from probes.dvc import datasets as probe

from .conftest import Seen
from .repository import Repository

FILES, SCHEMAS = probe.PROBES
CONTRACT = "schema_type: dataframe\ncolumns:\n  id: {dtype: int64}\n  x: {dtype: float64}\n  y: {dtype: int64}\n"


def raw(repository: Repository) -> Subject:
    return Subject("dataset", f"{repository.root}#data/raw.csv")


def test_a_file_without_a_contract_is_not_judged(repository: Repository, seen: Seen) -> None:
    answer = seen(SCHEMAS, repository.root, raw(repository))

    assert isinstance(answer, Unavailable)
    assert ("not configured", False) == (answer.why, answer.asked)


def test_a_file_that_satisfies_its_contract(repository: Repository, seen: Seen) -> None:
    repository.write("data/raw.schema.yaml", CONTRACT)
    answer = seen(SCHEMAS, repository.root, raw(repository))

    assert not isinstance(answer, Unavailable)
    assert (("data/raw.schema.yaml (pandera)",), False) == (answer["dataset.expected_by"], answer["dataset.mismatch"])


def test_an_older_version_in_the_work_tree(repository: Repository, seen: Seen) -> None:
    repository.write("data/raw.schema.yaml", CONTRACT.replace("x:", "age: {dtype: int64}\n  x:"))
    old = (repository.root / "data/raw.csv").read_text()
    repository.write("data/raw.csv", "id,x,y,age\n1,0.5,0,3\n")
    repository.dvc("add", "--quiet", "data/raw.csv")
    repository.commit("Ages")
    (repository.root / "data/raw.csv").unlink()
    repository.write("data/raw.csv", old)
    answer = seen(SCHEMAS, repository.root, raw(repository))

    assert not isinstance(answer, Unavailable)
    expected = {"mismatch": True, "missing": ("age",), "bytes": "of another commit", "pinned": "fits"}
    assert expected == {name: answer[f"dataset.{name}"] for name in expected}


def test_a_pointer_of_git_lfs_is_no_data(repository: Repository, seen: Seen) -> None:
    (repository.root / "data/raw.csv").unlink()
    repository.write("data/raw.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n")
    answer = seen(FILES, repository.root, raw(repository))

    assert not isinstance(answer, Unavailable)
    assert "lfs-pointer" == answer["dataset.damage"]
