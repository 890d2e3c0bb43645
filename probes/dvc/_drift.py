"""Is a data file as it should be, and if not: since which version, and what changed between that version and this?

judged(access, it, dataset)  ->  Judged(broken=((Expected(…), Difference(missing=("age",), …)),), good=Version(…), code="changed", …)

A contract, or the signature of a model that is fed with the file, is asked first. Where there is none, or it holds no column that the file
has, the version that a stage last read, and the one that is recorded, are what it is held against: only what they had and it has not counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from probes._access import MOST_OUTPUT, Access, Unreachable
from probes.dvc._columns import Column, Damage, Table, UnreadError
from probes.dvc._compare import Difference, compare
from probes.dvc._datasets import Dataset, Datasets, datasets
from probes.dvc._document import DocumentError, yaml
from probes.dvc._expected import Expected, Wanted, contracts, signature
from probes.dvc._hash import Hashes, NotHashedError
from probes.dvc._history import NoHistoryError, is_blob
from probes.dvc._pipeline import Item, Recorded, Stage
from probes.dvc._tree import Tree, history, inputs
from probes.dvc._types import ANY, Type
from probes.dvc._versions import Version, Versions, read

SHARE = 2 / 3
"""Of the names in a model's signature that a file must have, where nothing else shows that the model is fed with it."""
OTHER_VERSION = "another version"

Broken = tuple[Expected, Difference]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one file; empty words are not known."""

    table: Table
    compared: tuple[Expected, ...] = ()
    differences: tuple[Difference, ...] = ()
    broken: tuple[Broken, ...] = ()
    bytes_: str = ""
    """recorded, of another commit, of no commit."""
    version_of: str = ""
    pinned: str = ""
    """Whether the bytes that are recorded satisfy what is broken: fits, fits not."""
    cached: bool = True
    good: str = ""
    schema_of: str = ""
    never_fitted: bool = False
    older_contract: str = ""
    code: str = ""
    code_changed: tuple[str, ...] = ()
    inputs: str = ""
    inputs_changed: tuple[str, ...] = ()
    inputs_have: tuple[str, ...] = ()
    inputs_lost: tuple[str, ...] = ()
    encoded: tuple[str, ...] = ()


class Datafiles:
    """The data files of a tree, each read once."""

    def __init__(self, access: Access, it: Tree) -> None:
        self.access = access
        self.it = it
        self.all: Datasets = datasets(access, it)
        self.hashes = Hashes(access, it.folder)
        self._read: dict[str, Table | Damage | UnreadError | Unreachable | None] = {}

    def table(self, path: str) -> Table | Damage | None:
        """None where it is not there. Raises UnreadError, Unreachable."""
        if path not in self._read:
            self._read[path] = self._found(path)
        found = self._read[path]
        if isinstance(found, Exception):
            raise found
        return found

    def table_or_none(self, path: str) -> Table | None:
        try:
            found = self.table(path)
        except (UnreadError, Unreachable):
            return None
        return found if isinstance(found, Table) else None

    def _found(self, path: str) -> Table | Damage | UnreadError | Unreachable | None:
        place = self.access.path(f"{self.it.folder}/{path}")
        try:
            return read(self.access, place, path) if place.is_file() else None
        except (UnreadError, Unreachable) as error:
            return error
        except OSError as error:
            return UnreadError(f"it cannot be read: {error.strerror}")

    def hashed(self, path: str, like: Recorded) -> str:
        """Its hash, of the kind of a recorded one; empty where it is not hashed."""
        try:
            return self.hashes.of(path, like.kind)
        except (NotHashedError, OSError):
            return ""


def torn(files: Datafiles, dataset: Dataset) -> Damage | None:
    """A text file that ends in a line's middle, where the recorded bytes, of which it is the beginning, go on."""
    versions = Versions(files.access, files.it, dataset)
    recorded = versions.recorded()
    whole = versions.place(recorded) if recorded is not None else None
    place = files.access.path(f"{files.it.folder}/{dataset.path}")
    if whole is None or dataset.form == "parquet" or not place.is_file():
        return None
    size, full = place.stat().st_size, whole.stat().st_size
    block = min(size, 4096)
    if not 0 < size < full:
        return None
    with place.open("rb") as mine, whole.open("rb") as theirs:
        begins = mine.read(block) == theirs.read(block)
        mine.seek(size - block)
        theirs.seek(size - block)
        end, same = mine.read(block), theirs.read(block + 1)
    if not begins or end != same[:block] or end.endswith(b"\n") or same[block:] in (b"\n", b"\r"):
        return None
    return Damage("truncated", f"its {size} bytes are the first of the {full} that are recorded, and end in a line's middle")


