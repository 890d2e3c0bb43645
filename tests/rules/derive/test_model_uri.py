"""How the registry resolves the address of a model."""

from __future__ import annotations

import pytest

from probes._contract import Value
from rules.derive.model_uri import misspelt
from tests.rules.derive.conftest import Table, facts, told

MODEL: dict[str, Value] = {
    "exists": True, "version_numbers": ("5", "3", "1"), "ready_versions": ("3", "1"), "missing_versions": ("2", "4"), "stages": ("3 Production", "1 Archived"),
    "aliases": ("Champion 3", "old 2"), "checked_versions": ("5", "3", "1"), "versions_without_run": ("1: missing r",), "versions_without_files": ("5: nothing is there",),
    "versions_unreadable": None, "versions_unfinished": None,
}  # fmt: skip


def table(uri: str | None, tracking: str | None = "http://mlflow:5000", **more: Value) -> Table:
    container: dict[str, Value] = {"model_uri": uri, "tracking_uri": tracking, "registry_uri": None, "engine": "docker", "network_mode": "ml"}
    return {"container api": container, "model http://mlflow:5000#churn": {**MODEL, **more}}


@pytest.mark.parametrize(
    ("uri", "state", "version", "files"),
    [
        ("models:/churn/3", "resolves", 3, "there"),
        ("models:/churn@champion", "resolves", 3, "there"),
        ("models:/churn/Production", "resolves", 3, "there"),
        ("models:/churn/archived", "resolves", 1, ""),
        ("models:/churn/5", "not-ready", 5, "missing"),
        ("models:/churn/latest", "not-ready", 5, "missing"),
        ("models:/churn/2", "version-deleted", 2, ""),
        ("models:/churn@old", "version-deleted", 2, ""),
        ("models:/churn/6", "version-beyond", 6, ""),
        ("models:/churn@new", "alias-missing", None, ""),
        ("models:/churn/Staging", "archived", None, ""),
        ("models:/churn/prod", "stage-unknown", None, ""),
        ("models:/churn/3/x", "malformed", None, ""),
        ("models:/m-545bf289e32b", "", None, ""),
        ("runs:/abc/model", "", None, ""),
        (None, "", None, ""),
    ],
)
def test_an_address_leads_to_a_version_or_says_why_not(uri: str | None, state: str, version: int | None, files: str) -> None:
    found = facts(table(uri))

    assert told(found, "container api", "model_state", "model_version", "model_files") == {"model_state": state, "model_version": version, "model_files": files}


def test_a_stage_that_nothing_ever_left_is_empty_and_one_of_no_versions_too() -> None:
    empty, none = facts(table("models:/churn/Staging", stages=None)), facts(table("models:/churn/Staging", version_numbers=None, stages=None))

    assert [told(one, "container api", "model_state")["model_state"] for one in (empty, none)] == ["stage-empty", "no-versions"]


def test_what_nobody_asked_is_unseen_and_what_names_no_server_is_nothing() -> None:
    unasked = {name: values for name, values in table("models:/churn/3").items() if name.startswith("container")}

    said = [told(facts(one), "container api", "model_state")["model_state"] for one in (unasked, table("models:/churn/3", tracking=None))]
    assert said == ["unseen", ""]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("models:/churn/1", False), ("models:/churn@champion", False), ("models:/m-0a1b", False), ("Models:/churn/1", False), ("s3://models/churn", False),
        ("oci://registry.example/churn", False), ("/models/churn", False), ("churn", False), ("runs:/0a1b/model", False),
        ("models:churn/1", True), ("model:/churn/1", True), ("modles:/churn/1", True), ("models:/churn", True), ("models:/churn/2@champion", True),
    ],
)  # fmt: skip
def test_an_address_that_was_meant_for_the_registry_and_is_none(uri: str, expected: bool) -> None:
    assert expected == misspelt(uri)


def test_a_process_is_told_of_unless_it_is_seen_as_a_container() -> None:
    process: dict[str, Value] = {"model_uri": "models:/churn@nobody", "tracking_uri": "http://mlflow:5000", "registry_uri": None}
    model = {"model http://mlflow:5000#churn": MODEL}
    alone = facts({"process serve": {**process, "container_id": None}, **model})
    inside = facts({"process serve": {**process, "container_id": "c1"}, "container api": {"id": "c1"}, **model})

    assert ("alias-missing", "") == tuple(told(one, "process serve", "model_state")["model_state"] for one in (alone, inside))
