"""What a repository says of itself: the stages of its dvc.yaml files with what dvc.lock recorded of their last run, and its .dvc files.

    Stage(name="train", command="python train.py", deps=(Item("data/raw.csv", …),), params=(Parameters("params.yaml", ("lr",), {"lr": 0.1}),), …)

What is written with `foreach`, `matrix`, or values that cannot be filled in is named as not read.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from probes._access import Access
from probes.dvc._document import DocumentError, mapping
from probes.dvc._hash import MD5, OLD_MD5
from probes.dvc._ignored import Ignored

MOST_ENTRIES = 50_000
MOST_SECONDS = 4.0
PIPELINE, LOCK = "dvc.yaml", "dvc.lock"
_FILL_IN = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
_URL = re.compile(r"^\w[\w+.-]*://")

Command = str | tuple[str, ...]


class Recorded(msgspec.Struct, frozen=True):
    """What dvc.lock or a .dvc file says of a file: the kind of hash, the hash, the size."""

    kind: str
    value: str
    size: int | None


class Item(msgspec.Struct, frozen=True):
    """A dependency or an output."""

    path: str
    """From the repository's folder; absolute or a URL where it is written so."""
    recorded: Recorded | None
    remote: bool = False
    """Not a file of this machine, such as s3://…."""
    cached: bool = True
    pushed: bool = True
    """A push brings it to the default remote: not what says `push: false`, names a remote of its own, or is kept by another repository."""


class Parameters(msgspec.Struct, frozen=True):
    """Keys of one parameter file; none means all of them."""

    file: str
    keys: tuple[str, ...]
    recorded: Mapping[str, Any] | None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage with its last recorded run."""

    name: str
    """As DVC addresses it from the repository's folder: `train`, or `sub/dvc.yaml:train`."""
    file: str
    folder: str
    """In which its command runs, below the repository; empty for the repository's own."""
    command: Command
    deps: tuple[Item, ...] = ()
    params: tuple[Parameters, ...] = ()
    outs: tuple[Item, ...] = ()
    frozen: bool = False
    always_changed: bool = False
    recorded: bool = False
    recorded_command: Command | None = None

    @property
    def lock(self) -> str:
        return self.file.removesuffix(PIPELINE) + LOCK

    @property
    def key(self) -> str:
        """Its name in its own files."""
        return self.name.rpartition(":")[2]


class Tracked(msgspec.Struct, frozen=True):
    """A .dvc file: what `dvc add` or `dvc import` made."""

    name: str
    outs: tuple[Item, ...]
    imported: bool
    sources: tuple[Item, ...] = ()
    """Where an import is from, of those that lie at a path or URL; one from another repository of Git names none."""


class Unread(msgspec.Struct, frozen=True):
    """A stage or file that was not read, and why; a stage's name, or none for a file."""

    file: str
    why: str
    stage: str = ""


class Pipeline(msgspec.Struct, frozen=True):
    """All of it; `complete` unless a limit ended the search."""

    stages: tuple[Stage, ...]
    tracked: tuple[Tracked, ...]
    unread: tuple[Unread, ...]
    complete: bool

    @property
    def makers(self) -> Iterator[Stage | Tracked]:
        """All that has outputs."""
        yield from self.stages
        yield from self.tracked


def read(access: Access, repo: str) -> Pipeline:
    """Every stage and .dvc file below a folder."""
    found: list[Stage | Tracked | Unread] = []
    search = _Search(access, repo)
    for path in search.files():
        reader = _pipeline_file if path.endswith(PIPELINE) else _tracked_file
        parts = tuple(_read(reader, access, repo, path))
        search.leave_out(out.path for part in parts if not isinstance(part, Unread) for out in part.outs)
        found += parts
    return Pipeline(
        stages=tuple(one for one in found if isinstance(one, Stage)),
        tracked=tuple(one for one in found if isinstance(one, Tracked)),
        unread=tuple(one for one in found if isinstance(one, Unread)),
        complete=search.complete,
    )


