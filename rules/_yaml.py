"""YAML as rows and signatures are written in it: strict, small, and able to say on which line something stands.

Refused: duplicate keys, anchors and aliases, tags, more than one document. `yes`, `no`, `on` and `off` are text, only true and false are bools.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # it is there to be had
from yaml.resolver import Resolver

MOST_BYTES = 256 * 1024
_T = TypeVar("_T")
_PATH = re.compile(r"`\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


class RowError(ValueError):
    """A file of rows or signatures that cannot be used; the message begins with the file and the line."""


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """A safe loader that refuses aliases and knows the line of every node; libyaml parses, four times faster than PyYAML itself."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        for part in (Composer, SafeConstructor, Resolver):
            part.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark: Any = self.peek_event().start_mark  # type: ignore[union-attr]  # there is one: it was checked
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in pairs if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge")
    ]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load(path: Path, type_: type[_T], text: str | None = None) -> tuple[_T, dict[tuple[str | int, ...], int]]:
    """One file's document as `type_`, and the line of each path in it. Raises RowError with file and line."""
    where = str(path)
    body = _read(path) if text is None else text
    try:
        data, lines = _document(body, where)
        return msgspec.convert(data, type_), lines
    except yaml.YAMLError as error:
        raise RowError(_marked(where, error)) from None
    except msgspec.ValidationError as error:
        raise RowError(f"{where}:{_line(str(error), lines)}: {_sentence(str(error))}") from None
    except RecursionError:
        raise RowError(f"{where}:1: the document is nested too deeply.") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RowError(f"{path}:1: the file cannot be read: {error.strerror}.") from None
    if len(raw) > MOST_BYTES:
        raise RowError(f"{path}:1: the file is larger than {MOST_BYTES // 1024} KiB.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowError(f"{path}:{raw[: error.start].count(10) + 1}: the file is not UTF-8.") from None


def _document(text: str, where: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise RowError(f"{where}:1: the file is empty.")
        lines: dict[tuple[str | int, ...], int] = {}
        _walk(node, (), lines, where)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], where: str) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(item, (*path, number), lines, where)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            step = (*path, str(key.value))
            if step in lines:
                raise RowError(f"{where}:{key.start_mark.line + 1}: the key '{key.value}' stands twice.")
            _walk(value, step, lines, where)
            lines[step] = key.start_mark.line + 1


def _marked(where: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error)
    return f"{where}:{mark.line + 1 if mark else 1}: {said.removeprefix('but ')}."


def _line(message: str, lines: dict[tuple[str | int, ...], int]) -> int:
    found = _PATH.search(message)
    path: tuple[str | int, ...] = tuple(int(number) if number.isdigit() else key or 0 for key, number in _STEP.findall(found[1] if found else ""))
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        path = (*path, unknown[1])
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _sentence(message: str) -> str:
    said = message.replace("Object contains unknown field", "Unknown key").replace("Object missing required field", "Missing key")
    said = said.replace("`$.", "`").replace(" - at `$`", "")
    return said if said.endswith(".") else said + "."
