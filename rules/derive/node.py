"""Is it one node that holds a workload's pods up?"""

from __future__ import annotations

from collections.abc import Iterable

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts


def _stopped(facts: Facts) -> Iterable[Relation]:
    """A workload whose unready pods all stand on one node, where that node is not ready or gives them no sandbox."""
    for workload in facts.subjects("workload"):
        unready = [pod for pod in facts.targets(workload, "workload runs pod") if facts.value(pod, "pod.ready") is False]
        nodes = {node for pod in unready for node in facts.targets(pod, "pod on node")}
        if len(nodes) == 1 and all(facts.targets(pod, "pod on node") for pod in unready):
            (node,) = nodes
            if facts.value(node, "node.ready") is False or all(_no_sandbox(facts, pod) for pod in unready):
                yield Relation("stopped_by", workload, node)


def _no_sandbox(facts: Facts, pod: Subject) -> bool:
    says = facts.value(pod, "pod.sandbox_says")
    return isinstance(says, str) and bool(says)


RELATORS = (Relator(relations=("workload stopped_by node",), needs=("workload.sandbox_says",), function=_stopped),)
