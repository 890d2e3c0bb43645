"""A server that answers as MLflow 3.17 and 2.22 did when they were captured."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from probes._access import Access
from probes._contract import Answer, Look, Probe, Subject, checked

API = "/api/2.0/mlflow/"
NOT_FOUND = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>"
DEFAULT = {"experiment_id": "0", "name": "Default", "artifact_location": "mlflow-artifacts:/0", "lifecycle_stage": "active", "creation_time": 1795384581282}


class Said(NamedTuple):
    status: int
    body: Any


class Script:
    """`says` holds answers by path, and by path and what was asked; `asked` what came in: path, body or query, headers."""

    def __init__(self, says: Mapping[str, Said], hold_s: float = 0.0) -> None:
        self.says = says
        self.hold_s = hold_s
        self.asked: list[tuple[str, dict[str, Any], Mapping[str, str]]] = []

    def answer(self, target: str, body: bytes, headers: Mapping[str, str]) -> Said:
        parts = urlsplit(target)
        said = json.loads(body) if body else dict(parse_qsl(parts.query))
        self.asked.append((parts.path, said, headers))
        path = parts.path.removeprefix(API)
        if path == "experiments/search":
            time.sleep(self.hold_s)
        special = [f"{path} {value}" for value in said.values() if isinstance(value, str)]
        return next((self.says[key] for key in (*special, path) if key in self.says), Said(404, NOT_FOUND))


WELL: dict[str, Said] = {
    "/health": Said(200, "OK"),
    "/version": Said(200, "3.17.2"),
    "experiments/search": Said(200, {"experiments": [DEFAULT]}),
    "runs/search": Said(200, {"runs": [{"info": {"run_id": "a" * 32}}]}),
    "registered-models/search": Said(200, {"registered_models": [{"name": "churn"}]}),
    "/api/3.0/mlflow/server-info": Said(200, {"store_type": "SqlStore"}),
}


@contextlib.contextmanager
def served(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            said = script.answer(self.path, body, dict(self.headers.items()))
            data = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
            with contextlib.suppress(ConnectionError):
                self.send_response(said.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(probe: Probe, url: str, *subjects: Subject, seconds: float = 20.0, **more: str) -> list[Answer]:
    """What a probe yields, held to its own declaration."""
    settings = {"mlflow": url, "mlflow.asked": "true", **{f"mlflow.{name}": value for name, value in more.items()}}
    found = list(probe.look(Access(settings, deadline=time.monotonic() + seconds, now=1_800_000_000.0), subjects))
    specs = {spec.name: spec for spec in probe.gives}
    for answer in found:
        if isinstance(answer, Look):
            assert sorted(specs) == sorted(answer.values)
            for name, value in answer.values.items():
                checked(specs[name], value)
    return found


def seen(probe: Probe, url: str, *subjects: Subject, **more: Any) -> Mapping[str, Any]:
    """The values of the one Look, by their names without the kind."""
    (look,) = (one for one in ask(probe, url, *subjects, **more) if isinstance(one, Look))
    return {name.partition(".")[2]: value for name, value in look.values.items()}
