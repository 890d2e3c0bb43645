"""What is wrong with the artifacts that a server, a container or a process writes, by its log, its store's answer to it or its settings?

mlflow http://mlflow:5000  upload_trouble=no-bucket  upload_writer="the server"  upload_bucket=models@minio:9000  upload_store=no-bucket
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import msgspec

from probes._contract import Subject, Value
from rules._derivation import Given, Unseen
from rules._words import time_text
from rules.derive._store import known_of
from rules.derive._upload_signals import WRONG_KEYS, Known, Trouble, answer, derivation
from rules.derive._values import number, text, texts
from rules.derive.mlflow import address
from rules.derive.writer import PROXIED, Writer, location_of, writer_of

_LATELY_S = 3600.0
_RECENTLY_S = 86400.0
"""A model's upload is tried once a training, and many train once a day."""

_REFUSED = frozenset({"denied", "denied-by-policy", "denied-by-key-service", "no-bucket"}) | WRONG_KEYS
_WITHOUT_REASON = frozenset({"server-error", "silent"})


# of a server


def _server(given: Given) -> Mapping[str, Value]:
    facts, server = given.facts, given.subject
    writer = writer_of(facts, server)
    bucket = next(iter(facts.targets(server, "mlflow keeps_in bucket")), None)
    where = f", bucket {bucket.key}" if bucket is not None else ""
    known = msgspec.structs.replace(known_of(given, writer, bucket), writer=_who_writes(given), what=f"{server.key}{where}", since=None)
    return answer("mlflow", _trouble_of_server(given, writer, bucket), known)


def _who_writes(given: Given) -> str:
    proxied, direct = given["mlflow.artifacts_proxied"], given.texts("mlflow.direct_roots")
    if proxied and direct:
        return "the server and, in some experiments, each client"
    return "the server" if proxied else "each client" if direct else ""


def _trouble_of_server(given: Given, writer: Writer, bucket: Subject | None) -> Trouble | None:
    reads = given.text("mlflow.artifact_read_says")
    logged = _logged(given, writer.who, any_use=reads in _WITHOUT_REASON)
    found = next(_troubles_of_server(given, writer, bucket, logged), None)
    if found is not None:
        return found
    return Trouble() if reads in ("ok", "not-served") and logged is not None else None


def _troubles_of_server(given: Given, writer: Writer, bucket: Subject | None, logged: Trouble | None) -> Iterator[Trouble]:
    """What tells of one, the surest first."""
    reads, words = given.text("mlflow.artifact_read_says"), given.text("mlflow.artifact_read_words")
    if reads in _REFUSED:
        yield Trouble(reads, words, "what its store says to it")
    if reads == "not-served" and given["mlflow.artifacts_proxied"] is True:
        yield Trouble("not-served", words, "its own answer")
    if logged is not None and logged.word:
        yield logged
    if reads in _WITHOUT_REASON:
        yield Trouble(reads, words, "its own answer")
    absent = given.texts("mlflow.local_roots_absent")
    if absent and writer.who is not None and writer.who.kind == "process":
        yield Trouble("local-path", f"{', '.join(absent)}: its machine has no such folder", "where its experiments keep theirs")
    yield from _not_stored(given)
    if given.text("mlflow.direct_read_says") == "no-bucket" and (bucket is None or given.facts.value(bucket, "bucket.exists") is not True):
        yield Trouble("no-bucket", given.text("mlflow.direct_read_words"), "what its store says to it")


def _not_stored(given: Given) -> Iterator[Trouble]:
    """A client told MLflow that it could not store the files of its newest model; why, only its own log says."""
    models, at = given.texts("mlflow.models_not_stored"), given["mlflow.models_not_stored_at"]
    if models and isinstance(at, float) and given.now - at <= _RECENTLY_S:
        yield Trouble("model-not-stored", ", ".join(models), "what the client told it")


def _logged(given: Given, who: Subject | None, *, any_use: bool) -> Trouble | None:
    """What the log of the container that writes says; None where nobody has read it. A process shows no log."""
    if who is None or who.kind != "container":
        return Trouble()
    word = given.of(who, "container.store_trouble" if any_use else "container.writing_trouble")
    return None if isinstance(word, Unseen) else _told_by_log(given, who, word)


