"""Why does the scheduler find no node, by its own words? A node is counted for the first filter that it fails.

0/5 nodes are available: 1 Insufficient nvidia.com/gpu, 4 node(s) had untolerated taint(s). -> resources, short of nvidia.com/gpu
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Subject, Value
from rules._derivation import Derivation, Given
from rules._facts import Facts

_HEAD = re.compile(r"^(\d+)/(\d+) nodes are available: (.*?)\.?(?: preemption: .*| no new claims to deallocate.*)?$", re.DOTALL)
_PART = re.compile(r"(\d+) ((?:\([^)]*\)|\{[^}]*\}|[^,{(])+)")
_KINDS: tuple[tuple[str, str], ...] = (
    (r"^Insufficient (?P<of>(?:nvidia\.com/|gpu\.)\S+|\S+/\S*gpu\S*)", "gpu"),
    (r"^Insufficient (?P<of>\S+)", "resources"),
    (r"^Too many pods", "pods"),
    (
        r"untolerated taint\(?s?\)?:? ?\{?node\.kubernetes\.io/(?P<of>unreachable|not-ready|disk-pressure|memory-pressure|pid-pressure|network-unavailable|unschedulable)",
        "node",
    ),
    (r"were unschedulable|were not ready|had condition", "node"),
    (r"untolerated taint\(?s?\)?(?: ?\{(?P<of>[^}]*)\})?", "taint"),
    (r"didn't match Pod's node affinity/selector|didn't match node selector", "selector"),
    (r"didn't satisfy plugin\(s\)|didn't match pod affinity|didn't match pod anti-affinity|existing pods anti-affinity", "affinity"),
    (r"didn't match pod topology spread|topology spread", "spread"),
    (r"didn't have free ports", "ports"),
    (
        r"volume node affinity conflict|PersistentVolume's node affinity|ReadWriteOncePod access mode already in-use|exceed max volume count|didn't find available persistent volumes to bind|no available persistent volumes",
        "volume",
    ),
)
_CLAIM = re.compile(
    r'persistentvolumeclaim "(?P<of>[^"]+)" (?:not found|is being deleted)|unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]+" bound to non-existent|storageclass\S* "?(?P<class>[^"\s]+)"? not found'
)


def parsed(text: str) -> tuple[int, dict[str, int], dict[str, list[str]]]:
    """Number of nodes, how many of them fail for which kind of reason, and what the reasons name."""
    found = _HEAD.match(text.strip())
    nodes, body = (int(found[2]), found[3]) if found else (0, text)
    counts: dict[str, int] = {}
    named: dict[str, list[str]] = {}
    claim = _CLAIM.search(body)
    if claim is not None:
        counts["claim"] = max(nodes, 1)
        named["claim"] = [claim["of"] or claim["class"] or ""]
    for number, reason in _PART.findall(body):
        kind, of = _kind(reason.strip())
        if kind:
            counts[kind] = counts.get(kind, 0) + int(number)
            named.setdefault(kind, []).append(of)
    return nodes, counts, named


def _kind(reason: str) -> tuple[str, str]:
    for pattern, kind in _KINDS:
        found = re.search(pattern, reason)
        if found is not None:
            return kind, found.groupdict().get("of") or ""
    return "", ""


_TROUBLE = re.compile(
    r"node\.kubernetes\.io/(?P<of>unreachable|not-ready|disk-pressure|memory-pressure|pid-pressure|network-unavailable|unschedulable)\b"
)
"""Taints of Kubernetes itself, for a node that is in trouble or was cordoned."""


def is_shut(facts: Facts, node: Subject) -> bool:
    """Whether Kubernetes itself keeps new pods from a node, for its trouble or because it was cordoned."""
    return bool(_troubles(facts, node))


def _troubles(facts: Facts, node: Subject) -> list[str]:
    return [match["of"] for taint in _taints(facts, node) if (match := _TROUBLE.match(taint))]


def _taints(facts: Facts, node: Subject) -> tuple[str, ...]:
    taints = facts.value(node, "node.taints")
    return taints if isinstance(taints, tuple) else ()


def meant(facts: Facts, workload: Subject) -> frozenset[Subject] | None:
    """Of the nodes with taints those that its pods' node selector allows; None without a selector, or where labels were not seen."""
    pods = facts.targets(workload, "workload runs pod")
    wanted = {term for pod in pods for value in [facts.value(pod, "pod.node_selector")] if isinstance(value, tuple) for term in value}
    tainted = [node for node in facts.subjects("node") if _taints(facts, node)]
    labels = {node: value for node in tainted if isinstance(value := facts.value(node, "node.labels"), tuple)}
    return frozenset(node for node in tainted if wanted <= set(labels[node])) if wanted and len(labels) == len(tainted) else None


