"""Which ConfigMap or Secret do containers and workloads wait for, by what the kubelet says of them?

configmap "common" not found   ->   container ml/api-0/main lacks object ml/configmap/common
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from probes._contract import Relation, Subject
from rules._derivation import Relator
from rules._facts import Facts

_NAMED = re.compile(r'\b(configmap|secret) "([^"]+)" not found')
_WORDS = {"container": ("container.start_error",), "workload": ("workload.start_says", "workload.mount_says")}


def _lacks(facts: Facts) -> Iterable[Relation]:
    for kind, names in _WORDS.items():
        for subject in facts.subjects(kind):
            texts = (facts.value(subject, name) for name in names)
            found = next((match for text in texts if isinstance(text, str) and (match := _NAMED.search(text))), None)
            if found is not None:
                yield Relation("lacks", subject, Subject("object", f"{subject.key.partition('/')[0]}/{found[1]}/{found[2]}"))


RELATORS = (
    Relator(
        relations=("container lacks object", "workload lacks object"),
        needs=("container.start_error", "workload.start_says", "workload.mount_says"),
        function=_lacks,
    ),
)
