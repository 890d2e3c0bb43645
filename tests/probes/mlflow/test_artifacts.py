"""Who writes an MLflow's artifacts, and what its store says to it: as real servers said it (the texts are theirs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from probes.mlflow.artifacts import PROBES
from tests.probes.mlflow.scripted import DEFAULT, WELL, Said, Script, seen, served

SWEEP, _NAMED = PROBES
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
ERROR_500 = "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>"
LIST = "Failed to list artifacts in s3://models: "
NOT_SERVED = (
    "Endpoint: /api/2.0/mlflow-artifacts/artifacts disabled due to the mlflow server running with `--no-serve-artifacts`. "
    "To enable artifacts server functionality, run `mlflow server` with `--serve-artifacts`"
)


def look(says: Mapping[str, Said]) -> Mapping[str, Any]:
    with served(Script({**WELL, PROXY: Said(200, {}), **says})) as url:
        return seen(SWEEP, url)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(200, {}), "ok"),
        (Said(403, {"error_code": "PERMISSION_DENIED", "message": LIST + "Access Denied"}), "denied"),
        (Said(403, {"error_code": "PERMISSION_DENIED", "message": LIST + "User: mlflow … with an explicit deny in a resource-based policy"}), "denied-by-policy"),
        (Said(401, {"error_code": "UNAUTHENTICATED", "message": LIST + "The request signature we calculated does not match the signature you provided."}), "wrong-secret"),
        (Said(401, {"error_code": "UNAUTHENTICATED", "message": LIST + "The AWS Access Key Id you provided does not exist in our records."}), "unknown-key"),
        (Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": LIST + "The specified bucket does not exist."}), "no-bucket"),
        (Said(500, ERROR_500), "server-error"),
        (Said(503, NOT_SERVED), "not-served"),
        (Said(401, "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html"), "authentication"),
        (Said(403, "Permission denied"), "forbidden"),
        (Said(502, "<html>Bad Gateway</html>"), "gateway"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one.status),
)
def test_what_the_store_says_to_the_server(said: Said, expected: str) -> None:
    assert (said.status, expected) == tuple(look({PROXY: said})[f"artifact_read_{name}"] for name in ("status", "says"))


def test_a_refusal_names_where_the_server_keeps_them() -> None:
    found = look({PROXY: Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": LIST + "The specified bucket does not exist."})})

    assert "s3://models" == found["artifact_root"]


def test_who_writes_is_told_by_each_experiment() -> None:
    direct = {"experiment_id": "3", "name": "churn by night", "artifact_location": "s3://models/direct"}
    local = {"experiment_id": "4", "name": "old", "artifact_location": "/mlflow/artifacts/4"}
    found = look(
        {
            "experiments/search": Said(200, {"experiments": [DEFAULT, direct, local]}),
            "artifacts/list": Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Failed to list artifacts in s3://models/direct: The specified bucket does not exist."}),
        }
    )

    assert ("0 mlflow-artifacts:/0 Default", "3 s3://models/direct churn by night", "4 /mlflow/artifacts/4 old") == found["artifact_locations"]
    assert (True, ("s3://models",), ("/mlflow/artifacts/4",), "no-bucket") == tuple(
        found[name] for name in ("artifacts_proxied", "direct_roots", "local_roots", "direct_read_says")
    )


def test_nothing_but_lists_and_searches_is_asked() -> None:
    script = Script({**WELL, PROXY: Said(200, {})})
    with served(script) as url:
        seen(SWEEP, url)

    assert ["/api/2.0/mlflow-artifacts/artifacts", "/api/2.0/mlflow/experiments/search", "/api/2.0/mlflow/logged-models/search", "/health"] == sorted({path for path, _said, _headers in script.asked})


def test_a_folder_whose_first_part_this_machine_has_not_is_told() -> None:
    here = {"experiment_id": "1", "name": "here", "artifact_location": "/var/not-made-yet/1"}
    mac = {"experiment_id": "2", "name": "mac", "artifact_location": "file:///Volumes/anna/mlruns/2"}
    found = look({"experiments/search": Said(200, {"experiments": [DEFAULT, here, mac]})})

    assert ("file:///Volumes/anna/mlruns/2",) == found["local_roots_absent"]


def test_a_model_that_was_not_stored_is_told_until_a_later_one_is() -> None:
    def info(model: str, experiment: str, status: str, at: int) -> dict[str, object]:
        return {"info": {"model_id": model, "experiment_id": experiment, "name": "model", "status": f"LOGGED_MODEL_{status}", "creation_timestamp_ms": str(at)}}

    churn, fraud = ({"experiment_id": number, "name": name, "artifact_location": f"mlflow-artifacts:/{number}"} for number, name in (("1", "churn"), ("2", "fraud")))
    models = [
        info("m-4", "2", "READY", 4000), info("m-3", "2", "UPLOAD_FAILED", 3000), info("m-2", "1", "PENDING", 2500), info("m-1", "1", "UPLOAD_FAILED", 2000),
    ]  # fmt: skip
    found = look({"experiments/search": Said(200, {"experiments": [churn, fraud]}), "logged-models/search": Said(200, {"models": models})})

    assert (("m-1 model in churn",), 2.0) == (found["models_not_stored"], found["models_not_stored_at"])


def test_folders_of_experiments_that_it_has_not_are_told_where_it_is_empty() -> None:
    folders = Said(200, {"files": [{"path": name, "is_dir": True} for name in ("0", "1", "12", "backup")]})

    assert ("1", "12") == look({PROXY: folders})["artifacts_left"]
    assert look({PROXY: folders, "experiments/search": Said(200, {"experiments": [DEFAULT, {**DEFAULT, "experiment_id": "1"}]})})["artifacts_left"] is None
