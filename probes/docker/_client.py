"""The docker SDK's client with nothing left in it but reading, on a socket that keeps to one deadline.

The only module here that imports the SDK at its top; it is itself imported when an engine is opened, and not before.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from docker import APIClient
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from requests import PreparedRequest, Response

READS = frozenset({"GET", "HEAD"})


class WriteRefusedError(RuntimeError):
    """Something here tried to send a request that is not a read."""


class ReadOnlyClient(APIClient):
    """An APIClient that sends GET and HEAD and follows no redirect; every other method ends in WriteRefusedError before a byte is sent."""

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        if request.method not in READS:
            raise WriteRefusedError(f"{request.method} {request.path_url} is not a read.")
        return super().send(request, **kwargs | {"allow_redirects": False})


def client(base_url: str, tls: Any, deadline: float) -> ReadOnlyClient:
    """A client of the engine at `base_url`; nothing is sent yet. `deadline` is on the monotonic clock. Raises DockerException."""
    made = ReadOnlyClient(base_url, version=MINIMUM_DOCKER_API_VERSION, tls=tls)
    if base_url.startswith(("unix://", "http+unix://")):
        made.mount("http+docker://", _Adapter(base_url.partition("://")[2], deadline))
    return made


class _Socket(socket.socket):
    """A socket whose reads end at the deadline: a per-read timeout alone never ends against one byte a second."""

    deadline = 0.0

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is past")
        self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class _Connection(UnixHTTPConnection):
    deadline = 0.0

    def connect(self) -> None:
        super().connect()
        plain = self.sock
        if plain is not None:
            timed = _Socket(plain.family, plain.type, plain.proto, fileno=plain.detach())
            timed.deadline = self.deadline
            self.sock = timed


class _Pool(UnixHTTPConnectionPool):
    deadline = 0.0

    def _new_conn(self) -> _Connection:  # type: ignore[override]  # the SDK's own connection has the same mismatch
        made = _Connection(self.base_url, self.socket_path)
        made.deadline = self.deadline
        return made


class _Adapter(UnixHTTPAdapter):
    """One pool for all addresses, so that connections are kept; the SDK's own adapter has a pool for each."""

    def __init__(self, path: str, deadline: float) -> None:
        super().__init__(f"http+unix:///{path.lstrip('/')}")
        self._pool = _Pool("http+docker://localhost", self.socket_path)
        self._pool.deadline = deadline

    def get_connection(self, url: str | bytes, proxies: Any = None) -> _Pool:  # noqa: ARG002  # the SDK's signature
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()
