"""MLflow servers are real, and what is broken about them breaks what they answer, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import urllib3

from tests.stack.mlflow import PROXY, MLflow
from tests.stack.mlflow import mlflow as started
from tests.stack.postgres import Postgres
from tests.stack.s3 import Store

pytestmark = pytest.mark.services
NOBODY = "0" * 32
Break = Callable[[Postgres], AbstractContextManager[None]]
BreakStore = Callable[[Store], AbstractContextManager[None]]


@pytest.fixture(params=["mlflow2", "mlflow"])
def either(request: pytest.FixtureRequest) -> MLflow:
    """Servers of both major versions."""
    server: MLflow = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="module")
def other(s3: Store) -> Iterator[MLflow]:
    """MLflow 3 that answers to a name, and leaves artifacts to its clients; it has itself no key to their bucket."""
    flags = ["--allowed-hosts", "mlflow:5000,127.0.0.1:*"]
    with started(3, artifacts=f"s3://{s3.bucket('direct')}", proxied=False, environment=s3.settings(), flags=flags) as server:
        yield server


def test_servers_are_of_the_versions_that_they_are_said_to_be(mlflow2: MLflow, mlflow: MLflow) -> None:
    assert ["2.22.5", "3.17.2"] == [server.ask("GET", "/version").text for server in (mlflow2, mlflow)]


def test_an_artifact_goes_through_the_server_into_the_bucket(mlflow: MLflow, s3: Store) -> None:
    run = mlflow.run()

    uploaded = mlflow.upload(run, "model/MLmodel", b"flavors: {}")

    kept = s3.client().get_object(Bucket="mlflow", Key=f"0/{run['run_id']}/artifacts/model/MLmodel")["Body"].read()
    assert (200, b"flavors: {}", ["model"]) == (uploaded.status, kept, [one["path"] for one in mlflow.artifacts(run).json["files"]])


# the database


DATABASE: dict[str, tuple[Break, int, str, str]] = {
    "stopped": (lambda it: it.stopped(), 503, "TEMPORARILY_UNAVAILABLE", "Connection refused"),
    "other password": (lambda it: it.other_password(), 503, "TEMPORARILY_UNAVAILABLE", "FATAL:  password authentication failed for user"),
    "gone": (lambda it: it.without_database(), 503, "TEMPORARILY_UNAVAILABLE", 'FATAL:  database "mlflow" does not exist'),
    "full": (lambda it: it.full(), 503, "TEMPORARILY_UNAVAILABLE", "FATAL:  remaining connection slots are reserved"),
    "refusing": (lambda it: it.refusing(), 503, "TEMPORARILY_UNAVAILABLE", "FATAL:  pg_hba.conf rejects connection for host"),
    "without a table": (lambda it: it.without_table("experiments"), 400, "BAD_REQUEST", 'UndefinedTable) relation "experiments" does not exist'),
}


@pytest.mark.parametrize("state", DATABASE)
def test_health_is_well_while_the_database_is_not(mlflow: MLflow, postgres: Postgres, state: str) -> None:
    broken, status, code, text = DATABASE[state]

    with broken(postgres):
        answer, health = mlflow.search(), mlflow.ask("GET", "/health")

    assert (status, code, 200, "OK", 200) == (answer.status, answer.json["error_code"], health.status, health.text, mlflow.search().status)
    assert text in answer.json["message"]


@pytest.mark.parametrize("state", ["frozen", "locked"])
def test_a_database_that_does_not_answer_makes_the_search_hang_and_not_the_health(mlflow: MLflow, postgres: Postgres, state: str) -> None:
    mlflow.search()
    with postgres.frozen() if state == "frozen" else postgres.locked("experiments"):
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            mlflow.search(seconds=2)

        assert 200 == mlflow.ask("GET", "/health", seconds=2).status


def test_a_server_that_finds_no_database_tries_again_and_does_not_listen() -> None:
    with started(3, database="postgresql+psycopg2://a:b@127.0.0.1:1/c", wait=False) as server:
        server.process.wait_until("its word", lambda: "Operation will be retried in" in server.process.tail(), 60)

        assert (True, False) == (server.process.running, server.is_up())


def test_a_server_older_than_its_database_ends(mlflow: MLflow, postgres: Postgres) -> None:
    assert 200 == mlflow.search().status  # MLflow 3 has made the tables
    with started(2, database=postgres.uri, wait=False) as server:
        assert 1 == server.process.ended(60)
        assert "Can't locate revision identified by" in server.process.tail()


def test_a_server_newer_than_the_last_migration_ends(mlflow: MLflow, postgres: Postgres) -> None:
    assert 200 == mlflow.search().status
    with postgres.older_schema(), started(3, database=postgres.uri, wait=False) as server:
        assert 1 == server.process.ended(60)
        assert "Detected out-of-date database schema (found version c48cb773bb87, but expected" in server.process.tail()


def test_a_server_without_the_driver_of_its_database_ends() -> None:
    with started(3, database="postgresql://a:b@127.0.0.1:1/c", wait=False) as server:
        assert 1 == server.process.ended(60)
        assert "No module named 'psycopg'" in server.process.tail()


# its artifacts


STORE: dict[str, tuple[BreakStore, int, int, str, str]] = {
    "no writing": (lambda it: it.denying("mlflow", it.users["mlflow"], "s3:PutObject"), 500, 200, "", ""),
    "no listing": (lambda it: it.denying("mlflow", it.users["mlflow"], "s3:ListBucket"), 200, 403, "PERMISSION_DENIED", "s3:ListBucket"),
    "other secret": (
        lambda it: it.other_secret(it.users["mlflow"]),
        500,
        401,
        "UNAUTHENTICATED",
        "The request signature we calculated does not match",
    ),
    "no such key": (lambda it: it.without_user(it.users["mlflow"]), 500, 401, "UNAUTHENTICATED", "The AWS Access Key Id you provided does not exist"),
    "no such bucket": (lambda it: it.without_bucket("mlflow"), 500, 404, "RESOURCE_DOES_NOT_EXIST", "The specified bucket does not exist"),
    "stopped": (lambda it: it.stopped(), 500, 500, "", "Internal Server Error"),
}


@pytest.mark.parametrize("state", STORE)
def test_an_upload_fails_without_a_word_and_a_listing_says_why(mlflow: MLflow, s3: Store, state: str) -> None:
    broken, uploading, listing, code, text = STORE[state]
    run = mlflow.run()

    with broken(s3):
        uploaded, listed = mlflow.upload(run, "a", b"1"), mlflow.artifacts(run)

    assert (uploading, listing) == (uploaded.status, listed.status)
    assert uploaded.text in {"", "Internal Server Error"}
    assert code == (listed.json.get("error_code", "") if listed.kind == "application/json" else "")
    assert text in listed.text
    assert 200 == mlflow.upload(run, "b", b"1").status


def test_a_client_takes_a_refused_upload_for_a_broken_connection(mlflow: MLflow, s3: Store) -> None:
    with s3.denying("mlflow", s3.users["mlflow"], "s3:PutObject"):
        done = mlflow.script("import mlflow\nwith mlflow.start_run(): mlflow.log_text('a', 'a.txt')")

    assert 1 == done.returncode
    assert "AccessDenied" not in done.stderr
    assert "when calling the PutObject operation: User: mlflow is not authorized" in mlflow.process.tail()


def test_a_server_that_proxies_nothing_says_so(other: MLflow) -> None:
    run = other.run()
    uploaded, proxied, listed = other.upload(run, "a", b"1"), other.ask("GET", f"{PROXY}?path="), other.artifacts(run)

    assert f"s3://direct/0/{run['run_id']}/artifacts" == run["artifact_uri"]
    assert (503, 503, 500) == (uploaded.status, proxied.status, listed.status)
    assert "Unable to locate credentials" in other.process.tail()


# its registry


def test_a_version_of_a_run_that_never_was_is_ready(either: MLflow) -> None:
    either.post("registered-models/create", {"name": "ghost"})

    made = either.post("model-versions/create", {"name": "ghost", "source": f"runs:/{NOBODY}/model", "run_id": NOBODY})

    assert (200, "READY", 404) == (made.status, made.json["model_version"]["status"], either.get(f"runs/get?run_id={NOBODY}").status)


def test_a_client_of_the_third_version_registers_only_what_was_logged(either: MLflow) -> None:
    run = either.run()

    done = either.script(f"import mlflow; mlflow.register_model('runs:/{run['run_id']}/nothing', 'nothing')")

    third = either.ask("GET", "/version").text.startswith("3.")
    assert third == ("Unable to find a logged_model with artifact_path nothing" in done.stderr)
    assert int(third) == done.returncode


def test_what_is_not_there_is_not_found_but_an_alias_is_invalid(either: MLflow) -> None:
    either.post("registered-models/create", {"name": "known"})
    asked = ["registered-models/get?name=nobody", "model-versions/get?name=known&version=9", "registered-models/alias?name=known&alias=champion"]

    answers = [either.get(path) for path in asked]

    assert [(404, "RESOURCE_DOES_NOT_EXIST"), (404, "RESOURCE_DOES_NOT_EXIST"), (400, "INVALID_PARAMETER_VALUE")] == [
        (one.status, one.json["error_code"]) for one in answers
    ]


# who may ask


def test_only_the_third_version_minds_the_name_it_is_called_by(mlflow2: MLflow, mlflow: MLflow) -> None:
    other = {"Host": "mlflow:5000"}

    assert [200, 403] == [server.search(headers=other).status for server in (mlflow2, mlflow)]
    assert [200, 200] == [server.ask("GET", "/health", headers=other).status for server in (mlflow2, mlflow)]


def test_an_allowed_name_needs_its_port(other: MLflow) -> None:
    assert [200, 403] == [other.search(headers={"Host": name}).status for name in ("mlflow:5000", "mlflow")]


def test_a_server_with_passwords_hides_its_version_too() -> None:
    settings = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "a" * 32, "MLFLOW_AUTH_ADMIN_PASSWORD": "not the one of old"}
    right = urllib3.make_headers(basic_auth="admin:not the one of old")
    with started(3, flags=["--app-name", "basic-auth"], environment=settings) as server:
        asked = [server.search(), server.search(headers=right), server.ask("GET", "/version"), server.ask("GET", "/health")]

    assert [401, 200, 401, 200] == [one.status for one in asked]
