"""What is wrong with the artifacts that a server or a program writes, and what of its bucket as seen from here holds for it, too."""

from __future__ import annotations

import pytest

from tests.rules.derive._uploads import (
    BUCKET,
    CLIENT,
    HERE,
    KEYS,
    NOBODY,
    OF_BUCKET,
    OF_SERVER,
    OF_WRITER,
    SERVER,
    WRITER,
    Values,
    targets,
    upload,
)
from tests.rules.derive.conftest import facts

DIRECT: Values = {**OF_SERVER, "artifact_locations": ("3 s3://models/d churn",), "direct_roots": ("s3://models",)}
OF_CLIENT: Values = {**NOBODY, "tracking_uri": SERVER.removeprefix("mlflow "), "aws_names": KEYS, "aws_files": None, "signs_as_we_do": None}


def test_a_stranger_s_404_holds_for_who_writes_there() -> None:
    bad = {**OF_SERVER, "artifact_read_says": "server-error"}
    found = facts({SERVER: bad, WRITER: OF_WRITER, BUCKET: {**OF_BUCKET, "says": "no-bucket", "exists": False, "words": "NoSuchBucket"}})

    assert ("server-error", "no-bucket", "models@127.0.0.1:9000", "the server") == upload(found, SERVER, "trouble", "store", "bucket", "writer")


@pytest.mark.parametrize(("same", "expected"), [(True, "denied"), (False, ""), (None, "")])
def test_a_refusal_of_this_run_is_the_writer_s_only_where_both_have_one_key(same: bool | None, expected: str) -> None:
    refused = {**OF_BUCKET, "says": "denied", "signed": True}
    found = facts({SERVER: OF_SERVER, WRITER: {**OF_WRITER, "signs_as_we_do": same}, BUCKET: refused})

    assert ("", expected, "reached") == upload(found, SERVER, "trouble", "as_us", "store")
    assert [BUCKET] == targets(found, SERVER, "keeps_in bucket")


def test_a_folder_that_the_server_s_machine_has_not_takes_no_artifacts() -> None:
    laptop = {**OF_SERVER, "local_roots_absent": ("/Volumes/anna/mlruns/1",)}

    assert ("local-path",) == upload(facts({SERVER: laptop, WRITER: OF_WRITER}), SERVER, "trouble")
    assert ("",) == upload(facts({SERVER: laptop}), SERVER, "trouble"), "nobody knows on which machine it runs"


def test_a_client_of_a_direct_experiment_writes_by_itself_and_needs_an_endpoint() -> None:
    both = {**OF_SERVER, "artifact_locations": ("0 mlflow-artifacts:/0 Default", "3 s3://models/d churn by night")}
    by_itself = facts({SERVER: both, WRITER: OF_WRITER, CLIENT: {**OF_CLIENT, "experiment": "churn by night"}})
    through_it = facts({SERVER: both, CLIENT: {**OF_CLIENT, "experiment": "0"}})

    assert ("endpoint-unset", HERE, "itself") == upload(by_itself, CLIENT, "trouble", "endpoint_elsewhere", "writer")
    assert ("", "the server") == upload(through_it, CLIENT, "trouble", "writer")


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
    found = facts({SERVER: DIRECT, CLIENT: {**OF_CLIENT, "s3_endpoint": HERE, **change}, BUCKET: OF_BUCKET})

    assert (expected,) == upload(found, CLIENT, "trouble")
