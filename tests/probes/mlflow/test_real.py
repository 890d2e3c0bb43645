"""What is said of real MLflow servers of both major versions, well and broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from agent.discover import Target
from agent.pipeline import diagnose, load
from agent.settings import Settings
from probes._contract import Subject
from rules._facts import Facts
from rules._judge import judge
from tests.stack.mlflow import MLflow
from tests.stack.mlflow import mlflow as started
from tests.stack.postgres import Postgres

pytestmark = pytest.mark.services
BOOK = load()[1]
NOBODY = "0" * 32
Break = Callable[[Postgres], AbstractContextManager[None]]


@pytest.fixture(params=["mlflow2", "mlflow"])
def either(request: pytest.FixtureRequest) -> MLflow:
    """Servers of both major versions."""
    server: MLflow = request.getfixturevalue(request.param)
    return server


def facts(url: str, **options: str) -> Facts:
    """What a whole run sees that is pointed at nothing but this server."""
    run = diagnose(Settings(deadline=60), [Target("mlflow", url, asked=True, options=options)])
    return Facts(run.bundle.observed, BOOK.vocabulary)


def said(found: Facts, row: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Of each case of a row that is present: how sure, and which causes."""
    cases = [case for case in judge(BOOK, found).cases if case.row.id == row and case.here]
    return {case.representative.key: (case.ranking.band, case.ranking.candidates) for case in cases}


def values(found: Facts, who: Subject, *names: str) -> tuple[Any, ...]:
    return tuple(found.value(who, f"{who.kind}.{name}") for name in names)


def offline(url: str, **options: str) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    return said(facts(url, **options), "mlflow/offline-or-empty")


def test_a_server_that_is_well_is_not_spoken_of(either: MLflow) -> None:
    found = facts(either.url)

    assert said(found, "mlflow/offline-or-empty") == {}
    assert values(found, Subject("mlflow", either.url), "is_mlflow", "healthy", "answer_says", "database_answers") == (True, True, "ok", True)


DATABASE: Mapping[str, tuple[Break, str, str]] = {
    "stopped": (lambda it: it.stopped(), "database-refused", "database-offline"),
    "other password": (lambda it: it.other_password(), "database-credentials", "database-refuses"),
    "gone": (lambda it: it.without_database(), "database-missing", "database-refuses"),
    "refusing": (lambda it: it.refusing(), "database-credentials", "database-refuses"),
    "full": (lambda it: it.full(), "database-full", "database-full"),
    "without a table": (lambda it: it.without_table("experiments"), "database-schema", "database-schema"),
}


@pytest.mark.parametrize("state", DATABASE)
def test_what_is_wrong_with_its_database_is_told_apart(mlflow: MLflow, postgres: Postgres, state: str) -> None:
    broken, says, cause = DATABASE[state]
    assert (200, 200) == (mlflow.search().status, mlflow.get("registered-models/search?max_results=1").status)  # one that never had its database keeps trying

    with broken(postgres):
        found = facts(mlflow.url)

    assert values(found, Subject("mlflow", mlflow.url), "healthy", "answer_says") == (True, says), values(found, Subject("mlflow", mlflow.url), "answer_words")
    assert said(found, "mlflow/offline-or-empty") == {mlflow.url: ("diagnosed", (cause,))}


@pytest.mark.parametrize("state", ["frozen", "locked"])
def test_a_database_that_hangs_is_not_told_from_one_that_is_tried_again(mlflow: MLflow, postgres: Postgres, state: str) -> None:
    with postgres.frozen() if state == "frozen" else postgres.locked("experiments"):
        found = facts(mlflow.url)

    ((band, causes),) = said(found, "mlflow/offline-or-empty").values()
    assert values(found, Subject("mlflow", mlflow.url), "healthy", "answer_says") == (True, "database-silent")
    assert (band, "database-offline" in causes) == ("undetermined", True)


def test_a_server_that_is_down_or_elsewhere(either: MLflow) -> None:
    port = either.url.rpartition(":")[2]
    found = [offline(url) for url in ("http://127.0.0.1:1", f"{either.url}/mlflow", f"https://127.0.0.1:{port}")]

    assert [tuple(one.values()) for one in found] == [
        (("undetermined", ("server-not-running", "wrong-tracking-uri")),),
        (("diagnosed", ("wrong-tracking-uri",)),),
        (("diagnosed", ("wrong-tracking-uri",)),),
    ]


def test_a_prefix_is_found() -> None:
    with started(3, flags=["--static-prefix", "/mlflow"], wait=False) as server:
        server.process.wait_until("its prefix", lambda: _up(server), 120)
        right, wrong = facts(f"{server.url}/mlflow"), facts(server.url)

    assert values(right, Subject("mlflow", f"{server.url}/mlflow"), "answer_says", "is_mlflow") == ("ok", True)
    assert values(wrong, Subject("mlflow", server.url), "found_at") == (f"{server.url}/mlflow",)
    assert said(wrong, "mlflow/offline-or-empty") == {server.url: ("diagnosed", ("wrong-tracking-uri",))}


def _up(server: MLflow) -> bool:
    try:
        return server.ask("GET", "/mlflow/health", seconds=2).status == 200
    except Exception:  # noqa: BLE001  # it is only just being started
        return False


def test_a_host_name_that_it_does_not_allow() -> None:
    with started(3, flags=["--allowed-hosts", "mlflow:5000"]) as server:
        assert offline(server.url) == {server.url: ("diagnosed", ("host-header",))}


