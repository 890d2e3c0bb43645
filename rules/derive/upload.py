"""Who writes artifacts where, what went wrong there, and what of the bucket as seen from here holds for the writer, too?

mlflow http://mlflow:5000  upload_trouble=no-bucket  upload_writer="the server"  upload_bucket=models@minio:9000  upload_store=no-bucket

The store's answer to this run is the writer's only where it tells it to anybody, or where both sign with one key; a name or port is, where both look from one place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from probes._contract import Relation, Spec, Subject, Type, Value
from rules._blocks import block_start
from rules._derivation import Derivation, Given, Relator, Unseen
from rules._facts import Facts
from rules._signatures import Match, decisive, ours
from rules._words import time_text
from rules.derive.dependency import is_loopback, named
from rules.derive.mlflow import address, containers_of, is_up, on_host_network, published, qualified, server_of, text, texts

S3 = ("s3", "s3a", "s3n")
LINES = 200
"""Of a log's end: a traceback of three libraries takes a hundred."""

LATELY_S = 3600.0
RECENTLY_S = 86400.0
"""A model's upload is tried once a training, and many train once a day."""

_BY_ANYBODY = frozenset({"unknown-host", "refused", "timed-out", "not-a-store", "not-tls", "overloaded", "other-region", "clock"})
_NOT_REACHED = frozenset({"unknown-host", "refused", "timed-out"})
_BY_SETTINGS = frozenset({"tls", "proxy"})
"""What this run's own settings have a part in: its authorities, its proxy."""

REFUSED = frozenset({"denied", "denied-by-policy", "denied-by-key-service", "unknown-key", "wrong-secret", "expired", "no-bucket", "other"})
_WRONG_KEYS = frozenset({"unknown-key", "wrong-secret", "expired"})
_NOT_REACHED = frozenset({"unreachable", "timed-out", "refused", "unknown-host"})
_BY_SERVER = frozenset({"server-failed", "not-served", "too-large"})
"""What only somebody meets who writes through a server."""

TOGETHER_S = 300.0
"""botocore tries five times and waits a minute for each: as far apart may those fall who lose one thing at once."""

_FEW = 2
"""Of one, its own settings tell more."""

_OPERATION = re.compile(r"when calling the (\w+) operation")
_ACTIONS = {
    "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject", "ListObjectsV2": "s3:ListBucket",
    "ListObjects": "s3:ListBucket", "HeadBucket": "s3:ListBucket", "HeadObject": "s3:GetObject",
}  # fmt: skip
_WRITES = ("s3:PutObject", "s3:AbortMultipartUpload", "kms:GenerateDataKey", "kms:Decrypt")
_SAID_ACTION = re.compile(r"not authorized to perform: ((?:s3|kms):\w+)")


# where


def bucket_at(facts: Facts, user: Subject, location: str, endpoint: str) -> Subject | None:
    """The bucket that one means by s3://NAME and an endpoint, which is AWS without one; None where from here that leads to nobody."""
    place = urlsplit(location)
    if place.scheme not in S3 or not place.netloc:
        return None
    if not endpoint:
        return Subject("bucket", place.netloc)
    it = address(endpoint)
    if it is None:
        return None
    host, port = _asked_at(facts, user, it.host, it.port)
    if not host:
        return None
    known = [one for one in facts.subjects("bucket") if one.key.startswith(f"{place.netloc}@") and one.key.endswith(f":{port}")]
    same = next((one for one in known if is_loopback(host) and is_loopback(_where(one).rpartition(":")[0])), None)
    return same or Subject("bucket", f"{place.netloc}@{host}:{port}")


def _where(bucket: Subject) -> str:
    return bucket.key.partition("@")[2]


def _asked_at(facts: Facts, user: Subject, host: str, port: int) -> tuple[str, int]:
    """As this host can ask it: a container's name is its address, or our loopback where a setting names its published port; its own loopback is nobody's."""
    if user.kind != "container" or on_host_network(facts, user):
        return host, port
    if is_loopback(host):
        return "", port
    if text(facts, user, "container.engine") == "kubernetes":
        return qualified(facts, host, user.key.partition("/")[0]), port
    serving = named(facts, host, user)
    own = texts(facts, serving, "container.addresses") if serving is not None else ()
    ports = {outside for outside, inside in published(facts, serving) if inside == port} if serving is not None else set()
    at_home = next(
        (
            one
            for one in facts.subjects("bucket")
            if ports and is_loopback(_where(one).rpartition(":")[0]) and int(_where(one).rpartition(":")[2]) in ports
        ),
        None,
    )
    if at_home is None:
        return own[0] if own else host, port
    here, _, outside = _where(at_home).rpartition(":")
    return here, int(outside)


