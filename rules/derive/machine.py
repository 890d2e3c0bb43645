"""Which machine does a Kubernetes container run on, as far as somebody looked at that machine?

A look from a node calls the machine as Kubernetes calls the node, so what the machine says of itself (kernel log, pressure, full disks) counts for what runs on it.
"""

from __future__ import annotations

from collections.abc import Iterable

from probes._contract import Relation
from rules._derivation import Relator
from rules._facts import Facts


def _runs_on(facts: Facts) -> Iterable[Relation]:
    machines = {host.key: host for host in facts.subjects("host")}
    for container in facts.subjects("container"):
        for pod in facts.targets(container, "container in pod"):
            for node in facts.targets(pod, "pod on node"):
                if node.key in machines:
                    yield Relation("on", container, machines[node.key])


RELATORS = (Relator(relations=("container on host",), needs=(), function=_runs_on),)
