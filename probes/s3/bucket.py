"""Can a bucket be reached from here, is it there, and who is this run to its store? Read step by step; nothing is ever written, so nobody learns whether it could be.

bucket models@minio:9000  reached=true  exists=false  says=no-bucket  words="NoSuchBucket: The specified bucket does not exist"  step=signed
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from probes._access import Access, Unreachable
from probes._address import is_link_local
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept, Unavailable, Value, Why
from probes._environment import NAMES
from probes._s3 import CONNECT_S, Client, Ladder, Place, host_port

SPECS = (
    Spec(name="bucket.name", type="text", doc="Its name."),
    Spec(name="bucket.endpoint", type="text", doc="Where its store is; none at AWS."),
    Spec(
        name="bucket.says",
        type="text",
        doc="What came of asking for it from here, in one word: no-bucket, refused, denied …; none where all went well.",
    ),
    Spec(name="bucket.words", type="text", doc="The store's code and message, or what happened before one answered."),
    Spec(name="bucket.step", type="text", doc="Where it ended: setting, name, port, tls, unsigned or signed; none where all went well."),
    Spec(name="bucket.reached", type="bool", doc="A store answered, as its request id shows, be it with a refusal."),
    Spec(name="bucket.exists", type="bool", doc="Whether the store has it; none where nobody is told, as without a right to list it."),
    Spec(name="bucket.seen_unsigned", type="int", doc="Status of HEAD on it by a stranger; none where no store answered."),
    Spec(name="bucket.region", type="text", doc="The region that the store says it is in."),
    Spec(name="bucket.server", type="text", doc="The store's header Server."),
    Spec(name="bucket.speaks", type="text", doc="http or https: what its port speaks; none where that was not come to, or a proxy takes the way."),
    Spec(name="bucket.proxy", type="text", doc="The proxy that this run's requests go through; none without one."),
    Spec(name="bucket.skew", type="span", doc="The store's clock less this machine's; none where it was not told."),
    Spec(
        name="bucket.signed",
        type="bool",
        doc="Whether this run signed: it does so at the store that its own settings name, and at AWS, and nowhere else.",
    ),
    Spec(name="bucket.knows_us", type="bool", doc="Whether the store knows this run's own key; none where it did not come to that."),
    Spec(name="bucket.is_empty", type="bool", doc="Nothing lies in it, or under the prefix that is asked for; none where it could not be listed."),
)
NAMED_HERE = Spec(name="bucket.named_here", type="bool", doc="It is the one that a setting names here.")
_NO_IDENTITY = ("no-credentials", "half-credentials", "no-profile", "role-refused", "expired", "unknown-key", "wrong-secret")
_NO_RIGHT = ("denied", "denied-by-policy", "denied-by-key-service")


def sweep(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at the bucket that a setting names, and what its store refuses to this run."""
    asked = urlsplit(access.settings["s3"])
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    place = Place(bucket=asked.netloc, prefix=asked.path.strip("/"), endpoint=access.settings.get("s3.endpoint", ""), region=region)
    for answer in _looked(access, place, sign=True, asked=access.settings.get("s3.asked") == "true"):
        yield (
            Look(subject=answer.subject, values={**answer.values, NAMED_HERE.name: True}, command=answer.command)
            if isinstance(answer, Look)
            else answer
        )
    yield Swept(kind="bucket", scope=place.endpoint or "AWS", count=1)


