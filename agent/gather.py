"""Fetches what other machines saw: bundles in files, or in the logs of a Job that ran `diagnose --save -` once on each node.

    --merge bundles/       --merge node-a.bundle       --merge job:NAMESPACE/NAME

Logs need no storage and no right to write: `get` on that Job, `get` and `list` on pods, `get` on their logs, in that one namespace.
What a node's pod did not give is named as not seen of that node.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.bundle import Bundle, BundleError
from agent.merge import APART_S, from_text, load_all, machine, merged, of_one
from probes._access import Access
from probes._contract import Subject, Unavailable, Why
from probes._runner import load_probes
from probes.kubernetes._cluster import Cluster, ClusterError, cluster
from probes.kubernetes._shapes import Struct

MOST_BYTES = 16 * 2**20
"""Of one pod's log: a node's bundle takes some ten thousand bytes."""

EVERY_S = 1.0
MOST_TOLD = 2
"""Of the pods that came to no node."""

REMEDY = "See why with: kubectl describe job {name} -n {namespace}. A larger nodeView.nodes, or tolerations, let it reach every node."
_JOB = re.compile(r"^job:(?P<namespace>[a-z0-9-]{1,63})/(?P<name>[a-z0-9.-]{1,253})$")


class _JobSpec(Struct, frozen=True):
    completions: int = 1


class _Condition(Struct, frozen=True):
    type: str = ""
    status: str = ""


class _JobStatus(Struct, frozen=True):
    succeeded: int = 0
    failed: int = 0
    conditions: tuple[_Condition, ...] = ()


class _Job(Struct, frozen=True):
    spec: _JobSpec = _JobSpec()
    status: _JobStatus = _JobStatus()

    @property
    def over(self) -> bool:
        ended = any(one.type in ("Complete", "Failed") and one.status == "True" for one in self.status.conditions)
        return ended or self.status.succeeded + self.status.failed >= self.spec.completions


class _Named(Struct, frozen=True):
    name: str


class _PodSpec(Struct, frozen=True):
    node_name: str = ""


class _Waiting(Struct, frozen=True):
    reason: str = ""


class _State(Struct, frozen=True):
    waiting: _Waiting | None = None


class _Container(Struct, frozen=True):
    state: _State = _State()


class _PodStatus(Struct, frozen=True):
    phase: str = ""
    container_statuses: tuple[_Container, ...] = ()

    @property
    def waits_for(self) -> str:
        """`Pending (CreateContainerError)`, `Running`."""
        reasons = [one.state.waiting.reason for one in self.container_statuses if one.state.waiting is not None]
        return (self.phase or "of no phase") + (f" ({', '.join(reasons)})" if reasons else "")


class _Pod(Struct, frozen=True):
    metadata: _Named
    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()


class _Pods(Struct, frozen=True):
    items: list[_Pod]


class Gathered(NamedTuple):
    """The bundles that came, and what did not."""

    bundles: list[Bundle]
    gaps: list[Unavailable]


def with_others(bundle: Bundle, places: Sequence[str], access: Access) -> Bundle:
    """A run together with what others saw, as if one had seen it; what cannot be added is a gap, so that the run is never lost for it."""
    found = [_gathered(place, access) for place in places]
    of_now, gaps = _of_now(bundle, [one for part in found for one in part.bundles])
    whole = merged(bundle, of_now)
    gaps += [gap for part in found for gap in part.gaps]
    return msgspec.structs.replace(whole, observed=msgspec.structs.replace(whole.observed, unavailable=[*whole.observed.unavailable, *gaps]))


def problem(place: str) -> str:
    """What is wrong with a place, before anything is looked at; an empty text if nothing is."""
    if place.startswith("job:"):
        return "" if _JOB.match(place) else f"{place}: this is no Job. Write job:NAMESPACE/NAME."
    return "" if os.path.exists(place) else f"{place[:200]}: there is no such bundle or folder of bundles."  # noqa: PTH110  # this does not raise, however long the name


def _of_now(bundle: Bundle, others: Sequence[Bundle]) -> Gathered:
    """Those that show the same time as the run; of the others it is said that they do not."""
    now = bundle.observed.now
    near = [one for one in others if abs(one.observed.now - now) <= APART_S]
    far = [one for one in others if abs(one.observed.now - now) > APART_S]
    remedy = "Look again on those machines at the time of this run."
    gaps = [
        _gap(machine(one), "not reached", f"A bundle was made {abs(one.observed.now - now) / 60:.0f} min apart from this run.", remedy) for one in far
    ]
    return Gathered(near, gaps)


def _gathered(place: str, access: Access) -> Gathered:
    match = _JOB.match(place)
    if match is None:
        return _from_files(Path(place))
    try:
        return _from_job(cluster(access), match["namespace"], match["name"], access)
    except ClusterError as error:
        return Gathered([], [_gap(None, error.why, f"{place}: {error.detail}", error.remedy)])


def _from_files(place: Path) -> Gathered:
    try:
        found = load_all(place)
        for one in found:
            of_one(one)
    except BundleError as error:
        return Gathered([], [_gap(None, "garbled", str(error), "Make it again on its machine with: diagnose --save FILE")])
    return Gathered(found, [])


def _from_job(server: Cluster, namespace: str, name: str, access: Access) -> Gathered:
    job = server.decode(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", _Job)
    while not job.over and time.monotonic() + 2 * EVERY_S < access.deadline:
        time.sleep(EVERY_S)
        job = server.decode(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", _Job)
    pods = server.decode(f"/api/v1/namespaces/{namespace}/pods", _Pods, {"labelSelector": f"job-name={name}"}).items
    remedy = REMEDY.format(name=name, namespace=namespace)
    bundles, gaps, nowhere = [], [], []
    for pod in sorted(pods, key=lambda one: one.metadata.name):
        found = _from_pod(server, namespace, pod)
        if isinstance(found, Bundle):
            bundles.append(found)
        elif pod.spec.node_name:
            gaps.append(_gap(Subject("host", pod.spec.node_name), "not reached", found, remedy))
        else:
            nowhere.append(found)
    machines = len({machine(one) for one in bundles})
    if machines < job.spec.completions:
        detail = f"Of {job.spec.completions} nodes that Job {namespace}/{name} was to look at, {machines} gave what they saw."
        gaps.append(_gap(None, "not reached", " ".join((detail, *nowhere[:MOST_TOLD])), remedy))
    return Gathered(bundles, gaps)


def _from_pod(server: Cluster, namespace: str, pod: _Pod) -> Bundle | str:
    """Its bundle, or a sentence on why there is none."""
    none = f"Pod {namespace}/{pod.metadata.name} gave no bundle:"
    if pod.status.phase not in ("Succeeded", "Failed"):
        return f"{none} it has not ended, it is {pod.status.waits_for}" + ("." if pod.spec.node_name else " and on no node.")
    try:
        log = server.text(f"/api/v1/namespaces/{namespace}/pods/{pod.metadata.name}/log", MOST_BYTES)
        return from_text(Path(f"log of {namespace}/{pod.metadata.name}"), bytes(log.data).decode("utf-8", "replace"))
    except (ClusterError, BundleError) as error:
        return f"{none} {error.detail if isinstance(error, ClusterError) else error}"


def _gap(host: Subject | None, why: Why, detail: str, remedy: str) -> Unavailable:
    """What one machine did not give, or that some did not: then what rests on a machine is open for whatever runs on one that nobody saw."""
    own = (
        ()
        if host is not None
        else tuple(spec.name for probe in load_probes() if probe.name.startswith("host.") for spec in probe.gives if spec.kind == "host")
    )
    return Unavailable(
        kind="host", why=why, detail=detail, remedy=remedy, subject=host, names=("container on host", *own), probe="host.nodes", asked=True
    )
