"""The rungs from a name to a list, against a real store, closed ports and names that nobody has."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._s3 import Client, Identity, Ladder, Place
from probes._s3_refusal import refusal

from .s3_store import REGION, BucketStore

pytestmark = pytest.mark.usefixtures("nobody")


def climbed(place: Place, identity: Identity | None = None) -> Ladder:
    return Client(Access({}, deadline=time.monotonic() + 60), place, identity).ladder()


def ended(ladder: Ladder) -> tuple[str, str, bool | None]:
    return ladder.step, ladder.says, ladder.known


@pytest.fixture(scope="module")
def models(store: BucketStore) -> Place:
    store.bucket("models")
    store.client().put_object(Bucket="models", Key="dvc/a", Body=b"1")
    for name in ("reader", "nobody"):
        store.user(name)
    store.allow("models", "reader", "s3:ListBucket", "s3:GetObject")
    return Place(bucket="models", prefix="dvc", endpoint=store.url, region=REGION)


READER = Identity(access_key="reader", secret_key="secret of reader")


def test_who_may_list_comes_to_the_top(models: Place) -> None:
    ladder = climbed(models, READER)

    assert (True, 1, 403, True, True) == (ladder.works, ladder.objects, ladder.unsigned_status, ladder.resolves, ladder.known)


def test_nothing_under_the_prefix_is_a_list_of_none(models: Place) -> None:
    assert 0 == climbed(Place(bucket="models", prefix="other", endpoint=models.endpoint, region=REGION), READER).objects


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (Identity(access_key="nobody", secret_key="secret of nobody"), ("signed", "denied", True)),
        (Identity(access_key="stranger", secret_key="x"), ("signed", "unknown-key", False)),
        (Identity(access_key="reader", secret_key="another"), ("signed", "wrong-secret", False)),
        (Identity(), ("signed", "no-credentials", None)),
        (Identity(profile="nobody-has-it"), ("setting", "no-profile", None)),
    ],
    ids=["no right", "unknown key", "wrong secret", "no credentials", "no such profile"],
)
def test_each_refusal_has_its_own_word(models: Place, identity: Identity, expected: tuple[str, str, bool | None]) -> None:
    assert expected == ended(climbed(models, identity))


def test_a_bucket_that_is_not_there_is_said_by_the_list(models: Place, store: BucketStore) -> None:
    root = Identity(access_key="root", secret_key=store.secret)
    ladder = climbed(Place(bucket="absent", endpoint=models.endpoint, region=REGION), root)

    assert ("signed", "no-bucket", 404) == (ladder.step, ladder.says, ladder.unsigned_status)


def test_a_wrong_secret_leaves_nothing_of_what_was_signed(models: Place) -> None:
    """The store's answer carries StringToSign and SignatureProvided."""
    ladder = climbed(models, Identity(access_key="reader", secret_key="another"))

    assert "SignatureDoesNotMatch: " == ladder.words[:23]
    assert [word for word in ("StringToSign", "AWS4-HMAC", "reader") if word in repr(ladder)] == []


def test_an_object_is_there_or_not_or_may_not_be_seen(models: Place) -> None:
    access = Access({}, deadline=time.monotonic() + 60)
    keys = ["dvc/a", "dvc/b"]

    assert {"dvc/a": "there", "dvc/b": "not there"} == Client(access, models, READER).heads(keys)
    assert {"dvc/a": "denied", "dvc/b": "denied"} == Client(access, models, Identity(access_key="nobody", secret_key="secret of nobody")).heads(keys)


# below the store


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SOMEBODY = Identity(access_key="a", secret_key="b")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://store.invalid:9000", ("name", "unknown-host", None)),
        (f"http://127.0.0.1:{_closed_port()}", ("port", "refused", None)),
        ("127.0.0.1:9000", ("setting", "malformed", None)),
    ],
    ids=["a name that nobody has", "a port that nobody listens on", "no scheme"],
)
def test_a_name_and_a_port_are_told_apart(endpoint: str, expected: tuple[str, str, bool | None]) -> None:
    """botocore says EndpointConnectionError of both."""
    assert expected == ended(climbed(Place(bucket="models", endpoint=endpoint, region=REGION), SOMEBODY))


