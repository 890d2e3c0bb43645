"""Does the registry have what a container loads by models:/NAME@ALIAS, models:/NAME/VERSION or models:/NAME/STAGE, and are its files there?

container api with models:/churn/Production, and churn has one version, which is Archived  ->  container.model_state=archived
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from probes._contract import Spec, Subject, Value
from rules._derivation import Derivation, Given, Unseen
from rules._facts import Facts
from rules.derive.mlflow import model_name, texts

STAGES = ("none", "staging", "production", "archived")
NOTHING: Mapping[str, Value] = {
    "container.model_state": "", "container.model_name": None, "container.model_which": None, "container.model_version": None, "container.model_files": "",
    "container.model_files_words": None, "container.model_ready": None, "container.model_aliases": None, "container.model_deleted": None,
}  # fmt: skip


class Found(NamedTuple):
    """How an address resolves, and to which version."""

    state: str
    version: int | None = None


def _model(given: Given) -> Mapping[str, Value]:
    uri = given.text("container.model_uri")
    if not uri.startswith("models:/") or uri.startswith("models:/m-"):
        return NOTHING  # none, a run's, or a logged model's own address, of which the registry knows nothing
    name, by, which = model_name(uri)
    if not name:
        return {**NOTHING, "container.model_state": "malformed"}
    facts = given.facts
    model = next(iter(facts.targets(given.subject, "container loads model")), None)
    told = {**NOTHING, "container.model_name": name, "container.model_which": which}
    if model is None:
        return told  # it names no server: there is nothing to ask
    exists = facts.value(model, "model.exists")
    if isinstance(exists, Unseen):
        return {}
    found = _resolved(facts, model, by, which) if exists else Found("no-model")
    files, words = _files(facts, model, found.version)
    return told | {
        "container.model_state": found.state,
        "container.model_version": found.version,
        "container.model_files": files,
        "container.model_files_words": words or None,
        "container.model_ready": texts(facts, model, "model.ready_versions")[:5] or None,
        "container.model_aliases": texts(facts, model, "model.aliases") or None,
        "container.model_deleted": texts(facts, model, "model.missing_versions") or None,
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
    """there, missing, unreadable, unfinished or run-gone, and the server's words; "" where they were not looked for."""
    for state, name in (("missing", "without_files"), ("unreadable", "unreadable"), ("unfinished", "unfinished")):
        for line in texts(facts, model, f"model.versions_{name}"):
            number, _, words = line.partition(": ")
            if number == str(version):
                return state, words
    return ("there" if str(version) in _looked_at(facts, model) else ""), ""


def _looked_at(facts: Facts, model: Subject) -> set[str]:
    """Versions whose files were looked for: of one whose run is missing they cannot be."""
    gone = {line.partition(":")[0] for line in texts(facts, model, "model.versions_without_run")}
    return set(texts(facts, model, "model.checked_versions")) - gone


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(
                name="container.model_state",
                type="text",
                doc="how the registry resolves its model's address: resolves, no-model, no-versions, stage-unknown, stage-empty, archived, alias-missing, "
                "version-deleted, version-beyond, not-ready or malformed; empty where it loads none by such an address",
            ),
            Spec(name="container.model_name", type="text", doc="the registered model that it loads"),
            Spec(name="container.model_which", type="text", doc="the alias, version or stage that it loads"),
            Spec(name="container.model_version", type="int", doc="the version that this is now"),
            Spec(
                name="container.model_files",
                type="text",
                doc="that version's files: there, missing, unreadable or unfinished; empty where nobody looked",
            ),
            Spec(name="container.model_files_words", type="text", doc="what the server says of those files"),
            Spec(name="container.model_ready", type="texts", doc="versions of that model that are READY, newest first"),
            Spec(name="container.model_aliases", type="texts", doc="aliases of that model, each with its version"),
            Spec(name="container.model_deleted", type="texts", doc="versions of that model that were deleted"),
        ),
        needs=("container.model_uri",),
        wants=("container.tracking_uri", "container.registry_uri"),
        function=_model,
    ),
)
