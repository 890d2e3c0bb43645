"""Does the registry have what a container or process loads by models:/NAME@ALIAS, models:/NAME/VERSION or models:/NAME/STAGE, and are its files there?

container api with models:/churn/Production, and churn has one version, which is Archived  ->  container.model_state=archived
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from probes._contract import Spec, Subject, Value
from rules._derivation import Derivation, Given, Unseen
from rules._facts import Facts
from rules.derive._values import texts
from rules.derive.memory_trouble import seen_as_container
from rules.derive.mlflow import model_name, unusable

SCHEMES = frozenset({"runs", "file", "s3", "gs", "http", "https", "hdfs", "dbfs", "mlflow-artifacts"})
STAGES = ("none", "staging", "production", "archived")
NOTHING: Mapping[str, Value] = {
    "model_state": "", "model_name": None, "model_which": None, "model_version": None, "model_files": "", "model_files_words": None, "model_ready": None,
    "model_aliases": None, "model_deleted": None,
}  # fmt: skip


class Found(NamedTuple):
    """How an address resolves, and to which version."""

    state: str
    version: int | None = None


def misspelt(uri: str) -> bool:
    """Meant for the registry, and not as it takes it: another scheme that reads alike, no slash, nothing chosen, or a version and an alias in one."""
    scheme, colon, rest = uri.partition(":")
    if scheme.lower() == "models":
        return not rest.startswith("/") or (not rest.startswith("/m-") and ("/" in (name := model_name(f"models:{rest}")[0]) or not name))
    return bool(colon) and scheme.lower() not in SCHEMES and bool(difflib.get_close_matches(scheme.lower(), ["models"], cutoff=0.8))


def _model(kind: str, given: Given) -> Mapping[str, Value]:
    return {f"{kind}.{name}": value for name, value in _told(kind, given).items()}


def _told(kind: str, given: Given) -> Mapping[str, Value]:
    uri = given.text(f"{kind}.model_uri")
    if kind == "process" and seen_as_container(given):
        return NOTHING
    if misspelt(uri):
        return {**NOTHING, "model_state": "malformed"}
    if not uri.startswith("models:/") or uri.startswith("models:/m-"):
        return NOTHING  # none, a run's, or a logged model's own address, of which the registry knows nothing
    name, by, which = model_name(uri)
    facts = given.facts
    model = next(iter(facts.targets(given.subject, f"{kind} loads model")), None)
    told = {**NOTHING, "model_name": name, "model_which": which}
    if model is None:
        return told  # it names no server: there is nothing to ask
    exists = facts.value(model, "model.exists")
    if isinstance(exists, Unseen):
        server = next(iter(facts.targets(model, "model in mlflow")), None)
        return told | {"model_state": "no-answer"} if server is not None and unusable(given, server, kind) is True else {}
    found = _resolved(facts, model, by, which) if exists else Found("no-model")
    files, words = _files(facts, model, found.version)
    return told | {
        "model_state": found.state,
        "model_version": found.version,
        "model_files": files,
        "model_files_words": words or None,
        "model_ready": texts(facts, model, "model.ready_versions")[:5] or None,
        "model_aliases": texts(facts, model, "model.aliases") or None,
        "model_deleted": texts(facts, model, "model.missing_versions") or None,
    }


def _resolved(facts: Facts, model: Subject, by: str, which: str) -> Found:
    numbers = [int(one) for one in texts(facts, model, "model.version_numbers")]
    if by == "alias":
        return _by_alias(facts, model, which, numbers)
    if by == "version":
        return _by_number(facts, model, int(which), numbers)
    if by == "latest":
        return _ready(facts, model, max(numbers)) if numbers else Found("no-versions")
    return _by_stage(facts, model, which.lower(), numbers)


def _ready(facts: Facts, model: Subject, version: int) -> Found:
    return Found("resolves" if str(version) in texts(facts, model, "model.ready_versions") else "not-ready", version)


def _by_alias(facts: Facts, model: Subject, alias: str, numbers: Iterable[int]) -> Found:
    """A deleted version takes its aliases with it; MLflow compares aliases in lower case."""
    known = {name.lower(): int(number) for name, _, number in (one.rpartition(" ") for one in texts(facts, model, "model.aliases"))}
    version = known.get(alias.lower())
    if version is None:
        return Found("alias-missing")
    return _ready(facts, model, version) if version in numbers else Found("version-deleted", version)


def _by_number(facts: Facts, model: Subject, version: int, numbers: list[int]) -> Found:
    if version in numbers:
        return _ready(facts, model, version)
    if str(version) in texts(facts, model, "model.missing_versions"):
        return Found("version-deleted", version)
    return Found("version-beyond", version) if version > max(numbers, default=0) else Found("")


def _by_stage(facts: Facts, model: Subject, stage: str, numbers: list[int]) -> Found:
    if stage not in STAGES:
        return Found("stage-unknown")
    standing = {int(number): name.lower() for number, _, name in (one.partition(" ") for one in texts(facts, model, "model.stages"))}
    inside = [number for number in numbers if standing.get(number, "none") == stage]
    if inside:
        return _ready(facts, model, max(inside))
    archived = stage != "archived" and "archived" in standing.values()
    return Found("archived" if archived else "stage-empty" if numbers else "no-versions")


def _files(facts: Facts, model: Subject, version: int | None) -> tuple[str, str]:
    """there, missing, unreadable, unfinished or malformed, and the server's words; "" where they were not looked for."""
    for state, name in (("missing", "without_files"), ("unreadable", "unreadable"), ("unfinished", "unfinished"), ("malformed", "malformed")):
        for line in texts(facts, model, f"model.versions_{name}"):
            number, _, words = line.partition(": ")
            if number == str(version):
                return state, words
    looked_at = _looked_at(facts, model)
    if str(version) in looked_at:
        return "there", ""
    lines = texts(facts, model, "model.versions_unreadable")
    none = bool(looked_at) and len(lines) >= len(looked_at)  # their store is one: what can be read of no version cannot be read of this one
    return ("unreadable", f"as those of version {lines[0]}") if none and version is not None else ("", "")


