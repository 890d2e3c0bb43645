"""Which bucket does one mean by a location and an endpoint, and is that to this run what it is to them?

container trainer with s3://models/churn and http://minio:9000, of whose store this host has the address  ->  models@172.18.0.3:9000
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from probes._contract import Subject
from rules._facts import Facts
from rules.derive._values import text, texts
from rules.derive.dependency import is_loopback, named
from rules.derive.mlflow import address, on_host_network, published, qualified

_S3 = ("s3", "s3a", "s3n")


def is_s3(location: str) -> bool:
    return urlsplit(location).scheme in _S3


def bucket_name(location: str) -> str:
    """The bucket of s3://NAME/…; "" for what is none."""
    return urlsplit(location).netloc if is_s3(location) else ""


def name_of(bucket: Subject) -> str:
    return bucket.key.partition("@")[0]


def where(bucket: Subject) -> str:
    """HOST:PORT of its store, as this host can ask it; "" for AWS."""
    return bucket.key.partition("@")[2]


def bucket_at(facts: Facts, user: Subject, location: str, endpoint: str) -> Subject | None:
    """The bucket that one means by s3://NAME and an endpoint, which is AWS without one; None where from here that leads to nobody."""
    name = bucket_name(location)
    if not name or not endpoint:
        return Subject("bucket", name) if name else None
    it = address(endpoint)
    host, port = asked_at(facts, user, it.host, it.port) if it is not None else ("", 0)
    if not host:
        return None
    known = [one for one in facts.subjects("bucket") if one.key.startswith(f"{name}@") and one.key.endswith(f":{port}")]
    same = next((one for one in known if is_loopback(host) and is_loopback(_host(one))), None)
    return same or Subject("bucket", f"{name}@{host}:{port}")


def _host(bucket: Subject) -> str:
    return where(bucket).rpartition(":")[0]


def asked_at(facts: Facts, user: Subject, host: str, port: int) -> tuple[str, int]:
    """As this host can ask it: a container's name is its address, or our loopback where a setting names its published port; its own loopback is nobody's."""
    if user.kind != "container" or on_host_network(facts, user):
        return host, port
    if is_loopback(host):
        return "", port
    if text(facts, user, "container.engine") == "kubernetes":
        return qualified(facts, host, user.key.partition("/")[0]), port
    serving = named(facts, host, user)
    if serving is None:
        return host, port
    own = texts(facts, serving, "container.addresses")
    return _at_home(facts, serving, port) or (own[0] if own else host, port)


def _at_home(facts: Facts, serving: Subject, port: int) -> tuple[str, int] | None:
    """Our loopback and the port at which this container's port is published, where a bucket is known by them."""
    ports = {outside for outside, inside in published(facts, serving) if inside == port}
    for bucket in facts.subjects("bucket") if ports else ():
        host, _, outside = where(bucket).rpartition(":")
        if is_loopback(host) and int(outside) in ports:
            return host, int(outside)
    return None


def looks_alike(facts: Facts, user: Subject, endpoint: str) -> bool:
    """Whether a name and a port are to this user what they are to this run: a program of this host, or a container of it that means an address or a container."""
    if user.kind == "process" or (user.kind == "container" and on_host_network(facts, user)):
        return True
    it = address(endpoint)
    if user.kind != "container" or it is None or text(facts, user, "container.engine") != "docker":
        return False
    return named(facts, it.host, user) is not None or bool(re.fullmatch(r"[\d.]+", it.host))
