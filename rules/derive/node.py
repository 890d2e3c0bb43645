"""Is it one node that holds a workload's pods up?"""

from __future__ import annotations

from collections.abc import Iterable

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts

TROUBLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/network-unavailable")


def _stopped(facts: Facts) -> Iterable[Relation]:
    """A workload whose unready pods all stand on one node, or found none because of it, where that node is unfit or gives them no sandbox."""
    unfit = [node for node in facts.subjects("node") if is_unfit(facts, node)]
    for workload in facts.subjects("workload"):
        unready = [pod for pod in facts.targets(workload, "workload runs pod") if facts.value(pod, "pod.ready") is False]
        nodes = {node for pod in unready for node in facts.targets(pod, "pod on node")}
        if any(not facts.targets(pod, "pod on node") for pod in unready):
            nodes |= set(unfit) if facts.value(workload, "workload.blocked_by") == "node" else {workload}
        if len(nodes) == 1:
            (node,) = nodes
            if node in unfit or (node.kind == "node" and all(_no_sandbox(facts, pod) for pod in unready)):
                yield Relation("stopped_by", workload, node)


def is_unfit(facts: Facts, node: Subject) -> bool:
    """Not ready, or tainted by Kubernetes itself for that."""
    taints = facts.value(node, "node.taints")
    return facts.value(node, "node.ready") is False or (isinstance(taints, tuple) and any(taint.startswith(TROUBLE) for taint in taints))


def _no_sandbox(facts: Facts, pod: Subject) -> bool:
    says = facts.value(pod, "pod.sandbox_says")
    return isinstance(says, str) and bool(says)


RELATORS = (Relator(relations=("workload stopped_by node",), needs=("workload.sandbox_says", "workload.blocked_by"), function=_stopped),)