def _looked_at(facts: Facts, model: Subject) -> set[str]:
    """Versions whose files were looked for: of one whose run is missing they cannot be."""
    gone = {line.partition(":")[0] for line in texts(facts, model, "model.versions_without_run")}
    return set(texts(facts, model, "model.checked_versions")) - gone


DERIVATIONS = tuple(
    Derivation(
        kind=kind,
        gives=(
            Spec(
                name=f"{kind}.model_state",
                type="text",
                doc="how the registry resolves its model's address: resolves, no-model, no-versions, stage-unknown, stage-empty, archived, alias-missing, "
                "version-deleted, version-beyond, not-ready, no-answer or malformed; empty where it loads none by such an address",
            ),
            Spec(name=f"{kind}.model_name", type="text", doc="the registered model that it loads"),
            Spec(name=f"{kind}.model_which", type="text", doc="the alias, version or stage that it loads"),
            Spec(name=f"{kind}.model_version", type="int", doc="the version that this is now"),
            Spec(
                name=f"{kind}.model_files",
                type="text",
                doc="that version's files: there, missing, unreadable, unfinished or malformed; empty where nobody looked",
            ),
            Spec(name=f"{kind}.model_files_words", type="text", doc="what the server says of those files"),
            Spec(name=f"{kind}.model_ready", type="texts", doc="versions of that model that are READY, newest first"),
            Spec(name=f"{kind}.model_aliases", type="texts", doc="aliases of that model, each with its version"),
            Spec(name=f"{kind}.model_deleted", type="texts", doc="versions of that model that were deleted"),
        ),
        needs=(f"{kind}.model_uri",),
        wants=(f"{kind}.tracking_uri", f"{kind}.registry_uri", *(("process.container_id",) if kind == "process" else ())),
        function=partial(_model, kind),
    )
    for kind in ("container", "process")
)
