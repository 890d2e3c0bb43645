"""What a data file's own bytes tell: where it breaks off, and how it differs from what is expected."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from probes.dvc._columns import Damage, Table, damage, head, text_table
from probes.dvc._compare import Difference, compare
from probes.dvc._ends import TAIL, broken_off
from probes.dvc._expected import Expected, contracts

ROW = '{"id": 1, "name": "a {\\" brace"}\n'


def written(folder: Path, name: str, content: bytes) -> Path:
    place = folder / name
    place.write_bytes(content)
    return place


CUT: Mapping[str, tuple[str, str]] = {
    "a record within a name": ("a.jsonl", ROW + '{"id": 2, "na'),
    "a record within a value": ("a.jsonl", ROW + '{"id": 2, "name": "b'),
    "a record before its end": ("a.jsonl", ROW + '{"id": 2, "of": {"x": 1}'),
    "a record far behind the head": ("a.jsonl", ROW * (2 * TAIL // len(ROW)) + '{"id": 2'),
    "a row within its fields": ("a.csv", "id,x,y\n1,2,3\n4,5"),
    "a row between tabs": ("a.tsv", "id\tx\ty\n1\t2\t3\n4\t"),
}
WHOLE: Mapping[str, tuple[str, str]] = {
    "lines that end": ("a.jsonl", ROW * 3),
    "a last record without the line's end": ("a.jsonl", ROW + ROW.strip()),
    "a last row without the line's end": ("a.csv", "id,x,y\n1,2,3\n4,5,6"),
    "a last row with a quoted line's end": ("a.csv", 'id,x,y\n1,2,"3\n3"\n4,5,"6\n6"'),
    "a short row that ends": ("a.csv", "id,x,y\n1,2,3\ntotal,1\n"),
    "rows that are always shorter than the header": ("a.csv", "id,x,y\n1,2\n4,5"),
    "a footer in words": ("a.csv", "id,x,y\n1,2,3\nend of file"),
    "a header alone": ("a.csv", "id,x,y"),
    "nothing": ("a.csv", ""),
    "lines of Windows": ("a.csv", "id,x,y\r\n1,2,3\r\n"),
    "another form": ("a.txt", '{"id": 2'),
}


@pytest.mark.parametrize("name", CUT)
def test_an_end_within_a_record(tmp_path: Path, name: str) -> None:
    of, text = CUT[name]
    place = written(tmp_path, of, text.encode())
    found = broken_off(place, of, head(place))

    assert found is not None
    assert ("truncated", True) == (found.kind, str(len(text)) in found.words)


@pytest.mark.parametrize("name", WHOLE)
def test_an_end_that_may_be_one(tmp_path: Path, name: str) -> None:
    of, text = WHOLE[name]
    place = written(tmp_path, of, text.encode())

    assert broken_off(place, of, head(place)) is None


def test_a_gzip_that_breaks_off(tmp_path: Path) -> None:
    packed = gzip.compress(ROW.encode() * 400)
    place = written(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2])

    assert "truncated" == damage_of(place).kind


@pytest.mark.parametrize("rows", [1, 400, 40_000])
def test_a_gzip_that_is_whole(tmp_path: Path, rows: int) -> None:
    place = written(tmp_path, "a.jsonl.gz", gzip.compress(ROW.encode() * rows))

    assert damage(place, place.name, head(place)) is None


def damage_of(place: Path) -> Damage:
    found = damage(place, place.name, head(place))
    assert found is not None
    return found


def table(folder: Path, text: str, name: str = "a.csv") -> Table:
    place = written(folder, name, text.encode())
    return text_table(place, name, head(place))


def difference(folder: Path, contract: Mapping[str, Any], text: str) -> Difference:
    found = compare(only(contract), table(folder, text))
    assert found is not None
    return found


def only(contract: Mapping[str, Any]) -> Expected:
    (one,) = contracts(contract, "a.schema.json")
    return one


OBJECT = {"type": "object", "properties": {"id": {"type": "integer"}, "x": {"type": "number"}}, "required": ["id", "x"]}
PANDERA = {"schema_type": "dataframe", "columns": {"id": {"dtype": "int64"}, "x": {"dtype": "float64"}}}
FIELDS = {"fields": [{"name": "id", "type": "integer"}, {"name": "x", "type": "number"}]}
MATCH_SET = {"expectations": [{"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["id", "x"]}}]}
OPEN_SET = {"expectations": [{"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["id", "x"], "exact_match": False}}]}
REGEX = {"schema_type": "dataframe", "strict": True, "columns": {"id": {"dtype": "int64"}, "x.*": {"dtype": "float64", "regex": True}}}


@pytest.mark.parametrize(
    "contract",
    [{**OBJECT, "additionalProperties": False}, {**PANDERA, "strict": True}, {**FIELDS, "fieldsMatch": "exact"}, MATCH_SET],
    ids=["JSON Schema", "pandera", "Frictionless", "Great Expectations"],
)
def test_a_column_that_a_contract_rules_out(tmp_path: Path, contract: Mapping[str, Any]) -> None:
    found = difference(tmp_path, contract, "id,x,more\n1,2.5,a\n")

    assert (("more",), True, ()) == (found.unexpected, found.any, found.columns)


@pytest.mark.parametrize(
    "contract",
    [OBJECT, {**OBJECT, "additionalProperties": False, "patternProperties": {"^m": {}}}, PANDERA, {**PANDERA, "strict": "filter"}, REGEX, FIELDS, OPEN_SET],
    ids=["JSON Schema", "patterns", "pandera", "pandera drops it", "a regular expression", "Frictionless", "Great Expectations"],
)
def test_a_column_more_that_nobody_rules_out(tmp_path: Path, contract: Mapping[str, Any]) -> None:
    assert not difference(tmp_path, contract, "id,x,more\n1,2.5,a\n").any


def test_integers_that_pandas_wrote_beside_nulls(tmp_path: Path) -> None:
    found = difference(tmp_path, FIELDS, "id,x\n1.0,2.5\n,3.5\n")

    assert (("id",), True) == (found.nulls, found.only_nulls)


def test_integers_beside_nulls_that_are_allowed(tmp_path: Path) -> None:
    assert not difference(tmp_path, FIELDS, "id,x\n1,2.5\n,3.5\n").any


def test_integers_written_as_fractions_without_nulls(tmp_path: Path) -> None:
    found = difference(tmp_path, FIELDS, "id,x\n1.0,2.5\n2.0,3.5\n")

    assert ((), ("id: integer is wanted, it holds integers written as 1.0 (2 of 2 rows read)",)) == (found.nulls, found.types)


def test_who_converts_takes_whole_numbers(tmp_path: Path) -> None:
    assert not difference(tmp_path, {**PANDERA, "coerce": True}, "id,x\n1.0,2.5\n2.0,3.5\n").any


@pytest.mark.parametrize("dialect", [{"delimiter": ";"}, {"csv": {"delimiter": ";"}}])
def test_the_separator_of_a_contract(tmp_path: Path, dialect: Mapping[str, Any]) -> None:
    resource = {"path": "a.csv", "schema": FIELDS, "dialect": dialect}

    assert "its separator is a comma, not a semicolon" == difference(tmp_path, resource, "id,x\n1,2.5\n").separator
    assert not difference(tmp_path, resource, "id;x\n1;2.5\n").any


def test_a_separator_that_is_not_told_apart_is_not_held_against_it(tmp_path: Path) -> None:
    assert not difference(tmp_path, {"path": "a.csv", "schema": FIELDS, "dialect": {"delimiter": "||"}}, "id,x\n1,2.5\n").any
