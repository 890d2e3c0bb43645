"""Is a key the trouble of all who have it, because one store takes it from none of several?

account of mlflow http://mlflow:5000 and container trainer, both SignatureDoesNotMatch at minio:9000  ->  account.upload_trouble=wrong-secret
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from probes._contract import Subject, Value
from rules._derivation import Given
from rules._facts import Facts
from rules.derive._place import asked_at, name_of
from rules.derive._store import at_once, first_failures
from rules.derive._upload_signals import FEW, WRONG_KEYS, Known, Trouble, answer, derivation
from rules.derive._values import text, texts
from rules.derive.mlflow import address
from rules.derive.writer import acting


def _account(given: Given) -> Mapping[str, Value]:
    """Of keys that one store does not take from several: then they are the trouble of none of them alone."""
    facts = given.facts
    refused = _refused(facts, given.subject)
    if len(refused) < FEW:
        return answer("account", Trouble(), Known())
    first = refused[0]
    buckets = {_bucket_of(facts, one) for one in refused}
    bucket = buckets.pop() if len(buckets) == 1 else None
    names = {name for one in refused if one.kind != "repo" for name in texts(facts, one, f"{one.kind}.upload_credentials")}
    times = first_failures(facts, refused)
    known = Known(
        bucket=bucket.key if bucket is not None else None,
        endpoint=_endpoint_of(facts, first) or None,
        credentials=tuple(sorted(names)) or None,
        users=tuple(str(one) for one in refused),
        name=name_of(bucket) if bucket is not None else None,
        what=f"{len(refused)} with the same key, among them {first.kind} {first.key}",
        since=min(times, default=None),
        together=at_once(times),
    )
    words = text(facts, first, "repo.remote_words" if first.kind == "repo" else f"{first.kind}.upload_words")
    return answer("account", Trouble(_said_of(facts, first), words, f"{len(refused)} who have it"), known)


def _refused(facts: Facts, account: Subject) -> list[Subject]:
    """Who is told that this key is wrong, by the store that tells most of them."""
    users = [one for kind in ("mlflow", "container", "process", "repo") for one in facts.sources(account, f"{kind} signs_as account")]
    stores = {one: _store_of(facts, one) for one in users if _said_of(facts, one) in WRONG_KEYS}
    store, _count = min(Counter(stores.values()).items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    return sorted(one for one, its in stores.items() if its == store)


def _said_of(facts: Facts, user: Subject) -> str:
    return text(facts, user, "repo.remote_says" if user.kind == "repo" else f"{user.kind}.upload_trouble")


def _bucket_of(facts: Facts, user: Subject) -> Subject | None:
    relation = {"repo": "uses", "mlflow": "keeps_in"}.get(user.kind, "writes_to")
    return next(iter(facts.targets(user, f"{user.kind} {relation} bucket")), None)


def _endpoint_of(facts: Facts, user: Subject) -> str:
    return text(facts, user, "repo.remote_endpoint" if user.kind == "repo" else f"{user.kind}.upload_endpoint")


def _store_of(facts: Facts, user: Subject) -> str:
    """HOST:PORT of its store as this host can ask it; "" for AWS's."""
    it = address(_endpoint_of(facts, user))
    if it is None:
        return ""
    who = acting(facts, user)
    host, port = asked_at(facts, who, it.host, it.port) if who is not None else (it.host, it.port)
    return f"{host}:{port}"


DERIVATIONS = (derivation("account", _account),)
