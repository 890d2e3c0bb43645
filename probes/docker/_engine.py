"""Reading from a Docker engine: which one, how, and in which words it could not be read.

with opened(access, 8.0) as engine: engine.decode("/info", Info).name   ->   "gpu-1"
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from probes._access import Access, Unreachable
from probes._contract import Subject, Unavailable, Why
from probes._decoding import decoder
from probes.docker._shapes import Version

T = TypeVar("T")

LIMIT_S = 8.0
"""Seconds one visit may take; less than the probes' limit_s, so that this module names the reason and not the runner."""

MOST_BYTES = 64_000_000
"""The longest answer that is decoded: a list of some 30,000 containers."""

REMEDIES: Mapping[Why, str] = {
    "not configured": "Set DOCKER_HOST to the engine's address, such as unix:///var/run/docker.sock.",
    "refused": "Start the engine, or set DOCKER_HOST to one that runs.",
    "timed out": "See whether the engine answers `docker version`, or give more time with --deadline.",
    "forbidden": "Run as a member of the docker group, or set DOCKER_HOST.",
    "missing tool": "Install the client with pip install 'diagnose[docker]'.",
    "garbled": "Let DOCKER_HOST name a Docker engine: `docker version` must answer there.",
    "not reached": "Give more time with --deadline.",
}

_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_TLS_REMEDY = "Let DOCKER_CERT_PATH name the folder of a ca.pem, cert.pem and key.pem that this engine accepts."


