"""What columns should a data file have? By what is written down apart from it: a contract in the repository, or the signature of a model.

contract({"schema_type": "dataframe", "columns": {"age": {"dtype": "int64"}}}, "data/raw.schema.yaml")
    ->  Expected(source="data/raw.schema.yaml", tool="pandera", columns=(Wanted("age", (Type("integer", 64),), …),))

Read are schemas that pandera writes (YAML, JSON), suites of Great Expectations, Table Schemas, resources and packages of Frictionless,
JSON Schema, and a plain list or mapping under `columns`; and the MLmodel file of MLflow. Their words are those of pandera 0.35,
Great Expectations 1.24 (and `expectation_type` of 0.x), Frictionless 5.21, MLflow 3.17.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from probes.dvc._columns import MOST_COLUMNS, SEPARATORS
from probes.dvc._types import ANY, Type, typed

SIGNATURE = "MLflow signature"


class Wanted(msgspec.Struct, frozen=True):
    """A column that is expected; no types are any."""

    name: str
    types: tuple[Type, ...] = ()
    required: bool = True
    nullable: bool = True


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What one source expects, and of which file where it says so."""

    source: str
    tool: str
    columns: tuple[Wanted, ...]
    path: str = ""
    coerced: bool = True
    """Whoever checks it converts numbers first, or does not tell them apart."""
    separator: str = ""
    closed: bool = False
    """It rules out any other column."""
    literal: bool = False
    """Of text, 1.0 is no integer."""

    @property
    def words(self) -> str:
        return f"{self.source} ({self.tool})"


def contracts(said: Any, source: str) -> tuple[Expected, ...]:
    """What a document expects: of a package several; none where it is no contract."""
    if not isinstance(said, Mapping):
        return ()
    resources = said.get("resources")
    if isinstance(resources, list):
        return tuple(found for one in resources if isinstance(one, Mapping) and "path" in one and (found := _frictionless(one, source)))
    found = _one(said, source)
    return (found,) if found is not None and found.columns and len(found.columns) <= MOST_COLUMNS else ()


def _one(said: Mapping[str, Any], source: str) -> Expected | None:
    if said.get("schema_type") == "dataframe":
        return _pandera(said, source)
    if isinstance(said.get("expectations"), list):
        return _suite(said, source)
    if isinstance(said.get("fields"), list) or isinstance(said.get("schema"), Mapping):
        return _frictionless(said, source)
    if isinstance(said.get("properties"), Mapping) or isinstance(said.get("items"), Mapping):
        return _json_schema(said, source)
    return _plain(said, source) if isinstance(said.get("columns"), list | Mapping) else None


def _types(said: Any, *, mlflow: bool = False) -> tuple[Type, ...]:
    words = said if isinstance(said, list) else [said]
    found = tuple(dict.fromkeys(typed(one, mlflow=mlflow) for one in words if isinstance(one, str)))
    return () if any(one.family == ANY for one in found) else found


def _pandera(said: Mapping[str, Any], source: str) -> Expected | None:
    columns = said.get("columns")
    if not isinstance(columns, Mapping):
        return None
    inner = {str(name): one if isinstance(one, Mapping) else {} for name, one in columns.items()}
    named = {name: one for name, one in inner.items() if one.get("regex") is not True}
    return Expected(
        source=source,
        tool="pandera",
        columns=tuple(
            Wanted(name, _types(one.get("dtype")), one.get("required") is not False, one.get("nullable") is True) for name, one in named.items()
        ),
        coerced=said.get("coerce") is True or any(one.get("coerce") is True for one in named.values()),
        closed=said.get("strict") is True and len(named) == len(inner),
    )


def _suite(said: Mapping[str, Any], source: str) -> Expected:
    """A suite expects of one column in several places; what it has no type for may be of any."""
    names: dict[str, tuple[Type, ...]] = {}
    closed = False
    for one in said["expectations"]:
        kind, about = (one.get("type") or one.get("expectation_type"), one.get("kwargs")) if isinstance(one, Mapping) else (None, None)
        if not isinstance(about, Mapping):
            continue
        if kind in ("expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list"):
            listed = about.get("column_set" if kind.endswith("set") else "column_list")
            names |= {str(name): names.get(str(name), ()) for name in listed or ()}
            closed = closed or (bool(listed) and about.get("exact_match") is not False)
        elif isinstance(kind, str) and kind.startswith("expect_column_") and isinstance(about.get("column"), str):
            types = _types(about.get("type_list") or about.get("type_"))
            names[about["column"]] = types or names.get(about["column"], ())
    columns = tuple(Wanted(name, types) for name, types in names.items())
    return Expected(source=source, tool="Great Expectations", columns=columns, coerced=False, closed=closed)


