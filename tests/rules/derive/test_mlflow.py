"""Which MLflow a workload means, who serves it, and whether anything was ever in it."""

from __future__ import annotations

import pytest

from probes._contract import Subject, Value
from rules.derive.mlflow import model_name
from tests.rules.derive.conftest import NOW, Table, facts, told

URI = "http://mlflow:5000"
API: dict[str, Value] = {"engine": "docker", "networks": ("ml",), "network_mode": "ml", "tracking_uri": URI, "registry_uri": None, "model_uri": "models:/churn@champion"}
SERVER: dict[str, Value] = {
    "engine": "docker", "state": "running", "steady": True, "networks": ("ml",), "aliases": ("mlflow",), "addresses": ("172.18.0.3",), "published_ports": ("5001->5000/tcp",),
}  # fmt: skip


def used(table: Table, who: str = "container api", relations: tuple[str, ...] = ()) -> list[str]:
    kind, _, key = who.partition(" ")
    return [one.key for one in facts(table, relations).targets(Subject(kind, key), f"{kind} uses mlflow")]


def test_a_name_of_its_network_is_the_container_s_own_address() -> None:
    assert used({"container api": API, "container ml-1": SERVER}) == ["http://172.18.0.3:5000"]


def test_a_server_that_is_named_here_by_its_published_port_is_the_same_one() -> None:
    table: Table = {"container api": API, "container ml-1": SERVER, "mlflow http://localhost:5001": {"reached": True}}

    assert used(table) == ["http://localhost:5001"]


def test_a_name_that_nobody_has_stays_as_it_is() -> None:
    assert used({"container api": API}) == [URI]


def test_its_own_loopback_is_nobody_else_s() -> None:
    assert used({"container api": {**API, "tracking_uri": "http://localhost:5000"}}) == ["api:http://localhost:5000"]
    assert used({"container api": {**API, "tracking_uri": "http://localhost:5000", "network_mode": "host"}}) == ["http://localhost:5000"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://mlflow:5000", "http://mlflow.ml.svc:5000"),
        ("http://mlflow.mlops:5000", "http://mlflow.mlops.svc:5000"),
        ("http://mlflow.mlops.svc:5000", "http://mlflow.mlops.svc:5000"),
        ("https://mlflow.example:443/x", "https://mlflow.example:443/x"),
    ],
)
def test_a_name_of_a_cluster_is_completed_as_its_resolver_does(uri: str, expected: str) -> None:
    table: Table = {"container ml/api-1/main": {"engine": "kubernetes", "tracking_uri": uri}, "ns mlops": {"services": ("mlflow",)}}

    assert used(table, "container ml/api-1/main") == [expected]


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "./mlruns", "databricks", ""])
def test_what_is_no_server_is_not_used(uri: str) -> None:
    assert used({"container api": {**API, "tracking_uri": uri}}) == []


def test_a_process_means_this_host() -> None:
    assert used({"process python": {"tracking_uri": "http://localhost:5000"}}, "process python") == ["http://localhost:5000"]


def test_a_container_loads_the_model_of_its_registry() -> None:
    found = facts({"container api": {**API, "registry_uri": "http://models:80"}})

    assert [one.key for one in found.targets(Subject("container", "api"), "container loads model")] == ["http://models:80#churn"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("models:/churn@champion", ("churn", "alias", "champion")),
        ("models:/churn/3", ("churn", "version", "3")),
        ("models:/churn/Production", ("churn", "stage", "Production")),
        ("models:/churn/latest", ("churn", "latest", "latest")),
        ("models:/churn", ("", "", "")),
        ("models:/churn/3/x", ("", "", "")),
        ("runs:/abc/model", ("", "", "")),
    ],
)
def test_a_model_uri_is_read(uri: str, expected: tuple[str, str, str]) -> None:
    assert model_name(uri) == expected


@pytest.mark.parametrize(("state", "steady", "down"), [("running", True, False), ("running", False, True), ("exited", None, True), ("restarting", None, True)])
def test_the_container_that_serves_it_is_up_or_not(state: str, steady: bool | None, down: bool) -> None:
    found = facts({f"mlflow {URI}": {"reached": False}, "container mlflow": {**SERVER, "state": state, "steady": steady, "restart_count": 4}})

    assert told(found, f"mlflow {URI}", "server_down", "server_up", "server_state") == {"server_down": down, "server_up": not down, "server_state": state}
    assert [one.key for one in found.targets(Subject("mlflow", URI), "mlflow served_by container")] == ["mlflow"]


