"""The versions of a data file that Git and DVC know: which commit recorded which bytes, and what columns these have, where they are on this machine.

Versions(access, it, dataset).all()  ->  [Version(commit=Commit("3f2a…", …), recorded=Recorded("md5", "35fd…", 22)), …]  newest first
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from probes._access import MOST_OUTPUT, Access, Unreachable
from probes.dvc._columns import Damage, Table, UnreadError, damage, form_of, head, text_table
from probes.dvc._datasets import Dataset
from probes.dvc._ends import broken_off
from probes.dvc._history import Commit, NoHistoryError
from probes.dvc._parquet import table as parquet_table
from probes.dvc._pipeline import Item, Recorded, Stage, placed, recorded_as
from probes.dvc._status import cache_folder, object_path
from probes.dvc._tree import Tree, history

MOST_READ = 12
"""Versions of one file whose columns are read."""


class Version(msgspec.Struct, frozen=True):
    """The bytes that a commit recorded."""

    commit: Commit
    recorded: Recorded


def read(access: Access, place: Path, name: str) -> Table | Damage:
    """The columns of a file, or what it is instead. Raises UnreadError, Unreachable (no pyarrow), OSError."""
    start = head(place)
    wrong = damage(place, name, start)
    wrong = wrong or broken_off(place, name, start)
    if wrong is not None:
        return wrong
    return parquet_table(access, place) if form_of(name) == "parquet" else text_table(place, name, start)


class Versions:
    """The versions of one data file."""

    def __init__(self, access: Access, it: Tree, dataset: Dataset) -> None:
        self._access = access
        self._it = it
        self._dataset = dataset
        self._tables: dict[str, Table | None] = {}

    def recorded(self) -> Recorded | None:
        """What the work tree's own dvc.lock or .dvc file records."""
        return self._within(self._dataset.out.recorded)

    def read_by(self, stage: Stage) -> Recorded | None:
        """What a stage read when it last ran."""
        path = self._dataset.path
        deps = [dep for dep in stage.deps if path == dep.path or path.startswith(f"{dep.path}/")]
        return self._of_dep(deps[0], path) if deps else None

    def _of_dep(self, dep: Item, path: str) -> Recorded | None:
        return self.in_folder(dep.recorded, path[len(dep.path) + 1 :]) if dep.path != path else dep.recorded

    def all(self) -> list[Version]:
        """What each commit recorded, newest first, once for commits in a row that record the same. Raises NoHistoryError."""
        found: list[Version] = []
        for commit, said in history(self._access, self._it).versions(self._dataset.record):
            one = self._within(_entry(said, self._dataset))
            if one is not None and not (found and found[-1].recorded.value == one.value):
                found.append(Version(commit, one))
            elif one is not None:
                found[-1] = Version(commit, one)  # the commit that brought it
        return found

    def entry(self, commit: str) -> Mapping[str, Any]:
        """What dvc.lock said of the run of the stage that makes it. Empty where it said nothing."""
        maker = self._dataset.maker
        return {} if maker is None else next((_stage_of(said, maker) for at, said in self._locks() if at.id == commit), {})

    def _locks(self) -> list[tuple[Commit, Mapping[str, Any]]]:
        return history(self._access, self._it).versions(self._dataset.record)

    def table(self, recorded: Recorded | None) -> Table | None:
        """The columns of recorded bytes; None where these are not on this machine, or cannot be read."""
        if recorded is None or (recorded.value not in self._tables and len(self._tables) >= MOST_READ):
            return None
        if recorded.value not in self._tables:
            self._tables[recorded.value] = self._read(recorded)
        return self._tables[recorded.value]

    def place(self, recorded: Recorded) -> Path | None:
        """Where recorded bytes lie: in the cache, or in a remote that is a folder of this machine."""
        return next((place for folder in self._folders() if (place := self._access.path(f"{folder}/{object_path(recorded)}")).is_file()), None)

    def in_folder(self, folder: Recorded | None, name: str) -> Recorded | None:
        """One file of a folder, by the list of its files that DVC keeps."""
        place = self.place(folder) if folder is not None else None
        if folder is None or place is None or place.stat().st_size > MOST_OUTPUT:
            return None
        try:
            listed = json.loads(place.read_bytes())
            found = next((one["md5"] for one in listed if one["relpath"] == name), None)
        except (ValueError, TypeError, KeyError, RecursionError, OSError):
            return None
        return Recorded(folder.kind, str(found), None) if found else None

    def _within(self, recorded: Recorded | None) -> Recorded | None:
        inner = self._dataset.inside
        return self.in_folder(recorded, inner) if inner else recorded

    def _folders(self) -> Iterator[str]:
        yield cache_folder(self._it.config, self._it.folder)
        remote = self._it.config.remotes.get(self._it.config.default)
        if remote is not None and remote.scheme == "local" and remote.url:
            yield remote.url

    def _read(self, recorded: Recorded) -> Table | None:
        place = self.place(recorded)
        try:
            found = read(self._access, place, self._dataset.path) if place is not None else None
        except (UnreadError, Unreachable, OSError):
            return None
        return found if isinstance(found, Table) else None


def _entry(said: Mapping[str, Any], dataset: Dataset) -> Recorded | None:
    """What a dvc.lock or .dvc file says of it; None where it says nothing that can be read."""
    maker, out = dataset.maker, dataset.out
    try:
        group = said if maker is None else _stage_of(said, maker)
        folder = placed(dataset.record.rpartition("/")[0], said.get("wdir") or ".") if maker is None else maker.folder
        entries = [one for one in group.get("outs") or () if placed(folder, str(one["path"])) == out.path]
        return recorded_as(entries[0]) if entries else None
    except (TypeError, KeyError, AttributeError):
        return None


def _stage_of(said: Mapping[str, Any], stage: Stage) -> Mapping[str, Any]:
    stages = said.get("stages")
    found = stages.get(stage.key) if isinstance(stages, Mapping) else None
    return found if isinstance(found, Mapping) else {}


__all__ = ["NoHistoryError", "Version", "Versions", "read"]