def test_a_server_that_asks_who_we_are() -> None:
    settings = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "a" * 32, "MLFLOW_AUTH_ADMIN_PASSWORD": "not the one of old"}
    with started(3, flags=["--app-name", "basic-auth"], environment=settings) as server:
        stranger, known = facts(server.url), facts(server.url, user="admin", password="not the one of old")  # its own, of this test

    who = Subject("mlflow", server.url)
    assert [values(one, who, "answer_says", "is_mlflow", "version") for one in (stranger, known)] == [("authentication", None, None), ("ok", True, "3.17.2")]
    assert said(stranger, "mlflow/offline-or-empty") == {}


def test_versions_of_what_is_not_there(either: MLflow) -> None:
    run = either.run()
    for name, source, of in (("of-nobody", f"runs:/{NOBODY}/model", NOBODY), ("of-nothing", f"runs:/{run['run_id']}/nothing", run["run_id"])):
        either.post("registered-models/create", {"name": name})
        either.post("model-versions/create", {"name": name, "source": source, "run_id": of})
    found = facts(either.url)

    causes = said(found, "mlflow/model-registration-fails")
    assert [causes[f"{either.url}#{name}"] for name in ("of-nobody", "of-nothing")] == [
        ("diagnosed", ("run-doesnt-exist",)),
        ("diagnosed", ("artifact-missing",)),
    ]


def test_versions_whose_files_are_no_model(either: MLflow) -> None:
    whole = b"flavors: {python_function: {loader_module: mine, model_path: model.pkl}}"
    written = {"whole": whole, "cut": whole[:30], "of-none": b"artifact_path: model\n", "without-its-file": whole}
    for name, text in written.items():
        run = either.run()
        either.upload(run, "model/MLmodel", text)
        if name != "without-its-file":
            either.upload(run, "model/model.pkl", b"1")
        either.post("registered-models/create", {"name": name})
        either.post("model-versions/create", {"name": name, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]})

    causes = said(facts(either.url), "mlflow/model-registration-fails")
    assert {name: causes.get(f"{either.url}#{name}") for name in written} == {
        "whole": None,
        "cut": ("diagnosed", ("model-format-invalid",)),
        "of-none": ("diagnosed", ("model-format-invalid",)),
        "without-its-file": ("diagnosed", ("model-format-invalid",)),
    }


def test_the_files_of_another_run_are_refused_by_the_third_version_and_taken_by_the_second(mlflow: MLflow, mlflow2: MLflow) -> None:
    refused, taken = (_with_files_of_another(server) for server in (mlflow, mlflow2))

    assert (400, 200) == (refused, taken)
    assert said(facts(mlflow2.url), "mlflow/model-registration-fails")[f"{mlflow2.url}#crossed"] == ("diagnosed", ("source-not-in-run",))


def _with_files_of_another(server: MLflow) -> int:
    run, other = server.run(), server.run()
    for path, data in {"model/MLmodel": b"flavors: {mine: {}}", "model/model.pkl": b"1"}.items():
        server.upload(run, path, data)
    server.post("registered-models/create", {"name": "crossed"})
    return server.post("model-versions/create", {"name": "crossed", "source": f"{run['artifact_uri']}/model", "run_id": other["run_id"]}).status


@pytest.mark.parametrize("state", ["locked", "without_table"])
def test_a_registry_that_does_not_answer_while_experiments_do(mlflow: MLflow, postgres: Postgres, state: str) -> None:
    assert (200, 200) == (mlflow.search().status, mlflow.get("registered-models/search?max_results=1").status)
    with postgres.locked("registered_models") if state == "locked" else postgres.without_table("registered_models"):
        found = facts(mlflow.url)

    assert said(found, "mlflow/model-registration-fails") == {mlflow.url: ("diagnosed", ("registry-unavailable",))}
    assert said(found, "mlflow/offline-or-empty") == {}


def test_a_version_with_its_files_stages_and_gaps(either: MLflow) -> None:
    run = either.run()
    either.upload(run, "model/MLmodel", b"flavors: {python_function: {}}")
    either.post("registered-models/create", {"name": "kept"})
    for _ in range(3):
        either.post("model-versions/create", {"name": "kept", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]})
    either.post("registered-models/alias", {"name": "kept", "alias": "champion", "version": "3"})
    either.post("model-versions/transition-stage", {"name": "kept", "version": "1", "stage": "Production"})
    either.ask("DELETE", "/api/2.0/mlflow/model-versions/delete", {"name": "kept", "version": "2"})

    who = Subject("model", f"{either.url}#kept")
    names = ("version_numbers", "missing_versions", "stages", "aliases", "checked_versions", "versions_without_files", "versions_without_run")
    assert values(facts(either.url), who, *names) == (("3", "1"), ("2",), ("1 Production",), ("champion 3",), ("3", "1"), None, None)


def test_a_model_as_the_client_of_the_third_version_logs_it(mlflow: MLflow) -> None:
    done = mlflow.script(
        "import mlflow\n"
        "class Same(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input: list[str]) -> list[str]:\n"
        "        return model_input\n"
        "with mlflow.start_run():\n"
        "    mlflow.pyfunc.log_model(name='model', python_model=Same(), pip_requirements=[], registered_model_name='logged')\n"
    )
    assert done.returncode == 0, done.stderr

    who = Subject("model", f"{mlflow.url}#logged")
    names = ("ready_versions", "checked_versions", "versions_without_files", "versions_malformed", "versions_of_other_run")
    assert values(facts(mlflow.url), who, *names) == (("1",), ("1",), None, None, None)