class EngineError(Unreachable):
    """The engine could not be read. `status` is its HTTP status, 0 where it gave none; `remedy` overrides the usual one."""

    def __init__(self, why: Why, detail: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(why, detail)
        self.status = status
        self.remedy = remedy or REMEDIES[why]


class Body(msgspec.Struct, frozen=True):
    """What an answer held, and whether it was cut at the length asked for."""

    data: bytes
    cut: bool
    content_type: str


class Engine:
    """One engine, read with GET only. Every method raises EngineError."""

    def __init__(self, url: str, client: Any, deadline: float) -> None:
        self.url = url
        self._client = client
        self._deadline = deadline
        self._prefix = ""
        self.api_version = ""

    def negotiate(self) -> None:
        """Speak the engine's own version of the API from here on (GET /version, ApiVersion)."""
        self.api_version = self.decode("/version", Version).api_version
        self._prefix = f"/v{self.api_version}"

    def decode(self, path: str, shape: type[T], **params: Any) -> T:
        """An answer's JSON in the shape asked for; unknown fields are passed over."""
        body = self.read(path, MOST_BYTES, **params)
        if body.cut:
            raise EngineError("garbled", f"{path} is longer than {MOST_BYTES:,} bytes.")
        return self.parse(path, body.data, shape)

    def parse(self, path: str, data: bytes, shape: type[T]) -> T:
        try:
            return decoder(shape).decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise EngineError("garbled", f"{path} is not what a Docker engine answers: {error}") from error

    def read(self, path: str, most: int, **params: Any) -> Body:
        """At most `most` bytes of an answer that says 200. A 404 and the like are EngineErrors with that status."""
        try:
            return self._read(path, most, params)
        except EngineError:
            raise
        except Exception as error:
            raise explained(error, f"{self.url}{path}") from error

    def _read(self, path: str, most: int, params: Mapping[str, Any]) -> Body:
        left = self._left()
        url = f"{self._client.base_url}{self._prefix}{path}"
        with self._client.get(url, params=params, stream=True, timeout=left) as answer:
            data, cut = self._bytes(answer.raw, most if answer.status_code == 200 else 10_000)
            if answer.status_code != 200:
                raise _unwelcome(answer.status_code, path, data)
            return Body(data, cut, answer.headers.get("Content-Type", ""))

    def _bytes(self, raw: Any, most: int) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        size = 0
        while size <= most:
            self._left()
            part = raw.read1(65536, decode_content=True)
            if not part:
                return b"".join(parts), False
            parts.append(part)
            size += len(part)
        return b"".join(parts)[:most], True

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise EngineError("timed out", "The engine used up all the time that this look has.")
        return left


@contextmanager
def opened(access: Access, limit: float = LIMIT_S) -> Iterator[Engine]:
    """The engine of this run, reached and asked for its version, for at most `limit` seconds. Raises EngineError."""
    seconds = access.remaining(limit)
    deadline = time.monotonic() + seconds
    url = address(access)
    client = _client(url, deadline)
    try:
        engine = Engine(url, client, deadline)
        engine.negotiate()
        yield engine
    finally:
        client.close()


def address(access: Access) -> str:
    """The engine's URL: the setting `docker`, into which discovery puts DOCKER_HOST or a socket that it finds."""
    named = access.settings.get("docker")
    if not named:
        raise EngineError("not configured", "No engine is named, and none was found by its socket.")
    return named


def _client(url: str, deadline: float) -> Any:
    if url.startswith("ssh://"):
        remedy = "Forward the engine's socket (ssh -L) and set DOCKER_HOST to the forwarded one."
        raise EngineError("refused", "An engine behind ssh:// needs a program of its own, which is not started here.", remedy=remedy)
    try:
        from docker.errors import DockerException
        from docker.utils import kwargs_from_env

        from probes.docker import _client as clients
    except ImportError as error:
        raise EngineError("missing tool", f"The Python package docker is not usable: {error}.") from error
    try:
        params = {"base_url": url} if url.startswith("unix://") else kwargs_from_env(environment={**os.environ, "DOCKER_HOST": url})
        return clients.client(params["base_url"], params.get("tls", False), deadline)
    except DockerException as error:
        raise EngineError("refused", f"{url} cannot be used: {error}", remedy=_TLS_REMEDY if "TLS" in str(error) else "") from error


def on_engine(subjects: Iterable[Subject]) -> Iterator[Subject]:
    """Those whose keys can be names of Docker containers; `ns/pod/container` is another engine's business."""
    return (subject for subject in subjects if _CONTAINER_NAME.fullmatch(subject.key))


def unavailable(error: Unreachable, access: Access, kind: str, subject: Subject | None = None, names: tuple[str, ...] = ()) -> Unavailable:
    """The answer for what could not be read."""
    asked = access.settings.get("docker.asked") == "true"
    remedy = getattr(error, "remedy", "") or REMEDIES[error.why]
    return Unavailable(kind=kind, why=error.why, detail=error.detail, remedy=remedy, subject=subject, names=names, asked=asked)


def _unwelcome(status: int, path: str, data: bytes) -> EngineError:
    why: Why = "forbidden" if status in (401, 403) else "refused"
    remedies = {
        401: "Give the credentials that the engine asks for, or set DOCKER_HOST to its socket.",
        403: f"Let the proxy in front of the engine pass GET {path}.",
        404: "See with docker ps -a whether it is still there, or on another engine.",
    }
    detail = f"{path}: the engine answered {status}: {_message(data)}"
    return EngineError(why, detail, status=status, remedy=remedies.get(status, "Read the engine's own log: journalctl -u docker."))


def _message(data: bytes) -> str:
    text = data.decode("utf-8", "replace").strip()
    try:
        return str(json.loads(text)["message"])[:400]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text[:200]


def explained(error: Exception, what: str) -> EngineError:
    """Which of the contract's reasons an exception from below means; the true one often lies deep in its causes."""
    import requests

    chain = list(_causes(error))
    detail = f"{what}: {str(chain[-1]) or type(chain[-1]).__name__}"
    if any(isinstance(cause, PermissionError) for cause in chain):
        return EngineError("forbidden", detail)
    if any(_is_time_out(cause) for cause in chain):
        return EngineError("timed out", f"{what}: no whole answer in time.")
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return EngineError("forbidden", detail, remedy=_TLS_REMEDY)
    refused = any(isinstance(cause, OSError) and not isinstance(cause, requests.RequestException) for cause in chain)
    return EngineError("refused" if refused else "garbled", detail)


def _is_time_out(error: BaseException) -> bool:
    """A socket that has timed out once says so in words only; one whose queue is full says BlockingIOError at once."""
    named = isinstance(error, TimeoutError | BlockingIOError) or type(error).__name__ in (
        "Timeout",
        "ReadTimeout",
        "ConnectTimeout",
        "ReadTimeoutError",
    )
    return named or (isinstance(error, OSError) and "timed out" in str(error))


def _causes(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    yield error
    below = [error.__cause__ or error.__context__, *error.args, getattr(error, "reason", None)]
    for cause in below:
        if isinstance(cause, BaseException) and depth:
            yield from _causes(cause, depth - 1)