def test_nobody_known_serves_it() -> None:
    found = facts({f"mlflow {URI}": {"reached": False}})

    assert told(found, f"mlflow {URI}", "server_down", "server_up", "server_container") == {"server_down": False, "server_up": False, "server_container": None}


def test_it_needs_the_database_that_its_error_names() -> None:
    found = facts({f"mlflow {URI}": {"database_host": "db"}, "container mlflow": SERVER, "container pg": {"aliases": ("db",), "networks": ("ml",)}})

    assert [one.key for one in found.targets(Subject("mlflow", URI), "mlflow needs container")] == ["pg"]


def test_a_service_of_the_cluster_that_is_not_there_or_has_nobody_behind_it() -> None:
    table = {f"mlflow http://{name}.ml.svc:5000": {"reached": False} for name in ("mlflow", "gone", "well")}
    found = facts({**table, "ns ml": {"services": ("mlflow", "well"), "services_without_backends": ("mlflow",)}})

    said = {name: told(found, f"mlflow http://{name}.ml.svc:5000", "service_missing", "service_empty") for name in ("mlflow", "gone", "well")}
    assert [tuple(one.values()) for one in said.values()] == [(False, True), (True, False), (False, False)]


def test_something_was_in_it_if_an_earlier_look_or_a_log_says_so() -> None:
    empty: Table = {f"mlflow {URI}": {"is_empty": True}}
    logged: Table = {**empty, "container api": {**API, "log_tail": "View run a at: http://mlflow:5000/#/experiments/1/runs/2\n", "log_complete": True}}

    said = [told(one, f"mlflow {URI}", "was_filled")["was_filled"] for one in (facts(empty), facts(empty, earlier={f"mlflow {URI}": {"is_empty": False}}), facts(logged))]
    assert said == [False, True, True]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"died_at": NOW - 60}, True),
        ({"died_at": NOW - 7200}, False),
        ({"died_at": None}, False),
        ({"died_at": NOW - 60, "tracking_uri": None, "model_uri": None}, False),
        ({"died_at": NOW - 60, "tracking_uri": None, "model_uri": None, "log_tail": "Registered model alias champion not found.\n"}, True),
        ({}, "unseen"),
    ],
)
def test_a_container_that_uses_mlflow_ended_lately_or_not(values: dict[str, Value], expected: bool | str) -> None:
    known: dict[str, Value] = {"tracking_uri": URI, "registry_uri": None, "model_uri": "models:/churn/3"}

    assert told(facts({"container api": {**known, **values}}), "container api", "client_died_lately")["client_died_lately"] == expected


REFUSED = (
    "mlflow.exceptions.MlflowException: API request to http://mlflow:5000/api/2.0/mlflow/experiments/search failed with exception "
    "HTTPConnectionPool(host='mlflow', port=5000): Max retries exceeded (Caused by NewConnectionError(\"Failed to establish a new connection: [Errno 111] Connection refused\"))\n"
)


@pytest.mark.parametrize(("state", "expected"), [("restarting", ("refused",)), ("running", None)])
def test_only_who_does_not_stay_up_tells_how_it_failed(state: str, expected: tuple[str, ...] | None) -> None:
    found = facts({"container api": {**API, "state": state, "steady": state == "running", "restart_count": 3, "log_tail": REFUSED}})

    assert told(found, f"mlflow {URI}", "users_cannot", "failing_user", "users") == {
        "users_cannot": expected, "failing_user": "api" if expected else None, "users": ("container api",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"log_tail": "ModuleNotFoundError: No module named 'psycopg'\n"}, ("mlflow-driver-missing",)),
        ({"exit_code": 1}, "unseen"),
        ({"exit_code": 0}, None),
        ({"state": "running", "steady": True}, None),
    ],
)
def test_the_log_of_one_that_ended_by_itself_must_be_read(values: dict[str, Value], expected: object) -> None:
    found = facts({f"mlflow {URI}": {"reached": False}, "container mlflow": {**SERVER, "state": "exited", "steady": False, **values}})

    assert told(found, f"mlflow {URI}", "server_log")["server_log"] == expected


@pytest.mark.parametrize(("says", "expected"), [("ok", True), ("database-credentials", True), ("database-refused", False), ("database-silent", None), ("gateway", None), (None, None)])
def test_a_database_that_refuses_does_answer(says: str | None, expected: bool | None) -> None:
    assert told(facts({f"mlflow {URI}": {"answer_says": says}}), f"mlflow {URI}", "database_answers")["database_answers"] == expected
