"""Is this a memory trouble that counts now, and of which sort? One word for containers and for processes.

`memory_trouble`: oom (the main process was killed for memory), child (another process in it was), evicted (by the kubelet, whose node was low on
memory, and nothing runs in its stead), killed (SIGKILL and no word of who sent it), log (its own log tells of memory), or "".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts

DEAD_COUNTS_S = 24 * 3600.0
ALIVE_COUNTS_S = 3600.0
LOW_ON_MEMORY = "low on resource: memory"
"""How the kubelet words an eviction for memory (pkg/kubelet/eviction)."""

IN_LOG = frozenset({"gpu-out-of-memory", "memory-error", "worker-killed", "shared-memory", "jvm-heap", "memory-guard"})


def _container(given: Given) -> Mapping[str, Value]:
    running = given["container.state"] in ("running", "paused")
    counts = ALIVE_COUNTS_S if running else DEAD_COUNTS_S
    killed, died = given.number("container.memory_killed_at"), given.number("container.died_at")
    death = given.text("container.death")
    recent_kill = killed is not None and given.now - killed <= counts
    recent_death = died is not None and given.now - died <= counts
    if running and _well_since(given, death):
        return _said("")
    if recent_kill:
        return _killed_for_memory(given, death)
    if recent_death and _evicted(given):
        return _said("evicted")
    if not recent_death or given["container.unwell"] is not True:
        return _said("")
    if death == "bus-error":
        return _said("log")
    return _killed(given) if death == "killed" else _by_log(given)


def _well_since(given: Given, death: str) -> bool:
    """Steady after a kill for memory; after one SIGKILL that the engine does not lay to memory, ready for longer than it had run before."""
    if death == "oom":
        return given["container.steady"] is True
    runs, lived = given.number("container.runs_for"), given.number("container.lived")
    once = given.number("container.restart_count") == 1 and given["container.oom_killed"] is False
    return death == "killed" and once and given["container.ready"] is True and runs is not None and lived is not None and runs > lived


def _evicted(given: Given) -> bool:
    """An eviction whose pod was replaced, and whose workload has what it wants, is how it should be."""
    ready, wanted = given.number("workload.pods_ready"), given.number("workload.pods_wanted")
    replaced = ready is not None and wanted is not None and ready >= wanted and given["workload.job_failed"] is None
    return given["pod.reason"] == "Evicted" and LOW_ON_MEMORY in given.text("pod.message") and not replaced


def _killed_for_memory(given: Given, death: str) -> Mapping[str, Value]:
    """Of a kill that the container's flag alone tells of, nobody knows whether it was the main process."""
    if given["container.child_killed"] is None and death == "":
        return {}
    return _said("oom" if death == "oom" else "child")


def _killed(given: Given) -> Mapping[str, Value]:
    """A kill counts only where the engine's events would show that it was a stop by command; else nobody can tell."""
    return _said("killed") if given["container.events_complete"] is True else {}


def _by_log(given: Given) -> Mapping[str, Value]:
    if not given.seen("container.log_says"):
        return {}
    return _said("log" if given.text("container.log_says") in IN_LOG else "")


def _said(sort: str) -> Mapping[str, Value]:
    return {"container.memory_trouble": sort}


def _process(given: Given) -> Mapping[str, Value]:
    killed = given.number("process.killed_at")
    recent = killed is not None and given.now - killed <= ALIVE_COUNTS_S
    trouble = recent and not seen_as_container(given)
    return {"process.memory_trouble": "oom" if trouble else "", "process.memory_killed_at": killed if trouble else None}


def seen_as_container(given: Given) -> bool:
    """Whether the kill is told by the container that the process ran in."""
    own = given.text("process.container_id")
    return bool(own) and any(given.facts.value(container, "container.id") == own for container in given.facts.subjects("container"))


def _groups(facts: Facts) -> Iterable[Relation]:
    """Processes that were killed in one control group: many kills of one container or job are one trouble."""
    for process in facts.subjects("process"):
        group = facts.value(process, "process.kill_cgroup")
        if isinstance(group, str) and group not in ("", "/"):
            yield Relation("in", process, Subject("cgroup", group))


def _onset(given: Given) -> Mapping[str, Value]:
    return {"process.first_failure_at": given.number("process.killed_at")}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(Spec(name="container.memory_trouble", type="text", doc="oom, child, evicted, killed, log or nothing"),),
        needs=(
            "container.state", "container.memory_killed_at", "container.died_at", "container.death", "container.steady", "container.unwell",
        ),
        wants=(
            "container.log_says", "container.events_complete", "container.child_killed", "pod.reason", "pod.message", "workload.pods_ready", "workload.pods_wanted",
            "workload.job_failed", "container.restart_count", "container.oom_killed", "container.ready", "container.runs_for", "container.lived",
        ),
        function=_container,
    ),
    Derivation(
        kind="process",
        gives=(
            Spec(name="process.memory_trouble", type="text", doc="oom or nothing"),
            Spec(name="process.memory_killed_at", type="time", doc="when the kernel killed it for memory, if no container tells of it"),
        ),
        needs=("process.killed_at",),
        wants=("process.container_id",),
        function=_process,
    ),
    Derivation(
        kind="process",
        gives=(Spec(name="process.first_failure_at", type="time", doc="when it was killed"),),
        needs=("process.killed_at",),
        function=_onset,
    ),
)  # fmt: skip
RELATORS = (Relator(relations=("process in cgroup",), needs=("process.kill_cgroup",), function=_groups),)
