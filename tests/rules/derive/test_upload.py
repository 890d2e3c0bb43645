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


TRACE = "Traceback (most recent call last):\n"
UPLOADING = f'{TRACE}  File "/x/mlflow/store/artifact/s3_artifact_repo.py", line 347, in _upload_file\n    s3_client.upload_file()\n{DENIED}\n'
LOADING = f'{TRACE}  File "/x/serve.py", line 3, in <module>\n    load()\nrequests.exceptions.HTTPError: 404 Client Error: Not Found. Response text: "Failed to list artifacts in s3://models: gone"\n'
BUG = f'{TRACE}  File "/x/train.py", line 3, in <module>\n    fit()\nValueError: bad shape\n'


@pytest.mark.parametrize(
    ("log", "expected"),
    [(UPLOADING, "writing"), (LOADING, "loading"), (BUG, ""), (f"{UPLOADING}going on\n{BUG}", ""), (f"{BUG}going on\n{UPLOADING}", "writing"), ("INFO well\n", "")],
    ids=["an upload", "a model", "a bug", "a bug after an upload that failed", "an upload after a bug", "nothing"],
)
def test_what_the_last_traceback_is_about(log: str, expected: str) -> None:
    box = Subject("container", "trainer")

    assert expected == facts((box, {"log_tail": log, "log_complete": True})).value(box, "container.ended_over")


DIRECTLY = {**OF_SERVER, "artifact_locations": ("3 s3://models/d churn", "4 mlflow-artifacts:/4 stored")}
REFUSED = "boto3.exceptions.S3UploadFailedError: Failed to upload a.txt to models/a.txt: An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: x"
SLOW = 'File "s3_artifact_repo.py", line 347, in _upload_file\nbotocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "http://store:9000/models/a.txt"'
NEAR = Subject("mlflow", "http://10.0.0.8:5000")
SHOP = Subject("container", "store")
OF_SHOP: Values = {"addresses": ("10.0.0.9",), "networks": ("ml",), "state": "running", "engine": "docker", "aliases": ("store",)}
SHOPS = Subject("bucket", "models@10.0.0.9:9000")


def box(name: str, log: str, **change: Any) -> tuple[Subject, Values]:
    """A container of the store's network that writes into the bucket itself."""
    own = {"tracking_uri": NEAR.key, "experiment": "churn", "s3_endpoint": "http://store:9000", "signs_as": "a token", "aws_names": KEYS, "signs_as_we_do": None}
    its = {"engine": "docker", "state": "running", "networks": ("ml",), "network_mode": "ml", "log_tail": f"{log}\n", "log_complete": True, "first_failure_at": 1_799_999_000.0}
    return Subject("container", name), {**NOBODY, **own, **its, **change}


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, "wrong-secret"), ({"signs_as": "another"}, ""), ({"signs_as": None}, ""), ({"log_tail": "well\n"}, ""), ({"s3_endpoint": "http://elsewhere:9000"}, "")],
    ids=["one key", "two keys", "keys that nobody saw", "only one is refused", "two stores"],
)
def test_a_key_is_the_trouble_where_a_store_takes_it_from_none_who_have_it(change: Values, expected: str) -> None:
    found = facts((NEAR, DIRECTLY), (SHOP, OF_SHOP), (SHOPS, OF_BUCKET), box("one", REFUSED), box("two", REFUSED, **change))
    account = Subject("account", "a token")

    assert (expected,) == of(found, account, "trouble")
    assert (("container one", "container two") if expected else None, bool(expected)) == of(found, account, "users", "together")


def test_pods_that_take_their_variables_from_one_secret_have_one_key() -> None:
    taken = {"signs_as": None, "aws_names": ("Secret s3",), "engine": "kubernetes", "s3_endpoint": "http://10.0.0.9:9000"}
    found = facts((NEAR, DIRECTLY), (SHOPS, OF_BUCKET), box("ml/a/train", REFUSED, **taken), box("ml/b/train", REFUSED, **taken), box("web/a/train", REFUSED, **taken))

    assert {"Secret s3 of ml", "Secret s3 of web"} == {one.key for one in found.subjects("account")}
    assert ("wrong-secret", ("container ml/a/train", "container ml/b/train")) == of(found, Subject("account", "Secret s3 of ml"), "trouble", "users")
    assert ("",) == of(found, Subject("account", "Secret s3 of web"), "trouble")


def test_a_bucket_that_answers_here_and_that_its_writers_do_not_reach_is_cut_off() -> None:
    two = facts((NEAR, DIRECTLY), (SHOP, OF_SHOP), (SHOPS, OF_BUCKET), box("one", SLOW), box("two", SLOW))
    one = facts((NEAR, DIRECTLY), (SHOP, OF_SHOP), (SHOPS, OF_BUCKET), box("one", SLOW), box("two", "well"))

    assert ("timed-out", "container one, container two", "reached") == of(two, SHOPS, "trouble", "blocked", "store")
    assert ("timed-out", "container one", ("container two",)) == of(two, Subject("container", "one"), "trouble", "blocked", "peers")
    assert ("",) == of(one, SHOPS, "trouble")


def test_who_writes_through_the_server_needs_no_credentials() -> None:
    name, values = box("one", "well", experiment="stored", aws_names=None, signs_as=None)
    found = facts((NEAR, DIRECTLY), (name, values))

    assert [NEAR] == found.targets(name, "container writes_through mlflow")
    assert ("the server", None, f"one, through {NEAR.key}") == of(found, name, "writer", "lacks_credentials", "what")


def test_a_store_that_is_stopped_is_known_by_its_name() -> None:
    bucket = Subject("bucket", "models@store:9000")
    stopped = {**OF_SHOP, "addresses": None, "state": "exited", "exit_code": 0}
    found = facts((NEAR, DIRECTLY), (SHOP, stopped), (bucket, {**OF_BUCKET, "says": "unknown-host", "exists": None, "reached": False}), box("one", SLOW))

    assert ("store", "unknown-host") == of(found, bucket, "store_docker", "trouble")


def test_the_name_of_a_store_s_container_and_its_published_port_are_one_store() -> None:
    home = Subject("bucket", "models@127.0.0.1:19000")
    published = {**OF_SHOP, "published_ports": ("19000->9000/tcp",)}
    name, values = box("one", "well")
    found = facts((NEAR, DIRECTLY), (SHOP, published), (home, {**OF_BUCKET, "named_here": True}), (name, values))

    assert [home] == found.targets(name, "container writes_to bucket")
    assert [SHOP] == found.targets(home, "bucket served_by container")


@pytest.mark.parametrize(("remote", "bucket", "drawn"), [("timed-out", "timed-out", True), ("timed-out", None, False), ("denied", "timed-out", False)])
def test_a_remote_that_is_not_reached_is_like_other_buckets_there_that_are_not(remote: str, bucket: str | None, drawn: bool) -> None:
    repo = Subject("repo", "/r")
    found = facts((repo, {"remote_endpoint": HERE, "remote_says": remote}), (BUCKET, {**OF_BUCKET, "says": bucket}))

    assert ([BUCKET] if drawn else []) == found.targets(repo, "repo cut_off_like bucket")
