"""Where workloads say their MLflow, object store and model are, and how addresses are written."""

from __future__ import annotations

import pytest

from probes._address import base_url, shown_address, userinfo
from probes._environment import pairs, uris


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://mlflow:5000", "http://mlflow:5000"),
        ("HTTP://ml:pw@MLflow:5000/", "http://mlflow:5000"),
        ("https://mlflow.example.com/prefix/", "https://mlflow.example.com:443/prefix"),
        ("http://mlflow", "http://mlflow:80"),
        ("http://mlflow.ml.svc.cluster.local:5000", "http://mlflow.ml.svc:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("http://mlflow:port", None),
        ("http://[::1:5000", None),
        ("sqlite:///mlflow.db", None),
        ("databricks", None),
        ("", None),
    ],
)
def test_one_server_has_one_address(text: str, expected: str | None) -> None:
    assert base_url(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://ml:pw@mlflow:5000/?token=x", "http://mlflow:5000"),
        ("postgresql://ml:pw@db/mlflow?sslpassword=x", "postgresql://db/mlflow"),
        ("./mlruns", "./mlruns"),
        ("databricks", "databricks"),
        ("ml:pw@mlflow", ""),
        ("http://ml:pw@[broken", ""),
    ],
)
def test_no_user_and_no_password_is_shown(text: str, expected: str) -> None:
    assert shown_address(text) == expected


def test_the_user_of_an_address_is_read() -> None:
    assert [userinfo("http://ml:p%40w@mlflow:5000"), userinfo("http://mlflow:5000")] == [("ml", "p@w"), None]


@pytest.mark.parametrize(
    ("environ", "words", "expected"),
    [
        ({}, (), (None, None, None, None)),
        ({"MLFLOW_TRACKING_URI": "http://ml:pw@mlflow:5000/", "MLFLOW_REGISTRY_URI": "http://r:1"}, (), ("http://mlflow:5000", "http://r:1", None, None)),
        ({"AWS_ENDPOINT_URL": "http://a:1", "MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}, (), (None, None, "http://minio:9000", None)),
        ({"MODEL_URI": "models:/churn@champion"}, (), (None, None, None, "models:/churn@champion")),
        ({"MODEL_URI": "model:/churn/1"}, (), (None, None, None, "model:/churn/1")),
        ({"MODEL_URI": "models:churn@champion"}, (), (None, None, None, "models:churn@champion")),
        ({"MODEL_URI": "ml:pw@store/churn"}, (), (None, None, None, None)),
        ({"MODEL_NAME": "churn", "MODEL_STAGE": "Production"}, (), (None, None, None, "models:/churn/Production")),
        ({"MODEL_NAME": "churn", "MODEL_ALIAS": "champion", "MODEL_VERSION": "3"}, (), (None, None, None, "models:/churn@champion")),
        ({"MODEL_NAME": "bert-base-uncased"}, (), (None, None, None, None)),
        ({"MODEL_URI": "s3://bucket/model"}, (), (None, None, None, None)),
        ({}, ("mlflow", "models", "serve", "-m", "models:/churn/3"), (None, None, None, "models:/churn/3")),
        ({}, ("sh", "-c", "exec mlflow models serve -m 'models:/churn/3' --port 80"), (None, None, None, "models:/churn/3")),
    ],
)
def test_what_variables_and_commands_tell(environ: dict[str, str], words: tuple[str, ...], expected: tuple[str | None, ...]) -> None:
    assert tuple(uris("container", environ, words).values()) == expected


def test_only_known_variables_are_read() -> None:
    assert pairs(["MLFLOW_TRACKING_URI=http://a=b", "AWS_SECRET_ACCESS_KEY=x", "EMPTY", "MODEL_NAME="]) == {"MLFLOW_TRACKING_URI": "http://a=b", "MODEL_NAME": ""}
