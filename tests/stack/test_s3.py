"""The store is real: it enforces keys and policies, and refuses as S3 does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import urllib3
from botocore import auth, exceptions, utils

from tests.stack.s3 import READ, REGION, WRITE, Keys, Refusal, Store, allow, refusal
from tests.stack.s3 import s3 as started

pytestmark = pytest.mark.services
BUCKET = "models"
CALLS = ("list_objects_v2", "head_bucket", "head_object", "get_object", "put_object")


@pytest.fixture(scope="module")
def writer(s3: Store) -> Keys:
    """A user who may read and write the bucket, another who may read it, and one who may nothing."""
    keys = s3.user("writer")
    s3.user("nobody")
    s3.bucket(BUCKET, allow(BUCKET, keys, *READ, *WRITE), allow(BUCKET, s3.user("reader"), *READ))
    s3.client(keys).put_object(Bucket=BUCKET, Key="a", Body=b"1")
    return keys


def codes(store: Store, keys: Keys, bucket: str = BUCKET) -> list[str]:
    """What each of the calls is refused with; an empty text where it is not."""
    client = store.client(keys)
    more: dict[str, dict[str, Any]] = {"head_object": {"Key": "a"}, "get_object": {"Key": "a"}, "put_object": {"Key": "b", "Body": b"2"}}
    said = [refusal(getattr(client, call), Bucket=bucket, **more.get(call, {})) for call in CALLS]
    return [one.code if one else "" for one in said]


def all_as(code: str, status: str) -> list[str]:
    """A HEAD has no body, so its code is the status."""
    return [status if call.startswith("head_") else code for call in CALLS]


def test_users_may_what_the_policy_allows(s3: Store, writer: Keys) -> None:
    assert ["", "", "", "", ""] == codes(s3, writer)
    assert ["", "", "", "", "AccessDenied"] == codes(s3, s3.users["reader"])
    assert all_as("AccessDenied", "403") == codes(s3, s3.users["nobody"])


def test_an_unknown_key_and_a_wrong_secret_are_told_apart_but_by_head(s3: Store, writer: Keys) -> None:
    assert all_as("InvalidAccessKeyId", "403") == codes(s3, Keys("stranger", "secret"))
    with s3.other_secret(writer):
        assert all_as("SignatureDoesNotMatch", "403") == codes(s3, writer)
    with s3.without_user(writer):
        assert all_as("InvalidAccessKeyId", "403") == codes(s3, writer)
    assert ["", "", "", "", ""] == codes(s3, writer)


def test_a_missing_bucket_is_not_found_by_anybody(s3: Store, writer: Keys) -> None:
    with s3.without_bucket(BUCKET):
        assert all_as("NoSuchBucket", "404") == codes(s3, writer)
    assert all_as("NoSuchBucket", "404") == codes(s3, s3.users["nobody"], "never-was")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:PutObject", ["", "", "", "", "AccessDenied"]),
        ("s3:ListBucket", ["AccessDenied", "403", "", "", ""]),
        ("s3:GetObject", ["", "", "403", "AccessDenied", ""]),
    ],
)
def test_a_policy_that_denies_says_so(s3: Store, writer: Keys, action: str, expected: list[str]) -> None:
    with s3.denying(BUCKET, writer, action):
        assert expected == codes(s3, writer)
    assert ["", "", "", "", ""] == codes(s3, writer)


def test_a_policy_that_denies_is_named_in_the_message(s3: Store, writer: Keys) -> None:
    with s3.denying(BUCKET, writer, "s3:PutObject"):
        said = refusal(s3.client(writer).put_object, Bucket=BUCKET, Key="b", Body=b"2")

    arn = "arn:aws:s3:::models/b"
    message = f'User: writer is not authorized to perform: s3:PutObject on resource: "{arn}" with an explicit deny in a resource-based policy'
    assert Refusal(403, "AccessDenied", message) == said


@pytest.mark.parametrize(("bucket", "status"), [(BUCKET, 403), ("never-was", 404)])
def test_without_a_key_a_head_tells_whether_the_bucket_is_there_and_where(s3: Store, writer: Keys, bucket: str, status: int) -> None:
    assert writer.access
    answer = urllib3.request("HEAD", f"{s3.url}/{bucket}", retries=False)

    assert (status, REGION, b"") == (answer.status, answer.headers["X-Amz-Bucket-Region"], answer.data)


def test_a_wrong_region_is_refused_and_botocore_mends_it(s3: Store, writer: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    client = s3.client(writer, "us-east-1")
    assert None is refusal(client.list_objects_v2, Bucket=BUCKET)

    monkeypatch.setattr(utils.S3RegionRedirectorv2, "redirect_from_error", lambda *_words, **_more: None)
    message = f'The authorization header is malformed; the region "us-east-1" is wrong; expecting "{REGION}"'
    assert Refusal(400, "AuthorizationHeaderMalformed", message) == refusal(s3.client(writer, "us-east-1").list_objects_v2, Bucket=BUCKET)


def test_a_clock_an_hour_behind_is_refused(s3: Store, writer: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., dt.datetime] = auth.get_current_datetime
    monkeypatch.setattr(auth, "get_current_datetime", lambda *words, **more: real(*words, **more) - dt.timedelta(hours=1))

    assert all_as("RequestTimeTooSkewed", "403") == codes(s3, writer)


def test_every_operation_is_in_the_access_log(s3: Store, writer: Keys) -> None:
    before = len(s3.operations())

    codes(s3, writer)

    assert ["ListObjectsV2", "HeadBucket", "HeadObject", "GetObject", "PutObject"] == s3.operations()[before:]


@pytest.mark.parametrize(
    ("state", "error"), [(Store.stopped, exceptions.EndpointConnectionError), (Store.frozen, exceptions.ReadTimeoutError)], ids=["stopped", "frozen"]
)
def test_a_store_that_is_not_there(s3: Store, writer: Keys, state: Callable[[Store], AbstractContextManager[None]], error: type[Exception]) -> None:
    client = s3.client(writer, patience_s=1)
    with state(s3), pytest.raises(error):
        client.list_objects_v2(Bucket=BUCKET)

    assert ["", "", "", "", ""] == codes(s3, writer)


@pytest.fixture(scope="module")
def over_tls(s3: Store) -> Iterator[Store]:
    """A store of an authority of its own; left out where that without one is."""
    assert s3.port
    with started(tls=True) as store:
        yield store


def test_a_store_over_tls_serves_those_who_know_its_authority(over_tls: Store) -> None:
    assert [] == over_tls.client(over_tls.user("one")).list_buckets()["Buckets"]


def test_a_store_over_tls_and_a_client_that_does_not_know_its_authority(over_tls: Store) -> None:
    with pytest.raises(exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        over_tls.client(verify=True).list_buckets()


def test_a_store_over_tls_and_a_client_that_speaks_without(over_tls: Store) -> None:
    with pytest.raises(exceptions.ConnectionClosedError):
        over_tls.client(url=f"http://127.0.0.1:{over_tls.port}").list_buckets()
