"""Where a report goes: a file, an object, a ConfigMap; and why not, in words, before anything is looked at where that can be known."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent import deliver as module
from agent.cli import USAGE, run
from agent.deliver import Parcel, deliver, problem
from tests.stack.certificates import Authority
from tests.stack.s3 import READ, WRITE, Store, allow

PARCEL = Parcel("what is wrong\n", "markdown", 1_790_000_000.0)


@pytest.mark.parametrize("place", ["s3://", "s3://x", "s3://Bucket/key", "s3:bucket/key", "configmap:", "configmap:a/b/c", "configmap:Upper", "configmap:a b"])
def test_a_place_that_is_none_is_refused_before_anything_is_looked_at(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert problem(place)
    assert USAGE == run(["-o", f"json={place}"])
    assert place in capsys.readouterr().err


@pytest.mark.parametrize("place", ["report.json", "/dev/termination-log", "s3://reports/a.json", "s3://reports/", "configmap:report", "configmap:report/ml.md"])
def test_places_that_can_be(place: str) -> None:
    assert not problem(place)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("what was there before, which is longer")
    deliver(str(tmp_path / "it"), PARCEL)

    assert (tmp_path / "it").read_text() == "what is wrong\n"


class _Api(BaseHTTPRequestHandler):
    """An API server that notes what it is sent and answers with the status that it was told."""

    status = 200
    heard: list[tuple[str, str, str, Any]]

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.heard.append((self.path, self.headers["Content-Type"], self.headers["Authorization"], body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"message":"said by the server"}')

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def _pod(folder: Path, monkeypatch: pytest.MonkeyPatch, status: int = 200) -> Iterator[list[Any]]:
    """A pod's own account, and an API server that it reaches."""
    from kubernetes.config import incluster_config

    authority = Authority(folder, "ca")
    certificate, key = authority.sign("api", "/CN=api", ("IP:127.0.0.1",))
    account = folder / "account"
    account.mkdir()
    for name, text in {"namespace": "ops", "token": "t0ken", "ca.crt": authority.certificate.read_text()}.items():
        (account / name).write_text(text)
    heard: list[Any] = []
    server = HTTPServer(("127.0.0.1", 0), type("Api", (_Api,), {"status": status, "heard": heard}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setattr(module, "_ACCOUNT", account)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(account / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(account / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.server_port))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("place", "key"), [("configmap:report", "report.md"), ("configmap:report/ml.md", "ml.md")])
def test_a_config_map_is_patched_with_the_one_key_and_nothing_else(place: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _pod(tmp_path, monkeypatch) as heard:
        deliver(place, PARCEL)

    sent = ("/api/v1/namespaces/ops/configmaps/report", "application/merge-patch+json", "bearer t0ken", {"data": {key: "what is wrong\n"}})
    assert [sent] == heard


@pytest.mark.parametrize(
    ("status", "says"),
    [(403, r"grant verbs \[patch\] on configmaps, resourceNames \[report\], in namespace ops"), (404, "kubectl create configmap report -n ops"), (500, "answered 500")],
)
def test_a_refusal_names_the_grant(status: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _pod(tmp_path, monkeypatch, status), pytest.raises(OSError, match=says):
        deliver("configmap:report", PARCEL)


def test_outside_of_a_pod_no_cluster_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ACCOUNT", tmp_path)

    with pytest.raises(OSError, match="from inside a pod alone"):
        deliver("configmap:report", PARCEL)


def test_what_no_config_map_holds_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _pod(tmp_path, monkeypatch) as heard, pytest.raises(OSError, match="name a bucket instead"):
        deliver("configmap:report", PARCEL._replace(text="é" * 600_000))

    assert [] == heard


@pytest.mark.services
def test_an_object_is_put_under_its_key_or_under_the_time_of_the_run(s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = s3.user("reporter-of-reports")
    bucket = s3.bucket("reports", allow("reports", keys, *READ, *WRITE))
    _as(s3.settings(keys), monkeypatch)
    deliver(f"s3://{bucket}/last.md", PARCEL)
    deliver(f"s3://{bucket}/nightly/", PARCEL)

    client = s3.client()
    found = {one["Key"]: client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert {"last.md": "what is wrong\n", "nightly/20260921T141320Z.md": "what is wrong\n"} == found


@pytest.mark.services
def test_what_a_store_refuses_is_said_in_its_words_without_what_was_signed(s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = s3.user("reader-of-sealed")
    bucket = s3.bucket("sealed", allow("sealed", keys, *READ))
    _as(s3.settings(keys), monkeypatch)

    with pytest.raises(OSError, match="the store answers AccessDenied") as told:
        deliver(f"s3://{bucket}/x.md", PARCEL)
    assert "StringToSign" not in str(told.value)


def _as(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
