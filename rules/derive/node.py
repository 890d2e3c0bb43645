"""Is it one node that holds a workload's pods up?"""

from __future__ import annotations

from collections.abc import Iterable

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts
from rules.derive.scheduling import is_shut, meant

TROUBLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/network-unavailable")


def _stopped(facts: Facts) -> Iterable[Relation]:
    """A workload whose unready pods all stand on one node that is unfit or gives them no sandbox, or found none because of one that takes no pods."""
    nodes = facts.subjects("node")
    unfit = {node for node in nodes if is_unfit(facts, node)}
    closed = unfit | {node for node in nodes if is_shut(facts, node)}
    for workload in facts.subjects("workload"):
        unready = [pod for pod in facts.targets(workload, "workload runs pod") if facts.value(pod, "pod.ready") is False]
        placed = {node for pod in unready for node in facts.targets(pod, "pod on node")}
        stops = unfit if placed else closed
        if any(not facts.targets(pod, "pod on node") for pod in unready):
            allowed = meant(facts, workload)
            there = closed if allowed is None else closed & allowed
            placed |= there if facts.value(workload, "workload.blocked_by") == "node" else {workload}
        if len(placed) == 1:
            (node,) = placed
            if node in stops or (node.kind == "node" and all(_no_sandbox(facts, pod) for pod in unready)):
                yield Relation("stopped_by", workload, node)


def is_unfit(facts: Facts, node: Subject) -> bool:
    """Not ready, or tainted by Kubernetes itself for that."""
    taints = facts.value(node, "node.taints")
    return facts.value(node, "node.ready") is False or (isinstance(taints, tuple) and any(taint.startswith(TROUBLE) for taint in taints))


def _no_sandbox(facts: Facts, pod: Subject) -> bool:
    says = facts.value(pod, "pod.sandbox_says")
    return isinstance(says, str) and bool(says)


RELATORS = (Relator(relations=("workload stopped_by node",), needs=("workload.sandbox_says", "workload.blocked_by"), function=_stopped),)
