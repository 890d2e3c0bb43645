"""Names and fingerprints that last: the same tomorrow for the same trouble of the same thing.

What a run, a restart or a roll-out makes anew is taken out of a key:

    ml/api-6d8f7c9b5d-x2x9k/app    ml/api/app          the pod's and the template's hash
    ml/Job/nightly-29123520        ml/Job/nightly      the minute that a CronJob gives its Job
    python (pid 4711)              python: python serve.py    the process; its command tells it from another python
    web.1.7q92v0nr1hcgts2amcjyqg3pq  web.1             the task of a Docker Swarm service
"""

from __future__ import annotations

import hashlib
import re

from probes._contract import Subject
from rules._facts import Facts
from rules._judge import Case

LENGTH = 16
"""Hexadecimal digits of a fingerprint."""
_HASH = "[bcdfghjklmnpqrstvwxz2456789]"
"""What Kubernetes makes random names of: no vowels, nothing that looks like another sign."""
_MADE_ANEW = (
    re.compile(r"[‹<]redacted-([a-z-]+)-[0-9a-f]{6}[›>]"),
    re.compile(r"@sha256:[0-9a-f]+"),
    re.compile(r"[-_.]?\b[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}\b"),
    re.compile(r"(?:[-_.]run)?[-_.]?(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{12,64}(?![0-9a-z])_?"),
    re.compile(r" \(pid \d+\)"),
    re.compile(r"(?<=/tmp)[a-z0-9_]{8}(?![a-z0-9_])"),
    re.compile(r"(?<=\.\d)\.[0-9a-z]{25}$|(?<=\.\d\d)\.[0-9a-z]{25}$"),
    re.compile(r":(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|6[0-5]\d{3})(?!\d)"),
)
_OF_A_POD = re.compile(rf"(?:-{_HASH}{{6,10}})?-{_HASH}{{5}}$")
_OF_A_CRONJOB = re.compile(r"-\d{8,10}(?=-|$)")
_TAG = re.compile(r":[\w.-]+$")
_MOST_COMMAND = 120
_IN_A_NAMESPACE = ("pod", "container", "workload", "object")


def lasting(subject: Subject) -> str:
    """The subject by a name that lasts.

    >>> lasting(Subject("pod", "ml/api-6d8f7c9b5d-x2x9k")), lasting(Subject("process", "python (pid 4711)"))
    ('pod ml/api', 'process python')
    """
    key = subject.key.removeprefix("svc:").removeprefix("container:")
    for pattern in _MADE_ANEW if subject.kind != "cgroup" else ():  # a control group's path may have no other name in it
        key = pattern.sub(lambda match: f"redacted {match[1]}" if match.re.groups else "", key)
    if subject.kind == "image":
        key = _TAG.sub("", key)
    if subject.kind in _IN_A_NAMESPACE and "/" in key:
        key = "/".join(_without_hash(part, subject.kind, place) for place, part in enumerate(key.split("/")))
    return f"{subject.kind} {key.strip('-_./ ') or subject.key}"


def _without_hash(part: str, kind: str, place: int) -> str:
    """A pod's name stands second in its key and in its containers'; a workload's stands last. Namespaces are kept as they are."""
    if kind in ("pod", "container") and place == 1:
        part = _OF_A_POD.sub("", part)
    return _OF_A_CRONJOB.sub("", part) if place else part


def thing(case: Case, facts: Facts) -> str:
    """What has the trouble: what the members share, what they belong to, or the one that there is."""
    it = case.head or case.owner
    command = facts.value(it, "process.command") if it.kind == "process" else None
    return lasting(Subject(it.kind, f"{it.key}: {command[:_MOST_COMMAND]}") if isinstance(command, str) and command else it)


def fingerprint(case: Case, facts: Facts) -> str:
    """Of the row, the kind that it was judged on and the thing alone: a cause that is named better tomorrow, or another exit code, is the same trouble."""
    told = f"{case.row.id}|{case.compiled.kind}|{thing(case, facts)}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:LENGTH]
