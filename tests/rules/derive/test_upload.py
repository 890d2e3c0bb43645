"""Who writes where, and what of a bucket as seen from here holds for the writer, too."""

from __future__ import annotations

from typing import Any

import pytest

from agent.pipeline import load
from probes._contract import Observed, Relation, Signal, Source, Subject
from rules._facts import Facts
from rules._signatures import ours

BOOK = load()[1]
SERVER = Subject("mlflow", "http://127.0.0.1:5000")
WRITER = Subject("process", "python (pid 7)")
CLIENT = Subject("process", "python (pid 9)")
BUCKET = Subject("bucket", "models@127.0.0.1:9000")
HERE = "http://127.0.0.1:9000"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
Values = dict[str, Any]
NOBODY: Values = {"tracking_uri": None, "s3_endpoint": None, "server_port": None, "artifact_store": None, "experiment": None, "aws_names": None}
OF_SERVER: Values = {"artifact_read_says": "ok", "artifact_read_words": None, "artifacts_proxied": True, "artifact_locations": ("0 mlflow-artifacts:/0 Default",)}
OF_WRITER: Values = {**NOBODY, "s3_endpoint": HERE, "server_port": 5000, "artifact_store": "s3://models/a", "aws_names": KEYS, "aws_files": None, "signs_as_we_do": None}
OF_BUCKET: Values = {"says": None, "words": None, "exists": True, "reached": True, "speaks": "http", "signed": False, "named_here": None, "skew": 0.0}


def facts(*told: tuple[Subject, Values], relations: tuple[Relation, ...] = ()) -> Facts:
    source = Source("test", "test")
    signals = [Signal(who, f"{who.kind}.{name}", value, source) for who, values in told for name, value in values.items()]
    return Facts(Observed(now=1_800_000_000.0, signals=signals, relations=list(relations)), BOOK.vocabulary)


def of(found: Facts, who: Subject, *names: str) -> tuple[Any, ...]:
    values = tuple(found.value(who, f"{who.kind}.upload_{name}") for name in names)
    assert set() == found.broken
    return values


def test_a_server_writes_where_its_command_says_and_a_stranger_s_404_holds_for_it() -> None:
    bad = {**OF_SERVER, "artifact_read_says": "server-error"}
    found = facts((SERVER, bad), (WRITER, OF_WRITER), (BUCKET, {**OF_BUCKET, "says": "no-bucket", "exists": False, "words": "NoSuchBucket"}))

    assert ("server-error", "no-bucket", BUCKET.key, "the server") == of(found, SERVER, "trouble", "store", "bucket", "writer")
    assert ("no-bucket", (str(SERVER),)) == of(found, BUCKET, "trouble", "users")


@pytest.mark.parametrize(("same", "expected"), [(True, "denied"), (False, ""), (None, "")])
def test_a_refusal_of_this_run_is_the_writer_s_only_where_both_have_one_key(same: bool | None, expected: str) -> None:
    refused = {**OF_BUCKET, "says": "denied", "signed": True}
    found = facts((SERVER, OF_SERVER), (WRITER, {**OF_WRITER, "signs_as_we_do": same}), (BUCKET, refused))

    assert ("", expected, "reached") == of(found, SERVER, "trouble", "as_us", "store")
    assert [BUCKET] == found.targets(SERVER, "mlflow keeps_in bucket")


def test_a_folder_that_the_server_s_machine_has_not_takes_no_artifacts() -> None:
    laptop = {**OF_SERVER, "local_roots_absent": ("/Volumes/anna/mlruns/1",)}

    assert ("local-path",) == of(facts((SERVER, laptop), (WRITER, OF_WRITER)), SERVER, "trouble")
    assert ("",) == of(facts((SERVER, laptop)), SERVER, "trouble"), "nobody knows on which machine it runs"


