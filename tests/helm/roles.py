"""The chart's roles, from the permissions that probes declare. `python -m tests.helm.roles` writes them again.

What everything rests on is always granted; each further right is a value of its own, which says what it buys. A probe that needs a new right is refused
here until somebody says so.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from probes._contract import Probe
from probes._runner import load_probes
from probes.kubernetes._lists import KINDS

CHART = Path(__file__).parents[2] / "helm"
RULES, VALUES, SCHEMA = CHART / "templates" / "_rules.tpl", CHART / "values.yaml", CHART / "values.schema.json"
_BLOCK = re.compile(r"(# <grants>\n).*?(# </grants>\n)", re.DOTALL)


class Right(NamedTuple):
    """One verb on one resource; an empty group is the core's. A path is no resource."""

    verb: str
    resource: str
    group: str = ""

    @property
    def cluster_wide(self) -> bool:
        """Whether it lies in no namespace, so that no Role can grant it."""
        return self.resource.startswith("/") or (self.resource in KINDS and not KINDS[self.resource].namespaced)


class Grant(NamedTuple):
    """Rights that a value opens, and what they buy."""

    rights: frozenset[Right]
    buys: str


ALWAYS = frozenset(
    {
        Right("get", "/version"),
        Right("get", "pods"),
        Right("list", "pods"),
        *(Right("list", name, "apps") for name in ("daemonsets", "deployments", "replicasets", "statefulsets")),
        Right("list", "jobs", "batch"),
    }
)
HOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
GRANTS: Mapping[str, Grant] = {
    "logs": Grant(
        frozenset({Right("get", "pods/log")}),
        "The last lines of at most 20 suspects: why a program ends. Without it a crash loop is seen, and its cause seldom. Secrets in them are blotted out before anything is kept.",
    ),
    "events": Grant(frozenset({Right("list", "events")}), "What the cluster itself says of a pod that is not placed, pulled, mounted or kept."),
    "configMaps": Grant(
        frozenset({Right("get", "configmaps")}),
        "Whether a ConfigMap that a suspect names is there, and the addresses (MLflow, S3) that it gives it. Of others nothing is asked.",
    ),
    "services": Grant(
        frozenset({Right("list", "services"), Right("list", "endpointslices", "discovery.k8s.io")}),
        "Whether anybody answers behind a Service that others wait for.",
    ),
    "quotas": Grant(frozenset({Right("list", "resourcequotas")}), "Which quota keeps pods from being made."),
    "volumes": Grant(
        frozenset({Right("list", "persistentvolumeclaims"), Right("list", "storageclasses", "storage.k8s.io")}), "Which claim is not bound, and why."
    ),
    "metrics": Grant(frozenset({Right("get", "pods", "metrics.k8s.io")}), "The memory that suspects use now, where the cluster has a metrics API."),
    "nodes": Grant(frozenset({Right("list", "nodes")}), "Whether a node is unfit, full, cordoned or of another architecture."),
    "webhooks": Grant(
        frozenset(Right("list", name, "admissionregistration.k8s.io") for name in HOOKS), "Which admission webhook keeps pods from being made."
    ),
}


def rights(probe: Probe) -> frozenset[Right]:
    """What a probe of Kubernetes declares: `list deployments.apps, jobs.batch`."""
    found = ((verb, name) for verb, _, names in (one.partition(" ") for one in probe.permissions) for name in names.split(", "))
    return frozenset(Right(verb, name) if name.startswith("/") else Right(verb, *_split(name)) for verb, name in found)


def _split(name: str) -> tuple[str, str]:
    resource, _, group = name.partition(".")
    return resource, group


def declared(probes: Iterable[Probe]) -> Mapping[Right, tuple[str, ...]]:
    """Every right with the probes that need it. Raises ValueError for one that no grant opens."""
    found: dict[Right, list[str]] = {}
    for probe in probes:
        if probe.name.startswith("kubernetes."):
            for right in rights(probe):
                found.setdefault(right, []).append(probe.name)
    known = ALWAYS.union(*(grant.rights for grant in GRANTS.values()))
    if strange := sorted(set(found) - known):
        raise ValueError(f"{found[strange[0]]} need {strange[0]}: say in tests/helm/roles.py which grant opens it.")
    return {right: tuple(sorted(names)) for right, names in found.items()}