def judged(files: Datafiles, dataset: Dataset, table: Table) -> Judged:
    """What is expected of a file, and how it differs from that."""
    versions = Versions(files.access, files.it, dataset)
    pairs = list(_strong(files, dataset, table, versions))
    weak = [] if any(not difference.any for _one, difference in pairs) else list(_weak(files, dataset, table, versions))
    if not any(difference.any for _one, difference in pairs):
        pairs += weak
    broken = tuple(pair for pair in pairs if pair[1].any)
    found = Judged(table=table, compared=tuple(one for one, _difference in pairs), differences=tuple(pair[1] for pair in pairs), broken=broken)
    return _explained(files, dataset, versions, found) if broken else found


# what is expected


def _strong(files: Datafiles, dataset: Dataset, table: Table, versions: Versions) -> Iterator[Broken]:
    for one in dataset.contracts:
        difference = compare(one, table)
        if difference is not None:
            yield one, difference
    for one in (*dataset.fed, *_unlinked(files, dataset)):
        difference = compare(one, table)
        if difference is not None and (not difference.any or _is_fed(one, table, versions)):
            yield one, difference


def _unlinked(files: Datafiles, dataset: Dataset) -> Iterator[Expected]:
    """Models that no stage names are fed with the one file that has the most of their columns, if no other has them all."""
    tables = {one.path: table for one in files.all.found if (table := files.table_or_none(one.path))}
    for model in files.all.unlinked:
        shares = {path: _share(model, table) for path, table in tables.items()}
        most = max(shares.values(), default=0.0)
        if [path for path, share in shares.items() if share == most] == [dataset.path]:
            yield model


def _share(expected: Expected, table: Table) -> float:
    wanted = {one.name for one in expected.columns}
    return len(wanted & set(table.names)) / len(wanted) if wanted else 0.0


def _is_fed(model: Expected, table: Table, versions: Versions) -> bool:
    """Whether a model is fed with a file as it is: some version of the file had all that it wants, or this one has most of it and nothing else is to be encoded."""
    try:
        known = [versions.table(versions.recorded()), *(versions.table(one.recorded) for one in versions.all())]
    except NoHistoryError:
        known = [versions.table(versions.recorded())]
    if any(_satisfies([model], one) for one in known):
        return True
    missing = [one.name for one in model.columns if one.name not in table.names]
    return _share(model, table) >= SHARE and not _encoded(missing, [table])


def _satisfies(expected: Iterable[Expected], table: Table | None) -> bool | None:
    """None where it cannot be told."""
    found = [compare(one, table) for one in expected] if table is not None else [None]
    return None if None in found else not any(one is not None and one.any for one in found)


def _weak(files: Datafiles, dataset: Dataset, table: Table, versions: Versions) -> Iterator[Broken]:
    """Other versions that the pipeline itself vouches for: what a stage last read, what is recorded; and models made from it.

    Nobody vouches where no stage reads it, or only stages whose programs changed since: those may be meant for the new columns.
    """
    readers = [stage for stage in dataset.readers if _as_it_ran(files, stage)]
    sources = [(versions.read_by(stage), f"what stage {stage.name} read when it last ran") for stage in readers]
    sources += [(versions.recorded(), f"the version that {dataset.record} records")] if readers else []
    seen: set[str] = set()
    for recorded, words in sources:
        other = versions.table(recorded)
        if recorded is not None and other is not None and recorded.value not in seen and not other.same_schema(table):
            seen.add(recorded.value)
            expected = _as_expected(other, words)
            difference = compare(expected, table)
            if difference is not None:
                yield expected, difference
    for model in dataset.trained:
        difference = compare(model, table)
        if difference is not None and (not difference.any or _is_fed(model, table, versions)):
            yield model, difference