def _looks_alike(facts: Facts, user: Subject, endpoint: str) -> bool:
    """Whether a name and a port are to this user what they are to this run: a program of this host, or a container of it that means an address or a container."""
    if user.kind == "process" or (user.kind == "container" and on_host_network(facts, user)):
        return True
    it = address(endpoint)
    if user.kind != "container" or it is None or text(facts, user, "container.engine") != "docker":
        return False
    return named(facts, it.host, user) is not None or bool(re.fullmatch(r"[\d.]+", it.host))


# who


class Writer(NamedTuple):
    """Who writes, by what settings; `who` is None where nobody knows the server's container or process."""

    who: Subject | None
    endpoint: str = ""
    location: str = ""


def programs_of(facts: Facts, server: Subject) -> list[Subject]:
    """Containers that should serve it, else processes of this host that listen on its port."""
    containers = containers_of(facts, server)
    it = address(server.key)
    if containers or it is None or not is_loopback(it.host):
        return containers
    return [one for one in facts.subjects("process") if facts.value(one, "process.server_port") == it.port]


def _writer(facts: Facts, server: Subject) -> Writer:
    """The server itself, as a writer of what goes through it."""
    who = next(iter(programs_of(facts, server)), None)
    root = text(facts, server, "mlflow.artifact_root")
    direct = texts(facts, server, "mlflow.direct_roots")
    fallback = root or (direct[0] if len(direct) == 1 else "")
    if who is None:
        return Writer(None, "", fallback)
    return Writer(who, text(facts, who, f"{who.kind}.s3_endpoint"), text(facts, who, f"{who.kind}.artifact_store") or fallback)


def _locations(facts: Facts, server: Subject) -> Iterator[tuple[str, str, str]]:
    """(id, location, name) of texts `3 s3://models/direct churn by night`."""
    for line in texts(facts, server, "mlflow.artifact_locations"):
        number, _, rest = line.partition(" ")
        where, _, name = rest.partition(" ")
        yield number, where, name


def location_of(facts: Facts, user: Subject) -> str:
    """Where the artifacts of its experiment go: of the one that it names, else of all if they go one way; "" where that cannot be told."""
    server = server_of(facts, user, text(facts, user, f"{user.kind}.tracking_uri"))
    if server is None or facts.value(user, f"{user.kind}.server_port"):
        return ""
    known = list(_locations(facts, server))
    wanted = text(facts, user, f"{user.kind}.experiment")
    if wanted:
        return next((where for number, where, name in known if wanted in (name, number)), "")
    roots = {(urlsplit(where).scheme, urlsplit(where).netloc) for _number, where, _name in known}
    return known[0][1] if len(roots) == 1 else ""


def _client(facts: Facts, user: Subject) -> Writer:
    """A container or process that writes by itself, as s3:// experiments let their clients do."""
    where = location_of(facts, user)
    return Writer(user, text(facts, user, f"{user.kind}.s3_endpoint"), where if urlsplit(where).scheme in S3 else "")


def _bucket(facts: Facts, writer: Writer) -> Subject | None:
    if writer.who is not None:
        return bucket_at(facts, writer.who, writer.location, writer.endpoint)
    name = urlsplit(writer.location).netloc if urlsplit(writer.location).scheme in S3 else ""
    known = [one for one in facts.subjects("bucket") if one.key.partition("@")[0] == name]
    return known[0] if name and len(known) == 1 else None


def _keeps(facts: Facts) -> Iterable[Relation]:
    for server in facts.subjects("mlflow"):
        bucket = _bucket(facts, _writer(facts, server))
        if bucket is not None:
            yield Relation("keeps_in", server, bucket)


def _served(facts: Facts) -> Iterable[Relation]:
    for server in facts.subjects("mlflow"):
        yield from (Relation("served_by", server, one) for one in programs_of(facts, server) if one.kind == "process")


