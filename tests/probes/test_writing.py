"""Where and as whom a workload would write, told without a value of any credential."""

from __future__ import annotations

import pytest

from probes._redact import Redactor
from probes._writing import pairs, signs_as, signs_as_we_do, values

SECRET = {"AWS_ACCESS_KEY_ID": "team", "AWS_SECRET_ACCESS_KEY": "hunter22x"}


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        (("python", "-m", "mlflow", "server", "--port", "5001", "--artifacts-destination", "s3://models/a"), {}, ("s3://models/a", 5001)),
        (("mlflow", "server", "--default-artifact-root=s3://models", "--no-serve-artifacts"), {}, ("s3://models", 5000)),
        (("mlflow", "ui"), {"MLFLOW_ARTIFACTS_DESTINATION": "s3://models", "MLFLOW_PORT": "8080"}, ("s3://models", 8080)),
        (("sh", "-c", "exec mlflow server -p 80 --default-artifact-root s3://a --artifacts-destination s3://b"), {}, ("s3://b", 80)),
        (("mlflow", "server"), {}, (None, 5000)),
        (("python", "train.py", "--port", "80"), {"MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://models"}, (None, None)),
    ],
)
def test_what_a_server_is_told(words: tuple[str, ...], environ: dict[str, str], expected: tuple[str | None, int | None]) -> None:
    found = values("process", environ, words, Redactor())

    assert expected == (found["process.artifact_store"], found["process.server_port"])


def test_credentials_are_told_by_the_names_of_their_variables_alone() -> None:
    lines = [*(f"{name}={value}" for name, value in SECRET.items()), "AWS_PROFILE=", "MLFLOW_EXPERIMENT_NAME=churn", "PASSWORD=other"]
    found = values("container", pairs(lines), (), Redactor())

    assert (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "churn") == (found["container.aws_names"], found["container.experiment"])
    assert "hunter22x" not in repr(found)
    assert "PASSWORD" not in pairs(lines)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [(SECRET, True), (SECRET | {"AWS_SECRET_ACCESS_KEY": "other"}, False), (SECRET | {"AWS_SESSION_TOKEN": "t"}, False), ({}, None)],
)
def test_whether_it_signs_as_this_run_does(ours: dict[str, str], expected: bool | None) -> None:
    assert expected == signs_as_we_do(SECRET, ours)


def test_a_token_tells_who_has_the_same_keys_and_nothing_of_them() -> None:
    of_run = Redactor()
    rotated = SECRET | {"AWS_SECRET_ACCESS_KEY": "other"}
    told = [signs_as(one, of_run) for one in (SECRET, dict(SECRET), rotated, {"AWS_ACCESS_KEY_ID": "half"})]

    assert told[0] == told[1] != told[2]
    assert told[3] is None
    assert not any(value in repr(told) for value in SECRET.values())
