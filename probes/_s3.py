"""Can a bucket be reached, does it exist, and who are we there? Asked step by step, reading only, and each step's answer kept apart.

    client = Client(access, Place(bucket="models", prefix="dvc", endpoint="http://minio:9000"), Identity(profile="ci"))
    client.ladder()   Ladder(resolves=True, accepts=True, unsigned_status=403, says="denied", step="signed", words="AccessDenied: …")
    client.heads(["dvc/files/md5/aa/bb…"])   {"dvc/files/md5/aa/bb…": "there"}

botocore gives one error for a name that does not resolve and for a port that nobody listens on, so names and ports are asked before it is.
A store's error may carry what was signed; its Code and Message are all that is kept.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from probes._access import Access, Unreachable
from probes._s3_refusal import Refusal, Says, Step, is_store, page, refusal, transport

NOBODYS = "diagnose-asks-for-a-bucket-of-nobody"
CONNECT_S = 2.0
READ_S = 4.0
_KNOWN: tuple[Says, ...] = ("denied", "denied-by-policy", "denied-by-key-service", "no-bucket")
"""Refusals of somebody whom the store knows."""

Head = Literal["there", "not there", "denied", "no answer"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where objects lie: an empty endpoint is AWS's own, as botocore finds it from the region and the environment."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    at_aws: bool = False
    """No endpoint of this run's own environment is meant."""

    @property
    def key(self) -> str:
        """The key of the subject `bucket`."""
        return f"{self.bucket}@{host_port(self.endpoint)}" if self.endpoint else self.bucket


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: whoever the environment says, unless a profile, keys or files of one's own are named. Never put into a signal."""

    profile: str = ""
    access_key: str = ""
    secret_key: str = ""
    token: str = ""
    credentials_file: str = ""
    config_file: str = ""
    verify: bool | str | None = None
    """False, or a file of authorities, for TLS; None for what botocore would use."""
    anonymous: bool = False


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """What each rung said; None for a rung that was not come to, or that a proxy takes for us."""

    says: Says = ""
    step: Step = ""
    words: str = ""
    code: str = ""
    resolves: bool | None = None
    accepts: bool | None = None
    shakes_hands: bool | None = None
    proxy: str = ""
    unsigned_status: int | None = None
    region: str = ""
    """Of the bucket, where a header tells it (x-amz-bucket-region)."""
    server: str = ""
    skew_s: float | None = None
    """The store's clock less ours at the start of the run: seconds of it mean nothing, minutes do."""
    known: bool | None = None
    """The store knew who signed: it gave the list, or refused it by a right."""
    objects: int | None = None
    """How many the list of one object held: 0 says that there is nothing under the prefix."""

    @property
    def works(self) -> bool:
        return not self.step


def host_port(endpoint: str) -> str:
    """HOST:PORT of an endpoint, the port also where it is the usual one."""
    parts = urlsplit(endpoint)
    port = _port(endpoint)
    return f"{(parts.hostname or '').lower()}:{port}"


def _port(endpoint: str) -> int:
    parts = urlsplit(endpoint)
    try:
        given = parts.port
    except ValueError:
        given = None
    return given or (443 if parts.scheme == "https" else 80)


_LOADING = threading.Lock()


def _models() -> Any:
    """What botocore knows of S3 (its JSON files), read once for all clients: each session would read them anew, a sixth of a second of CPU."""
    with _LOADING:
        return _read_models()


@functools.cache
def _read_models() -> Any:
    import botocore.session

    loader = botocore.session.Session().get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind)
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
    return loader