class _Search:
    """The files that DVC would collect: not in folders that are outputs, ignored, or Git's and DVC's own."""

    def __init__(self, access: Access, repo: str) -> None:
        self.complete = True
        self._root = str(access.path(repo))
        self._ignored = Ignored(access, repo)
        self._outs: set[str] = set()
        self._left = MOST_ENTRIES
        self._end = time.monotonic() + access.remaining(MOST_SECONDS)

    def leave_out(self, paths: Iterator[str]) -> None:
        self._outs |= set(paths)

    def files(self) -> Iterator[str]:
        for root, folders, files in os.walk(self._root):
            inside = os.path.relpath(root, self._root)
            within = "" if inside == "." else f"{inside}/"
            self._left -= len(files) + len(folders)
            if self._left < 0 or time.monotonic() > self._end:
                self.complete = False
                return
            names = sorted(name for name in files if name == PIPELINE or (name.endswith(".dvc") and name != ".dvc"))
            yield from (f"{within}{name}" for name in names if not self._ignored(f"{within}{name}", folder=False))
            folders[:] = sorted(name for name in folders if self._entered(f"{within}{name}"))

    def _entered(self, folder: str) -> bool:
        return folder not in self._outs and not self._ignored(folder, folder=True)


_Reader = Callable[[Access, str, str], Iterator["Stage | Tracked | Unread"]]


def _read(reader: _Reader, access: Access, repo: str, path: str) -> Iterator[Stage | Tracked | Unread]:
    try:
        yield from reader(access, repo, path)
    except OSError as error:
        yield Unread(path, f"{path} cannot be read: {error.strerror}")
    except (DocumentError, TypeError, AttributeError, ValueError) as error:
        yield Unread(path, f"{path} cannot be read: {error}")


# .dvc files


def _tracked_file(access: Access, repo: str, path: str) -> Iterator[Stage | Tracked | Unread]:
    said = mapping(access, f"{repo}/{path}")
    if said.get("cmd"):
        yield Unread(path, f"{path} is a stage of DVC before 1.0")
        return
    folder = os.path.normpath(os.path.join(os.path.dirname(path), said.get("wdir") or "."))  # noqa: PTH118, PTH120  # inside the repository
    deps = said.get("deps") or ()
    elsewhere = any("repo" in dep for dep in deps)
    outs = tuple(_item(folder, out["path"], out, flags=out, pushed=not elsewhere) for out in said.get("outs") or ())
    sources = tuple(_item(folder, dep["path"], dep) for dep in deps if "path" in dep and "repo" not in dep)
    yield Tracked(path, outs, imported=bool(deps), sources=sources)


# dvc.yaml


def _pipeline_file(access: Access, repo: str, path: str) -> Iterator[Stage | Tracked | Unread]:
    said = mapping(access, f"{repo}/{path}")
    lock_path = path.removesuffix(PIPELINE) + LOCK
    lock: Mapping[str, Any] = {}
    if access.path(f"{repo}/{lock_path}").exists():
        lock = mapping(access, f"{repo}/{lock_path}").get("stages") or {}
    values = _values(access, f"{repo}/{os.path.dirname(path)}", said.get("vars") or ())  # noqa: PTH120
    prefix = "" if path == PIPELINE else f"{path}:"
    for name, definition in (said.get("stages") or {}).items():
        if not isinstance(definition, dict) or {"foreach", "matrix"} & definition.keys():
            yield Unread(path, f"the stage {name} of {path} is made by foreach or matrix, which are not read", f"{prefix}{name}")
            continue
        own = {**values, **_inline(definition.get("vars") or ())}
        try:
            yield _stage(path, f"{prefix}{name}", _filled(definition, own), lock.get(name) or {})
        except LookupError as error:
            yield Unread(path, f"the stage {name} of {path} has a value that is not known here: {error}", f"{prefix}{name}")


