"""What of a bucket and its store, as this run and others see them, holds for one who writes there?

The store's answer to this run is the writer's only where it tells it to anybody, or where both sign with one key; a name or port is, where both look from one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from probes._contract import Subject
from rules._derivation import Given, Unseen
from rules._facts import Facts
from rules.derive._place import bucket_name, looks_alike, name_of
from rules.derive._upload_signals import FEW, NOT_REACHED, Known
from rules.derive._values import number, text, texts
from rules.derive.mlflow import is_up
from rules.derive.writer import Writer, writers

_BY_ANYBODY = frozenset({"unknown-host", "refused", "timed-out", "not-a-store", "not-tls", "overloaded", "other-region", "clock"})
_BY_SETTINGS = frozenset({"tls", "proxy"})
"""What this run's own settings have a part in: its authorities, its proxy."""

_TOGETHER_S = 300.0
"""botocore tries five times and waits a minute for each: as far apart may those fall who lose one thing at once."""


def known_of(given: Given, writer: Writer, bucket: Subject | None) -> Known:
    """What holds for a writer of its bucket, its store and its settings."""
    facts, who = given.facts, writer.who
    names = texts(facts, who, f"{who.kind}.aws_names") if who is not None else ()
    files = texts(facts, who, "process.aws_files") if who is not None and who.kind == "process" else ()
    seen = who is not None and not isinstance(facts.value(who, f"{who.kind}.aws_names"), Unseen)
    counts = bucket is not None and holds_for(facts, bucket, [writer])
    store, words = seen_from_here(given, bucket, counts=counts) if bucket is not None else ("", "")
    return Known(
        bucket=bucket.key if bucket is not None else None,
        endpoint=writer.endpoint or None,
        store=store,
        store_words=words or None,
        there="there" if store == "reached" and bucket is not None and facts.value(bucket, "bucket.exists") is True else "",
        as_us=_as_us(facts, who, bucket),
        credentials=names or None,
        lacks_credentials=(not names and not files) if seen else None,
        half_key=seen and _is_half(names),
        speaks=_speaks(facts, bucket, writer.endpoint),
        endpoint_elsewhere=elsewhere(facts, writer) if seen and not writer.endpoint else "",
        skew=number(facts, bucket, "bucket.skew") if bucket is not None and counts else None,
        name=name_of(bucket) if bucket is not None else None,
        store_docker=stopped(facts, bucket) if bucket is not None else None,
        blocked=str(who) if who is not None and store == "reached" else None,
        peers=(unreached(facts, bucket, but=who) or None) if bucket is not None else None,
        since=number(facts, who, "container.first_failure_at") if who is not None and who.kind == "container" else None,
    )


# as this run sees it


def holds_for(facts: Facts, bucket: Subject, users: Iterable[Writer]) -> bool:
    """Whether what this run meets at the bucket's address is what one of them meets there."""
    return facts.value(bucket, "bucket.named_here") is True or any(one.who is not None and looks_alike(facts, one.who, one.endpoint) for one in users)


def seen_from_here(given: Given, bucket: Subject, *, counts: bool) -> tuple[str, str]:
    """The store in one word, and its words; "" where that does not count (`holds_for`). A store tells anybody that there is no such bucket.

    It is wanted in any case: that it counts may only be told by the look at it.
    """
    facts = given.facts
    says, exists = given.of(bucket, "bucket.says"), given.of(bucket, "bucket.exists")
    if isinstance(says, Unseen) or not counts:
        return "", ""
    words = text(facts, bucket, "bucket.words")
    if exists is False:
        return "no-bucket", words or "404 to HEAD"
    here = facts.value(bucket, "bucket.named_here") is True
    if says in _BY_ANYBODY or (here and says in _BY_SETTINGS):
        return str(says), words
    return ("reached" if facts.value(bucket, "bucket.reached") is True else ""), ""


def _as_us(facts: Facts, who: Subject | None, bucket: Subject | None) -> str:
    """What the store says to this run's key, where that is the writer's key, too."""
    if who is None or bucket is None:
        return ""
    same = facts.value(who, f"{who.kind}.signs_as_we_do") is True and facts.value(bucket, "bucket.signed") is True
    return (text(facts, bucket, "bucket.says") or "ok") if same else ""


def _speaks(facts: Facts, bucket: Subject | None, endpoint: str) -> str:
    """The protocol of the store's port, where the writer's endpoint names the other one."""
    speaks = text(facts, bucket, "bucket.speaks") if bucket is not None else ""
    return speaks if speaks and endpoint and urlsplit(endpoint).scheme != speaks else ""


def stopped(facts: Facts, bucket: Subject) -> str | None:
    """The one container of Docker that should serve a bucket, where it is not up."""
    serving = facts.targets(bucket, "bucket served_by container")
    one = serving[0] if len(serving) == 1 else None
    if one is None or text(facts, one, "container.engine") != "docker":
        return None
    return one.key if text(facts, one, "container.state") and not is_up(facts, one) else None


# as its writers see it


def _is_half(names: Iterable[str]) -> bool:
    """botocore refuses half a key of the environment at once (PartialCredentialsError); a secret alone it passes over."""
    return "AWS_ACCESS_KEY_ID" in names and "AWS_SECRET_ACCESS_KEY" not in names and not any(name.startswith("Secret ") for name in names)


def elsewhere(facts: Facts, writer: Writer) -> str:
    """An endpoint by which others mean a bucket of this name, where this writer names none."""
    name = bucket_name(writer.location)
    if not name:
        return ""
    named_so = {one.endpoint for one in writers(facts) if one.who != writer.who and urlsplit(one.location).netloc == name}
    named_so |= {
        text(facts, one, "bucket.endpoint")
        for one in facts.subjects("bucket")
        if one.key.startswith(f"{name}@") and facts.value(one, "bucket.named_here") is True
    }
    return min(named_so - {""}, default="")


def unreached(facts: Facts, bucket: Subject, *, but: Subject | None = None) -> tuple[str, ...]:
    """Containers whose own log says that they did not reach the bucket that they write to."""
    users = facts.sources(bucket, "container writes_to bucket")
    return tuple(sorted(str(one) for one in users if one != but and facts.value(one, "container.writing_trouble") in NOT_REACHED))


def first_failures(facts: Facts, users: Iterable[Subject]) -> list[float]:
    """When each of them failed first, as far as that is known."""
    found = (number(facts, one, "container.first_failure_at") for one in users if one.kind == "container")
    return sorted(at for at in found if at is not None)


def at_once(times: Sequence[float]) -> bool:
    return len(times) >= FEW and times[-1] - times[0] <= _TOGETHER_S
