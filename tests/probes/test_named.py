"""What a person types for a thing, and which keys it means."""

from __future__ import annotations

import pytest

from probes._contract import Subject
from probes._named import Named


@pytest.mark.parametrize(
    ("named", "key"),
    [
        (Named("pod", "trainer-0"), "ml/trainer-0"),
        (Named("pod", "ml/trainer-0"), "ml/trainer-0"),
        (Named("pod", "trainer-0", "ml"), "ml/trainer-0"),
        (Named("container", "db"), "db"),
        (Named("container", "db", "ml"), "db"),
        (Named("container", "api-1/main"), "ml/api-1/main"),
        (Named("workload", "api", "", "Deployment"), "ml/Deployment/api"),
        (Named("workload", "ml/api", "", "Deployment"), "ml/Deployment/api"),
        (Named("workload", "nightly", "", "CronJob"), "ml/Job/nightly-29384756"),
        (Named("workload", "trainer"), "churn/trainer"),
        (Named("node", "gpu-1"), "gpu-1"),
        (Named("service", "postgres", "mlops"), "svc:mlops/postgres"),
        (Named("service", "db"), "container:db"),
        (Named("model", "churn"), "http://mlflow:5000#churn"),
        (Named("mlflow", "mlflow"), "http://mlflow:5000"),
        (Named("mlflow", "http://mlflow:5000/"), "http://mlflow:5000"),
        (Named("bucket", "models"), "models@minio:9000"),
        (Named("bucket", "s3://models"), "models"),
        (Named("process", "python"), "python (pid 4711)"),
        (Named("process", "4711"), "python (pid 4711)"),
        (Named("process", "python"), "python (pid 4711) on node-b"),
        (Named("container", "db"), "db on node-b"),
        (Named("container", "db on node-b"), "db on node-b"),
    ],
)
def test_a_name_means_this(named: Named, key: str) -> None:
    assert named.means(Subject(named.kind, key))


@pytest.mark.parametrize(
    ("named", "subject"),
    [
        (Named("pod", "trainer-0"), Subject("container", "trainer-0")),
        (Named("pod", "trainer"), Subject("pod", "ml/trainer-0")),
        (Named("pod", "trainer-0", "prod"), Subject("pod", "ml/trainer-0")),
        (Named("container", "main", "prod"), Subject("container", "ml/api-1/main")),
        (Named("workload", "api", "", "Deployment"), Subject("workload", "ml/StatefulSet/api")),
        (Named("workload", "nightly", "", "CronJob"), Subject("workload", "ml/Job/nightly-by-hand")),
        (Named("mlflow", "mlflow"), Subject("mlflow", "http://mlflow.test[:5000")),
        (Named("model", "mlflow"), Subject("model", "http://mlflow:5000#churn")),
        (Named("container", "db on node-a"), Subject("container", "db on node-b")),
        (Named("pod", "/"), Subject("pod", "ml/trainer-0")),
    ],
)
def test_a_name_does_not_mean_that(named: Named, subject: Subject) -> None:
    assert not named.means(subject)
