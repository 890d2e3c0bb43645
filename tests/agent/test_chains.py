"""One root, and what follows from it under it: planted on a running platform of PostgreSQL, a store, MLflow and a workload in containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import DockerEngine
from tests.faults.engine import Engine
from tests.stack.platform import Platform, platform
from tests.stack.process import ServiceError

pytestmark = [pytest.mark.engine, pytest.mark.services]
LOADS = """
import os, time, mlflow.pyfunc
mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
print("the model is loaded", flush=True)
time.sleep(86400)
"""
LOADED = "the model is loaded"


@pytest.fixture
def team(docker_engine: DockerEngine) -> Iterator[Platform]:
    """A platform that is well: one workload has loaded its model."""
    try:
        with platform(Engine(docker_engine.url)) as it:
            it.workload("api", LOADS, MODEL_URI="models:/churn/1")
            it.wait("a loaded model", lambda: it.says("api", LOADED), 120)
            yield it
    except ServiceError as error:
        pytest.skip(f"the platform does not start here: {error}")


def diagnosed(team: Platform) -> list[dict[str, Any]]:
    """The incidents of the team's own things: other programs of this machine are none of it."""
    report = team.diagnose("--mlflow", f"http://{team.address('mlflow')}:5000")
    mine = ("container api", "container mlflow", "container postgres", "mlflow http://172.")
    return [one for one in report["incidents"] if any(subject.startswith(mine) for subject in one["subjects"])]


def told(incident: dict[str, Any]) -> tuple[str, str, list[str]]:
    return incident["row"], incident["band"], incident["named_ids"]


def test_the_database_stops_then_the_server_answers_no_search_and_the_workload_cannot_load(team: Platform) -> None:
    before = diagnosed(team)
    team.docker("stop", "--time", "2", "postgres")
    team.docker("restart", "--time", "1", "api")
    team.wait("restarts", lambda: int(team.docker("inspect", "-f", "{{.RestartCount}}", "api")) >= 3, 180)
    (root,) = diagnosed(team)

    assert [] == before
    assert ("mlflow/offline-or-empty", "diagnosed", ["database-offline"]) == told(root)
    assert [("kubernetes/crashloopbackoff", ["dependency-unreachable"]), ("mlflow/cant-load-model", ["mlflow-unreachable"])] == sorted(
        (one["row"], one["named_ids"]) for one in root["consequences"]
    )
    assert "docker start postgres" in [fix["command"] for fix in root["fix"]]
