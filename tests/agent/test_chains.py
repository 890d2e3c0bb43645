"""One root, and what follows from it under it: planted on a running platform of PostgreSQL, a store, MLflow and workloads in containers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DockerEngine
from tests.faults.engine import Engine
from tests.stack.dvc import Repository, copy
from tests.stack.platform import BUCKET, DIRECT, Platform, Stock, platform
from tests.stack.process import ServiceError
from tests.stack.s3 import REGION

pytestmark = [pytest.mark.engine, pytest.mark.services]
LOADS = """
import os, time, mlflow.pyfunc
mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
print("the model is loaded", flush=True)
time.sleep(86400)
"""
LOADED = "the model is loaded"
UPLOADS = """
import time, mlflow
while True:
    with mlflow.start_run():
        mlflow.log_text("notes", "notes.txt")
    print("the artifact is stored", flush=True)
    time.sleep(3)
"""
STORED = "the artifact is stored"
UPLOAD, LOOP, LOAD, REMOTE = "mlflow/artifact-upload-fails", "kubernetes/crashloopbackoff", "mlflow/cant-load-model", "dvc/remote-access-denied"
OF_MACHINE = ("process ", "disk ", "host ")


@pytest.fixture
def team(docker_engine: DockerEngine, platform_stock: Stock) -> Iterator[Platform]:
    """A platform that is well: one workload has loaded its model."""
    try:
        with platform(Engine(docker_engine.url), platform_stock) as it:
            it.workload("api", LOADS, MODEL_URI="models:/churn/1")
            it.wait("a loaded model", lambda: it.says("api", LOADED), 120)
            yield it
    except ServiceError as error:
        pytest.skip(f"the platform does not start here: {error}")


@pytest.fixture
def repository(team: Platform, first_dvc: Repository, tmp_path: Path) -> Repository:
    """Its remote is the team's bucket, to which all was pushed with the clients' key."""
    it = copy(first_dvc, tmp_path / "dvc")
    it.set_remote("store", f"s3://{BUCKET}/dvc", endpointurl=team.store, region=REGION)
    it.commit("The remote is the team's")
    it.settings = keys(team)
    done = team.within(*it.command("push"), cwd=it.root, env=it.environment)
    assert 0 == done.returncode, done.stderr
    return it


def keys(team: Platform) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": team.client.access, "AWS_SECRET_ACCESS_KEY": team.client.secret}


def training(team: Platform, through: int = 1, direct: int = 2) -> list[str]:
    """Workloads that store artifacts, some through the server and some themselves; all have stored one."""
    names = [f"train-{number}" for number in range(through)]
    for name in names:
        team.workload(name, UPLOADS, MLFLOW_EXPERIMENT_NAME="churn")
    for number in range(direct):
        team.workload(f"direct-{number}", UPLOADS, MLFLOW_EXPERIMENT_NAME=DIRECT, AWS_MAX_ATTEMPTS="1", **team.storing(team.client))
        names.append(f"direct-{number}")
    team.wait("stored artifacts", lambda: all(team.says(name, STORED) for name in names), 120)
    return names


def looping(team: Platform, *names: str, times: int = 2) -> None:
    team.wait("restarts", lambda: all(team.restarts(name) >= times for name in names), 240)


def diagnosed(team: Platform, repository: Repository | None = None) -> list[dict[str, Any]]:
    """The incidents of the team's own things: other programs of this machine are none of it."""
    words = ["--repo", str(repository.root)] if repository is not None else []
    ours = keys(team) if repository is not None else {}
    report = team.diagnose("--mlflow", f"http://{team.address('mlflow')}:5000", *words, seconds=60, **ours)
    return [one for one in report["incidents"] if not all(subject.startswith(OF_MACHINE) for subject in one["subjects"])]


def told(incident: dict[str, Any]) -> tuple[str, str, list[str]]:
    return incident["row"], incident["band"], incident["named_ids"]


def below(incident: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for child in incident["consequences"] for one in (child, *below(child))]


def counted(incident: dict[str, Any]) -> Counter[tuple[str, str]]:
    """How many subjects each row holds on below an incident, for the cause that is named."""
    return sum((Counter({(one["row"], "|".join(one["named_ids"])): one["affected"]}) for one in below(incident)), Counter())