def _as_it_ran(files: Datafiles, stage: Stage) -> bool:
    """Whether what it lists besides data is as it was when it last ran."""
    programs = [dep for dep in stage.deps if not dep.remote and not _is_data(files, dep)]
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


# since when, and why


def _explained(files: Datafiles, dataset: Dataset, versions: Versions, found: Judged) -> Judged:
    recorded = versions.recorded()
    mine = files.hashed(dataset.path, recorded) if recorded is not None else ""
    expected = [one for one, _difference in found.broken]
    try:
        known = versions.all()
    except NoHistoryError:
        known = []
    is_recorded = recorded is not None and mine == recorded.value
    good = next((one for one in known if one.recorded.value != mine and _satisfies(expected, versions.table(one.recorded))), None)
    others = [one for one in known if one.recorded.value != mine]
    fitting = [_satisfies(expected, versions.table(one.recorded)) for one in others]
    before = _before(known, mine, is_recorded=is_recorded)
    pinned = None if is_recorded or recorded is None else _satisfies(expected, versions.table(recorded))
    found = msgspec.structs.replace(
        found,
        bytes_=_bytes(known, mine, before, is_recorded=is_recorded),
        version_of=before.commit.id[:10] if before is not None else "",
        pinned="" if pinned is None else "fits" if pinned else "fits not",
        cached=recorded is None or versions.in_cache(recorded),
        good=good.commit.id[:10] if good is not None else "",
        schema_of="" if before or is_recorded else _like(found.table, others, good, versions),
        never_fitted=good is None and not pinned and bool(fitting) and True not in fitting and False in fitting,
        older_contract=_older_contract(files, found),
    )
    return _with_lineage(files, dataset, versions, found, good) if dataset.maker is not None else found


def _before(known: list[Version], mine: str, *, is_recorded: bool) -> Version | None:
    """The commit that recorded the same bytes, where something else was recorded after it."""
    same = [one for one in known if mine and one.recorded.value == mine]
    committed = is_recorded and bool(known) and known[0].recorded.value == mine
    return next(iter(same[1:] if committed else same), None)


def _bytes(known: list[Version], mine: str, before: Version | None, *, is_recorded: bool) -> str:
    if not mine:
        return ""
    if is_recorded:
        return "recorded"
    return "of another commit" if before is not None else "of no commit" if known else ""


def _like(table: Table, others: list[Version], good: Version | None, versions: Versions) -> str:
    """The newest other version with the same columns."""
    for one in others:
        other = versions.table(one.recorded)
        if one is not good and other is not None and table.same_schema(other):
            return one.commit.id[:10]
    return ""


def _older_contract(files: Datafiles, found: Judged) -> str:
    """The commit with an older wording of the first broken contract that the file satisfies."""
    source = found.broken[0][0].source
    if not files.access.path(f"{files.it.folder}/{source}").is_file():
        return ""
    try:
        past = history(files.access, files.it)
        commits = [commit for commit, _said in past.versions(source)]
        for commit in commits:
            said = yaml(past.text(commit.id, source))
            older = contracts(said, source) or tuple(one for one in [signature(said, source)] if one is not None)
            if older and _satisfies(older[:1], found.table):
                return commit.id[:10]
    except (NoHistoryError, DocumentError, OSError):
        return ""
    return ""


def _with_lineage(files: Datafiles, dataset: Dataset, versions: Versions, found: Judged, good: Version | None) -> Judged:
    """What the stage that makes it read and ran, then and now."""
    maker = dataset.maker
    assert maker is not None  # noqa: S101  # the caller looked
    columns = tuple(dict.fromkeys(name for _one, difference in found.broken for name in difference.columns))
    sources = [one for one in files.all.found if any(one.path == dep.path or one.path.startswith(f"{dep.path}/") for dep in maker.deps)]
    tables = [(one, table) for one in sources if (table := files.table_or_none(one.path))]
    have = tuple(name for name in columns if any(name in table.names for _one, table in tables))
    found = msgspec.structs.replace(found, inputs_have=have, encoded=_encoded(columns, [table for _one, table in tables]))
    if good is None:
        return found
    then = versions.entry(good.commit.id)
    now = _entry_now(versions) if found.bytes_ == "recorded" else {}
    data, code = _changed(files, dataset, then, now, good)
    lost = tuple(name for name in columns if any(name not in table.names and name in _had(files, one, then) for one, table in tables))
    return msgspec.structs.replace(
        found,
        code="" if code is None else "changed" if code else "same",
        code_changed=tuple(code or ()),
        inputs="" if data is None else "changed" if data else "same",
        inputs_changed=tuple(data or ()),
        inputs_lost=lost,
    )


