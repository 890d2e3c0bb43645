"""The data files that a repository tracks, who makes and who reads each, and what in the repository says which columns it should have.

Dataset(path="data/raw.csv", form="csv", record="data/raw.csv.dvc", maker=None, readers=(Stage("prepare", …),), contracts=(Expected(…),), …)

A contract is of a file if it names it, if a stage lists both, if the names are alike (data/raw.schema.yaml, schemas/raw.json), or if it has
no name of its own (schema.yaml) and stands beside that file alone. What could be of two is of none.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from probes._access import Access
from probes.dvc._columns import FORMS, form_of
from probes.dvc._document import DocumentError, mapping
from probes.dvc._expected import Expected, contracts, signature
from probes.dvc._inputs import within
from probes.dvc._pipeline import Item, Stage, Tracked
from probes.dvc._tree import Tree

MOST = 20
MOST_IN_FOLDER = 4
MOST_CONTRACTS = 60
MOST_MODELS = 10
MOST_BYTES = 1_000_000
MOST_ENTRIES = 20_000
MOST_SECONDS = 3.0
_ENDINGS = (".json", ".yaml", ".yml")
_WORDS = frozenset(
    {
        *("schema", "schemas", "contract", "contracts", "expectation", "expectations", "suite", "suites", "pandera", "frictionless", "gx"),
        *("great", "columns", "resource", "table", "tableschema", "jsonschema", "datapackage", "spec"),
    }
)
_NOT_CONTRACTS = frozenset(("dvc.yaml", "params.yaml", "package.json", "conda.yaml", "python_env.yaml", "docker-compose.yaml"))
_LEFT_OUT = frozenset((".git", ".dvc", ".venv", "venv", "node_modules", "__pycache__", "mlruns", "mlartifacts", "site-packages"))


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One data file. `out` is the output that it is, or that it lies in as `inside`."""

    path: str
    form: str
    record: str
    """The dvc.lock or .dvc file that records its hash."""
    out: Item
    inside: str = ""
    maker: Stage | None = None
    readers: tuple[Stage, ...] = ()
    contracts: tuple[Expected, ...] = ()
    fed: tuple[Expected, ...] = ()
    """Signatures of models that a stage reads together with it, and that it does not make from it."""
    trained: tuple[Expected, ...] = ()
    """Signatures of models that a stage makes from it."""

    @property
    def name(self) -> str:
        return os.path.basename(self.path)  # noqa: PTH119  # inside the repository


class Datasets(msgspec.Struct, frozen=True):
    """The first of them, how many there are, and signatures of models that no stage names."""

    found: tuple[Dataset, ...]
    count: int
    unlinked: tuple[Expected, ...]
    unread: tuple[str, ...]
    """Contracts and models that could not be read, and why."""


def datasets(access: Access, it: Tree) -> Datasets:
    """The data files of a tree, looked for once."""
    return access.shared("dvc datasets", lambda: _datasets(access, it))


def _datasets(access: Access, it: Tree) -> Datasets:
    found = list(islice(_files(access, it), MOST * 5))
    search = _Search(access, it.folder)
    kept = found[:MOST]
    linked = {one.source for stage in it.stages for one in search.of_stage(stage)}
    expected = _assigned(it, kept, search.contracts)
    return Datasets(
        found=tuple(msgspec.structs.replace(one, contracts=tuple(expected.get(one.path, ())), **_models(one, search)) for one in kept),
        count=len(found),
        unlinked=tuple(one for one in search.models if one.source not in linked),
        unread=tuple(search.unread),
    )


def _files(access: Access, it: Tree) -> Iterator[Dataset]:
    """Those of .dvc files first: from them all others are made."""
    makers: tuple[Tracked | Stage, ...] = (*it.pipeline.tracked, *it.stages)
    for one in makers:
        for out in one.outs:
            if out.remote or out.path.startswith(("/", "..")):
                continue
            record = one.lock if isinstance(one, Stage) else one.name
            for path in _inside(access, it, out):
                readers = tuple(stage for stage in it.stages if any(within(path, dep.path) for dep in stage.deps))
                inside = path[len(out.path) + 1 :]
                maker = one if isinstance(one, Stage) else None
                yield Dataset(path=path, form=form_of(path), record=record, out=out, inside=inside, maker=maker, readers=readers)


