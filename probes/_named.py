"""What did a person name, such as pod/trainer-0 or deploy/api, and which subjects does that mean?

Keys hold more than people type: `ml/Deployment/api` is deploy/api, `http://mlflow:5000#churn` is model/churn, `models@minio:9000` is bucket/models, `db on node-b` of a merged run is container/db.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from probes._contract import Subject

_OF_NAMESPACE = ("pod", "workload", "claim", "quota", "service", "object")
_ALIAS = re.compile(r"^(?:svc|container):")
_PORT = re.compile(r":\d+$")
_MACHINE = re.compile(r" on [\w.-]+$")
"""What merging the runs of several machines puts behind a name that means something on one of them."""


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing that somebody named: its kind, what was typed for its key, and, where given, its namespace and what kind of workload it is."""

    kind: str
    """One kind, or several (`node|host`) where a label says no more."""
    key: str
    namespace: str = ""
    made_as: str = ""
    """Deployment, Job, …; CronJob means the Jobs that it made."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.kind.split("|"))

    def __str__(self) -> str:
        return f"{self.made_as.lower() or ' or '.join(self.kinds)} {self.key}" + (f" in namespace {self.namespace}" if self.namespace else "")

    def means(self, subject: Subject) -> bool:
        """Whether this subject can be the thing."""
        if subject.kind not in self.kinds:
            return False
        key = _ALIAS.sub("", subject.key)
        first, _, rest = key.partition("/")
        if self.namespace and self._of_namespace(key) and first != self.namespace:
            return False
        if self.made_as:
            made_as, _, name = rest.partition("/")
            return self._made(made_as, name, first)
        names = (self.key, _PORT.sub("", self.key)) if len(self.kinds) > 1 else (self.key,)
        return self.key in (subject.key, key) or any(self._ends(one, name) for one in (key, _MACHINE.sub("", key)) for name in names)

    def _of_namespace(self, key: str) -> bool:
        return (self.kind in _OF_NAMESPACE and "/" in key and "://" not in key) or (self.kind == "container" and key.count("/") == 2)

    def _made(self, made_as: str, name: str, namespace: str) -> bool:
        if made_as == self.made_as:
            return self.key in (name, f"{namespace}/{name}")
        by_cron = re.fullmatch(r"(.+)-\d+", name) if (self.made_as, made_as) == ("CronJob", "Job") else None
        return by_cron is not None and self.key in (by_cron[1], f"{namespace}/{by_cron[1]}")

    def _ends(self, key: str, name: str) -> bool:
        """The end of a path, a model's name behind its server, a bucket before its endpoint, a host of an address, a process by name or number."""
        wanted = name.rstrip("/").removeprefix("s3://")
        if not wanted:
            return False
        if key.endswith((f"/{wanted}", f"#{wanted}")) or wanted in (key.rstrip("/"), key.partition("@")[0]):
            return True
        if self.kind == "process":
            return key.startswith(f"{wanted} (pid ") or f"(pid {wanted})" in key
        return "://" in key and "#" not in key and _host(key) == wanted


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
