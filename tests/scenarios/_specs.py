"""The made-up probes of the test book: what each looks at, what it gives, and what a look costs.

They look at nothing; scenarios say what they would have said. Names and kinds are those of a platform with Kubernetes and MLflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from probes._contract import Answer, Probe, Relation, Spec, Subject, Type, Value
from rules._derivation import Derivation, Given, Relator
from rules._facts import Facts
from rules._vocabulary import Vocabulary


def _never(_access: Any, _subjects: tuple[Subject, ...]) -> Iterable[Answer]:
    return ()


def _given(kind: str, types: Mapping[str, Type], *, event: bool = False) -> tuple[Spec, ...]:
    return tuple(Spec(name=f"{kind}.{name}", type=type_, doc=name.replace("_", " "), event=event) for name, type_ in types.items())


def _probe(  # noqa: PLR0913  # one made-up probe is one line of a table
    name: str,
    kind: str,
    gives: tuple[Spec, ...],
    relations: tuple[str, ...] = (),
    *,
    sweeps: bool = True,
    cost: Literal[1, 2, 4, 8] = 1,
) -> Probe:
    doc = f"What {name} says about each {kind}."
    return Probe(name=name, kind=kind, doc=doc, gives=gives, look=_never, stands_for=(), relations=relations, sweeps=sweeps, cost=cost)


CONTAINERS = _probe(
    "kubernetes.containers",
    "container",
    _given(
        "container",
        {
            "state": "text", "waiting_reason": "text", "restart_count": "int", "last_exit_code": "int", "last_finished_at": "time",
            "first_failure_at": "time", "last_attempt_at": "time", "start_error": "text", "oom_killed": "bool", "role": "text",
            "pull_error": "text", "memory_limit_bytes": "int", "has_memory_limit": "bool",
        },
    ),
    ("container in pod", "container in workload", "container uses image"),
)  # fmt: skip
PODS = _probe("kubernetes.pods", "pod", _given("pod", {"phase": "text", "waiting_reason": "text"}), ("pod in workload", "pod on node"))
WORKLOADS = _probe(
    "kubernetes.workloads",
    "workload",
    _given("workload", {"pods_ready": "int", "pods_wanted": "int", "tracking_uri_set": "bool"}),
    ("workload uses mlflow",),
)
SERVICES = _probe(
    "kubernetes.services",
    "service",
    _given("service", {"answers": "bool", "port": "int", "version": "text", "first_failure_at": "time"}),
    ("service of container", "service of workload"),
)
IMAGES = _probe("kubernetes.images", "image", _given("image", {"tag": "text"}), ("image in registry",))
MESH = _probe("mesh.calls", "container", _given("container", {"callees": "int"}), ("container needs container",))
EVENTS = _probe(
    "kubernetes.events",
    "container",
    _given("container", {"volume_event": "text", "pull_said": "text", "kill_code": "int"}, event=True),
    sweeps=False,
    cost=2,
)
LOGS = _probe("kubernetes.logs", "container", _given("container", {"log_tail": "text", "log_complete": "bool"}), sweeps=False, cost=4)
METRICS = _probe(
    "prometheus.containers",
    "container",
    _given("container", {"volume_used_ratio": "double", "memory_peak_ratio": "double", "memory_slope": "double"}),
    sweeps=False,
    cost=2,
)
LOAD = _probe("prometheus.workloads", "workload", _given("workload", {"memory_ratio": "double"}), sweeps=False, cost=2)
REGISTRY = _probe("registry.ping", "registry", _given("registry", {"answers": "bool"}), sweeps=False, cost=2)
CENSUS = _probe("kubernetes.census", "registry", _given("registry", {"members": "int"}))
NODE = _probe("kubernetes.nodes", "node", _given("node", {"network_ready": "bool"}))
MLFLOW = _probe(
    "mlflow.server",
    "mlflow",
    _given("mlflow", {"health": "text", "search_works": "bool", "first_failure_at": "time"}),
    ("mlflow uses service", "mlflow in workload", "model in mlflow"),
)
MLFLOW_LOGS = _probe("mlflow.logs", "mlflow", _given("mlflow", {"log_says": "text"}), sweeps=False, cost=4)
MODELS = _probe(
    "mlflow.models",
    "model",
    _given("model", {"load_failed": "bool", "alias_exists": "bool", "version_state": "text", "error": "text", "first_failure_at": "time"}),
)
ENDPOINTS = _probe(
    "serving.endpoints",
    "endpoint",
    _given("endpoint", {"status_code": "int", "ready_says": "text", "first_failure_at": "time"}),
    ("endpoint serves model", "endpoint of workload"),
)
PAIRS = _probe(
    "workload.reaches",
    "workload_mlflow",
    _given("workload_mlflow", {"reachable": "bool", "error": "text", "first_failure_at": "time"}),
    ("workload_mlflow of workload", "workload_mlflow at mlflow"),
    sweeps=False,
    cost=8,
)
TASKS = _probe("airflow.tasks", "task", (*_given("task", {"state": "text", "log_complete": "bool", "started_at": "time"}),), ("task upstream task",))
TASK_LOGS = _probe(
    "airflow.logs", "task", (Spec(name="task.log_says", type="text", doc="what its log says", covered_by="task.log_complete"),), sweeps=False, cost=4
)

PROBES = (
    CONTAINERS, PODS, WORKLOADS, SERVICES, IMAGES, MESH, EVENTS, LOGS, METRICS, LOAD, REGISTRY, CENSUS, NODE, MLFLOW, MLFLOW_LOGS, MODELS,
    ENDPOINTS, PAIRS, TASKS, TASK_LOGS,
)  # fmt: skip

GIVER: Mapping[str, Probe] = {name: probe for probe in PROBES for name in (*(spec.name for spec in probe.gives), *probe.relations)}
"""Which probe gives a signal or a relation."""

SIGNATURES = {
    "No space left on device": "disk-full",
    "could not translate host name": "dependency",
    "Connection refused": "dependency",
    "Traceback (most recent call last)": "exception",
}


def _log_says(given: Given) -> Mapping[str, Value]:
    tail = given.text("container.log_tail")
    says = next((meaning for text, meaning in SIGNATURES.items() if text in tail), "")
    host = tail.partition("host=")[2].split()[:1]
    return {"container.log_says": says, "container.log_host": host[0] if host else ""}


def _log_needs(facts: Facts) -> Iterable[Relation]:
    for container in facts.subjects("container"):
        host = facts.value(container, "container.log_host")
        if isinstance(host, str) and host and host != container.key:
            yield Relation("needs", container, Subject("container", host))


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.log_says", type="text", doc="the signature its log holds", covered_by="container.log_complete"),
            Spec(name="container.log_host", type="text", doc="the host its log complains of"),
        ),
        needs=("container.log_tail",),
        function=_log_says,
    ),
)
RELATORS = (Relator(relations=("container needs container",), needs=("container.log_host",), function=_log_needs),)


def vocabulary() -> Vocabulary:
    """Everything that the made-up probes, one derivation and one relator give."""
    return Vocabulary((spec for probe in PROBES for spec in probe.gives), DERIVATIONS, RELATORS)
