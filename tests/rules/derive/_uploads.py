"""Tables of servers, stores and those who write, for what is asked about uploads; `upload(found, who, "trouble")` reads `upload_trouble`."""

from __future__ import annotations

from typing import Any

from probes._contract import Value
from rules._facts import Facts
from tests.rules.derive.conftest import subject, told

Values = dict[str, Any]

SERVER, WRITER, CLIENT = "mlflow http://127.0.0.1:5000", "process python (pid 7)", "process python (pid 9)"
HERE, BUCKET = "http://127.0.0.1:9000", "bucket models@127.0.0.1:9000"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
NOBODY: Values = {"tracking_uri": None, "s3_endpoint": None, "server_port": None, "artifact_store": None, "experiment": None, "aws_names": None}
OF_SERVER: Values = {"artifact_read_says": "ok", "artifact_read_words": None, "artifacts_proxied": True, "artifact_locations": ("0 mlflow-artifacts:/0 Default",)}
OF_WRITER: Values = {**NOBODY, "s3_endpoint": HERE, "server_port": 5000, "artifact_store": "s3://models/a", "aws_names": KEYS, "aws_files": None, "signs_as_we_do": None}
OF_BUCKET: Values = {"says": None, "words": None, "exists": True, "reached": True, "speaks": "http", "signed": False, "named_here": None, "skew": 0.0}

# in a network of Docker

NEAR = "mlflow http://10.0.0.8:5000"
DIRECTLY: Values = {**OF_SERVER, "artifact_locations": ("3 s3://models/d churn", "4 mlflow-artifacts:/4 stored")}
SHOP, SHOPS = "container store", "bucket models@10.0.0.9:9000"
OF_SHOP: Values = {"addresses": ("10.0.0.9",), "networks": ("ml",), "state": "running", "engine": "docker", "aliases": ("store",)}
OF_BOX: Values = {
    **NOBODY, "tracking_uri": NEAR.removeprefix("mlflow "), "experiment": "churn", "s3_endpoint": "http://store:9000", "signs_as": "a token", "aws_names": KEYS,
    "signs_as_we_do": None, "engine": "docker", "state": "running", "networks": ("ml",), "network_mode": "ml", "log_complete": True, "first_failure_at": 1_799_999_000.0,
}  # fmt: skip

DENIED = "boto3.exceptions.S3UploadFailedError: Failed to upload a.txt to models/a.txt: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
REFUSED = "boto3.exceptions.S3UploadFailedError: Failed to upload a.txt to models/a.txt: An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: x"
SLOW = 'File "s3_artifact_repo.py", line 347, in _upload_file\nbotocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "http://store:9000/models/a.txt"'


def box(log: str, **change: Any) -> Values:
    """A container of the store's network that writes into the bucket itself."""
    return {**OF_BOX, "log_tail": f"{log}\n", **change}


def upload(found: Facts, who: str, *names: str) -> tuple[Value, ...]:
    return tuple(told(found, who, *(f"upload_{name}" for name in names)).values())


def targets(found: Facts, who: str, relation: str) -> list[str]:
    """Whom it stands in a relation to, which is written `writes_to bucket`."""
    return [str(one) for one in found.targets(subject(who), f"{subject(who).kind} {relation}")]