class Client:
    """A store as one identity sees it. Raises Unreachable ("missing tool") where boto3 is not installed."""

    def __init__(self, access: Access, place: Place, identity: Identity | None = None) -> None:
        self.access = access
        self.place = place
        self.identity = identity or Identity()
        self._made: dict[bool, Any] = {}
        try:
            import boto3  # noqa: F401
        except ImportError as error:
            raise Unreachable("missing tool", "boto3 is not installed, so no S3 store can be asked.") from error

    def ladder(self, *, sign: bool = True) -> Ladder:
        """From the name to a list of one object; ends on the first rung that does not hold. Without `sign` it ends with what a stranger is told."""
        try:
            signed = self._client(anonymous=False)
            anonymous = self._client(anonymous=True)
        except Exception as error:  # noqa: BLE001  # botocore's and its parsers' own; each is named
            return _ended(Ladder(), "setting", refusal(error))
        climbed, error_ = self._reached(str(signed.meta.endpoint_url))
        if error_ is not None:
            return _ended(climbed, *error_)
        climbed = _unsigned(climbed, anonymous, self.place.bucket, self.access.now)
        if climbed.step:
            return climbed
        return _signed(climbed, signed, self.place) if sign else _as_told(climbed, anonymous, self.place)

    def tells_strangers(self) -> bool:
        """Whether a stranger is told that a bucket is not there: some stores answer 403 for whatever is asked."""
        return _unsigned(Ladder(), self._client(anonymous=True), NOBODYS, self.access.now).unsigned_status == 404

    def heads(self, keys: Iterable[str]) -> dict[str, Head]:
        """Whether each object is there, by HEAD; a store that may not be listed answers "denied" also for what is not there."""
        client = self._client(anonymous=False)
        found: dict[str, Head] = {}
        for key in keys:
            try:
                client.head_object(Bucket=self.place.bucket, Key=key)
                found[key] = "there"
            except Exception as error:  # noqa: BLE001  # likewise
                said = refusal(error)
                kinds: dict[str, Head] = {"404": "not there", "NoSuchKey": "not there", "403": "denied", "AccessDenied": "denied"}
                found[key] = kinds.get(said.code, "no answer")
        return found

    def _client(self, *, anonymous: bool) -> Any:
        if anonymous not in self._made:
            self._made[anonymous] = self._new(anonymous=anonymous)
        return self._made[anonymous]

    def _new(self, *, anonymous: bool) -> Any:
        import boto3
        import botocore.session
        from botocore import UNSIGNED
        from botocore.config import Config

        it = self.identity
        core = botocore.session.Session(profile=it.profile or None)
        core.register_component("data_loader", _models())
        for variable, value in (("credentials_file", it.credentials_file), ("config_file", it.config_file)):
            if value:
                core.set_config_variable(variable, value)
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            s3={"addressing_style": "path"} if self.place.endpoint else None,
            signature_version=UNSIGNED if anonymous or it.anonymous else None,
            ignore_configured_endpoint_urls=self.place.at_aws or None,
        )
        keys = {"aws_access_key_id": it.access_key, "aws_secret_access_key": it.secret_key, "aws_session_token": it.token}
        session = boto3.session.Session(botocore_session=core)
        return session.client(
            "s3",
            endpoint_url=self.place.endpoint or None,
            region_name=self.place.region or None,
            verify=it.verify,
            config=config,
            **{name: value for name, value in keys.items() if value},
        )

    def _reached(self, endpoint: str) -> tuple[Ladder, tuple[Step, Refusal] | None]:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        proxy = "" if proxy_bypass(host) else getproxies().get(parts.scheme, "")
        if proxy:
            return Ladder(proxy=host_port(proxy)), None
        try:
            addresses = _within(CONNECT_S, lambda: socket.getaddrinfo(host, _port(endpoint), type=socket.SOCK_STREAM))
        except OSError as error:
            return Ladder(resolves=False), ("name", transport("unknown-host", f"{host} does not resolve: {error.strerror or error}"))
        try:
            with _connected(addresses, self.access.remaining(CONNECT_S)) as connection:
                return self._shaken(endpoint, connection)
        except TimeoutError:
            return Ladder(resolves=True, accepts=False), ("port", transport("timed-out", f"{host_port(endpoint)} does not answer."))
        except OSError as error:
            why = transport("refused", f"{host_port(endpoint)}: {error.strerror or error}")
            return Ladder(resolves=True, accepts=False), ("port", why)

    def _shaken(self, endpoint: str, connection: socket.socket) -> tuple[Ladder, tuple[Step, Refusal] | None]:
        if urlsplit(endpoint).scheme != "https":
            return Ladder(resolves=True, accepts=True), None
        try:
            with _context(self.identity.verify).wrap_socket(connection, server_hostname=urlsplit(endpoint).hostname):
                return Ladder(resolves=True, accepts=True, shakes_hands=True), None
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "reason", "") or ""
            says: Says = "not-tls" if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE") else "tls"
            words = getattr(error, "verify_message", "") or reason or str(error)
            return Ladder(resolves=True, accepts=True, shakes_hands=False), ("tls", transport(says, f"{host_port(endpoint)}: {words}"))


