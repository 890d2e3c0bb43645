"""What is a data file held against, and how does it differ from that?

held(files, dataset, table)  ->  [(Expected(source="models/churn/MLmodel", …), Difference(missing=("age",), …))]

A contract, or the signature of a model that is fed with the file, is asked first. Where there is none, or it holds no column that the file
has, the version that a stage last read, and the one that is recorded, are what it is held against: only what they had and it has not counts.
What stands between its columns is held against those also where a contract fits, which has seldom a word for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from probes.dvc._columns import Column, Table
from probes.dvc._compare import Difference, compare, satisfies
from probes.dvc._datafiles import Datafiles
from probes.dvc._datasets import Dataset
from probes.dvc._expected import Expected, Wanted
from probes.dvc._inputs import within
from probes.dvc._pipeline import Stage
from probes.dvc._types import ANY, Type

SHARE = 2 / 3
"""Of the names in a model's signature that a file must have, where nothing else shows that the model is fed with it."""
MOST_RECALLED = 3
"""Versions of a file that show whether a model is fed with it."""
OTHER_VERSION = "another version"

Broken = tuple[Expected, Difference]


def held(files: Datafiles, dataset: Dataset, table: Table) -> list[Broken]:
    """All that it is compared with, and how it differs from each."""
    strong = list(_strong(files, dataset, table))
    if any(difference.any for _one, difference in strong):
        return strong
    weak = list(_weak(files, dataset, table))
    return [*strong, *_separators(strong, weak)] if strong else weak


def _separators(strong: Iterable[Broken], weak: Iterable[Broken]) -> Iterator[Broken]:
    """What else the pipeline relies on, where a contract has no word for what stands between the columns."""
    if any(one.separator for one, _difference in strong):
        return
    for one, difference in weak:
        if difference.separator:
            yield msgspec.structs.replace(one, columns=()), Difference(separator=difference.separator)


def _strong(files: Datafiles, dataset: Dataset, table: Table) -> Iterator[Broken]:
    for one in dataset.contracts:
        difference = compare(one, table)
        if difference is not None:
            yield one, difference
    for one in (*dataset.fed, *_unlinked(files, dataset)):
        difference = compare(one, table)
        if difference is not None and (not difference.any or _is_fed(files, dataset, one, difference)):
            yield one, difference


def _unlinked(files: Datafiles, dataset: Dataset) -> Iterator[Expected]:
    """Models that no stage names are fed with the one file that has, or lately had, the most of their columns; of several the one that is made from the others."""
    tables = {one.path: (one, table) for one in files.all.found if (table := files.table_or_none(one.path))}
    for model in files.all.unlinked:
        shares = {path: _lately(files, one, model, table) for path, (one, table) in tables.items()}
        most = max(shares.values(), default=0.0)
        first = [tables[path][0] for path, share in shares.items() if share == most > 0]
        if [dataset.path] == [one.path for one in first if not any(_is_made_from(files, other, one) for other in first)]:
            yield model


def _lately(files: Datafiles, dataset: Dataset, model: Expected, table: Table) -> float:
    """The share of a model's columns that a file has, or had in one of its last versions."""
    now = _share(model, table)
    if now in (0.0, 1.0):
        return now
    before = (files.versions(dataset).table(one.recorded) for one in files.known(dataset)[:MOST_RECALLED])
    return max([now, *(_share(model, one) for one in before if one is not None)])


def _is_made_from(files: Datafiles, dataset: Dataset, other: Dataset) -> bool:
    """Whether another file is among what its stage, or a stage before that, reads."""
    left, seen = [one for one in [dataset.maker] if one is not None], set[str]()
    while left:
        stage = left.pop()
        if stage.name in seen:
            continue
        seen.add(stage.name)
        if any(within(other.path, dep.path) for dep in stage.deps):
            return True
        left += [one for one in files.it.stages if any(_meet(dep.path, out.path) for dep in stage.deps for out in one.outs)]
    return False


def _meet(path: str, other: str) -> bool:
    return within(path, other) or within(other, path)


def _share(expected: Expected, table: Table) -> float:
    wanted = {one.name for one in expected.columns}
    return len(wanted & set(table.names)) / len(wanted) if wanted else 0.0


def _is_fed(files: Datafiles, dataset: Dataset, model: Expected, difference: Difference) -> bool:
    """Whether a model is fed with a file as it is: some version of the file had all that it wants, or this one has most of it and nothing else is to be encoded.

    What always had nulls where the model takes none is not: whoever trained it has filled or dropped them.
    """
    versions, table = files.versions(dataset), files.table_or_none(dataset.path)
    known = [versions.table(versions.recorded()), *(versions.table(one.recorded) for one in files.known(dataset))]
    if any(satisfies([model], one) for one in known):
        return True
    if table is None or difference.only_nulls:
        return False
    missing = [one.name for one in model.columns if one.name not in table.names]
    return _share(model, table) >= SHARE and not encoded(missing, [table])


def _weak(files: Datafiles, dataset: Dataset, table: Table) -> Iterator[Broken]:
    """Other versions that the pipeline itself vouches for: what a stage last read, what is recorded; and models made from it.

    Nobody vouches where no stage reads it, or only stages whose programs changed since: those may be meant for the new columns.
    """
    versions = files.versions(dataset)
    readers = [stage for stage in dataset.readers if _as_it_ran(files, stage)]
    sources = [(versions.read_by(stage), f"what stage {stage.name} read when it last ran") for stage in readers]
    sources += [(versions.recorded(), f"the version that {dataset.record} records")] if readers else []
    seen: set[str] = set()
    for recorded, words in sources:
        other = versions.table(recorded)
        if (
            recorded is not None
            and other is not None
            and recorded.value not in seen
            and not (other.same_schema(table) and other.separator == table.separator)
        ):
            seen.add(recorded.value)
            expected = _as_expected(other, words)
            difference = compare(expected, table)
            if difference is not None:
                yield expected, difference
    for model in dataset.trained:
        difference = compare(model, table)
        if difference is not None and (not difference.any or _is_fed(files, dataset, model, difference)):
            yield model, difference


def _as_it_ran(files: Datafiles, stage: Stage) -> bool:
    """Whether what it lists besides data is as it was when it last ran."""
    programs = [dep for dep in stage.deps if not dep.remote and not files.is_data(dep)]
    same = all(dep.recorded is not None and files.hashed(dep.path, dep.recorded) == dep.recorded.value for dep in programs)
    return stage.recorded and same and stage.command == stage.recorded_command


def _as_expected(table: Table, source: str) -> Expected:
    columns = tuple(Wanted(one.name, (_type(one, table),), nullable=one.seen.nulls > 0) for one in table.columns)
    return Expected(source=source, tool=OTHER_VERSION, columns=columns if table.headed else (), separator=table.separator)


def _type(column: Column, table: Table) -> Type:
    """Of text only that all its values were numbers is a type that a later version can be held to."""
    if table.exact:
        return column.type
    numbers = column.seen.integers + column.seen.wholes + column.seen.floats
    return Type("number") if numbers and numbers == column.seen.values else Type(ANY)


def encoded(columns: Iterable[str], tables: Iterable[Table]) -> tuple[str, ...]:
    """Columns that an encoder makes of a value: colour_red, where an input has a column colour."""
    bases = {name for table in tables for name in table.names if name}
    return tuple(name for name in columns if any(name.startswith(f"{base}_") for base in bases))
