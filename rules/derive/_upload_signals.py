"""How is it told, alike of every kind of subject, what is wrong with writing artifacts and what is known of the way to them?

answer("bucket", Trouble("denied", "… when calling the PutObject operation: Access Denied", "its own log"))  ->  bucket.upload_action=s3:PutObject …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from probes._contract import Spec, Type, Value
from rules._derivation import Derivation, Given

NOT_REACHED = frozenset({"unreachable", "timed-out", "refused", "unknown-host"})
WRONG_KEYS = frozenset({"unknown-key", "wrong-secret", "expired"})

FEW = 2
"""Of one, its own settings tell more."""

_OPERATION = re.compile(r"when calling the (\w+) operation")
_ACTIONS = {
    "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject", "ListObjectsV2": "s3:ListBucket",
    "ListObjects": "s3:ListBucket", "HeadBucket": "s3:ListBucket", "HeadObject": "s3:GetObject",
}  # fmt: skip
_WRITES = ("s3:PutObject", "s3:AbortMultipartUpload", "kms:GenerateDataKey", "kms:Decrypt")
_SAID_ACTION = re.compile(r"not authorized to perform: ((?:s3|kms):\w+)")


class Trouble(NamedTuple):
    """What went wrong, in one word; what said so; and by what that is known."""

    word: str = ""
    words: str = ""
    by: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known beside the trouble; as it stands, nothing is."""

    writer: str = ""
    bucket: str | None = None
    endpoint: str | None = None
    store: str = ""
    store_words: str | None = None
    there: str = ""
    as_us: str = ""
    credentials: tuple[str, ...] | None = None
    lacks_credentials: bool | None = None
    half_key: bool = False
    speaks: str = ""
    endpoint_elsewhere: str = ""
    skew: float | None = None
    users: tuple[str, ...] | None = None
    name: str | None = None
    store_docker: str | None = None
    blocked: str | None = None
    peers: tuple[str, ...] | None = None
    what: str | None = None
    since: float | None = None
    together: bool = False


def answer(kind: str, trouble: Trouble | None, known: Known) -> dict[str, Value]:
    """Under the names of this kind; without a trouble that is known, that stays unseen."""
    found = msgspec.structs.asdict(known)
    if trouble is None or trouble.word not in NOT_REACHED:
        found["blocked"] = None
    if trouble is not None:
        action = _action(trouble.words)
        found |= {
            "trouble": trouble.word,
            "words": trouble.words or None,
            "by": trouble.by,
            "action": action,
            "unexplained": trouble.word in ("server-error", "silent"),
            "writes_refused": trouble.word.startswith("denied") and action in _WRITES,
        }
    return {f"{kind}.upload_{name}": value for name, value in found.items()}


def _action(words: str) -> str:
    """The IAM action that was refused, as the store or botocore names it."""
    said = _SAID_ACTION.search(words)
    operation = _OPERATION.search(words)
    if said:
        return said[1]
    if operation:
        return _ACTIONS.get(operation[1], f"s3:{operation[1]}")
    return "s3:ListBucket" if words.startswith("Failed to list artifacts") else ""


_SIGNALS: Mapping[str, tuple[Type, str]] = {
    "trouble": (
        "text",
        "what is wrong with writing artifacts, in one word, as its own log, its store's answer to it or its settings tell it; empty for nothing",
    ),
    "words": ("text", "what tells so"),
    "by": ("text", "by what that is known"),
    "action": ("text", "the IAM action that was refused, where it is named"),
    "unexplained": ("bool", "its server fails with its store and gives no reason"),
    "writes_refused": ("bool", "that action is one of writing"),
    "writer": ("text", "who writes the artifacts: the server, itself or each client; empty where that cannot be told"),
    "bucket": ("text", "the bucket that is written to"),
    "endpoint": ("text", "the endpoint that the writer's settings name; none for AWS"),
    "store": (
        "text",
        "the store as seen from here, where that holds for the writer: reached, no-bucket, refused, unknown-host …; empty where it does not",
    ),
    "store_words": ("text", "what the store, or what came before it, said to this run"),
    "there": ("text", "there, where the store has the bucket"),
    "as_us": (
        "text",
        "what the store says to this run's key, where that is the writer's key: ok, denied, unknown-key …; empty where it is not",
    ),
    "credentials": ("texts", "names of the writer's variables that lead to credentials"),
    "lacks_credentials": ("bool", "the writer's variables, and a process's files, lead to no credentials; a role of its machine is not seen"),
    "half_key": ("bool", "the writer has the one half of a key"),
    "speaks": ("text", "what the store's port speaks, where the writer's endpoint says the other one of http and https; else empty"),
    "endpoint_elsewhere": ("text", "an endpoint by which others mean this bucket, where the writer names none; else empty"),
    "skew": ("span", "the store's clock less this machine's, where that is the writer's"),
    "users": ("texts", "who writes to this bucket, or is refused with this key"),
    "name": ("text", "the name of the bucket"),
    "store_docker": ("text", "the container of Docker that should be its store, where it is not up; none where one is, or none is known"),
    "blocked": ("text", "who does not reach the store by its own log, while it answers from here; none where that is not so"),
    "peers": ("texts", "others that write to the same bucket and did not reach it, by their own logs"),
    "what": ("text", "who writes, and where to"),
    "since": ("time", "when the first of those who write there failed"),
    "together": ("bool", "several who write there failed first within five minutes"),
}


def derivation(kind: str, function: Callable[[Given], Mapping[str, Value]], needs: tuple[str, ...] = (), wants: tuple[str, ...] = ()) -> Derivation:
    """The derivation whose function gives an `answer` for subjects of this kind."""
    gives = tuple(Spec(name=f"{kind}.upload_{name}", type=type_, doc=doc) for name, (type_, doc) in _SIGNALS.items())
    return Derivation(kind=kind, gives=gives, needs=needs, wants=wants, function=function)