def _within(seconds: float, function: Any) -> Any:
    """Its result, or what it raised; TimeoutError when it has not come back: a resolver has no time limit of its own."""
    result: list[Any] = []

    def call() -> None:
        try:
            result.append((True, function()))
        except OSError as error:
            result.append((False, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if not result:
        raise TimeoutError("its name server does not answer")
    good, value = result[0]
    if not good:
        raise value
    return value


@contextlib.contextmanager
def _connected(addresses: Iterable[Any], limit: float) -> Iterator[socket.socket]:
    """A connection to the first address that takes one. Raises the last OSError."""
    last: OSError = OSError("it has no address")
    end = time.monotonic() + limit
    for family, kind, protocol, _name, address in addresses:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(max(0.1, end - time.monotonic()))
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            last = error
            continue
        with connection:
            connection.settimeout(CONNECT_S)
            yield connection
        return
    raise last


def _context(verify: bool | str | None) -> ssl.SSLContext:  # noqa: FBT001  # botocore's own way
    """As botocore would trust: the authorities named, else AWS_CA_BUNDLE, else those that botocore brings along."""
    from botocore.httpsession import get_cert_path

    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    named = verify if isinstance(verify, str) else os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True)
    return ssl.create_default_context(cafile=named)


def _unsigned(climbed: Ladder, client: Any, bucket: str, now: float) -> Ladder:
    """What a stranger is told of the bucket. AWS says by it whether the bucket exists and in which region; others refuse whoever asks."""
    try:
        answer = client.head_bucket(Bucket=bucket)["ResponseMetadata"]
    except Exception as error:  # noqa: BLE001  # a refusal is an answer, too; each is named
        answer = (getattr(error, "response", None) or {}).get("ResponseMetadata")
        if answer is None:
            return _ended(climbed, "unsigned", refusal(error))
    headers = answer.get("HTTPHeaders", {})
    return msgspec.structs.replace(
        climbed,
        unsigned_status=answer.get("HTTPStatusCode") if is_store(headers) else None,
        region=headers.get("x-amz-bucket-region", ""),
        server=headers.get("server", "")[:60],
        skew_s=_skew(headers.get("date", ""), now),
    )


def _signed(climbed: Ladder, client: Any, place: Place) -> Ladder:
    prefix = f"{place.prefix.strip('/')}/" if place.prefix.strip("/") else ""
    try:
        listed = client.list_objects_v2(Bucket=place.bucket, Prefix=prefix, MaxKeys=1)
    except Exception as error:  # noqa: BLE001  # each is named
        said = refusal(error)
        known = said.says in _KNOWN if said.by_store else None
        return msgspec.structs.replace(_ended(climbed, "signed", said), known=known)
    if no_list := page(listed):
        return _ended(climbed, "signed", no_list)
    return msgspec.structs.replace(climbed, known=True, objects=len(listed.get("Contents", ())))


def _as_told(climbed: Ladder, anonymous: Any, place: Place) -> Ladder:
    """A refusal of a stranger is no fault; that there is no such bucket, or that the store cannot now, it says to anybody."""
    try:
        listed = anonymous.list_objects_v2(Bucket=place.bucket, MaxKeys=1)
    except Exception as error:  # noqa: BLE001  # each is named
        said = refusal(error)
        return climbed if said.says == "denied" else _ended(climbed, "unsigned", said)
    return _ended(climbed, "unsigned", no_list) if (no_list := page(listed)) else climbed


def _ended(climbed: Ladder, step: Step, said: Refusal) -> Ladder:
    return msgspec.structs.replace(climbed, step=step, says=said.says, words=said.words, code=said.code)


def _skew(date: str, now: float) -> float | None:
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(date).timestamp() - now
    return None
