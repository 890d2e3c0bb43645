"""Is a data file as it should be, and if not: since which version, and what changed between that version and this?

judged(files, dataset, table)  ->  Judged(broken=((Expected(…), Difference(missing=("age",), …)),), good=Version(…), code="changed", …)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from probes._access import MOST_OUTPUT
from probes.dvc._columns import Table
from probes.dvc._compare import Difference, satisfies
from probes.dvc._datafiles import Datafiles
from probes.dvc._datasets import Dataset
from probes.dvc._document import DocumentError, yaml
from probes.dvc._expected import Expected, contracts, signature
from probes.dvc._held import Broken, encoded, held
from probes.dvc._history import NoHistoryError, is_blob
from probes.dvc._inputs import within
from probes.dvc._pipeline import Recorded, Stage, placed
from probes.dvc._tree import history, inputs
from probes.dvc._versions import Version, Versions


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


def judged(files: Datafiles, dataset: Dataset, table: Table) -> Judged:
    """What is expected of a file, and how it differs from that."""
    pairs = held(files, dataset, table)
    broken = tuple(pair for pair in pairs if pair[1].any)
    found = Judged(table=table, compared=tuple(one for one, _difference in pairs), differences=tuple(pair[1] for pair in pairs), broken=broken)
    return _explained(files, dataset, found) if broken else found


def _explained(files: Datafiles, dataset: Dataset, found: Judged) -> Judged:
    versions = files.versions(dataset)
    recorded = versions.recorded()
    mine = files.hashed(dataset.path, recorded) if recorded is not None else ""
    expected = [one for one, _difference in found.broken]
    known = files.known(dataset)
    is_recorded = recorded is not None and mine == recorded.value
    good = next((one for one in known if one.recorded.value != mine and satisfies(expected, versions.table(one.recorded))), None)
    others = [one for one in known if one.recorded.value != mine]
    fitting = [satisfies(expected, versions.table(one.recorded)) for one in others]
    before = _before(known, mine, is_recorded=is_recorded)
    pinned = None if is_recorded or recorded is None else satisfies(expected, versions.table(recorded))
    found = msgspec.structs.replace(
        found,
        bytes_=_bytes(known, mine, before, is_recorded=is_recorded),
        version_of=before.commit.id[:10] if before is not None else "",
        pinned="" if pinned is None else "fits" if pinned else "fits not",
        good=good.commit.id[:10] if good is not None else "",
        schema_of="" if before or is_recorded else _like(found.table, others, good, versions),
        never_fitted=good is None and not pinned and bool(fitting) and True not in fitting and False in fitting,
        older_contract=_older_contract(files, found),
    )
    return _with_lineage(files, dataset, dataset.maker, found, good) if dataset.maker is not None else found


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
            if older and satisfies(older[:1], found.table):
                return commit.id[:10]
    except (NoHistoryError, DocumentError, OSError):
        return ""
    return ""


def _with_lineage(files: Datafiles, dataset: Dataset, maker: Stage, found: Judged, good: Version | None) -> Judged:
    """What the stage that makes it read and ran, then and now."""
    columns = tuple(dict.fromkeys(name for _one, difference in found.broken for name in difference.columns))
    sources = [one for one in files.all.found if any(one.path == dep.path or one.path.startswith(f"{dep.path}/") for dep in maker.deps)]
    tables = [(one, table) for one in sources if (table := files.table_or_none(one.path))]
    have = tuple(name for name in columns if any(name in table.names for _one, table in tables))
    found = msgspec.structs.replace(found, inputs_have=have, encoded=encoded(columns, [table for _one, table in tables]))
    if good is None:
        return found
    versions = files.versions(dataset)
    then = versions.entry(good.commit.id)
    now = _entry_now(versions, files.known(dataset)) if found.bytes_ == "recorded" else {}
    data, code = _changed(files, maker, then, now, good)
    before = _deps(then, maker)
    lost = tuple(name for name in columns if any(name not in table.names and name in _had(files, one, before) for one, table in tables))
    return msgspec.structs.replace(
        found,
        code="" if code is None else "changed" if code else "same",
        code_changed=tuple(code or ()),
        inputs="" if data is None else "changed" if data else "same",
        inputs_changed=tuple(data or ()),
        inputs_lost=lost,
    )


def _entry_now(versions: Versions, known: list[Version]) -> Mapping[str, Any]:
    recorded = versions.recorded()
    return versions.entry(known[0].commit.id) if known and recorded is not None and known[0].recorded.value == recorded.value else {}


def _changed(
    files: Datafiles, maker: Stage, then: Mapping[str, Any], now: Mapping[str, Any], good: Version
) -> tuple[list[str] | None, list[str] | None]:
    """Which of its data and of its programs are others than at the good run; None where that is not known.

    What the recorded run read counts if the file is of that run; else what is there now.
    """
    before, after = _deps(then, maker), _deps(now, maker)
    if not before:
        return None, None
    data: list[str] = []
    code: list[str] = []
    for dep in maker.deps:
        if dep.remote or dep.path not in before:
            continue
        new = after.get(dep.path) or files.hashed(dep.path, Recorded("md5", "", None))
        if not new:
            return None, None
        if new != before[dep.path]:
            (data if files.is_data(dep) else code).append(dep.path)
    code += ["its command"] if then.get("cmd") != (now.get("cmd") if now else _command(maker.command)) else []
    code += ["its parameters"] if now and then.get("params") != now.get("params") else []
    return data, [*code, *_programs(files, maker, good)]


def _command(command: str | tuple[str, ...]) -> str | list[str]:
    return command if isinstance(command, str) else list(command)


def _deps(entry: Mapping[str, Any], maker: Stage) -> dict[str, str]:
    """The hashes of what a recorded run read, by the paths in the repository."""
    listed = entry.get("deps")
    known = [one for one in listed if isinstance(one, Mapping) and "path" in one] if isinstance(listed, list) else []
    return {placed(maker.folder, str(one["path"])): str(one.get("md5") or "") for one in known}


def _programs(files: Datafiles, maker: Stage, good: Version) -> list[str]:
    """Programs of its command that it does not list, and that differ from what they were in the commit of the good run."""
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


def _had(files: Datafiles, source: Dataset, before: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that an input had when the good run read it, by itself or in a folder."""
    versions = files.versions(source)
    for path, value in before.items():
        if not within(source.path, path):
            continue
        recorded = Recorded("md5", value, None)
        table = versions.table(recorded if source.path == path else versions.in_folder(recorded, source.path[len(path) + 1 :]))
        return table.names if table is not None else ()
    return ()