def template(probes: Sequence[Probe]) -> str:
    """`_rules.tpl`: what lies in namespaces, what belongs to the cluster, and what is withheld."""
    needed = declared(probes)
    parts = [
        "{{- /* Made by `python -m tests.helm.roles` from what the probes declare: do not edit. */}}",
        *(_defined(f"diagnose.rules.{name}", needed, cluster_wide=wide) for name, wide in (("namespaced", False), ("cluster", True))),
        _withheld(),
    ]
    return "\n".join(parts)


def _defined(name: str, needed: Mapping[Right, tuple[str, ...]], *, cluster_wide: bool) -> str:
    lines = [f'{{{{- define "{name}" -}}}}', *_rules(right for right in ALWAYS & set(needed) if right.cluster_wide == cluster_wide)]
    for value, grant in GRANTS.items():
        if rules := _rules(right for right in grant.rights & set(needed) if right.cluster_wide == cluster_wide):
            lines += [f"{{{{- if .Values.grants.{value} }}}}", *rules, "{{- end }}"]
    return "\n".join([*lines, "{{- end }}", ""])


def _rules(found: Iterable[Right]) -> list[str]:
    """One rule for each group and set of verbs, in order."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for right in found:
        verbs.setdefault((right.group, right.resource), set()).add(right.verb)
    by_verbs: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), of in verbs.items():
        by_verbs.setdefault((group, tuple(sorted(of))), []).append(resource)
    return [line for (group, of), resources in sorted(by_verbs.items()) for line in _rule(group, sorted(resources), of)]


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> list[str]:
    paths = [name for name in resources if name.startswith("/")]
    names = [name for name in resources if not name.startswith("/")]
    whole = [f"- nonResourceURLs: [{', '.join(paths)}]", f"  verbs: [{', '.join(verbs)}]"] if paths else []
    return whole + ([f'- apiGroups: ["{group}"]', f"  resources: [{', '.join(names)}]", f"  verbs: [{', '.join(verbs)}]"] if names else [])


def _withheld() -> str:
    """A line for each grant that is off; with namespaces named, those that no Role can give are off whatever the value says."""
    lines = ['{{- define "diagnose.withheld" -}}']
    for value, grant in GRANTS.items():
        wide = all(right.cluster_wide for right in grant.rights)
        off = f"or .Values.namespaces (not .Values.grants.{value})" if wide else f"not .Values.grants.{value}"
        lines += [f"{{{{- if {off} }}}}", f"{value}: {grant.buys}", "{{- end }}"]
    return "\n".join([*lines, "{{- end }}", ""])


def values(text: str) -> str:
    """values.yaml with the grants of today."""
    lines = ["grants:"]
    for value, grant in GRANTS.items():
        lines += [f"  # {line}" for line in textwrap.wrap(f"{grant.buys} ({_spoken(grant)})", 140)]
        lines.append(f"  {value}: true")
    block = "\n".join(lines) + "\n"
    return _BLOCK.sub(lambda found: f"{found[1]}{block}{found[2]}", text)


def _spoken(grant: Grant) -> str:
    return ", ".join(f"{right.verb} {right.resource}{'.' + right.group if right.group else ''}" for right in sorted(grant.rights))


def schema(text: str) -> str:
    """values.schema.json with the grants of today."""
    data = json.loads(text)
    properties = {value: {"type": "boolean", "description": grant.buys} for value, grant in GRANTS.items()}
    data["properties"]["grants"] = {"type": "object", "additionalProperties": False, "properties": properties}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    RULES.write_text(template(load_probes()), encoding="utf-8")
    VALUES.write_text(values(VALUES.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema(SCHEMA.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
