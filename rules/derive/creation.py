"""Why can a workload's pods not even be made, and which quota or webhook is it that stops them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts
from rules._signatures import ours

RECENT_S = 30 * 60.0
_BY = {"quota-exceeded": "quota", "quota-needs-requests": "quota", "webhook-down": "webhook", "webhook-rejects": "webhook"}


def _create(given: Given) -> Mapping[str, Value]:
    text = " ".join((given.text("workload.replica_failure") or given.text("workload.create_says")).split())
    failed, made = given.number("workload.create_failed_at"), given.number("workload.made_at")
    standing = bool(given.text("workload.replica_failure")) or (
        failed is not None and given.now - failed < RECENT_S and (made is None or made < failed)
    )
    matches = ours().scan(text, "creation") if standing else ()
    first = matches[0] if matches else None
    return {
        "workload.create_refused": bool(text) and standing,
        "workload.create_kind": first.signature.says if first else "",
        "workload.create_by": first.captures.get("name", "") if first else "",
        "workload.create_words": ((first.captures.get("error", "") if first else "") or text)[:300] if standing else "",
    }


def _stopped(facts: Facts) -> Iterable[Relation]:
    for workload in facts.subjects("workload"):
        kind, name = facts.value(workload, "workload.create_kind"), facts.value(workload, "workload.create_by")
        by = _BY.get(kind) if isinstance(kind, str) else None
        if by and isinstance(name, str) and name:
            key = f"{workload.key.partition('/')[0]}/{name}" if by == "quota" else name
            yield Relation("stopped_by", workload, Subject(by, key))


DERIVATIONS = (
    Derivation(
        kind="workload",
        gives=(
            Spec(name="workload.create_refused", type="bool", doc="its pods cannot be made, now"),
            Spec(
                name="workload.create_kind",
                type="text",
                doc="what the refusal means: quota-exceeded, limit-range, webhook-down, pod-security, missing-service-account …",
            ),
            Spec(name="workload.create_by", type="text", doc="the quota, webhook, policy or account that the refusal names"),
            Spec(name="workload.create_words", type="text", doc="the refusal's own words"),
        ),
        needs=("workload.replica_failure",),
        wants=("workload.create_says", "workload.create_failed_at", "workload.made_at"),
        function=_create,
    ),
)
RELATORS = (
    Relator(
        relations=("workload stopped_by quota", "workload stopped_by webhook"),
        needs=("workload.create_kind", "workload.create_by"),
        function=_stopped,
    ),
)
