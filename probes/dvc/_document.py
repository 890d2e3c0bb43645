"""YAML as DVC reads it: version 1.2, in which `yes` is a word and `1e-3` a number; and the other formats of parameter files.

yaml("{rate: 1e-3, mix: yes}")   {"rate": 0.001, "mix": "yes"}
"""

from __future__ import annotations

import json
import re
import tomllib
from errno import ENOENT
from typing import Any

import yaml as pyyaml

from probes._access import MOST_OUTPUT, Access

MOST_VALUES = 500_000
_TAG = "tag:yaml.org,2002:"
_FLOAT = (
    r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_SCALARS = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^(?:[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$", "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("timestamp", r"^\d{4}-\d\d?-\d\d?(?:$|[Tt ]).*$", "0123456789"),
    ("merge", r"^<<$", "<"),
)


class DocumentError(ValueError):
    """A file that is not what its name says; the message names what and where."""


class _Loader(getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)):  # type: ignore[misc]  # whichever was built
    """PyYAML with the words and numbers of YAML 1.2, as ruamel.yaml has them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own way


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(_pattern), list(_first))


def _integer(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    bases = (("0b", 2), ("0o", 8), ("0x", 16))
    return next((int(text, base) for prefix, base in bases if text.lstrip("+-").startswith(prefix)), None) or int(text)


_Loader.add_constructor(f"{_TAG}int", _integer)


def yaml(text: str) -> Any:
    """The value of a YAML document. Raises DocumentError."""
    try:
        found = pyyaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader with other words
        _bounded(found)
    except DocumentError:
        raise
    except (pyyaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise DocumentError(f"it is not YAML{where}") from error
    return found


def _bounded(found: Any) -> None:
    """Raises DocumentError for more values than a person writes: an alias of aliases is small as a text only."""
    left, waiting = MOST_VALUES, [found]
    while waiting:
        value = waiting.pop()
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        left -= len(inner)
        if left < 0:
            raise DocumentError(f"it holds more than {MOST_VALUES} values")
        waiting += inner


def mapping(access: Access, path: str) -> dict[str, Any]:
    """A file of keys and values by its ending: .yaml, .json or .toml; empty for an empty one. Raises DocumentError and OSError."""
    if not access.path(path).is_file():
        raise FileNotFoundError(ENOENT, "it is no file", path)
    if access.path(path).stat().st_size > MOST_OUTPUT:
        raise DocumentError(f"it is larger than {MOST_OUTPUT // 10**6} MB")
    text = access.text(path)
    found = _by_ending(text, path)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise DocumentError("it holds no keys and values")
    return found


def _by_ending(text: str, path: str) -> Any:
    try:
        if path.endswith(".json"):
            return json.loads(text)
        if path.endswith(".toml"):
            return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"it cannot be read: {error}") from error
    if path.endswith(".py"):
        raise DocumentError("parameters in Python are not read")
    return yaml(text)