def _told_by_log(given: Given, who: Subject, word: Value) -> Trouble:
    return Trouble(str(word or ""), text(given.facts, who, "container.store_line"), "its own log")


# of who uses it


def _client(kind: str, given: Given) -> Mapping[str, Value]:
    if given[f"{kind}.server_port"] is not None:
        return answer(kind, Trouble(), Known())  # what it writes as a server is told of the server
    facts, user = given.facts, given.subject
    writer = writer_of(facts, user)
    server = next(iter(facts.targets(user, f"{kind} writes_through mlflow")), None)
    bucket = next(iter(facts.targets(user, f"{kind} writes_to bucket")), None)
    known = known_of(given, writer, bucket)
    if server is not None:
        known = Known(since=known.since)  # its own settings have no part in it
    by = "itself" if writer.location else "the server" if location_of(facts, user).startswith(PROXIED) else ""
    where = f", through {server.key}" if server is not None else f", bucket {bucket.key}" if bucket is not None else ""
    known = msgspec.structs.replace(known, writer=by, what=f"{user.key}{where}")
    return answer(kind, _trouble_of_client(kind, given, writer, known), known)


def _trouble_of_client(kind: str, given: Given, writer: Writer, known: Known) -> Trouble | None:
    logged = _lately(kind, given)
    if logged is not None and logged.word:
        return logged
    found = next(_troubles_of_settings(kind, writer, known, given), None) if writer.location else None
    if found is not None:
        return found
    return Trouble() if logged is not None else None


def _lately(kind: str, given: Given) -> Trouble | None:
    """What the log of a container says that runs or ended within the hour; it is read for that only of one that names an MLflow."""
    facts, user = given.facts, given.subject
    died = number(facts, user, f"{kind}.died_at")
    if kind != "container" or (died is not None and text(facts, user, "container.state") != "running" and given.now - died > _LATELY_S):
        return Trouble()
    if given.text("container.tracking_uri"):
        return _logged(given, user, any_use=False)
    word = facts.value(user, "container.writing_trouble")
    return Trouble() if isinstance(word, Unseen) or not word else _told_by_log(given, user, word)


def _troubles_of_settings(kind: str, writer: Writer, known: Known, given: Given) -> Iterator[Trouble]:
    """What no upload can go well with: half a key, an endpoint that is none, nobody to sign as at a store that knows no roles."""
    files = given.texts("process.aws_files") if kind == "process" else ()
    if known.half_key and not files:
        yield Trouble("no-credentials", "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not", "its settings")
    if writer.endpoint and address(writer.endpoint) is None:
        yield Trouble("malformed", f"its endpoint is {writer.endpoint}", "its settings")
    if kind == "process" and known.lacks_credentials and writer.endpoint:
        yield Trouble("no-credentials", "neither its variables nor files of its home hold any", "its settings")
    ended = _session_ended(given) if kind == "process" else None
    if ended is not None:
        yield Trouble("expired", f"the session of its profile ended at {time_text(ended)}", "its settings")
    if known.endpoint_elsewhere and not files:
        yield Trouble("endpoint-unset", f"others mean this bucket at {known.endpoint_elsewhere}", "its settings")
    if known.speaks:
        yield Trouble("not-tls", f"its endpoint is {writer.endpoint}, and that port speaks {known.speaks}", "its settings")
    if known.as_us in WRONG_KEYS:
        yield Trouble(known.as_us, "the store says so to this run, which has the same key", "the store's answer to this run")


def _session_ended(given: Given) -> float | None:
    """When the session of a process's profile ended, where that has passed and no key or role of its variables comes before it."""
    ends = given.number("process.aws_session_ends")
    names = texts(given.facts, given.subject, "process.aws_names")
    return ends if ends is not None and ends < given.now and not {"AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN"} & set(names) else None


DERIVATIONS = (
    derivation(
        "mlflow",
        _server,
        wants=tuple(
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
        ),
    ),
    derivation(
        "container",
        partial(_client, "container"),
        needs=("container.tracking_uri",),
        wants=("container.server_port", "container.state", "container.died_at"),
    ),
    derivation(
        "process",
        partial(_client, "process"),
        needs=("process.tracking_uri",),
        wants=("process.server_port", "process.aws_files", "process.aws_session_ends"),
    ),
)