def _stage(path: str, name: str, definition: Mapping[str, Any], lock: Mapping[str, Any]) -> Stage:
    folder = os.path.normpath(os.path.join(os.path.dirname(path), definition.get("wdir") or "."))  # noqa: PTH118, PTH120
    deps = {entry["path"]: entry for entry in lock.get("deps") or ()}
    outs = {entry["path"]: entry for entry in lock.get("outs") or ()}
    return Stage(
        name=name,
        file=path,
        folder="" if folder == "." else folder,
        command=_command(definition["cmd"]),
        deps=tuple(_item(folder, dep, deps.get(dep)) for dep in definition.get("deps") or ()),
        params=tuple(_parameters(folder, definition.get("params") or (), lock.get("params") or {})),
        outs=tuple(_item(folder, out, outs.get(out), flags=flags) for out, flags in _outs(definition)),
        frozen=definition.get("frozen") is True,
        always_changed=definition.get("always_changed") is True,
        recorded=bool(lock),
        recorded_command=_command(lock["cmd"]) if "cmd" in lock else None,
    )


def _command(said: Any) -> Command:
    return tuple(str(line) for line in said) if isinstance(said, list) else str(said)


def _outs(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The outputs, and their flags."""
    for section in ("outs", "metrics", "plots"):
        for entry in definition.get(section) or ():
            named = entry if isinstance(entry, dict) else {entry: {}}
            for path, flags in named.items():
                yield path, flags if isinstance(flags, dict) else {}


def _parameters(folder: str, said: Sequence[Any], lock: Mapping[str, Any]) -> Iterator[Parameters]:
    keys: dict[str, list[str]] = {}
    for entry in said:
        named = entry if isinstance(entry, dict) else {"params.yaml": [entry]}
        for file, wanted in named.items():
            keys.setdefault(file, []).extend(wanted or ())
    for file, wanted in keys.items():
        recorded = lock.get(file)
        inside = {key: recorded[key] for key in wanted if key in recorded} if recorded is not None and wanted else recorded
        yield Parameters(placed(folder, file), tuple(wanted), inside)


def _item(folder: str, path: str, recorded: Mapping[str, Any] | None, *, flags: Mapping[str, Any] | None = None, pushed: bool = True) -> Item:
    outside = bool(_URL.match(path))
    inside = path if outside else placed(folder, path)
    said = flags or {}
    cached = said.get("cache") is not False
    return Item(inside, recorded_as(recorded or {}), outside, cached, cached and pushed and said.get("push") is not False and not said.get("remote"))


def placed(folder: str, path: str) -> str:
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118  # inside the repository


def recorded_as(entry: Mapping[str, Any]) -> Recorded | None:
    """DVC 2 named no kind: its text files were hashed with Unix line ends."""
    kind = entry.get("hash") or OLD_MD5
    value = entry.get(MD5 if kind == OLD_MD5 else kind)
    return Recorded(kind, str(value), entry.get("size")) if value else None


# ${…}


def _values(access: Access, folder: str, said: Sequence[Any]) -> dict[str, Any]:
    """What ${…} may name: params.yaml, then the files and keys under `vars`."""
    found: dict[str, Any] = {}
    for file in ("params.yaml", *(entry.partition(":")[0] for entry in said if isinstance(entry, str))):
        if access.path(f"{folder}/{file}").is_file():
            found |= mapping(access, f"{folder}/{file}")
    return found | _inline(said)


def _inline(said: Sequence[Any]) -> dict[str, Any]:
    return {key: value for entry in said if isinstance(entry, dict) for key, value in entry.items()}


def _filled(said: Any, values: Mapping[str, Any]) -> Any:
    """With values in place of ${…}. Raises LookupError for what is not known, and for what DVC writes out as options."""
    if isinstance(said, str):
        return _FILL_IN.sub(lambda match: _looked_up(match[1], values), said)
    if isinstance(said, list):
        return [_filled(one, values) for one in said]
    if isinstance(said, dict):
        return {_filled(key, values): _filled(value, values) for key, value in said.items() if key not in ("meta", "desc", "vars")}
    return said


def _looked_up(name: str, values: Any) -> str:
    for part in re.split(r"\.|\[|\]\.?", name.removesuffix("]")):
        try:
            values = values[int(part)] if isinstance(values, list) else values[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise LookupError(name) from None
    if isinstance(values, dict | list):
        raise LookupError(name)  # noqa: TRY004  # it is unknown here, not wrong
    return ("true" if values else "false") if isinstance(values, bool) else str(values)