def _writes(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        bucket = _bucket(facts, _client(facts, user))
        if bucket is not None:
            yield Relation("writes_to", user, bucket)


def _through(facts: Facts, user: Subject, server: Subject | None) -> bool:
    """Whether its artifacts go through its server: by where they are kept, else by what its log says of an upload."""
    where = location_of(facts, user)
    if server is None or where:
        return server is not None and where.startswith("mlflow-artifacts:")
    return user.kind == "container" and text(facts, user, "container.writing_trouble") in _BY_SERVER


def _writes_through(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        server = server_of(facts, user, text(facts, user, f"{kind}.tracking_uri"))
        if server is not None and _through(facts, user, server) and not facts.value(user, f"{kind}.server_port"):
            yield Relation("writes_through", user, server)


def _account_of(facts: Facts, who: Subject) -> Subject | None:
    """Its keys of AWS, or the one Secret whose variables it takes."""
    token = text(facts, who, f"{who.kind}.signs_as")
    if token:
        return Subject("account", token)
    taken = [name for name in texts(facts, who, f"{who.kind}.aws_names") if name.startswith("Secret ")] if who.kind == "container" else []
    return Subject("account", f"{taken[0]} of {who.key.partition('/')[0]}") if len(taken) == 1 else None


def _signs(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        who = _writer(facts, user).who if kind == "mlflow" else user
        account = _account_of(facts, who) if who is not None else None
        if account is not None:
            yield Relation("signs_as", user, account)


def _stored(facts: Facts) -> Iterable[Relation]:
    """The container of a bucket's store: by its address, by its published port, or by its name where it is down and has no address."""
    meant = {one.to for draw in (_keeps, partial(_writes, "container"), partial(_writes, "process")) for one in draw(facts)}
    for bucket in sorted({*facts.subjects("bucket"), *meant}):
        host, _, port = _where(bucket).rpartition(":")
        for one in facts.subjects("container") if host else ():
            outside = {out for out, _inside in published(facts, one)}
            names = {
                one.key,
                text(facts, one, "container.compose_service"),
                *texts(facts, one, "container.addresses"),
                *texts(facts, one, "container.aliases"),
            }
            if host in names or (is_loopback(host) and port.isdecimal() and int(port) in outside):
                yield Relation("served_by", bucket, one)


# what its log says


def _log(given: Given) -> Mapping[str, Value]:
    """The last that its log tells of a store; nothing where an upload went well after it."""
    log = given.text("container.log_tail")
    last = log.rstrip("\n").count("\n")
    matches = ours().scan(log, "application-log")
    found = [one for one in matches if one.id.startswith("s3/") and one.line >= last - LINES]
    done = max((one.line for one in found if one.signature.trait == "upload-done"), default=-1)
    after = [one for one in found if one.line > done]
    told = [one for one in after if one.signature.trait not in ("upload-tried", "upload-done")]
    word = _word(told[-1]) if told else ""
    tried = any(one.signature.trait == "upload-tried" for one in after) or word in ("server-failed", "not-served", "too-large", "local-path")
    return {
        "container.store_trouble": word,
        "container.store_line": told[-1].text.strip()[:200] if told else None,
        "container.writing_trouble": word if tried else "",
        "container.ended_over": _ended_over(log, matches),
    }


def _ended_over(log: str, matches: Sequence[Match]) -> str:
    """What the traceback that ended it was about: writing, loading, or neither."""
    why = decisive(log, matches)
    if why is None:
        return ""
    start = block_start(log.rstrip("\n").split("\n"), why.line)
    traits = {one.signature.trait for one in matches if one.line >= start}
    if "upload-tried" in traits or traits & {f"upload-{word}" for word in _BY_SERVER}:
        return "writing"
    return "loading" if any(trait.startswith("model-") for trait in traits) else ""


def _word(match: Match) -> str:
    return match.signature.trait.partition("-")[2]


# what is known of each writer


class Trouble(NamedTuple):
    """What went wrong, in one word; what said so; and by what that is known."""

    word: str = ""
    words: str = ""
    by: str = ""


def _told(facts: Facts, writer: Writer, bucket: Subject | None, given: Given) -> dict[str, Value]:
    """What holds for a writer of its bucket, its store and its settings."""
    who = writer.who
    names = texts(facts, who, f"{who.kind}.aws_names") if who is not None else ()
    files = texts(facts, who, "process.aws_files") if who is not None and who.kind == "process" else ()
    known = who is not None and not isinstance(facts.value(who, f"{who.kind}.aws_names"), Unseen)
    counts = bucket is not None and (
        facts.value(bucket, "bucket.named_here") is True or (who is not None and _looks_alike(facts, who, writer.endpoint))
    )
    store, words = _store(given, bucket, counts=counts)
    return {
        "upload_bucket": bucket.key if bucket is not None else None,
        "upload_endpoint": writer.endpoint or None,
        "upload_store": store,
        "upload_store_words": words or None,
        "upload_there": "there" if store == "reached" and bucket is not None and facts.value(bucket, "bucket.exists") is True else "",
        "upload_as_us": _as_us(facts, who, bucket),
        "upload_credentials": names or None,
        "upload_lacks_credentials": (not names and not files) if known else None,
        "upload_half_key": known and _half(names),
        "upload_speaks": _speaks(facts, bucket, writer.endpoint),
        "upload_endpoint_elsewhere": _elsewhere(facts, writer) if known and not writer.endpoint else "",
        "upload_skew": facts_number(facts, bucket, "bucket.skew") if counts else None,
        "upload_name": _name_of(bucket),
        "upload_store_docker": _stopped(facts, bucket),
        "upload_blocked": str(who) if who is not None and store == "reached" else None,
        "upload_peers": _unreached(facts, bucket, who) or None,
        "upload_what": None,
        "upload_since": facts_number(facts, who, "container.first_failure_at") if who is not None and who.kind == "container" else None,
        "upload_together": False,
    }


def _name_of(bucket: Subject | None) -> str | None:
    return bucket.key.partition("@")[0] if bucket is not None else None


def _stopped(facts: Facts, bucket: Subject | None) -> str | None:
    """The one container of Docker that should serve a bucket, where it is not up."""
    serving = facts.targets(bucket, "bucket served_by container") if bucket is not None else []
    one = serving[0] if len(serving) == 1 else None
    down = one is not None and text(facts, one, "container.engine") == "docker" and text(facts, one, "container.state") and not is_up(facts, one)
    return one.key if one is not None and down else None


def _unreached(facts: Facts, bucket: Subject | None, but: Subject | None = None) -> tuple[str, ...]:
    """Containers whose own log says that they did not reach the bucket that they write to."""
    writers = facts.sources(bucket, "container writes_to bucket") if bucket is not None else ()
    return tuple(sorted(str(one) for one in writers if one != but and facts.value(one, "container.writing_trouble") in _NOT_REACHED))


def _times(facts: Facts, users: Iterable[Subject]) -> list[float]:
    """When each of them failed first, as far as that is known."""
    found = (facts_number(facts, one, "container.first_failure_at") for one in users if one.kind == "container")
    return sorted(at for at in found if at is not None)


def _at_once(times: Sequence[float]) -> dict[str, Value]:
    return {"upload_since": min(times, default=None), "upload_together": len(times) >= _FEW and times[-1] - times[0] <= TOGETHER_S}


def facts_number(facts: Facts, subject: Subject | None, name: str) -> float | None:
    value = facts.value(subject, name) if subject is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _store(given: Given, bucket: Subject | None, *, counts: bool) -> tuple[str, str]:
    """The store as seen from here, in one word, where that holds for the writer; a store tells anybody that there is no such bucket."""
    if bucket is None:
        return "", ""
    says, exists = given.of(bucket, "bucket.says"), given.of(bucket, "bucket.exists")
    if isinstance(says, Unseen) or not counts:
        return "", ""
    words = text(given.facts, bucket, "bucket.words")
    if exists is False:
        return "no-bucket", words or "404 to HEAD"
    here = given.facts.value(bucket, "bucket.named_here") is True
    if says in _BY_ANYBODY or (here and says in _BY_SETTINGS):
        return str(says), words
    return ("reached" if given.facts.value(bucket, "bucket.reached") is True else ""), ""


def _as_us(facts: Facts, who: Subject | None, bucket: Subject | None) -> str:
    """What the store says to this run's key, where that is the writer's key, too."""
    if (
        who is None
        or bucket is None
        or facts.value(who, f"{who.kind}.signs_as_we_do") is not True
        or facts.value(bucket, "bucket.signed") is not True
    ):
        return ""
    return text(facts, bucket, "bucket.says") or "ok"


def _half(names: Iterable[str]) -> bool:
    """botocore refuses half a key of the environment at once (PartialCredentialsError); a secret alone it passes over."""
    return "AWS_ACCESS_KEY_ID" in names and "AWS_SECRET_ACCESS_KEY" not in names and not any(name.startswith("Secret ") for name in names)


def _speaks(facts: Facts, bucket: Subject | None, endpoint: str) -> str:
    """The protocol of the store's port, where the writer's endpoint names the other one."""
    speaks = text(facts, bucket, "bucket.speaks") if bucket is not None else ""
    return speaks if speaks and endpoint and urlsplit(endpoint).scheme != speaks else ""


def _elsewhere(facts: Facts, writer: Writer) -> str:
    """An endpoint by which others mean a bucket of this name, where this writer names none."""
    name = urlsplit(writer.location).netloc if urlsplit(writer.location).scheme in S3 else ""
    if not name:
        return ""
    others = [_writer(facts, one) for one in facts.subjects("mlflow")]
    others += [_client(facts, one) for kind in ("container", "process") for one in facts.subjects(kind)]
    named_so = {one.endpoint for one in others if one.who != writer.who and one.endpoint and urlsplit(one.location).netloc == name}
    named_so |= {
        text(facts, one, "bucket.endpoint")
        for one in facts.subjects("bucket")
        if one.key.startswith(f"{name}@") and facts.value(one, "bucket.named_here") is True
    }
    return min(named_so - {""}, default="")


def _action(words: str) -> str:
    """The IAM action that was refused, as the store or botocore names it."""
    said = _SAID_ACTION.search(words)
    operation = _OPERATION.search(words)
    if said:
        return said[1]
    if operation:
        return _ACTIONS.get(operation[1], f"s3:{operation[1]}")
    return "s3:ListBucket" if words.startswith("Failed to list artifacts") else ""


def _given(kind: str, trouble: Trouble | None, told: Mapping[str, Value], writer: str, users: tuple[str, ...] = ()) -> dict[str, Value]:
    """Under the names of this kind; without a trouble that is known, that stays unseen."""
    found = {**told, "upload_writer": writer, "upload_users": users or None}
    if told["upload_blocked"] and (trouble is None or trouble.word not in _NOT_REACHED):
        found["upload_blocked"] = None
    if trouble is not None:
        found |= {
            "upload_trouble": trouble.word,
            "upload_words": trouble.words or None,
            "upload_by": trouble.by,
            "upload_action": _action(trouble.words),
            "upload_unexplained": trouble.word in ("server-error", "silent"),
            "upload_writes_refused": trouble.word.startswith("denied") and _action(trouble.words) in _WRITES,
        }
    return {f"{kind}.{name}": value for name, value in found.items()}


# of a server


def _server(given: Given) -> Mapping[str, Value]:
    facts, server = given.facts, given.subject
    writer = _writer(facts, server)
    bucket = next(iter(facts.targets(server, "mlflow keeps_in bucket")), None)
    told = _told(facts, writer, bucket, given)
    proxied, direct = given["mlflow.artifacts_proxied"], given.texts("mlflow.direct_roots")
    by = "the server and, in some experiments, each client" if proxied and direct else "the server" if proxied else "each client" if direct else ""
    where = f", bucket {bucket.key}" if bucket is not None else ""
    told |= {"upload_what": f"{server.key}{where}", "upload_since": None}
    return _given("mlflow", _trouble_of_server(given, writer, bucket), told, by)


def _trouble_of_server(given: Given, writer: Writer, bucket: Subject | None) -> Trouble | None:  # noqa: PLR0911  # one a source
    reads, words = given.text("mlflow.artifact_read_says"), given.text("mlflow.artifact_read_words")
    if reads in REFUSED and reads != "other":
        return Trouble(reads, words, "what its store says to it")
    if reads == "not-served" and given["mlflow.artifacts_proxied"] is True:
        return Trouble("not-served", words, "its own answer")
    logged = _logged(given, writer.who, any_use=reads in ("server-error", "silent"))
    if logged is not None and logged.word:
        return logged
    if reads in ("server-error", "silent"):
        return Trouble(reads, words, "its own answer")
    absent = given.texts("mlflow.local_roots_absent")
    if absent and writer.who is not None and writer.who.kind == "process":
        return Trouble("local-path", f"{', '.join(absent)}: its machine has no such folder", "where its experiments keep theirs")
    stored = _not_stored(given)
    if stored is not None:
        return stored
    if given.text("mlflow.direct_read_says") == "no-bucket" and (bucket is None or given.facts.value(bucket, "bucket.exists") is not True):
        return Trouble("no-bucket", given.text("mlflow.direct_read_words"), "what its store says to it")
    return Trouble() if reads in ("ok", "not-served") and logged is not None else None


def _not_stored(given: Given) -> Trouble | None:
    """A client told MLflow that it could not store the files of its newest model; why, only its own log says."""
    models, at = given.texts("mlflow.models_not_stored"), given["mlflow.models_not_stored_at"]
    if not models or not isinstance(at, float) or given.now - at > RECENTLY_S:
        return None
    return Trouble("model-not-stored", ", ".join(models), "what the client told it")


def _logged(given: Given, who: Subject | None, *, any_use: bool) -> Trouble | None:
    """What the log of the container that writes says; None where nobody has read it. A process shows no log."""
    if who is None or who.kind != "container":
        return Trouble()
    word = given.of(who, "container.store_trouble" if any_use else "container.writing_trouble")
    return None if isinstance(word, Unseen) else Trouble(str(word or ""), text(given.facts, who, "container.store_line"), "its own log")


# of who uses it


def _user(kind: str, given: Given) -> Mapping[str, Value]:
    facts, user = given.facts, given.subject
    writer = _client(facts, user)
    where = location_of(facts, user)
    by = "itself" if writer.location else "the server" if where.startswith("mlflow-artifacts:") else ""
    if given[f"{kind}.server_port"] is not None:
        return _given(kind, Trouble(), _NOTHING, "")  # what it writes as a server is told of the server
    server = next(iter(facts.targets(user, f"{kind} writes_through mlflow")), None)
    bucket = next(iter(facts.targets(user, f"{kind} writes_to bucket")), None)
    told = _told(facts, writer, bucket, given)
    if server is not None:
        told = {**_NOTHING, "upload_since": told["upload_since"]}  # its own settings have no part in it
    where = f", through {server.key}" if server is not None else f", bucket {bucket.key}" if bucket is not None else ""
    told["upload_what"] = f"{user.key}{where}"
    logged = _lately(kind, given)
    set_so = _by_settings(kind, writer, told, given) if writer.location else Trouble()
    trouble = logged if logged is not None and logged.word else set_so if set_so.word or logged is not None else None
    return _given(kind, trouble, told, by)


def _lately(kind: str, given: Given) -> Trouble | None:
    """What the log of a container says that runs or ended within the hour; it is read for that only of one that names an MLflow."""
    facts, user = given.facts, given.subject
    died = facts_number(facts, user, f"{kind}.died_at")
    if kind != "container" or (died is not None and text(facts, user, "container.state") != "running" and given.now - died > LATELY_S):
        return Trouble()
    if given.text("container.tracking_uri"):
        return _logged(given, user, any_use=False)
    word = facts.value(user, "container.writing_trouble")
    return Trouble() if isinstance(word, Unseen) or not word else Trouble(str(word), text(facts, user, "container.store_line"), "its own log")


def _by_settings(kind: str, writer: Writer, told: Mapping[str, Value], given: Given) -> Trouble:  # noqa: PLR0911  # one a setting
    """What no upload can go well with: half a key, an endpoint that is none, nobody to sign as at a store that knows no roles."""
    files = given.texts("process.aws_files") if kind == "process" else ()
    if told["upload_half_key"] and not files:
        return Trouble("no-credentials", "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not", "its settings")
    if writer.endpoint and address(writer.endpoint) is None:
        return Trouble("malformed", f"its endpoint is {writer.endpoint}", "its settings")
    if kind == "process" and told["upload_lacks_credentials"] and writer.endpoint:
        return Trouble("no-credentials", "neither its variables nor files of its home hold any", "its settings")
    ends = facts_number(given.facts, given.subject, "process.aws_session_ends") if kind == "process" else None
    if (
        ends is not None
        and ends < given.now
        and not {"AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN"} & set(texts(given.facts, given.subject, "process.aws_names"))
    ):
        return Trouble("expired", f"the session of its profile ended at {time_text(ends)}", "its settings")
    if told["upload_endpoint_elsewhere"] and not files:
        return Trouble("endpoint-unset", f"others mean this bucket at {told['upload_endpoint_elsewhere']}", "its settings")
    if told["upload_speaks"]:
        return Trouble("not-tls", f"its endpoint is {writer.endpoint}, and that port speaks {told['upload_speaks']}", "its settings")
    if told["upload_as_us"] in _WRONG_KEYS:
        return Trouble(str(told["upload_as_us"]), "the store says so to this run, which has the same key", "the store's answer to this run")
    return Trouble()


# of a bucket


def _of_bucket(given: Given) -> Mapping[str, Value]:
    facts, bucket = given.facts, given.subject
    users = sorted(
        {
            *facts.sources(bucket, "mlflow keeps_in bucket"),
            *facts.sources(bucket, "container writes_to bucket"),
            *facts.sources(bucket, "process writes_to bucket"),
        }
    )
    writers = [_writer(facts, one) if one.kind == "mlflow" else _client(facts, one) for one in users]
    counts = facts.value(bucket, "bucket.named_here") is True or any(
        one.who is not None and _looks_alike(facts, one.who, one.endpoint) for one in writers
    )
    astray = "@" not in bucket.key and bool(writers) and all(_elsewhere(facts, one) for one in writers)
    store, words = _store(given, bucket, counts=counts)
    known = counts and bool(store)
    bad = store if store != "reached" and not astray else ""
    unreached = _unreached(facts, bucket)
    trouble = Trouble(bad, words, "the store as seen from here") if known else Trouble() if astray else None
    if known and not bad and len(unreached) >= _FEW:
        trouble = _as_logged(facts, unreached)
    endpoint = text(facts, bucket, "bucket.endpoint")
    failing = [one for one in _clients_of(facts, users) if text(facts, one, f"{one.kind}.upload_trouble")]
    told = {**_NOTHING, "upload_bucket": bucket.key, "upload_endpoint": endpoint or None, "upload_store": store, "upload_name": _name_of(bucket)}
    told |= {"upload_store_docker": _stopped(facts, bucket)}
    told |= {"upload_what": f"bucket {_name_of(bucket)} at {endpoint or 'AWS'}", **_at_once(_times(facts, failing))}
    told |= {"upload_blocked": ", ".join(unreached) if store == "reached" and unreached else None}
    told |= {"upload_store_words": words or None, "upload_there": "there" if facts.value(bucket, "bucket.exists") is True else ""}
    told |= {"upload_skew": facts_number(facts, bucket, "bucket.skew")}
    return _given("bucket", trouble, told, "", tuple(str(one) for one in users))


def _clients_of(facts: Facts, users: Iterable[Subject]) -> list[Subject]:
    """Those who write by themselves, and those who write through the servers among them."""
    through = [(one, f"{kind} writes_through mlflow") for one in users if one.kind == "mlflow" for kind in ("container", "process")]
    return [*(one for one in users if one.kind != "mlflow"), *(client for server, along in through for client in facts.sources(server, along))]


def _as_logged(facts: Facts, who: Sequence[str]) -> Trouble:
    """What several who write to one bucket say alike of the way to it."""
    one = Subject(*who[0].split(" ", 1))
    return Trouble(text(facts, one, "container.writing_trouble"), text(facts, one, "container.store_line"), f"the logs of {len(who)} who write to it")


# of a DVC remote


def _of_repo(given: Given) -> Mapping[str, Value]:
    """Others that write to the bucket of its remote: what they all miss is not misspelt by one."""
    facts = given.facts
    bucket = next(iter(facts.targets(given.subject, "repo uses bucket")), None)
    return {"repo.remote_shared": texts(facts, bucket, "bucket.upload_users") or None if bucket is not None else None}


def _cut_off(facts: Facts) -> Iterable[Relation]:
    """Of a remote that is not reached: other buckets at the same host and port that are not reached either. What lies between is then the one cause."""
    for repo in facts.subjects("repo"):
        it = address(text(facts, repo, "repo.remote_endpoint"))
        if it is None or text(facts, repo, "repo.remote_says") not in _NOT_REACHED:
            continue
        for bucket in facts.subjects("bucket"):
            if _where(bucket) == f"{it.host}:{it.port}" and text(facts, bucket, "bucket.says") in _NOT_REACHED:
                yield Relation("cut_off_like", repo, bucket)


# of a key


def _of_account(given: Given) -> Mapping[str, Value]:
    """Of keys that one store does not take from several: then they are the trouble of none of them alone."""
    facts, account = given.facts, given.subject
    users = [one for kind in ("mlflow", "container", "process", "repo") for one in facts.sources(account, f"{kind} signs_as account")]
    said = {one: word for one in users if (word := _said_of(facts, one)) in _WRONG_KEYS}
    store, count = min(Counter(_store_of(facts, one) for one in said).items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    if count < _FEW:
        return _given("account", Trouble(), _NOTHING, "")
    refused = sorted(one for one in said if _store_of(facts, one) == store)
    first = refused[0]
    buckets = {_place_of(facts, one) for one in refused}
    bucket = buckets.pop() if len(buckets) == 1 else None
    names = {name for one in refused if one.kind != "repo" for name in texts(facts, one, f"{one.kind}.upload_credentials")}
    told = {**_NOTHING, "upload_bucket": bucket.key if bucket is not None else None, "upload_name": _name_of(bucket)}
    told |= {"upload_endpoint": _endpoint_of(facts, first) or None}
    told |= {"upload_what": f"{count} with the same key, among them {first.kind} {first.key}", "upload_credentials": tuple(sorted(names)) or None}
    told |= _at_once(_times(facts, refused))
    words = text(facts, first, "repo.remote_words" if first.kind == "repo" else f"{first.kind}.upload_words")
    return _given("account", Trouble(said[first], words, f"{count} who have it"), told, "", tuple(str(one) for one in refused))


def _said_of(facts: Facts, user: Subject) -> str:
    return text(facts, user, "repo.remote_says" if user.kind == "repo" else f"{user.kind}.upload_trouble")


def _place_of(facts: Facts, user: Subject) -> Subject | None:
    relation = {"repo": "uses", "mlflow": "keeps_in"}.get(user.kind, "writes_to")
    return next(iter(facts.targets(user, f"{user.kind} {relation} bucket")), None)


def _endpoint_of(facts: Facts, user: Subject) -> str:
    return text(facts, user, "repo.remote_endpoint" if user.kind == "repo" else f"{user.kind}.upload_endpoint")


def _store_of(facts: Facts, user: Subject) -> str:
    """HOST:PORT of its store as this host can ask it; "" for AWS's."""
    it = address(_endpoint_of(facts, user))
    who = _writer(facts, user).who if user.kind == "mlflow" else user
    if it is None:
        return ""
    host, port = _asked_at(facts, who, it.host, it.port) if who is not None else (it.host, it.port)
    return f"{host}:{port}"


_NOTHING: Mapping[str, Value] = {
    "upload_bucket": None, "upload_endpoint": None, "upload_store": "", "upload_store_words": None, "upload_there": "", "upload_as_us": "",
    "upload_credentials": None, "upload_lacks_credentials": None, "upload_half_key": False, "upload_speaks": "", "upload_endpoint_elsewhere": "",
    "upload_skew": None, "upload_name": None, "upload_store_docker": None, "upload_blocked": None, "upload_peers": None, "upload_what": None, "upload_since": None,
    "upload_together": False,
}  # fmt: skip
_DOCS: Mapping[str, tuple[Type, str]] = {
    "upload_trouble": (
        "text",
        "what is wrong with writing artifacts, in one word, as its own log, its store's answer to it or its settings tell it; empty for nothing",
    ),
    "upload_words": ("text", "what tells so"),
    "upload_by": ("text", "by what that is known"),
    "upload_action": ("text", "the IAM action that was refused, where it is named"),
    "upload_unexplained": ("bool", "its server fails with its store and gives no reason"),
    "upload_writes_refused": ("bool", "that action is one of writing"),
    "upload_writer": ("text", "who writes the artifacts: the server, itself or each client; empty where that cannot be told"),
    "upload_bucket": ("text", "the bucket that is written to"),
    "upload_endpoint": ("text", "the endpoint that the writer's settings name; none for AWS"),
    "upload_store": (
        "text",
        "the store as seen from here, where that holds for the writer: reached, no-bucket, refused, unknown-host …; empty where it does not",
    ),
    "upload_store_words": ("text", "what the store, or what came before it, said to this run"),
    "upload_there": ("text", "there, where the store has the bucket"),
    "upload_as_us": (
        "text",
        "what the store says to this run's key, where that is the writer's key: ok, denied, unknown-key …; empty where it is not",
    ),
    "upload_credentials": ("texts", "names of the writer's variables that lead to credentials"),
    "upload_lacks_credentials": ("bool", "the writer's variables, and a process's files, lead to no credentials; a role of its machine is not seen"),
    "upload_half_key": ("bool", "the writer has the one half of a key"),
    "upload_speaks": ("text", "what the store's port speaks, where the writer's endpoint says the other one of http and https; else empty"),
    "upload_endpoint_elsewhere": ("text", "an endpoint by which others mean this bucket, where the writer names none; else empty"),
    "upload_skew": ("span", "the store's clock less this machine's, where that is the writer's"),
    "upload_users": ("texts", "who writes to this bucket, or is refused with this key"),
    "upload_name": ("text", "the name of the bucket"),
    "upload_store_docker": ("text", "the container of Docker that should be its store, where it is not up; none where one is, or none is known"),
    "upload_blocked": ("text", "who does not reach the store by its own log, while it answers from here; none where that is not so"),
    "upload_peers": ("texts", "others that write to the same bucket and did not reach it, by their own logs"),
    "upload_what": ("text", "who writes, and where to"),
    "upload_since": ("time", "when the first of those who write there failed"),
    "upload_together": ("bool", "several who write there failed first within five minutes"),
}


def _derivation(kind: str, function: Callable[[Given], Mapping[str, Value]], needs: tuple[str, ...] = (), wants: tuple[str, ...] = ()) -> Derivation:
    gives = tuple(Spec(name=f"{kind}.{name}", type=type_, doc=doc) for name, (type_, doc) in _DOCS.items())
    return Derivation(kind=kind, gives=gives, needs=needs, wants=wants, function=function)


_OF_SERVER = tuple(
    f"mlflow.{name}"
    for name in (
        "artifact_read_says",
        "artifact_read_words",
        "artifacts_proxied",
        "direct_roots",
        "direct_read_says",
        "direct_read_words",
        "models_not_stored",
        "models_not_stored_at",
        "local_roots_absent",
    )
)
DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(
                name="container.store_trouble",
                type="text",
                doc="the last that its log tells of an S3 store, in one word",
                covered_by="container.log_complete",
            ),
            Spec(name="container.store_line", type="text", doc="the line that tells it"),
            Spec(name="container.writing_trouble", type="text", doc="the same, where it was writing", covered_by="container.log_complete"),
            Spec(
                name="container.ended_over",
                type="text",
                doc="what the traceback at its log's end is about: writing artifacts, loading a model; else empty",
                covered_by="container.log_complete",
            ),
        ),
        needs=("container.log_tail",),
        function=_log,
    ),
    _derivation("mlflow", _server, wants=_OF_SERVER),
    _derivation(
        "container",
        partial(_user, "container"),
        needs=("container.tracking_uri",),
        wants=("container.server_port", "container.state", "container.died_at"),
    ),
    _derivation(
        "process",
        partial(_user, "process"),
        needs=("process.tracking_uri",),
        wants=("process.server_port", "process.aws_files", "process.aws_session_ends"),
    ),
    _derivation("bucket", _of_bucket),
    _derivation("account", _of_account),
    Derivation(
        kind="repo",
        gives=(Spec(name="repo.remote_shared", type="texts", doc="others that write to the bucket of its remote"),),
        function=_of_repo,
    ),
)
RELATORS = (
    Relator(relations=("mlflow keeps_in bucket",), needs=(), function=_keeps),
    Relator(relations=("mlflow served_by process",), needs=(), function=_served),
    Relator(relations=("repo cut_off_like bucket",), needs=(), function=_cut_off),
    *(
        Relator(relations=(f"{kind} writes_to bucket",), needs=(f"{kind}.tracking_uri",), function=partial(_writes, kind))
        for kind in ("container", "process")
    ),
    *(
        Relator(relations=(f"{kind} writes_through mlflow",), needs=(f"{kind}.tracking_uri",), function=partial(_writes_through, kind))
        for kind in ("container", "process")
    ),
    *(
        Relator(relations=(f"{kind} signs_as account",), needs=(f"{kind}.signs_as",) if kind != "mlflow" else (), function=partial(_signs, kind))
        for kind in ("mlflow", "container", "process", "repo")
    ),
    Relator(relations=("bucket served_by container",), needs=(), function=_stored),
)