def _behind_taints(given: Given, kind: str, counts: Mapping[str, int], named: dict[str, list[str]]) -> tuple[str, dict[str, list[str]]]:
    """A node is counted for its taints before its labels are looked at: so of some nodes without the labels and others with taints, these may be the meant."""
    if kind not in ("selector", "taint", "node") or "selector" not in counts or not counts.keys() & {"taint", "node"}:
        return kind, named
    there = meant(given.facts, given.subject)
    if there is None:
        labelled = any(isinstance(given.facts.value(node, "node.labels"), tuple) for node in given.facts.subjects("node"))
        return "selector-or-taint" if labelled else kind, named
    if not there:
        return "selector", named
    if all(is_shut(given.facts, node) for node in there):
        return "node", named | {"node": sorted({of for node in there for of in _troubles(given.facts, node)})}
    return "taint", named | {
        "taint": [of for of in named.get("taint", ()) if of] or sorted({of for node in there for of in _taints(given.facts, node)})
    }


ROOM = ("gpu", "resources", "pods")
_SHUT = ("taint", "selector", "affinity", "node")


def blocker(nodes: int, counts: Mapping[str, int]) -> str:
    """What stands in the way on the nodes that the pod could be meant for: those that its taints and selectors leave."""
    if "claim" in counts:
        return "claim"
    open_to_it = nodes - sum(counts.get(kind, 0) for kind in _SHUT)
    rest = {kind: number for kind, number in counts.items() if kind not in _SHUT}
    if rest and open_to_it > 0:
        return max(sorted(rest), key=lambda kind: rest[kind])
    return max(sorted(counts), key=lambda kind: counts[kind]) if counts else ""


def _unnamed_taint(facts: Facts, count: int, named: dict[str, list[str]]) -> tuple[str, dict[str, list[str]]]:
    """Since 1.36 the scheduler names no taint: those that Kubernetes itself gives to a node in trouble are told by the nodes, if they may be read."""
    taints = [facts.value(node, "node.taints") for node in facts.subjects("node")]
    if not any(isinstance(of, tuple) for of in taints):
        return "some-taint", named
    found = [[match["of"] for taint in of if (match := _TROUBLE.match(taint))] for of in taints if isinstance(of, tuple)]
    troubled = [of for of in found if of]
    return ("node", named | {"node": sorted({of for each in troubled for of in each})}) if len(troubled) >= count else ("taint", named)


def _workload(given: Given) -> Mapping[str, Value]:
    text = given.text("workload.scheduler_says")
    nodes, counts, named = parsed(text) if text else (0, {}, {})
    kind, named = _behind_taints(given, blocker(nodes, counts), counts, named)
    if kind == "taint" and not any(named["taint"]):
        kind, named = _unnamed_taint(given.facts, counts["taint"], named)
    if not text and given.number("workload.pods_unplaced"):
        kind = "nobody"
    if text and not kind:
        kind = "no-nodes" if text.startswith("no nodes available") or (nodes == 0 and text.startswith("0/0")) else "other"
    return {
        "workload.blocked_by": kind,
        "workload.blocked_for": tuple(dict.fromkeys(of for of in named.get(kind, ()) if of)),
        "workload.blocked_also": tuple(sorted(f"{other} on {number}" for other, number in counts.items() if other != kind)),
        "workload.nodes_judged": nodes,
    }


DERIVATIONS = (
    Derivation(
        kind="workload",
        gives=(
            Spec(
                name="workload.blocked_by",
                type="text",
                doc="why no node fits: gpu, resources, pods, taint, some-taint (which one cannot be told), selector, selector-or-taint (which of the two cannot be told), affinity, spread, ports, volume, claim, node, no-nodes, other, nobody (no scheduler has looked); empty if nothing",
            ),
            Spec(
                name="workload.blocked_for",
                type="texts",
                doc="what that names: the resources that are short, the taint, the node's trouble, the claim",
            ),
            Spec(name="workload.blocked_also", type="texts", doc="what stands in the way on the other nodes"),
            Spec(name="workload.nodes_judged", type="int", doc="how many nodes the scheduler looked at"),
        ),
        needs=("workload.scheduler_says", "workload.pods_unplaced"),
        function=_workload,
    ),
)
