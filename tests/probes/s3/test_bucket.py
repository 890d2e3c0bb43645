"""A bucket as it is seen from here, against a real store, and nothing written there."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Look, Subject, Unavailable
from probes._runner import Store as Kept
from probes._s3 import host_port
from probes.s3.bucket import PROBES
from tests.stack.s3 import READ, Keys, Store, allow

SWEEP, NAMED = PROBES

SAID = ("says", "step", "reached", "exists", "knows_us", "is_empty")


class Seen:
    """What one look gives: signals by their names without the kind, and what the store keeps from us."""

    def __init__(self, answers: list[Any]) -> None:
        (look,) = (one for one in answers if isinstance(one, Look))
        self.key = look.subject.key
        self.values = {name.partition(".")[2]: value for name, value in look.values.items()}
        self.gaps = [one for one in answers if isinstance(one, Unavailable)]

    def said(self, *names: str) -> tuple[Any, ...]:
        return tuple(self.values[name] for name in names or SAID)


def asked(address: str, endpoint: str = "", subject: str = "") -> Seen:
    access = Access({"s3": address, "s3.endpoint": endpoint, "s3.asked": "true"} if address else {}, deadline=time.monotonic() + 60)
    probe, subjects = (NAMED, (Subject("bucket", subject),)) if subject else (SWEEP, ())
    answers = list(probe.look(access, subjects))
    kept = Kept(access.now, access.redactor)
    for answer in answers:
        kept.put(probe, answer)
    return Seen(answers)


@pytest.fixture(scope="module")
def keys(s3: Store) -> dict[str, Keys]:
    """`reader` may read the bucket `seen`; `visitor` has a key and no right; `stranger` is nobody."""
    found = {name: s3.user(f"{name}-of-seen") for name in ("reader", "visitor")}
    s3.bucket("seen", allow("seen", found["reader"], *READ))
    s3.client().put_object(Bucket="seen", Key="a/b", Body=b"1")
    return {**found, "stranger": Keys("stranger", "x"), "other secret": Keys("reader-of-seen", "y")}


@pytest.fixture
def be(keys: dict[str, Keys], monkeypatch: pytest.MonkeyPatch) -> Any:
    def sign(name: str) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[name].access)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[name].secret)

    return sign


pytestmark = [pytest.mark.services, pytest.mark.usefixtures("nobody", "keys")]


def test_a_bucket_that_may_be_listed(s3: Store, be: Any) -> None:
    be("reader")
    found = asked("s3://seen", s3.url)

    assert (f"seen@127.0.0.1:{s3.port}", [], True) == (found.key, found.gaps, found.values["named_here"])
    assert (None, None, True, True, True, False) == found.said()
    assert ("http", "VERSITYGW", s3.region, None) == found.said("speaks", "server", "region", "proxy")
    assert True is asked("s3://seen/nothing", s3.url).values["is_empty"]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("visitor", ("denied", "signed", True, True, True, None)),
        ("stranger", ("unknown-key", "signed", True, True, False, None)),
        ("other secret", ("wrong-secret", "signed", True, True, False, None)),
        ("", ("no-credentials", "signed", True, True, None, None)),
    ],
)
def test_a_refusal_of_this_run_says_that_the_bucket_is_there_and_what_would_open_it(s3: Store, be: Any, who: str, expected: tuple[Any, ...]) -> None:
    if who:
        be(who)
    found = asked("s3://seen", s3.url)

    assert expected == found.said()
    (gap,) = found.gaps
    assert ("forbidden", True, True) == (gap.why, gap.asked, "s3:ListBucket on arn:aws:s3:::seen" in gap.remedy)


@pytest.mark.parametrize("who", ["reader", "visitor", ""])
def test_a_bucket_that_is_not_there_is_so_for_whoever_asks(s3: Store, be: Any, who: str) -> None:
    """HEAD says 404 without a body; a list says NoSuchBucket."""
    if who:
        be(who)
    found = asked("s3://absent", s3.url)

    assert (True, False, 404) == found.said("reached", "exists", "seen_unsigned")


def test_a_store_that_our_own_environment_names_is_told_who_we_are(s3: Store, be: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    be("stranger")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)

    found = asked("", subject=f"seen@127.0.0.1:{s3.port}")

    assert ("unknown-key", "signed", True, True, False, None) == found.said()


def test_a_stranger_gets_no_more_than_what_is_told_to_anybody(s3: Store, be: Any) -> None:
    """Our keys are for the store that our settings name, not for one that a container names."""
    be("reader")
    before = len(s3.access_log.read_text())
    where = f"127.0.0.1:{s3.port}"
    there, absent = (asked("", subject=f"{name}@{where}") for name in ("seen", "absent"))

    assert (None, None, True, True, None, None) == there.said()
    assert ("no-bucket", "unsigned", True, False, None, None) == absent.said()
    assert [] == there.gaps
    assert "reader-of-seen" not in s3.access_log.read_text()[before:]


def test_our_keys_go_to_the_store_of_our_settings(s3: Store, be: Any) -> None:
    be("reader")

    assert (None, None, True, True, True, False) == asked("s3://other", s3.url, subject=f"seen@{host_port(s3.url)}").said()


def test_nothing_is_ever_written(s3: Store, be: Any) -> None:
    """The store's own access log, an operation a line."""
    before = len(s3.operations())
    for who in ("reader", "visitor", "stranger", "other secret"):
        be(who)
        for address in ("s3://seen", "s3://absent"):
            asked(address, s3.url)

    assert {"HeadBucket", "ListObjectsV2"} == set(s3.operations()[before:])


def test_no_word_of_what_was_signed_is_kept(s3: Store, be: Any) -> None:
    """The store's refusal of a wrong secret carries StringToSign and SignatureProvided."""
    be("other secret")
    found = repr(asked("s3://seen", s3.url).values)

    assert [] == [word for word in ("StringToSign", "AWS4-HMAC", "reader-of-seen", "Signature=") if word in found]


# below the store


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://store.invalid:9000", ("unknown-host", "name", False, None, None, None)),
        ("http://127.0.0.1:1", ("refused", "port", False, None, None, None)),
    ],
)
def test_a_name_that_nobody_has_and_a_port_that_nobody_listens_on(be: Any, endpoint: str, expected: tuple[Any, ...]) -> None:
    """botocore says EndpointConnectionError of both."""
    be("reader")

    assert expected == asked("s3://seen", endpoint).said()
    assert expected == asked("", subject=f"seen@{host_port(endpoint)}").said()


def test_https_where_http_is_spoken(s3: Store, be: Any) -> None:
    be("reader")

    assert ("not-tls", "http") == asked("s3://seen", s3.url.replace("http:", "https:")).said("says", "speaks")


@pytest.fixture
def no_store() -> Iterator[str]:
    """It answers 404 to everything, as a proxy or a web server does: no x-amz-request-id."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_words: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_404_of_something_that_is_no_store_is_no_missing_bucket(no_store: str, be: Any) -> None:
    be("reader")

    assert ("not-a-store", "signed", False, None, None, None) == asked("s3://seen", no_store).said()
    assert ("not-a-store", "unsigned", False, None, None, None) == asked("", subject=f"seen@{host_port(no_store)}").said()


def test_a_link_local_address_is_not_asked_because_a_workload_names_it() -> None:
    (gap,) = NAMED.look(Access({}, deadline=time.monotonic() + 5), (Subject("bucket", "b@169.254.169.254:80"),))

    assert "not reached" == gap.why  # type: ignore[union-attr]
