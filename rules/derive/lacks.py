"""Which ConfigMap, Secret or volume claim do containers and workloads wait for, by what the kubelet and the scheduler say of them?

configmap "common" not found                        ->   container ml/api-0/main lacks object ml/configmap/common
couldn't find key TOKEN in Secret ml/tokens         ->   workload ml/Deployment/api lacks object ml/secret/tokens
pod has unbound immediate PersistentVolumeClaims    ->   workload ml/Deployment/api lacks object ml/persistentvolumeclaim/models
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts

_NAMED = re.compile(
    r"""\b(?P<kind>configmap|secret) "(?P<name>[^"]+)" not found|couldn't find key \S+ in (?P<of>ConfigMap|Secret) (?:[^/\s]+/)?(?P<holder>\S+)"""
)
_WORDS = {"container": ("container.start_error",), "workload": ("workload.start_says", "workload.mount_says")}


def _lacks(facts: Facts) -> Iterable[Relation]:
    for kind, names in _WORDS.items():
        for subject in facts.subjects(kind):
            thing = _told(facts, subject, names) or _claim(facts, subject)
            if thing:
                yield Relation("lacks", subject, Subject("object", f"{subject.key.partition('/')[0]}/{thing}"))


def _told(facts: Facts, subject: Subject, names: Iterable[str]) -> str:
    texts = (facts.value(subject, name) for name in names)
    found = next((match for text in texts if isinstance(text, str) and (match := _NAMED.search(text))), None)
    return "" if found is None else f"{(found['kind'] or found['of']).lower()}/{found['name'] or found['holder']}"


def _claim(facts: Facts, subject: Subject) -> str:
    """The one claim that keeps a workload's pods from a node: it is not there or not bound, and the scheduler blames claims."""
    if facts.value(subject, "workload.blocked_by") != "claim":
        return ""
    listed = (facts.value(subject, name) for name in ("workload.claims_missing", "workload.claims_pending"))
    claims = sorted({name for value in listed if isinstance(value, tuple) for name in value})
    return f"persistentvolumeclaim/{claims[0]}" if len(claims) == 1 else ""


RELATORS = (
    Relator(
        relations=("container lacks object", "workload lacks object"),
        needs=(
            "container.start_error", "workload.start_says", "workload.mount_says", "workload.blocked_by", "workload.claims_missing",
            "workload.claims_pending",
        ),
        function=_lacks,
    ),
)  # fmt: skip
