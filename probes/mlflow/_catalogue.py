"""The versions of registered models: of many by one request, of one by one.

first_versions(server, ["churn", "fraud"])  ->  {"churn": Versions(({"version": "2", …}, {"version": "1", …}), whole=True)}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from probes._access import Unreachable
from probes._contract import Why
from probes.mlflow._client import Server, objects, text
from probes.mlflow._failure import meaning

MOST_VERSIONS = 200
MOST_AT_ONCE = 500
"""Versions in the one answer that is read for the first models of a registry."""


class Versions(NamedTuple):
    """Of one model, newest first; `whole` where there are no others."""

    listed: tuple[Mapping[str, Any], ...]
    whole: bool


def first_versions(server: Server, names: Sequence[str]) -> dict[str, Versions]:
    """Of those of the registry's first models that one answer covers; `names` are in the registry's own order, by which it gives versions too.

    What a name's place in that order is only the database knows: covered is what comes before another name of ours.
    """
    try:
        answer = server.get("model-versions/search", order_by=("name ASC", "version_number DESC"), max_results=str(MOST_AT_ONCE))
    except Unreachable:
        return {}
    if not answer.good:
        return {}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in objects(answer.data, "model_versions"):
        found.setdefault(text(one, "name"), []).append(one)
    covered = names if not text(answer.data, "next_page_token") else _before_the_last(names, list(found))
    return {name: _versions(found.get(name, ()), whole=True) for name in covered}


def _before_the_last(names: Sequence[str], found: Sequence[str]) -> Sequence[str]:
    """Names up to the last of ours that others were found behind."""
    reached = [names.index(name) for name in found[:-1] if name in names]
    return [name for name in names[: max(reached, default=-1) + 1] if name != found[-1]]


def versions_of(server: Server, name: str) -> Versions:
    """Raises Unreachable, with what the server said where it refused."""
    answer = server.get("model-versions/search", filter=named(name), max_results=str(MOST_VERSIONS))
    if not answer.good:
        why: Why = "forbidden" if answer.status in (401, 403) else "refused"
        raise Unreachable(why, f"{server.url} answered {answer.status} ({meaning(answer)}): {answer.words}")
    return _versions(objects(answer.data, "model_versions"), whole=not text(answer.data, "next_page_token"))


def named(name: str) -> str:
    """MLflow's filter for one name."""
    quote = '"' if "'" in name else "'"
    return f"name={quote}{name}{quote}"


def number(version: Mapping[str, Any]) -> int:
    value = version.get("version")
    return int(value) if isinstance(value, str | int) and str(value).isdecimal() else 0


def _versions(listed: Sequence[Mapping[str, Any]], *, whole: bool) -> Versions:
    return Versions(tuple(sorted(listed, key=number, reverse=True)), whole)
