"""Which stages DVC would run again, and why, by its own rule: command, dependencies, parameters or outputs differ from dvc.lock.

    Changes(command=False, deps={"data/raw.csv": "modified"}, outs={}, always=False, unseen={})

Words and order are those of `dvc status --json` (dvc/stage/__init__.py, dvc/output.py, dvc/dependency/param.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from probes._access import Access
from probes.dvc._config import Config
from probes.dvc._document import DocumentError, mapping
from probes.dvc._hash import MD5, Hashes, NotHashedError
from probes.dvc._pipeline import Item, Parameters, Recorded, Stage, Tracked

How = str | dict[str, str]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the recorded run; `unseen` is what was not compared, and why."""

    command: bool = False
    deps: Mapping[str, How] = {}
    outs: Mapping[str, How] = {}
    always: bool = False
    unseen: Mapping[str, str] = {}
    frozen: bool = False

    @property
    def reruns(self) -> bool | None:
        """Whether DVC would run it: None where nothing differs of what was compared, and something was not."""
        if self.command or self.outs or self.always or (self.deps and not self.frozen):
            return True
        return None if self.unseen else False

    def reasons(self) -> tuple[str, ...]:
        """In words, as they make it run again."""
        found = ["its command changed"] if self.command else []
        if not self.frozen:
            found += [line for path, how in self.deps.items() for line in _worded("dependency", path, how)]
        found += [line for path, how in self.outs.items() for line in _worded("output", path, how)]
        return tuple([*found, "it always runs"] if self.always else found)

    def as_dvc(self) -> list[Any]:
        """As `dvc status --json` writes it."""
        found: list[Any] = []
        if self.deps and not self.frozen:
            found.append({"changed deps": dict(self.deps)})
        if self.outs:
            found.append({"changed outs": dict(self.outs)})
        found += ["always changed"] if self.always else []
        return found + (["changed command"] if self.command else [])


def _worded(what: str, path: str, how: How) -> list[str]:
    if isinstance(how, str):
        return [f"{what} {path} {_WORDS[how]}"]
    return [f"parameter {key} of {path} {_WORDS[word]}" for key, word in how.items()]


_WORDS = {"modified": "changed", "deleted": "is not there", "new": "is not in dvc.lock", "not in cache": "is not in the cache"}


class Comparison:
    """Compares one repository with what it recorded."""

    def __init__(self, access: Access, repo: str, config: Config) -> None:
        self.hashes = Hashes(access, repo)
        self._access = access
        self._repo = repo
        self._cache = cache_folder(config, repo)

    def stage(self, stage: Stage) -> Changes:
        unseen: dict[str, str] = {}
        deps = self._each(stage.deps, self._dependency, unseen)
        deps |= {one.file: how for one in stage.params if (how := self._parameters(one, unseen))}
        outs = self._each(stage.outs, self._output, unseen)
        command = stage.recorded_command is not None and stage.recorded_command != stage.command
        always = stage.always_changed or not (stage.deps or stage.params or stage.outs)
        return Changes(command=command, deps=deps, outs=outs, always=always, unseen=unseen, frozen=stage.frozen)

    def tracked(self, tracked: Tracked) -> Changes:
        unseen: dict[str, str] = {}
        return Changes(outs=self._each(tracked.outs, self._output, unseen), unseen=unseen, frozen=tracked.imported)

    def moved_on(self, tracked: Tracked) -> tuple[str, ...]:
        """Sources of an import, of those on this machine, that are another than when it was made: DVC does not look there until `dvc update`."""
        unseen: dict[str, str] = {}
        known = tuple(one for one in tracked.sources if one.recorded is not None)
        return tuple(path for path, how in self._each(known, self._dependency, unseen).items() if how == "modified")

    def _each(self, items: tuple[Item, ...], how: Callable[[Item], str], unseen: dict[str, str]) -> dict[str, How]:
        found: dict[str, How] = {}
        for item in items:
            try:
                if item.remote:
                    raise NotHashedError("it is not a file of this machine")  # noqa: TRY301  # as what could not be hashed
                word = how(item)
            except NotHashedError as error:
                unseen[item.path] = str(error)
            except OSError as error:
                unseen[item.path] = f"it cannot be read: {error.strerror}"
            else:
                if word:
                    found[item.path] = word
        return found

    def _dependency(self, item: Item) -> str:
        if not self.hashes.place(item.path).exists():
            return "deleted"
        return "" if item.recorded and self._same(item.path, item.recorded) else "modified"

    def _output(self, item: Item) -> str:
        if item.recorded and item.cached and not self._in_cache(item.recorded):
            return "not in cache"
        if not self.hashes.place(item.path).exists() or self.hashes.ignored(item.path, folder=self.hashes.place(item.path).is_dir()):
            return "deleted"
        return "" if item.recorded and self._same(item.path, item.recorded) else "modified"

    def _same(self, path: str, recorded: Recorded) -> bool:
        """A file of another size is another one, and need not be read."""
        size = self.hashes.size(path)
        if recorded.kind == MD5 and (size is None) != recorded.value.endswith(".dir"):
            return False
        if recorded.kind == MD5 and None not in (size, recorded.size) and size != recorded.size:
            return False
        return self.hashes.of(path, recorded.kind) == recorded.value

    def _in_cache(self, recorded: Recorded) -> bool:
        if not self._object(recorded).exists():
            return False
        if not recorded.value.endswith(".dir"):
            return True
        try:
            entries = json.loads(self._object(recorded).read_bytes())
            return all(self._object(Recorded(recorded.kind, entry["md5"], None)).exists() for entry in entries)
        except (ValueError, TypeError, KeyError) as error:
            raise NotHashedError("its list of files in the cache cannot be read") from error

    def _object(self, recorded: Recorded) -> Any:
        return self._access.path(f"{self._cache}/{object_path(recorded)}")

    def _parameters(self, wanted: Parameters, unseen: dict[str, str]) -> How:
        path = f"{self._repo}/{wanted.file}"
        if not self._access.path(path).exists():
            return "deleted"
        if wanted.recorded is None:
            return "new"
        try:
            values = mapping(self._access, path)
        except (DocumentError, OSError) as error:
            unseen[wanted.file] = str(error)
            return ""
        actual = {key: value for key in wanted.keys if (value := _at(values, key)) is not _ABSENT} if wanted.keys else values
        keys = wanted.keys or tuple(dict.fromkeys((*actual, *wanted.recorded)))
        return {key: word for key in keys if (word := _differs(key, actual, wanted.recorded))}


def cache_folder(config: Config, repo: str) -> str:
    """Where the cache of a repository is."""
    named = config.cache.get("dir")
    return os.path.normpath(os.path.join(os.path.dirname(named.file), named.value)) if named else f"{repo}/.dvc/cache"  # noqa: PTH118, PTH120


def object_path(recorded: Recorded) -> str:
    """Where an object lies in a cache or a remote: DVC 3's place, or that of what DVC 2 recorded."""
    inside = f"{recorded.value[:2]}/{recorded.value[2:]}"
    return f"files/md5/{inside}" if recorded.kind == MD5 else inside


_ABSENT = object()


def _at(values: Any, key: str) -> Any:
    """A value by its dotted key; a key that is there as it is written counts first, as in DVC."""
    for part in key.split("."):
        if isinstance(values, dict) and part in values:
            values = values[part]
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return _ABSENT
    return values


def _differs(key: str, actual: Mapping[str, Any], recorded: Mapping[str, Any]) -> str:
    if key not in actual:
        return "deleted"
    if key not in recorded:
        return "new"
    return "modified" if actual[key] != recorded[key] else ""
