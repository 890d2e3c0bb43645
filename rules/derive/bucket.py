"""Is a bucket, its store or the way there the trouble of all who write to it, and which container serves it?

bucket models@172.18.0.3:9000  upload_trouble=no-bucket  upload_users=["mlflow http://mlflow:5000", "container trainer"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts
from rules.derive._place import name_of, where
from rules.derive._store import at_once, elsewhere, first_failures, holds_for, seen_from_here, stopped, unreached
from rules.derive._upload_signals import FEW, NOT_REACHED, Known, Trouble, answer, derivation
from rules.derive._values import number, text, texts
from rules.derive.dependency import is_loopback
from rules.derive.mlflow import address, published
from rules.derive.writer import writer_of, written_to


def _bucket(given: Given) -> Mapping[str, Value]:
    facts, bucket = given.facts, given.subject
    users = _users(facts, bucket)
    writers = [writer_of(facts, one) for one in users]
    store, words = seen_from_here(given, bucket, counts=holds_for(facts, bucket, writers))
    astray = "@" not in bucket.key and bool(writers) and all(elsewhere(facts, one) for one in writers)
    blocked = unreached(facts, bucket)
    endpoint = text(facts, bucket, "bucket.endpoint")
    failing = [one for one in _clients_of(facts, users) if text(facts, one, f"{one.kind}.upload_trouble")]
    times = first_failures(facts, failing)
    known = Known(
        bucket=bucket.key,
        endpoint=endpoint or None,
        store=store,
        store_words=words or None,
        there="there" if facts.value(bucket, "bucket.exists") is True else "",
        skew=number(facts, bucket, "bucket.skew"),
        users=tuple(str(one) for one in users) or None,
        name=name_of(bucket),
        store_docker=stopped(facts, bucket),
        blocked=", ".join(blocked) if store == "reached" and blocked else None,
        what=f"bucket {name_of(bucket)} at {endpoint or 'AWS'}",
        since=min(times, default=None),
        together=at_once(times),
    )
    return answer("bucket", _trouble(facts, store, words, blocked, astray=astray), known)


def _users(facts: Facts, bucket: Subject) -> list[Subject]:
    relations = ("mlflow keeps_in bucket", "container writes_to bucket", "process writes_to bucket")
    return sorted({one for relation in relations for one in facts.sources(bucket, relation)})


def _clients_of(facts: Facts, users: Iterable[Subject]) -> list[Subject]:
    """Those who write by themselves, and those who write through the servers among them."""
    through = [(one, f"{kind} writes_through mlflow") for one in users if one.kind == "mlflow" for kind in ("container", "process")]
    return [*(one for one in users if one.kind != "mlflow"), *(client for server, along in through for client in facts.sources(server, along))]


def _trouble(facts: Facts, store: str, words: str, blocked: Sequence[str], *, astray: bool) -> Trouble | None:
    """Of one that its writers look for at the wrong place (`astray`), what is found there is no trouble of its own."""
    if not store:
        return Trouble() if astray else None
    bad = "" if astray or store == "reached" else store
    if not bad and len(blocked) >= FEW:
        return _as_logged(facts, blocked)
    return Trouble(bad, words, "the store as seen from here")


def _as_logged(facts: Facts, who: Sequence[str]) -> Trouble:
    """What several who write to one bucket say alike of the way to it."""
    one = Subject(*who[0].split(" ", 1))
    return Trouble(text(facts, one, "container.writing_trouble"), text(facts, one, "container.store_line"), f"the logs of {len(who)} who write to it")


# who serves it


def _served(facts: Facts) -> Iterable[Relation]:
    """The container of a bucket's store: by its address, by its published port, or by its name where it is down and has no address."""
    for bucket in sorted({*facts.subjects("bucket"), *written_to(facts)}):
        host, _, port = where(bucket).rpartition(":")
        yield from (Relation("served_by", bucket, one) for one in facts.subjects("container") if host and _answers_at(facts, one, host, port))


def _answers_at(facts: Facts, container: Subject, host: str, port: str) -> bool:
    names = {
        container.key,
        text(facts, container, "container.compose_service"),
        *texts(facts, container, "container.addresses"),
        *texts(facts, container, "container.aliases"),
    }
    outside = {out for out, _inside in published(facts, container)}
    return host in names or (is_loopback(host) and port.isdecimal() and int(port) in outside)


# whom else a DVC remote shares it with


def _repo(given: Given) -> Mapping[str, Value]:
    """Others that write to the bucket of its remote: what they all miss is not misspelt by one."""
    facts = given.facts
    bucket = next(iter(facts.targets(given.subject, "repo uses bucket")), None)
    return {"repo.remote_shared": texts(facts, bucket, "bucket.upload_users") or None if bucket is not None else None}


def _cut_off(facts: Facts) -> Iterable[Relation]:
    """Of a remote that is not reached: other buckets at the same host and port that are not reached either. What lies between is then the one cause."""
    for repo in facts.subjects("repo"):
        it = address(text(facts, repo, "repo.remote_endpoint"))
        if it is None or text(facts, repo, "repo.remote_says") not in NOT_REACHED:
            continue
        for bucket in facts.subjects("bucket"):
            if where(bucket) == f"{it.host}:{it.port}" and text(facts, bucket, "bucket.says") in NOT_REACHED:
                yield Relation("cut_off_like", repo, bucket)


DERIVATIONS = (
    derivation("bucket", _bucket),
    Derivation(
        kind="repo",
        gives=(Spec(name="repo.remote_shared", type="texts", doc="others that write to the bucket of its remote"),),
        function=_repo,
    ),
)
RELATORS = (
    Relator(relations=("bucket served_by container",), needs=(), function=_served),
    Relator(relations=("repo cut_off_like bucket",), needs=(), function=_cut_off),
)
