"""A way to a service that writes down what goes through it: the proof of what was asked, and that nothing was written.

with recorder(server.url) as it:
    …                                  ask it.url in place of server.url
    it.asked                           [Asked(method="GET", path="/health", status=200, …), …]
"""

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}
_PATIENCE_S = 60


class Asked(NamedTuple):
    """One request and how it was answered; `path` is with its query."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    answer: bytes


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


Instead = Callable[[str, str], Answer | None]
"""What is said in place of the service to a method and path; None lets the service speak."""


class Recorder:
    """Where to ask, and what was asked so far."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []

    @property
    def methods(self) -> set[str]:
        return {one.method for one in self.asked}


@contextlib.contextmanager
def recorder(url: str, instead: Instead = lambda _method, _path: None) -> Iterator[Recorder]:
    """Hand on to a service what is asked here, with the Host that was asked for: it may be part of what was signed."""
    to = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handed_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = dict(self.headers.items())
            said = instead(self.command, self.path) or _answered(to, self.command, self.path, headers, body)
            it.asked.append(Asked(self.command, self.path, said.status, headers, body, said.body))
            with contextlib.suppress(ConnectionError):
                self._say(said)

        def _say(self, said: Answer) -> None:
            self.send_response_only(said.status)
            for name, value in said.headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _handed_on  # noqa: N815  the names are those of http.server

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    it = Recorder(server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()


def _answered(to: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    connection = http.client.HTTPConnection(to, timeout=_PATIENCE_S)
    try:
        connection.request(method, path, body or None, {**headers, "Connection": "close"})
        said = connection.getresponse()
        return Answer(said.status, dict(said.getheaders()), said.read())
    finally:
        connection.close()
