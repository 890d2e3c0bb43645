"""A scripted API server: it says what a test puts into it, and behaves as badly as a test wants."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from probes._access import Access
from probes._contract import Answer, Look, Probe, Subject
from probes._runner import Store

NOW = 1_800_000_000.0
Object = dict[str, Any]
Scene = Callable[["Handler"], None]
Ask = Callable[..., dict[str, Any]]
RunProbe = Callable[..., list[Answer]]
See = Callable[..., dict[str, dict[str, Any]]]
_LISTS = re.compile(r"^(?:/api/v1|/apis/[^/]+/v1)(?:/namespaces/([^/]+))?/([a-z]+)$")


class Api:
    """What a server has: objects by resource, whole answers by path, and what it was asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, list[Object]] = {}
        self.answers: dict[str, tuple[int, object]] = {}
        self.scene: Scene | None = None
        self.asked: list[str] = []
        self.accepted: list[str] = []
        self.page = 500
        self.url = ""

    def put(self, resource: str, *objects: Object) -> Api:
        self.objects.setdefault(resource, []).extend(objects)
        return self

    def answer(self, path: str, status: int, body: object = None) -> Api:
        self.answers[path] = (status, body if body is not None else {"kind": "Status", "message": f"status {status}"})
        return self


class Handler(BaseHTTPRequestHandler):
    """One request to a scripted server."""

    protocol_version = "HTTP/1.1"
    api: Api

    def do_GET(self) -> None:
        self.api.asked.append(self.path)
        self.api.accepted.append(self.headers["Accept"])
        if self.api.scene is not None:
            self.api.scene(self)
            return
        parts = urlsplit(self.path)
        if parts.path in self.api.answers:
            self.say(*self.api.answers[parts.path])
            return
        self._list(parts.path, parse_qs(parts.query))

    def _list(self, path: str, query: Mapping[str, list[str]]) -> None:
        if path == "/version":
            self.say(200, {"gitVersion": "v1.36.3"})
            return
        found = _LISTS.match(path)
        if found is None:
            self.say(404, {"message": "not found"})
            return
        items = [one for one in self.api.objects.get(found[2], []) if not found[1] or one["metadata"].get("namespace") == found[1]]
        start = int(query.get("continue", ["0"])[0])
        rest = items[start + self.api.page :]
        self.say(200, {"items": items[start : start + self.api.page], "metadata": {"continue": str(start + self.api.page)} if rest else {}})

    def say(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Quiet."""


@pytest.fixture
def api() -> Iterator[Api]:
    """A server that answers on this machine's loopback."""
    it = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Handler,), {"api": it}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
    it.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield it
    server.shutdown()
    server.server_close()


@pytest.fixture
def hands(api: Api, tmp_path: Path) -> Callable[..., Access]:
    """An access to that server, by a kubeconfig as people have it."""

    def made(*, seconds: float = 20.0, **settings: str) -> Access:
        place = tmp_path / "config"
        context = {"cluster": "c", "user": "u", "namespace": "ml"}
        place.write_text(
            json.dumps({
                "apiVersion": "v1", "kind": "Config", "current-context": "here", "clusters": [{"name": "c", "cluster": {"server": api.url}}],
                "users": [{"name": "u", "user": {"token": "t0ken-of-a-test"}}], "contexts": [{"name": "here", "context": context}],
            })
        )  # fmt: skip
        named = {
            "kubernetes": "here",
            "kubernetes.asked": "true",
            "kubernetes.context": "here",
            "kubernetes.config": str(place),
            "kubernetes.namespace": "ml",
        }
        return Access(named | settings, deadline=time.monotonic() + seconds, now=NOW)

    return made


@pytest.fixture
def run() -> RunProbe:
    """What the probe yields; each answer must keep to the probe's own declaration."""

    def answers(probe: Probe, access: Access, *subjects: Subject) -> list[Answer]:
        store = Store(NOW, access.redactor)
        found = list(probe.look(access, subjects))
        for answer in found:
            store.put(probe, answer)
        return found

    return answers


@pytest.fixture
def see(hands: Callable[..., Access], run: RunProbe) -> See:
    """What a probe tells of the subjects of one kind."""
    return lambda probe, kind, *subjects: looks(run(probe, hands(), *subjects), kind)


def looks(answers: list[Answer], kind: str) -> dict[str, dict[str, Any]]:
    """The values of each subject of a kind, by its key and without the kind."""
    found: dict[str, dict[str, Any]] = {}
    for answer in answers:
        if isinstance(answer, Look) and answer.subject.kind == kind:
            found.setdefault(answer.subject.key, {}).update({name.partition(".")[2]: value for name, value in answer.values.items()})
    return found


def some(values: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(values[name] for name in names)


def at(seconds_ago: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - seconds_ago))


def pod(name: str = "api-1", *, ns: str = "ml", phase: str = "Running", ready: bool = False, **parts: Any) -> Object:
    """A pod of Deployment `api`, made ten minutes ago, with one container `main`; `spec`, `status`, `meta` and `container` are merged in."""
    meta = {
        "name": name, "namespace": ns, "uid": f"uid-{name}", "creationTimestamp": at(600), "labels": {"pod-template-hash": "abc"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "api-abc", "uid": "rs-1", "controller": True}],
    }  # fmt: skip
    container = {"name": "main", "image": "r.example/ml/api:2"} | parts.get("container", {})
    status = {
        "phase": phase,
        "startTime": at(590),
        "conditions": [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": at(500)}],
    }
    return {
        "metadata": meta | parts.get("meta", {}),
        "spec": {"nodeName": "n1", "containers": [container]} | parts.get("spec", {}),
        "status": status | parts.get("status", {}),
    }


def status(**parts: Any) -> Object:
    """The status of container `main`."""
    return {"name": "main", "ready": False, "restartCount": 0, "image": "r.example/ml/api:2", "imageID": "", "state": {}, "lastState": {}} | parts


def ended(code: int = 1, reason: str = "Error", *, ago: float = 30, lasted: float = 2, **parts: Any) -> Object:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": at(ago + lasted), "finishedAt": at(ago)} | parts}


def event(reason: str, message: str, *, about: str = "Pod api-1", field: str = "", ago: float = 20, **parts: Any) -> Object:
    """One event of namespace `ml`, that was first seen a minute before it was last seen."""
    kind, name = about.split(" ")
    reference = {"kind": kind, "namespace": "ml", "name": name, "fieldPath": field}
    times = {"firstTimestamp": at(ago + 60), "lastTimestamp": at(ago), "count": 1}
    return (
        {"metadata": {"name": f"{name}.{reason}", "namespace": "ml"}, "involvedObject": reference, "reason": reason, "message": message}
        | times
        | parts
    )


@contextlib.contextmanager
def took_less_than(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
