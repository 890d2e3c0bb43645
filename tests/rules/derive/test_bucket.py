"""Whether a bucket, or the way to it, is the trouble of all who write there."""

from __future__ import annotations

import pytest

from tests.rules.derive._uploads import (
    BUCKET,
    DIRECTLY,
    HERE,
    NEAR,
    OF_BUCKET,
    OF_SERVER,
    OF_SHOP,
    OF_WRITER,
    SERVER,
    SHOP,
    SHOPS,
    SLOW,
    WRITER,
    Values,
    box,
    targets,
    upload,
)
from tests.rules.derive.conftest import facts

GONE: Values = {**OF_BUCKET, "says": "no-bucket", "exists": False, "words": "NoSuchBucket"}
UNKNOWN: Values = {**OF_BUCKET, "says": "unknown-host", "exists": None, "reached": False}


def test_a_bucket_that_a_store_has_not_is_the_trouble_of_who_writes_there() -> None:
    found = facts({SERVER: OF_SERVER, WRITER: OF_WRITER, BUCKET: GONE})

    assert ("no-bucket", (SERVER,)) == upload(found, BUCKET, "trouble", "users")


def test_a_name_that_only_a_container_s_network_knows_says_nothing_of_its_store() -> None:
    found = facts({NEAR: DIRECTLY, "container trainer": box("well", s3_endpoint="http://minio:9000"), "bucket models@minio:9000": UNKNOWN})

    assert ["bucket models@minio:9000"] == targets(found, "container trainer", "writes_to bucket")
    assert ("unseen",) == upload(found, "bucket models@minio:9000", "trouble")


def test_a_bucket_that_answers_here_and_that_its_writers_do_not_reach_is_cut_off() -> None:
    two = facts({NEAR: DIRECTLY, SHOP: OF_SHOP, SHOPS: OF_BUCKET, "container one": box(SLOW), "container two": box(SLOW)})
    one = facts({NEAR: DIRECTLY, SHOP: OF_SHOP, SHOPS: OF_BUCKET, "container one": box(SLOW), "container two": box("well")})

    assert ("timed-out", "container one, container two", "reached") == upload(two, SHOPS, "trouble", "blocked", "store")
    assert ("timed-out", "container one", ("container two",)) == upload(two, "container one", "trouble", "blocked", "peers")
    assert ("",) == upload(one, SHOPS, "trouble")


def test_a_store_that_is_stopped_is_known_by_its_name() -> None:
    stopped = {**OF_SHOP, "addresses": None, "state": "exited", "exit_code": 0}
    found = facts({NEAR: DIRECTLY, SHOP: stopped, "bucket models@store:9000": UNKNOWN, "container one": box(SLOW)})

    assert ("store", "unknown-host") == upload(found, "bucket models@store:9000", "store_docker", "trouble")


@pytest.mark.parametrize(("remote", "bucket", "drawn"), [("timed-out", "timed-out", True), ("timed-out", None, False), ("denied", "timed-out", False)])
def test_a_remote_that_is_not_reached_is_like_other_buckets_there_that_are_not(remote: str, bucket: str | None, drawn: bool) -> None:
    found = facts({"repo /r": {"remote_endpoint": HERE, "remote_says": remote}, BUCKET: {**OF_BUCKET, "says": bucket}})

    assert ([BUCKET] if drawn else []) == targets(found, "repo /r", "cut_off_like bucket")