def _frictionless(said: Mapping[str, Any], source: str) -> Expected | None:
    """A Table Schema, or a resource that names its file; whoever reads by it converts, but no 1.0 to an integer, and takes other columns if not told otherwise."""
    schema = said.get("schema") if "fields" not in said else said
    path = said.get("path")
    if not isinstance(schema, Mapping) or not isinstance(schema.get("fields"), list):
        return None
    fields = [one for one in schema["fields"] if isinstance(one, Mapping) and isinstance(one.get("name"), str)]
    columns = tuple(Wanted(one["name"], _types(one.get("type")), nullable=not _constraint(one, "required")) for one in fields)
    return Expected(
        source=source,
        tool="Frictionless",
        columns=columns,
        path=path if isinstance(path, str) else "",
        separator=_delimiter(said.get("dialect")),
        closed=schema.get("fieldsMatch") in ("exact", "equal", "subset"),
        literal=True,
    )


def _delimiter(dialect: Any) -> str:
    """Of a dialect as Frictionless 5 nests it by the format, or as its standard has it."""
    said = dialect.get("csv", dialect) if isinstance(dialect, Mapping) else None
    found = said.get("delimiter") if isinstance(said, Mapping) else None
    return found if isinstance(found, str) and len(found) == 1 and found in SEPARATORS else ""


def _constraint(field: Mapping[str, Any], name: str) -> bool:
    said = field.get("constraints")
    return isinstance(said, Mapping) and said.get(name) is True


def _json_schema(said: Mapping[str, Any], source: str) -> Expected | None:
    """Of one row as an object, or of rows as a list; a time or a date is a string there."""
    row = said if isinstance(said.get("properties"), Mapping) else said.get("items")
    if not isinstance(row, Mapping) or not isinstance(row.get("properties"), Mapping):
        return None
    required = row.get("required")
    needed = {str(one) for one in required} if isinstance(required, list) else set()
    columns = []
    for name, one in row["properties"].items():
        types = one.get("type") if isinstance(one, Mapping) else None
        nullable = "null" in (types if isinstance(types, list) else [types])
        formatted = isinstance(one, Mapping) and "format" in one
        columns.append(Wanted(str(name), () if formatted or types is None else _without_null(_types(types)), str(name) in needed, nullable))
    closed = row.get("additionalProperties") is False and not row.get("patternProperties")
    return Expected(source=source, tool="JSON Schema", columns=tuple(columns), closed=closed)


def _without_null(types: tuple[Type, ...]) -> tuple[Type, ...]:
    return tuple(one for one in types if one.family not in ("nothing", "list")) if all(one.family != "list" for one in types) else ()


def _plain(said: Mapping[str, Any], source: str) -> Expected:
    """`columns:` as names with types, as a list of names, or as a list of {name, type}."""
    return Expected(source=source, tool="columns", columns=tuple(_plain_columns(said["columns"])))


def _plain_columns(said: Any) -> Iterator[Wanted]:
    pairs = said.items() if isinstance(said, Mapping) else [(one.get("name"), one) if isinstance(one, Mapping) else (one, None) for one in said]
    for name, about in pairs:
        if isinstance(name, str):
            types = next((about[key] for key in ("type", "dtype", "data_type") if key in about), None) if isinstance(about, Mapping) else about
            required = about.get("required") is not False if isinstance(about, Mapping) else True
            nullable = about.get("nullable") is not False if isinstance(about, Mapping) else True
            yield Wanted(name, _types(types), required, nullable)


def signature(said: Any, source: str) -> Expected | None:
    """The inputs of an MLmodel file; None without a signature of named columns, such as one of tensors."""
    signed = said.get("signature") if isinstance(said, Mapping) else None
    inputs = signed.get("inputs") if isinstance(signed, Mapping) else None
    try:
        columns = json.loads(inputs) if isinstance(inputs, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(columns, list) or len(columns) > MOST_COLUMNS:
        return None
    named = [one for one in columns if isinstance(one, dict) and isinstance(one.get("name"), str) and one.get("type") != "tensor"]
    if not named or len(named) != len(columns):
        return None
    wanted = tuple(
        Wanted(
            one["name"], _types(one.get("type"), mlflow=True), one.get("required") is not False and one.get("optional") is not True, nullable=False
        )
        for one in named
    )
    return Expected(source=source, tool=SIGNATURE, columns=wanted, coerced=False)
