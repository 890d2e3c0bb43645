"""Who writes artifacts, into which bucket or through which server, and with whose keys?

mlflow http://mlflow:5000, which is served with --artifacts-destination s3://models  ->  it keeps_in bucket models@172.18.0.3:9000
container trainer, whose experiment is kept at mlflow-artifacts:/3                   ->  it writes_through mlflow http://mlflow:5000
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts
from rules.derive._place import bucket_at, bucket_name, is_s3, name_of
from rules.derive._values import text, texts
from rules.derive.dependency import is_loopback
from rules.derive.mlflow import address, containers_of, server_of
from rules.derive.store_log import BY_SERVER

PROXIED = "mlflow-artifacts:"
_CLIENTS = ("container", "process")


class Writer(NamedTuple):
    """Who writes, by what settings; `who` is None where nobody knows the server's container or process."""

    who: Subject | None
    endpoint: str = ""
    location: str = ""


def writer_of(facts: Facts, user: Subject) -> Writer:
    """A server, as a writer of what goes through it; else a container or process, as s3:// experiments let it write by itself."""
    return _server(facts, user) if user.kind == "mlflow" else _client(facts, user)


def writers(facts: Facts) -> list[Writer]:
    """Everybody who may write."""
    return [writer_of(facts, one) for kind in ("mlflow", *_CLIENTS) for one in facts.subjects(kind)]


def acting(facts: Facts, user: Subject) -> Subject | None:
    """Whose settings count: of a server, those of its container or process."""
    return _server(facts, user).who if user.kind == "mlflow" else user


def _server(facts: Facts, server: Subject) -> Writer:
    who = next(iter(_programs_of(facts, server)), None)
    root = text(facts, server, "mlflow.artifact_root")
    direct = texts(facts, server, "mlflow.direct_roots")
    fallback = root or (direct[0] if len(direct) == 1 else "")
    if who is None:
        return Writer(None, "", fallback)
    return Writer(who, text(facts, who, f"{who.kind}.s3_endpoint"), text(facts, who, f"{who.kind}.artifact_store") or fallback)


def _programs_of(facts: Facts, server: Subject) -> list[Subject]:
    """Containers that should serve it, else processes of this host that listen on its port."""
    containers = containers_of(facts, server)
    it = address(server.key)
    if containers or it is None or not is_loopback(it.host):
        return containers
    return [one for one in facts.subjects("process") if facts.value(one, "process.server_port") == it.port]


def _client(facts: Facts, user: Subject) -> Writer:
    location = location_of(facts, user)
    return Writer(user, text(facts, user, f"{user.kind}.s3_endpoint"), location if is_s3(location) else "")


def location_of(facts: Facts, user: Subject) -> str:
    """Where the artifacts of its experiment go: of the one that it names, else of all if they go one way; "" where that cannot be told."""
    server = server_of(facts, user, text(facts, user, f"{user.kind}.tracking_uri"))
    if server is None or facts.value(user, f"{user.kind}.server_port"):
        return ""
    known = list(_locations(facts, server))
    wanted = text(facts, user, f"{user.kind}.experiment")
    if wanted:
        return next((location for number, location, name in known if wanted in (name, number)), "")
    roots = {(urlsplit(location).scheme, urlsplit(location).netloc) for _number, location, _name in known}
    return known[0][1] if len(roots) == 1 else ""


def _locations(facts: Facts, server: Subject) -> Iterator[tuple[str, str, str]]:
    """(id, location, name) of texts `3 s3://models/direct churn by night`."""
    for line in texts(facts, server, "mlflow.artifact_locations"):
        number, _, rest = line.partition(" ")
        location, _, name = rest.partition(" ")
        yield number, location, name


# where they write


def _bucket(facts: Facts, writer: Writer) -> Subject | None:
    """Of a server that nobody saw run: the one bucket of that name that is known."""
    if writer.who is not None:
        return bucket_at(facts, writer.who, writer.location, writer.endpoint)
    name = bucket_name(writer.location)
    known = [one for one in facts.subjects("bucket") if name_of(one) == name]
    return known[0] if name and len(known) == 1 else None


def _writes(relation: str, kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        bucket = _bucket(facts, writer_of(facts, user))
        if bucket is not None:
            yield Relation(relation, user, bucket)


def _keeps(facts: Facts) -> Iterable[Relation]:
    return _writes("keeps_in", "mlflow", facts)


def written_to(facts: Facts) -> set[Subject]:
    """Buckets that somebody writes to."""
    return {one.to for drawn in (_keeps(facts), *(_writes("writes_to", kind, facts) for kind in _CLIENTS)) for one in drawn}


def _writes_through(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        server = server_of(facts, user, text(facts, user, f"{kind}.tracking_uri"))
        if server is not None and _goes_through(facts, user) and not facts.value(user, f"{kind}.server_port"):
            yield Relation("writes_through", user, server)


def _goes_through(facts: Facts, user: Subject) -> bool:
    """Whether its artifacts go through its server: by where they are kept, else by what its log says of an upload."""
    location = location_of(facts, user)
    if location:
        return location.startswith(PROXIED)
    return user.kind == "container" and text(facts, user, "container.writing_trouble") in BY_SERVER


def _served(facts: Facts) -> Iterable[Relation]:
    for server in facts.subjects("mlflow"):
        yield from (Relation("served_by", server, one) for one in _programs_of(facts, server) if one.kind == "process")


# with whose keys


def _signs(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        who = acting(facts, user)
        account = _account_of(facts, who) if who is not None else None
        if account is not None:
            yield Relation("signs_as", user, account)


def _account_of(facts: Facts, who: Subject) -> Subject | None:
    """Its keys of AWS, or the one Secret whose variables it takes."""
    token = text(facts, who, f"{who.kind}.signs_as")
    if token:
        return Subject("account", token)
    taken = [name for name in texts(facts, who, f"{who.kind}.aws_names") if name.startswith("Secret ")] if who.kind == "container" else []
    return Subject("account", f"{taken[0]} of {who.key.partition('/')[0]}") if len(taken) == 1 else None


RELATORS = (
    Relator(relations=("mlflow keeps_in bucket",), needs=(), function=_keeps),
    Relator(relations=("mlflow served_by process",), needs=(), function=_served),
    *(
        Relator(relations=(f"{kind} writes_to bucket",), needs=(f"{kind}.tracking_uri",), function=partial(_writes, "writes_to", kind))
        for kind in _CLIENTS
    ),
    *(
        Relator(relations=(f"{kind} writes_through mlflow",), needs=(f"{kind}.tracking_uri",), function=partial(_writes_through, kind))
        for kind in _CLIENTS
    ),
    *(
        Relator(relations=(f"{kind} signs_as account",), needs=(f"{kind}.signs_as",) if kind != "mlflow" else (), function=partial(_signs, kind))
        for kind in ("mlflow", "container", "process", "repo")
    ),
)