def _encoded(columns: Iterable[str], tables: Iterable[Table]) -> tuple[str, ...]:
    """Columns that an encoder makes of a value: colour_red, where an input has a column colour."""
    bases = {name for table in tables for name in table.names if name}
    return tuple(name for name in columns if any(name.startswith(f"{base}_") for base in bases))


def _entry_now(versions: Versions) -> Mapping[str, Any]:
    try:
        known = versions.all()
    except NoHistoryError:
        return {}
    recorded = versions.recorded()
    return versions.entry(known[0].commit.id) if known and recorded is not None and known[0].recorded.value == recorded.value else {}


def _changed(
    files: Datafiles, dataset: Dataset, then: Mapping[str, Any], now: Mapping[str, Any], good: Version
) -> tuple[list[str] | None, list[str] | None]:
    """Which of its data and of its programs are others than at the good run; None where that is not known.

    What the recorded run read counts if the file is of that run; else what is there now.
    """
    maker = dataset.maker
    assert maker is not None  # noqa: S101
    before, after = _deps(then), _deps(now)
    data: list[str] = []
    code: list[str] = []
    for dep in maker.deps:
        if dep.remote or dep.path not in {_full(maker.folder, path) for path in before}:
            continue
        old = next(one for path, one in before.items() if _full(maker.folder, path) == dep.path)
        new = next((one for path, one in after.items() if _full(maker.folder, path) == dep.path), None) or files.hashed(
            dep.path, Recorded("md5", "", None)
        )
        if not new:
            return None, None
        if new != old:
            (data if _is_data(files, dep) else code).append(dep.path)
    if not before:
        return None, None
    code += ["its command"] if then.get("cmd") != (now.get("cmd") if now else _command(maker.command)) else []
    code += ["its parameters"] if now and then.get("params") != now.get("params") else []
    return data, [*code, *_programs(files, dataset, good)]


def _command(command: str | tuple[str, ...]) -> str | list[str]:
    return command if isinstance(command, str) else list(command)


def _full(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _deps(entry: Mapping[str, Any]) -> dict[str, str]:
    listed = entry.get("deps")
    return (
        {str(one["path"]): str(one.get("md5") or "") for one in listed if isinstance(one, Mapping) and "path" in one}
        if isinstance(listed, list)
        else {}
    )


def _is_data(files: Datafiles, dep: Item) -> bool:
    tracked = {out.path for one in files.it.pipeline.makers for out in one.outs}
    return any(dep.path == path or dep.path.startswith(f"{path}/") or path.startswith(f"{dep.path}/") for path in tracked)


def _programs(files: Datafiles, dataset: Dataset, good: Version) -> list[str]:
    """Programs of its command that it does not list, and that differ from what they were in the commit of the good run."""
    maker = dataset.maker
    assert maker is not None  # noqa: S101
    listed = {dep.path for dep in maker.deps}
    try:
        blobs = history(files.access, files.it).blobs(good.commit.id)
    except NoHistoryError:
        return []
    found = []
    for path in inputs(files.access, files.it, maker).programs:
        place = files.access.path(f"{files.it.folder}/{path}")
        if (
            path in blobs
            and path not in listed
            and place.is_file()
            and place.stat().st_size < MOST_OUTPUT
            and not is_blob(place.read_bytes(), blobs[path])
        ):
            found.append(path)
    return found


def _had(files: Datafiles, source: Dataset, then: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that an input had when the good run read it."""
    versions = Versions(files.access, files.it, source)
    for path, value in _deps(then).items():
        if path == source.path or path.endswith(f"/{source.name}"):
            table = versions.table(Recorded("md5", value, None))
            return table.names if table is not None else ()
        if source.inside and source.path.startswith(f"{path}/"):
            table = versions.table(versions.in_folder(Recorded("md5", value, None), source.path[len(path) + 1 :]))
            return table.names if table is not None else ()
    return ()