def _inside(access: Access, it: Tree, out: Item) -> list[str]:
    """The output itself where it is a data file, or the first and the last data files in the folder that it is."""
    place = access.path(f"{it.folder}/{out.path}")
    if not place.is_dir():
        return [out.path] if form_of(out.path) else []
    names = (os.path.relpath(os.path.join(root, name), place) for root, _folders, names in os.walk(place) for name in sorted(names))  # noqa: PTH118
    data = sorted(name for name in islice(names, MOST_ENTRIES) if form_of(name))
    kept = data if len(data) <= MOST_IN_FOLDER else [*data[: MOST_IN_FOLDER // 2], *data[-MOST_IN_FOLDER // 2 :]]
    return [f"{out.path}/{name}" for name in kept]


class _Search:
    """The contracts and models that stand in a work tree."""

    def __init__(self, access: Access, repo: str) -> None:
        self.contracts: list[Expected] = []
        self.models: list[Expected] = []
        self.unread: list[str] = []
        self._access = access
        self._repo = repo
        asked = 0
        for path in self._candidates():
            model = path.rpartition("/")[2] == "MLmodel"
            asked += not model
            if (model and len(self.models) >= MOST_MODELS) or asked > MOST_CONTRACTS:
                continue
            said = self._said(path, model=model)
            if model:
                self.models += [one for one in [signature(said, path)] if one is not None]
            else:
                self.contracts += contracts(said, path)

    def of_stage(self, stage: Stage) -> Iterator[Expected]:
        for model in self.models:
            if any(within(model.source, item.path) for item in (*stage.deps, *stage.outs)):
                yield model

    def _said(self, path: str, *, model: bool) -> Mapping[str, Any]:
        try:
            if self._access.path(f"{self._repo}/{path}").stat().st_size > MOST_BYTES:
                self.unread.append(f"{path}: it is larger than {MOST_BYTES // 10**6} MB")
                return {}
            return mapping(self._access, f"{self._repo}/{path}")
        except (DocumentError, OSError) as error:
            if model or _named_so(path):
                self.unread.append(f"{path}: {error.strerror if isinstance(error, OSError) else error}")
            return {}

    def _candidates(self) -> Iterator[str]:
        root = str(self._access.path(self._repo))
        left, end = MOST_ENTRIES, time.monotonic() + self._access.remaining(MOST_SECONDS)
        for above, folders, files in os.walk(root):
            inside = os.path.relpath(above, root)
            within_it = "" if inside == "." else f"{inside}/"
            left -= len(files) + len(folders)
            if left < 0 or time.monotonic() > end:
                self.unread.append("the search for contracts and models ended early: the repository holds too many files")
                return
            folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
            yield from (f"{within_it}{name}" for name in sorted(files) if name == "MLmodel" or _may_be_contract(name))


def _may_be_contract(name: str) -> bool:
    return name.endswith(_ENDINGS) and name not in _NOT_CONTRACTS


def _named_so(path: str) -> bool:
    return any(word in _WORDS for part in path.split("/") for word in _parts(part))


def _parts(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _stem(path: str) -> tuple[str, ...]:
    """The words of a file's name without endings and without what says that it is a contract."""
    name = path.rpartition("/")[2]
    dull = {*_WORDS, *(word for ending in (*FORMS, *_ENDINGS) for word in _parts(ending))}
    return tuple(word for word in _parts(name) if word not in dull)


def _assigned(it: Tree, found: list[Dataset], known: list[Expected]) -> dict[str, list[Expected]]:
    """The contracts by the path of the file that each is of."""
    of: dict[str, list[Expected]] = {}
    for one in known:
        path = _of(it, found, one)
        if path:
            of.setdefault(path, []).append(one)
    return of


def _of(it: Tree, found: list[Dataset], one: Expected) -> str:
    folder = os.path.dirname(one.source)  # noqa: PTH120
    if one.path:
        named = os.path.normpath(os.path.join(folder, one.path))  # noqa: PTH118
        return next((data.path for data in found if data.path == named), "")
    stem = _stem(one.source)
    alike = [data for data in found if stem and _stem(data.path) == stem]
    beside = [data for data in alike if os.path.dirname(data.path) == folder]  # noqa: PTH120
    if len(beside or alike) == 1:
        return (beside or alike)[0].path
    if alike:
        return ""
    listing = [stage for stage in it.stages if any(dep.path == one.source for dep in stage.deps)]
    listed = {data.path for data in found for stage in listing if stage in data.readers}
    if len(listed) == 1:
        return listed.pop()
    neighbours = [data for data in found if os.path.dirname(data.path) == folder]  # noqa: PTH120
    return neighbours[0].path if not stem and len(neighbours) == 1 and _named_so(one.source) else ""


def _models(one: Dataset, search: _Search) -> dict[str, tuple[Expected, ...]]:
    """The signatures of models that its readers read, and that they make."""
    fed: dict[str, Expected] = {}
    trained: dict[str, Expected] = {}
    for stage in one.readers:
        for model in search.of_stage(stage):
            made = any(within(model.source, out.path) for out in stage.outs)
            (trained if made else fed)[model.source] = model
    return {"fed": tuple(fed[source] for source in fed if source not in trained), "trained": tuple(trained.values())}
