"""Parquet files, by their footers, where pyarrow is installed; what is said where it is not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access, Unreachable
from probes.dvc import _parquet
from probes.dvc._columns import Table
from probes.dvc._compare import compare
from probes.dvc._expected import Expected, contracts, signature

SIGNATURE = {"signature": {"inputs": '[{"type": "long", "name": "age", "required": true}]'}}


def read(folder: Path, **columns: Any) -> Table:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    place = folder / "a.parquet"
    parquet.write_table(pyarrow.table(columns), place)
    return _parquet.table(Access({}, deadline=time.monotonic() + 60), place)


def signed() -> Expected:
    found = signature(SIGNATURE, "MLmodel")
    assert found is not None
    return found


def test_a_long_that_has_become_a_text(tmp_path: Path) -> None:
    found = compare(signed(), read(tmp_path, age=["31", "32"]))

    assert found is not None
    assert ("age: integer of 64 bits is wanted, it is string",) == found.types


def test_a_long_that_nulls_have_made_a_double(tmp_path: Path) -> None:
    found = compare(signed(), read(tmp_path, age=[31.0, None]))

    assert found is not None
    assert (("age",), True) == (found.nulls, found.only_nulls)


def test_a_narrower_integer_is_a_long(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    found = compare(signed(), read(tmp_path, age=pyarrow.array([31, 32], pyarrow.int32())))

    assert found is not None
    assert not found.any


def test_a_column_that_is_ruled_out(tmp_path: Path) -> None:
    (closed,) = contracts({"schema_type": "dataframe", "strict": True, "columns": {"age": {"dtype": "int64"}}}, "a.schema.yaml")
    found = compare(closed, read(tmp_path, age=[31], more=["a"]))

    assert found is not None
    assert ("more",) == found.unexpected


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Unreachable, match="pyarrow, which is not installed"):
        _parquet.table(Access({}, deadline=time.monotonic() + 60), tmp_path / "a.parquet")
