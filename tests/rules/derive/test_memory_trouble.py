"""Which memory trouble counts now, and of which sort."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Relation, Subject, Value
from tests.rules.derive.conftest import NOW, facts, told

TRAINER = "container trainer"
HOUR = 3600.0
DEAD: Mapping[str, Value] = {
    "state": "exited", "exit_code": 137, "oom_killed": False, "start_error": None, "started_at": NOW - 400, "finished_at": NOW - 60,
    "restart_count": 0, "runs_for": None, "attempt_lasted": 340.0,
}  # fmt: skip
EVENTS: Mapping[str, Value] = {
    "events_complete": True, "last_exit_code": 137, "last_death_at": NOW - 60, "last_oom_at": None, "stopped_by_command": False,
    "stop_grace_expired": False, "attempt_lengths": ("340.0",), "last_attempt_lasted": 340.0,
}  # fmt: skip
OOM: Mapping[str, Value] = {"oom_killed": True, "last_oom_at": NOW - 60.2}
RUNS: Mapping[str, Value] = {"state": "running", "exit_code": None, "started_at": NOW - 20, "runs_for": 20.0, "attempt_lasted": None}
STEADY: Mapping[str, Value] = {"runs_for": 1800.0, "started_at": NOW - 1800, "attempt_lengths": ("20.0",)}

ONCE: Mapping[str, Value] = {"ready": True, "restart_count": 1, "last_attempt_lasted": 6.0, "attempt_lengths": ("6.0",)}


def trouble(**container: Value) -> Value:
    return told(facts({TRAINER: container}), TRAINER, "memory_trouble")["memory_trouble"]


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("oom", OOM),
        ("oom", {**OOM, **RUNS}),
        ("", {**OOM, **RUNS, **STEADY}),
        ("", {**OOM, **RUNS, "started_at": NOW - 7200, "last_death_at": NOW - 7200, "finished_at": NOW - 7200, "last_oom_at": NOW - 7200}),
        ("oom", {**OOM, "last_death_at": NOW - 20 * HOUR, "finished_at": NOW - 20 * HOUR, "last_oom_at": NOW - 20 * HOUR}),
        ("", {**OOM, "last_death_at": NOW - 25 * HOUR, "finished_at": NOW - 25 * HOUR, "last_oom_at": NOW - 25 * HOUR}),
        ("child", {"exit_code": 1, "last_exit_code": 1, "oom_killed": True, "last_oom_at": NOW - 61}),
        (
            "child",
            {**RUNS, **STEADY, "last_exit_code": None, "last_death_at": None, "finished_at": None, "oom_killed": True, "last_oom_at": NOW - 10},
        ),
        ("child", {"stopped_by_command": True, "stop_grace_expired": True, "oom_killed": True, "last_oom_at": NOW - 900}),
        ("killed", {}),
        ("killed", RUNS),
        ("", {**RUNS, **ONCE}),
        ("killed", {**RUNS, **ONCE, "ready": False}),
        ("killed", {**RUNS, **ONCE, "restart_count": 2}),
        ("killed", {**RUNS, **ONCE, "runs_for": 3.0}),
        ("", {"stopped_by_command": True, "stop_grace_expired": True}),
        ("unseen", {"events_complete": False}),
        ("", {"exit_code": 0, "last_exit_code": 0, "log_tail": "done"}),
        ("log", {"exit_code": 1, "last_exit_code": 1, "log_tail": "MemoryError"}),
        ("", {"exit_code": 1, "last_exit_code": 1, "log_tail": "ValueError: bad shape (3, 4)"}),
        ("unseen", {"exit_code": 1, "last_exit_code": 1}),
        ("log", {"exit_code": 135, "last_exit_code": 135}),
        ("", {"exit_code": 1, "last_exit_code": 1, "log_tail": "MemoryError", "finished_at": NOW - 25 * HOUR, "last_death_at": NOW - 25 * HOUR}),
    ],
    ids=[
        "killed for memory",
        "killed for memory, runs again",
        "killed for memory, runs well again",
        "killed for memory two hours ago, runs",
        "down since 20 hours",
        "down since 25 hours",
        "a child, then code 1",
        "a child while it runs",
        "a child, then docker stop",
        "SIGKILL by nobody known",
        "SIGKILL by nobody known, runs again",
        "SIGKILL once, ready again for longer than before",
        "SIGKILL once, not ready",
        "SIGKILL twice",
        "SIGKILL once, just now",
        "docker stop that ran out of patience",
        "SIGKILL, and the events have holes",
        "exit 0",
        "its log tells of memory",
        "its log tells of something else",
        "nobody read its log",
        "SIGBUS",
        "its log told of memory yesterday",
    ],
)
def test_what_counts_as_memory_trouble(expected: str, changed: Mapping[str, Value]) -> None:
    assert expected == trouble(**{**DEAD, **EVENTS, **changed})


def test_without_events_a_sigkill_cannot_be_told_from_a_stop() -> None:
    assert "unseen" == trouble(**DEAD)


@pytest.mark.parametrize("says", ["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "java.lang.OutOfMemoryError: Java heap space",
                                  "RuntimeError: DataLoader worker (pid 77) is killed by signal: Killed.", "Bus error (core dumped)"])  # fmt: skip
def test_every_sort_of_memory_in_a_log_is_one_trouble(says: str) -> None:
    assert "log" == trouble(**{**DEAD, **EVENTS, "exit_code": 1, "last_exit_code": 1, "log_tail": says})


# processes


@pytest.mark.parametrize(
    ("expected", "killed_at", "container_id"),
    [
        ({"memory_trouble": "oom", "memory_killed_at": NOW - 60, "first_failure_at": NOW - 60}, NOW - 60, None),
        ({"memory_trouble": "", "memory_killed_at": None, "first_failure_at": NOW - 2 * HOUR}, NOW - 2 * HOUR, None),
        ({"memory_trouble": "", "memory_killed_at": None, "first_failure_at": None}, None, None),
        ({"memory_trouble": "", "memory_killed_at": None, "first_failure_at": NOW - 60}, NOW - 60, "9f86d081884c"),
        ({"memory_trouble": "oom", "memory_killed_at": NOW - 60, "first_failure_at": NOW - 60}, NOW - 60, "0123456789ab"),
    ],
    ids=["just now", "two hours ago", "never", "told by its container", "its container is gone"],
)
def test_a_process_is_told_of_once(expected: dict[str, Value], killed_at: float | None, container_id: str | None) -> None:
    found = facts({"process python3[6054]": {"killed_at": killed_at, "container_id": container_id}, TRAINER: {"id": "9f86d081884c"}})

    assert expected == told(found, "process python3[6054]", "memory_trouble", "memory_killed_at", "first_failure_at")


def test_kills_in_one_control_group_belong_together_but_not_those_in_the_root() -> None:
    found = facts({f"process p[{pid}]": {"kill_cgroup": group} for pid, group in enumerate(("/slurm/job_7", "/slurm/job_7", "/", "", None))})
    drawn = {Relation("in", one, group) for one in found.subjects("process") for group in found.targets(one, "process in cgroup")}

    assert {Relation("in", Subject("process", f"p[{pid}]"), Subject("cgroup", "/slurm/job_7")) for pid in (0, 1)} == drawn


# evicted

LOW = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 41288Ki. Container trainer was using 19Gi, request is 0."
OF_JOB = ["container trainer in pod ml/fit", "pod ml/fit in workload ml/Job/fit"]


@pytest.mark.parametrize(
    ("expected", "pod", "workload"),
    [
        ("evicted", {"reason": "Evicted", "message": LOW}, None),
        ("evicted", {"reason": "Evicted", "message": LOW}, {"pods_ready": 0, "pods_wanted": 1, "job_failed": None}),
        ("evicted", {"reason": "Evicted", "message": LOW}, {"pods_ready": 0, "pods_wanted": 0, "job_failed": "BackoffLimitExceeded"}),
        ("", {"reason": "Evicted", "message": LOW}, {"pods_ready": 1, "pods_wanted": 1, "job_failed": None}),
        ("", {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage. "}, None),
        ("", {"reason": "NodeLost", "message": None}, None),
    ],
    ids=["a pod of its own", "nothing runs in its stead", "its job has failed", "replaced", "for its disk", "for something else"],
)
def test_an_eviction_for_memory_counts_until_the_pod_is_replaced(expected: str, pod: Mapping[str, Value], workload: Mapping[str, Value] | None) -> None:
    table = {TRAINER: {**DEAD, **EVENTS, "stopped_by_command": True}, "pod ml/fit": pod} | ({"workload ml/Job/fit": workload} if workload else {})
    found = facts(table, OF_JOB if workload else OF_JOB[:1])

    assert {"memory_trouble": expected} == told(found, TRAINER, "memory_trouble")
