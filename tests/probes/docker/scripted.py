"""Engines that answer what a test tells them to, on a real socket: well, wrongly, slowly or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CAPTURES = Path(__file__).parent / "captures"


def capture(name: str) -> Any:
    """A captured answer: JSON decoded, anything else as bytes."""
    data = (CAPTURES / name).read_bytes()
    return json.loads(data) if name.endswith(".json") else data


class Answer:
    """Status, body and content type of one answer; `hold_s` seconds pass before it."""

    def __init__(self, body: Any = b"", status: int = 200, content_type: str = "application/json", hold_s: float = 0.0) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.content_type = content_type
        self.hold_s = hold_s


def refusal(status: int, message: str) -> Answer:
    return Answer({"message": message}, status)


Answers = Mapping[str, Any]
"""By path without the version; a list is the answers to one request after another."""


def listed(inspected: Any, status: str = "Up 2 seconds", **fields: Any) -> dict[str, Any]:
    """The list's entry of an inspected container."""
    entry = {"Id": inspected["Id"], "Names": [inspected["Name"]], "Image": inspected["Config"]["Image"], "State": inspected["State"]["Status"]}
    return entry | {"Status": status, "Labels": inspected["Config"]["Labels"]} | fields


def of(*names: str) -> Answers:
    """The answers of an engine that has just these captured containers."""
    found = [capture(f"inspect_{name}.json") for name in names]
    inspections = {f"/containers/{it['Id']}/json": it for it in found}
    return {"/info": capture("info.json"), "/containers/json": [listed(it) for it in found], **inspections}


class Scripted:
    """An engine that gives these answers, /version included, and 404 for all else. `asked` are the requests that came."""

    def __init__(self, answers: Answers) -> None:
        self.answers: dict[str, Any] = {"/version": {"ApiVersion": "1.41"}, **answers}
        self.asked: list[str] = []

    def answer(self, method: str, target: str) -> Answer:
        self.asked.append(f"{method} {target}")
        path = urlsplit(target).path.removeprefix("/v1.41")
        found = self.answers.get(path, refusal(404, f"no script for {path}"))
        if isinstance(found, list) and path != "/containers/json":
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, Answer) else Answer(found)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Scripted

    def _reply(self) -> None:
        answer = self.script.answer(self.command, self.path)
        time.sleep(answer.hold_s)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_DELETE = do_PUT = _reply  # noqa: N815  # http.server's names

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        pass


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left early is what some tests are about."""


@contextlib.contextmanager
def served(script: Scripted, path: Path) -> Iterator[str]:
    """The engine's URL while it runs."""
    server = _Server(str(path), type("Handler", (_Handler,), {"script": script}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        server.shutdown()
        server.server_close()


Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def misbehaving(behaviour: Behaviour, path: Path) -> Iterator[str]:
    """The URL of a socket where each connection meets this behaviour in a thread of its own."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(8)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=_behave, args=(behaviour, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        listening.close()


def _behave(behaviour: Behaviour, connection: socket.socket) -> None:
    with contextlib.suppress(OSError), connection:
        behaviour(connection)


def silent(connection: socket.socket) -> None:
    """Takes all and says nothing."""
    while connection.recv(65536):
        pass


def hangs_up(connection: socket.socket) -> None:
    connection.recv(65536)


def says(text: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return behave


def drips(head: bytes, every_s: float = 0.05) -> Behaviour:
    """Says the head at once, then a byte at a time for ever."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(every_s)

    return behave