def follow(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at buckets that workloads and servers name. The keys of this run go to the store that its settings name and to AWS alone."""
    for subject in subjects:
        name, at, where = subject.key.partition("@")
        if at and is_link_local(f"//{where}"):
            yield _gap(subject, "not reached", f"{where} is a link-local address, which is not asked because a workload names it.", _POINT)
            continue
        endpoint = _endpoint(access, where) if at else ""
        place = Place(bucket=name, endpoint=endpoint, at_aws=not at)
        yield from _looked(access, place, sign=not at or where in _ours(access), asked=False)


_POINT = "Point me at it: --bucket http://HOST:PORT/NAME."


def _looked(access: Access, place: Place, *, sign: bool, asked: bool) -> Iterator[Look | Unavailable]:
    subject = Subject("bucket", place.key)
    try:
        client = Client(access, place)
    except Unreachable as error:
        yield _gap(subject, error.why, error.detail, "Install boto3: pip install 'diagnose[s3]'.", asked=asked)
        return
    ladder = client.ladder(sign=sign)
    at = f" --endpoint-url {place.endpoint}" if place.endpoint else ""
    yield Look(subject=subject, values=_values(client, ladder, sign=sign), command=f"aws s3 ls s3://{place.bucket}/{place.prefix}{at}")
    refused = _refused(subject, place, ladder) if sign else None
    if refused is not None:
        yield _gap(subject, "forbidden", *refused, asked=asked, names=("bucket.is_empty",))


def _refused(subject: Subject, place: Place, ladder: Ladder) -> tuple[str, str] | None:
    """What the store keeps from this run, and what would open it. It says nothing of anybody else's rights."""
    arn = f"arn:aws:s3:::{place.bucket}"
    if ladder.says in _NO_IDENTITY:
        return (
            f"This run has no identity that the store of {subject} takes: {ladder.words}.",
            f"Give this run credentials of that store (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role) that may s3:ListBucket on {arn}.",
        )
    if ladder.says in _NO_RIGHT:
        more = ", and kms:Decrypt on its key" if ladder.says == "denied-by-key-service" else ""
        return (
            f"The store of {subject} refuses this run's own identity, which tells nothing of others: {ladder.words}.",
            f"Allow it s3:ListBucket on {arn}{more}.",
        )
    return None


def _values(client: Client, ladder: Ladder, *, sign: bool) -> dict[str, Value]:
    place = client.place
    reached = ladder.unsigned_status is not None or ladder.known is True
    return {
        "bucket.name": place.bucket,
        "bucket.endpoint": place.endpoint or None,
        "bucket.says": ladder.says or None,
        "bucket.words": ladder.words or None,
        "bucket.step": ladder.step or None,
        "bucket.reached": reached,
        "bucket.exists": _exists(client, ladder) if reached else None,
        "bucket.seen_unsigned": ladder.unsigned_status,
        "bucket.region": ladder.region or None,
        "bucket.server": ladder.server or None,
        "bucket.speaks": _spoken(client, ladder, reached=reached) if place.endpoint and ladder.accepts else None,
        "bucket.proxy": ladder.proxy or None,
        "bucket.skew": ladder.skew_s,
        "bucket.signed": sign,
        "bucket.knows_us": ladder.known if sign else None,
        "bucket.is_empty": None if ladder.objects is None else ladder.objects == 0,
    }


def _exists(client: Client, ladder: Ladder) -> bool | None:
    """AWS tells a stranger whether there is such a bucket; of another store that has to be found out first."""
    if ladder.says == "no-bucket" or ladder.unsigned_status == 404:
        return False
    if (ladder.works and ladder.objects is not None) or ladder.unsigned_status == 200:
        return True
    if ladder.unsigned_status not in (301, 403):
        return None
    return True if not client.place.endpoint or client.tells_strangers() else None


def _endpoint(access: Access, where: str) -> str:
    """A bucket's key has no scheme: its port is asked which one it speaks."""
    if where in (ours := _ours(access)):
        return ours[where]
    return f"{_speaks(access, f'http://{where}') or 'http'}://{where}"


def _ours(access: Access) -> dict[str, str]:
    """Endpoints that this run's own setting and environment name, by host and port: who runs it means its keys for them."""
    named = (access.settings.get("s3.endpoint", ""), *(os.environ.get(name, "") for name in NAMES["s3_endpoint"]))
    return {host_port(one): one for one in named if urlsplit(one).hostname}


def _spoken(client: Client, ladder: Ladder, *, reached: bool) -> str | None:
    """What a store was asked by and answered to, it speaks; where none answered, its port is asked."""
    scheme = urlsplit(client.place.endpoint).scheme
    return scheme if reached and not ladder.proxy else _speaks(client.access, client.place.endpoint)


def _speaks(access: Access, endpoint: str) -> str | None:
    """By a handshake in which no certificate is looked at; None where nothing takes a connection."""
    host, _, port = host_port(endpoint).rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without authorities: reading them takes longer than the handshake
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, int(port)), access.remaining(CONNECT_S)) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return "https"
    except (ssl.SSLError, TimeoutError, ConnectionResetError):
        return "http"
    except OSError:
        return None


def _gap(  # noqa: PLR0913  # as many as a gap has
    subject: Subject, why: Why, detail: str, remedy: str, *, asked: bool = False, names: tuple[str, ...] = ()
) -> Unavailable:
    return Unavailable(kind="bucket", subject=subject, why=why, detail=detail, remedy=remedy, asked=asked, names=names)


_STANDS_FOR = ("aws s3 ls s3://bucket/",)
PROBES = (
    Probe(
        name="s3.bucket",
        kind="bucket",
        doc="Asks for the bucket that is named here step by step, from the name of its store to a list, and never writes.",
        gives=(*SPECS, NAMED_HERE),
        look=sweep,
        stands_for=_STANDS_FOR,
        permissions=("s3:ListBucket on the bucket",),
        cost=4,
        limit_s=25.0,
    ),
    Probe(
        name="s3.named",
        kind="bucket",
        doc="The same of buckets that servers and workloads write to; at stores that are not this run's own it asks as a stranger.",
        gives=SPECS,
        look=follow,
        stands_for=_STANDS_FOR,
        sweeps=False,
        elsewhere=True,
        cost=4,
        limit_s=25.0,
        most=6,
    ),
)
