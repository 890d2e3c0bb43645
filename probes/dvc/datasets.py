"""Which data files does a DVC repository track, are they data at all, and have they the columns that a contract, a model or their last version says?

dataset /repo#data/raw.csv  damage=""  broken=("data/raw.schema.yaml (pandera)",)  mismatch=True  missing=("age",)  good_commit="3f2a91c0d4"

Only files of this machine are read: the head of CSV and JSON lines, the footer of Parquet; what lies in a remote store alone is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value, Why
from probes.dvc._columns import Damage, Table, UnreadError, shown
from probes.dvc._damage import damaged
from probes.dvc._datafiles import Datafiles
from probes.dvc._datasets import Dataset
from probes.dvc._drift import Judged, judged
from probes.dvc._tree import Tree, at_tree

MOST_SHOWN = 12
FILES = (
    Spec(name="dataset.path", type="text", doc="Its path in the repository."),
    Spec(name="dataset.record", type="text", doc="The dvc.lock or .dvc file that records its hash."),
    Spec(name="dataset.stage", type="text", doc="The stage that makes it; empty where none does."),
    Spec(
        name="dataset.damage",
        type="text",
        doc="What it is instead of data: lfs-pointer, error-page, truncated, empty, other-format; empty where it is data.",
    ),
    Spec(name="dataset.damage_words", type="text", doc="That in words."),
    Spec(name="dataset.written_at", type="time", doc="When it was last written."),
)
SCHEMAS = (
    Spec(name="dataset.expected_by", type="texts", doc="What says which columns it should have, apart from itself, and was compared with it."),
    Spec(
        name="dataset.mismatch",
        type="bool",
        doc="Whether a column is missing, is ruled out, or holds what its type does not allow; none where it is not there.",
    ),
    Spec(name="dataset.broken", type="texts", doc="Those of expected_by that it does not satisfy."),
    Spec(name="dataset.missing", type="texts", doc="Columns that are expected and that it has not."),
    Spec(name="dataset.wrong_types", type="texts", doc="Columns of another type, or that hold at least one value which is no such thing."),
    Spec(name="dataset.nulls_in_integers", type="texts", doc="Columns of integers that hold nulls, and no other wrong value."),
    Spec(name="dataset.only_nulls", type="bool", doc="Whether those are all that is wrong."),
    Spec(name="dataset.unexpected", type="texts", doc="Columns that it has, and that what it is held against rules out."),
    Spec(name="dataset.renamed", type="texts", doc="Missing columns that are there under a name that differs in case or marks alone."),
    Spec(name="dataset.separator", type="text", doc="Its separator, where the version before had another, or its contract names one."),
    Spec(name="dataset.bytes", type="text", doc="Its bytes are: recorded, of another commit, of no commit; empty where that is not known."),
    Spec(name="dataset.version_of", type="text", doc="The commit that recorded these bytes, where another version was recorded after it."),
    Spec(
        name="dataset.pinned",
        type="text",
        doc="Whether the bytes that are recorded, where these are others, satisfy what this does not: fits, fits not.",
    ),
    Spec(name="dataset.good_commit", type="text", doc="The newest commit whose version satisfies what this does not; empty where none is known."),
    Spec(name="dataset.columns_of", type="text", doc="The commit whose version has the same columns, where these bytes are of no commit."),
    Spec(name="dataset.never_fitted", type="bool", doc="Whether other versions are known, and none satisfies it either."),
    Spec(name="dataset.older_contract", type="text", doc="The commit with an older wording of the contract, which the file satisfies."),
    Spec(name="dataset.code", type="text", doc="The programs, command and parameters of its stage since the good version: same, changed."),
    Spec(name="dataset.code_changed", type="texts", doc="Which of them changed."),
    Spec(name="dataset.inputs", type="text", doc="The data that its stage reads since the good version: same, changed."),
    Spec(name="dataset.inputs_changed", type="texts", doc="Which of them changed."),
    Spec(name="dataset.inputs_have", type="texts", doc="Columns at fault that a file which it is made from has."),
    Spec(
        name="dataset.inputs_lost", type="texts", doc="Columns at fault that a file which it is made from had at the good version, and has not now."
    ),
    Spec(
        name="dataset.encoded", type="texts", doc="Columns at fault that are named after a column of its inputs and a value, as encoders name them."
    ),
)
NOTHING: dict[str, Value] = dict.fromkeys((spec.name for spec in SCHEMAS), None)


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each data file, what it is made by and from, and whether its recorded bytes have to be pulled."""
    files = access.shared("dvc data files", lambda: Datafiles(access, it))
    for one in files.all.found:
        subject = _subject(it, one)
        damage = damaged(files, one)
        yield Look(subject=subject, values=_file(access, it, one, damage), command=f"cd {it.folder}; head -c 300 {one.path}; ls -l {one.path}")
        yield Relation("in", subject, it.subject)
        yield from _relations(it, one, files)
    for why in files.all.unread:
        yield Unavailable(kind="dataset", why="garbled", detail=f"A contract or model was not read: {why}.", remedy="Mend that file.", asked=it.asked)
    yield Swept(kind="dataset", scope=it.folder, count=files.all.count, complete=files.all.count == len(files.all.found))


def _subject(it: Tree, one: Dataset) -> Subject:
    return Subject("dataset", f"{it.folder}#{one.path}")


def _relations(it: Tree, one: Dataset, files: Datafiles) -> Iterator[Relation]:
    subject = _subject(it, one)
    versions = files.versions(one)
    recorded = versions.recorded()
    if recorded is not None and versions.place(recorded) is None:
        yield Relation("needs", subject, it.subject)
    if one.maker is None:
        return
    yield Relation("made_by", subject, it.stage(one.maker.name))
    for other in files.all.found:
        if one.maker in other.readers:
            yield Relation("made_from", subject, _subject(it, other))