def commands(incident: dict[str, Any]) -> list[str]:
    return [fix["command"] for fix in incident["fix"]]


def began_at_once(incident: dict[str, Any]) -> bool:
    return any(line["mark"] == "true" and "began to fail at once" in line["says"] for line in incident["evidence"])


def test_the_database_stops_then_the_server_answers_no_search_and_the_workload_cannot_load(team: Platform) -> None:
    before = diagnosed(team)
    team.docker("stop", "--time", "2", "postgres")
    team.docker("restart", "--time", "1", "api")
    team.wait("restarts", lambda: team.restarts("api") >= 3, 180)
    (root,) = diagnosed(team)

    assert [] == before
    assert ("mlflow/offline-or-empty", "diagnosed", ["database-offline"]) == told(root)
    assert [("kubernetes/crashloopbackoff", ["dependency-unreachable"]), ("mlflow/cant-load-model", ["mlflow-unreachable"])] == sorted(
        (one["row"], one["named_ids"]) for one in below(root)
    )
    assert "docker start postgres" in commands(root)


@pytest.mark.parametrize("from_here", [False, True], ids=["for everybody", "for containers only"])
def test_the_way_to_the_store_is_blocked_then_uploads_and_the_model_and_the_remote_time_out(team: Platform, repository: Repository, from_here: bool) -> None:
    names = training(team)
    before = diagnosed(team, repository)
    team.block_store(but=team.gateway if from_here else "")
    team.docker("restart", "--time", "1", "api")
    looping(team, "api", "train-0")
    looping(team, *names[1:], times=1)
    (root,) = diagnosed(team, repository)

    assert [] == before
    assert (UPLOAD, "diagnosed", ["network-issue"]) == told(root)
    assert [f"bucket {BUCKET}@{team.address('store')}:7070"] == root["subjects"]
    assert ("iptables" in commands(root)[0]) == from_here
    assert began_at_once(root), (root["onset"], root["evidence"])
    found = counted(root)
    assert {(UPLOAD, "network-issue"): 3, (UPLOAD, "server-cannot-write"): 1, (LOAD, "files-unreadable"): 1, (LOOP, "model-unloaded"): 1}.items() <= found.items()
    assert (not from_here) == ((REMOTE, "network") in found)
    assert {row for row, _cause in found} <= {UPLOAD, LOAD, LOOP, REMOTE}


def test_a_key_is_rotated_then_all_who_have_it_are_refused(team: Platform, repository: Repository) -> None:
    names = training(team, through=1, direct=4)
    before = diagnosed(team, repository)
    team.rotate(team.client)
    looping(team, *names[1:])
    (root,) = diagnosed(team, repository)

    assert [] == before
    assert (UPLOAD, "diagnosed", ["wrong-keys"]) == told(root)
    assert root["title"].startswith("artifacts cannot be written: 5 with the same key")
    assert all(name in root["fix"][0]["do"] for name in names[1:])
    assert began_at_once(root)
    assert {(UPLOAD, "wrong-keys"): 4, (LOOP, "artifacts-unwritten"): 4, (REMOTE, "wrong-keys"): 1} == counted(root)
    assert team.client.secret not in repr(root)


def test_the_bucket_is_deleted_then_nothing_is_stored_and_the_model_cannot_be_loaded(team: Platform, repository: Repository) -> None:
    names = training(team)
    team.delete_bucket()
    team.docker("restart", "--time", "1", "api")
    looping(team, "api", *names)
    (root,) = diagnosed(team, repository)

    assert (UPLOAD, "diagnosed", ["bucket-doesnt-exist"]) == told(root)
    assert [f"bucket {BUCKET}@{team.address('store')}:7070"] == root["subjects"]
    assert [f"aws s3api create-bucket --bucket {BUCKET} --endpoint-url {team.store}"] == commands(root)
    assert "critical" == root["severity"]
    assert {
        (UPLOAD, "bucket-doesnt-exist"): 3,
        (UPLOAD, "server-cannot-write"): 1,
        (LOAD, "files-unreadable"): 1,
        (LOOP, "model-unloaded"): 1,
        (LOOP, "artifacts-unwritten"): 3,
        (REMOTE, "wrong-bucket"): 1,
    } == counted(root)