def test_https_to_a_store_that_speaks_http(store: BucketStore) -> None:
    assert ("tls", "not-tls", None) == ended(climbed(Place(bucket="models", endpoint=store.url.replace("http:", "https:"), region=REGION), SOMEBODY))


def test_a_port_that_says_nothing_is_waited_for_seconds_only() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        ladder = climbed(Place(bucket="models", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", region=REGION), SOMEBODY)

    assert ("unsigned", "timed-out", None) == ended(ladder)
    assert time.monotonic() - began < 8


@pytest.fixture
def web_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """What listens is no store, such as a proxy's page."""
    status: int = request.param

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<html><body><h1>Sign in</h1></body></html>")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_words: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("web_server", [403, 200], indirect=True)
def test_a_page_of_something_that_is_no_store_is_neither_a_lack_of_rights_nor_an_empty_bucket(web_server: str) -> None:
    place = Place(bucket="models", endpoint=web_server, region=REGION)
    signed, told = climbed(place, SOMEBODY), Client(Access({}, deadline=time.monotonic() + 30), place).ladder(sign=False)

    assert ("signed", "not-a-store", None, None) == (*ended(signed), signed.unsigned_status)
    assert ("unsigned", "not-a-store", None) == ended(told)


def test_a_proxy_takes_the_first_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    port = _closed_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://user:word@127.0.0.1:{port}")
    ladder = climbed(Place(bucket="models", endpoint="http://store.invalid:9000", region=REGION), SOMEBODY)

    assert ("unsigned", "proxy", f"127.0.0.1:{port}", None) == (ladder.step, ladder.says, ladder.proxy, ladder.resolves)


# words that no store here says


def _client_error(code: str, message: str | None, status: int = 403) -> Exception:
    from botocore.exceptions import ClientError

    answer = {"HTTPStatusCode": status, "HTTPHeaders": {"x-amz-request-id": "1"}}
    error: Exception = ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": answer}, "ListObjectsV2")
    return error


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("AccessDenied", "… because no identity-based policy allows the s3:ListBucket action", "denied"),
        ("AccessDenied", "… with an explicit deny in a resource-based policy", "denied-by-policy"),
        ("AccessDenied", "… is not authorized to perform: kms:Decrypt on this resource", "denied-by-key-service"),
        ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "role-refused"),
        ("ExpiredToken", "The provided token has expired.", "expired"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", "clock"),
        ("AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'us-east-2'", "other-region"),
        ("SlowDown", None, "overloaded"),
    ],
)
def test_what_aws_says_has_a_word_each(code: str, message: str | None, expected: str) -> None:
    assert expected == refusal(_client_error(code, message)).says


@pytest.mark.parametrize("signed", ["StringToSign: AWS4-HMAC-SHA256 7344ae", "canonicalrequest=GET 7344ae", "https://a/b?X-Amz-Signature=7344ae", "of AWS4-HMAC-SHA256 Signature=7344ae"])
def test_what_was_signed_is_not_kept_where_a_store_says_it_in_the_message(signed: str) -> None:
    words = refusal(_client_error("AccessDenied", f"No. {signed}")).words

    assert "AccessDenied: No. " == words[:18]
    assert "7344ae" not in words


def test_half_a_key_is_no_key(monkeypatch: pytest.MonkeyPatch, models: Place) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")

    assert ("setting", "half-credentials", None) == ended(climbed(models))


def test_a_profile_is_read_from_the_file_that_is_named(models: Place, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("[ci]\naws_access_key_id = reader\naws_secret_access_key = secret of reader\n")

    assert climbed(models, Identity(profile="ci", credentials_file=str(file))).works