def test_a_client_of_a_direct_experiment_writes_by_itself_and_needs_an_endpoint() -> None:
    direct = {**OF_SERVER, "artifact_locations": ("0 mlflow-artifacts:/0 Default", "3 s3://models/d churn by night")}
    client = {**NOBODY, "tracking_uri": SERVER.key, "experiment": "churn by night", "aws_names": KEYS, "aws_files": None, "signs_as_we_do": None}
    found = facts((SERVER, direct), (WRITER, OF_WRITER), (CLIENT, client))

    assert ("endpoint-unset", HERE, "itself") == of(found, CLIENT, "trouble", "endpoint_elsewhere", "writer")
    assert ("", "the server") == of(facts((SERVER, direct), (CLIENT, {**client, "experiment": "0"})), CLIENT, "trouble", "writer")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ""),
        ({"aws_names": None}, "no-credentials"),
        ({"aws_names": None, "aws_files": ("/etc/aws/credentials",)}, ""),
        ({"aws_names": KEYS[:1]}, "no-credentials"),
        ({"aws_names": ("AWS_PROFILE",), "aws_session_ends": 1_700_000_000.0}, "expired"),
        ({"aws_names": ("AWS_PROFILE",), "aws_session_ends": 1_900_000_000.0}, ""),
        ({"aws_session_ends": 1_700_000_000.0}, ""),
        ({"s3_endpoint": "127.0.0.1:9000"}, "malformed"),
        ({"s3_endpoint": "https://127.0.0.1:9000"}, "not-tls"),
    ],
    ids=["well", "nobody to sign as", "files of its home", "half a key", "its session is over", "its session lasts", "a key beside a session", "no scheme", "the other protocol"],
)
def test_settings_with_which_no_upload_goes_well(change: Values, expected: str) -> None:
    direct = {**OF_SERVER, "artifact_locations": ("3 s3://models/d churn",), "direct_roots": ("s3://models",)}
    client = {**NOBODY, "tracking_uri": SERVER.key, "s3_endpoint": HERE, "aws_names": KEYS, "aws_files": None, "signs_as_we_do": None, **change}

    assert (expected,) == of(facts((SERVER, direct), (CLIENT, client), (BUCKET, OF_BUCKET)), CLIENT, "trouble")


def test_a_name_that_only_a_container_s_network_knows_says_nothing_of_its_store() -> None:
    box = Subject("container", "trainer")
    bucket = Subject("bucket", "models@minio:9000")
    direct = {**OF_SERVER, "artifact_locations": ("3 s3://models/d churn",)}
    values = {**NOBODY, "tracking_uri": SERVER.key, "s3_endpoint": "http://minio:9000", "engine": "docker", "network_mode": "host2", "aws_names": KEYS, "signs_as_we_do": None}
    found = facts((SERVER, direct), (box, values), (bucket, {**OF_BUCKET, "says": "unknown-host", "exists": None, "reached": False}))

    assert "Unseen" == type(found.value(bucket, "bucket.upload_trouble")).__name__


DENIED = "boto3.exceptions.S3UploadFailedError: Failed to upload a.txt to models/a.txt: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
DONE = 'INFO:     127.0.0.1:5 - "PUT /api/2.0/mlflow-artifacts/artifacts/0/a9/artifacts/f.txt HTTP/1.1" 200 OK'
LISTED = "botocore.errorfactory.AccessDenied: An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [((DENIED,), ("denied", "denied")), ((DENIED, DONE), ("", "")), ((LISTED,), ("denied-list", "")), ((DONE,), ("", "")), (("INFO well",), ("", ""))],
    ids=["refused", "an upload went well after it", "a list is no upload", "well", "nothing of it"],
)
def test_the_last_word_of_a_log_counts(lines: tuple[str, ...], expected: tuple[str, str]) -> None:
    box = Subject("container", "mlflow")
    found = facts((box, {"log_tail": "\n".join(lines) + "\n", "log_complete": True}))

    assert expected == tuple(found.value(box, f"container.{name}") for name in ("store_trouble", "writing_trouble"))
    assert ours()