def _file(access: Access, it: Tree, one: Dataset, damage: Damage | None) -> dict[str, Value]:
    place = access.path(f"{it.folder}/{one.path}")
    return {
        "dataset.path": one.path,
        "dataset.record": one.record,
        "dataset.stage": one.maker.name if one.maker is not None else None,
        "dataset.damage": damage.kind if damage is not None else None,
        "dataset.damage_words": damage.words if damage is not None else None,
        "dataset.written_at": place.stat().st_mtime if place.is_file() else None,
    }


def look_at_schemas(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each data file with something to hold it against; why not for the rest."""
    files = access.shared("dvc data files", lambda: Datafiles(access, it))
    for one in files.all.found:
        yield _answer(it, files, one)


def _answer(it: Tree, files: Datafiles, one: Dataset) -> Answer:
    subject = _subject(it, one)
    command = (
        f"cd {it.folder}; head -n 1 {one.path}"
        if one.form != "parquet"
        else f"cd {it.folder}; python -c 'import pyarrow.parquet as p; print(p.read_schema(\"{one.path}\"))'"
    )
    try:
        table = files.table(one.path)
    except Unreachable as error:
        return _blind(
            subject, "missing tool", f"{one.path} was not read: {error.detail}", "Install pyarrow: pip install 'diagnose[data]'.", asked=it.asked
        )
    except UnreadError as error:
        return _blind(
            subject,
            "garbled",
            f"The columns of {one.path} cannot be told: {error}.",
            f"Look at it by hand: head -c 300 {one.path}",
            asked=it.asked,
        )
    if not isinstance(table, Table):
        return Look(subject=subject, values=NOTHING, command=command)
    found = judged(files, one, table)
    if not found.compared:
        why = "Its first line has no names of columns" if not table.headed else "Nothing in the repository says"
        detail = (
            f"{why}, so the columns of {one.path} have nothing to be held against."
            if not table.headed
            else f"{why} which columns {one.path} should have."
        )
        stem = one.path.rpartition(".")[0]
        return _blind(subject, "not configured", detail, f"Write its columns into a contract beside it, such as {stem}.schema.yaml.", asked=False)
    return Look(subject=subject, values=_schema(found), command=command)


def _blind(subject: Subject, why: Why, detail: str, remedy: str, *, asked: bool) -> Unavailable:
    names = tuple(spec.name for spec in SCHEMAS)
    return Unavailable(kind="dataset", subject=subject, why=why, detail=detail, remedy=remedy, names=names, asked=asked)


def _schema(found: Judged) -> dict[str, Value]:
    differences = [difference for _one, difference in found.broken] or list(found.differences)
    return {
        "dataset.expected_by": tuple(one.words for one in found.compared),
        "dataset.mismatch": bool(found.broken),
        "dataset.broken": _shown(one.words for one, _difference in found.broken),
        "dataset.missing": _shown(name for one in differences for name in one.missing),
        "dataset.wrong_types": _shown(words for one in differences for words in one.types),
        "dataset.nulls_in_integers": _shown(name for one in differences for name in one.nulls),
        "dataset.only_nulls": bool(found.broken) and all(one.only_nulls for one in differences),
        "dataset.unexpected": _shown(name for one in differences for name in one.unexpected),
        "dataset.renamed": _shown(words for one in differences for words in one.renamed),
        "dataset.separator": next((one.separator for one in differences if one.separator), None),
        "dataset.bytes": found.bytes_ or None,
        "dataset.version_of": found.version_of or None,
        "dataset.pinned": found.pinned or None,
        "dataset.good_commit": found.good or None,
        "dataset.columns_of": found.schema_of or None,
        "dataset.never_fitted": found.never_fitted,
        "dataset.older_contract": found.older_contract or None,
        "dataset.code": found.code or None,
        "dataset.code_changed": _shown(found.code_changed),
        "dataset.inputs": found.inputs or None,
        "dataset.inputs_changed": _shown(found.inputs_changed),
        "dataset.inputs_have": _shown(shown(name) for name in found.inputs_have),
        "dataset.inputs_lost": _shown(shown(name) for name in found.inputs_lost),
        "dataset.encoded": _shown(shown(name) for name in found.encoded),
    }


def _shown(words: Iterable[str]) -> tuple[str, ...] | None:
    """The first of them, and how many more there are."""
    found = list(dict.fromkeys(words))
    more = [f"and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
    return (*found[:MOST_SHOWN], *more) or None


_PERMISSIONS = ("read the work tree, DVC's cache and the Git history",)
PROBES = (
    Probe(
        name="dvc.datasets",
        kind="dataset",
        doc="Finds the CSV, JSON lines and Parquet files that DVC tracks, and whether each is data at all.",
        gives=FILES,
        look=at_tree("dataset", look),
        stands_for=("Sample data",),
        relations=("dataset in repo", "dataset made_by stage", "dataset needs repo", "dataset made_from dataset"),
        permissions=_PERMISSIONS,
        limit_s=15.0,
    ),
    Probe(
        name="dvc.schemas",
        kind="dataset",
        doc="Compares the columns of data files with contracts, signatures of models and other versions of them, and finds since when they differ.",
        gives=SCHEMAS,
        look=at_tree("dataset", look_at_schemas),
        stands_for=("Check column names", "Check dtypes"),
        permissions=_PERMISSIONS,
        cost=2,
        limit_s=25.0,
    ),
)
