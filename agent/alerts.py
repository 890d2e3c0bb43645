"""What fired? An Alertmanager's webhook body, its answer of /api/v2/alerts or …/groups, amtool's JSON, or Prometheus's /api/v1/alerts.

    {"alerts": [{"status": "firing", "labels": {"alertname": "KubePodCrashLooping", "namespace": "ml", "pod": "trainer-0"}, "startsAt": "…"}]}

The file may come from anybody: it is bounded, and nothing in it is run, followed or printed as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.matrix import UsageError
from agent.report._clean import clean
from agent.since import moment
from probes._named import Named

MOST_BYTES = 4_000_000
MOST = 100
"""Alerts that are read; of more, the first that fire."""
MOST_LABEL = 300
"""Characters of a label that are read; no name of Kubernetes is longer than 253."""
BEFORE_S = 15 * 60.0
"""An alert fires when its trouble has lasted for a while."""

_OVER = ("resolved", "inactive", "pending")
_BYTE = re.compile(r"\(byte (\d+)\)")
_NAMESPACES = ("exported_namespace", "namespace", "kubernetes_namespace")
_WORKLOADS = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "cronjob": "CronJob",
    "job_name": "Job",
}
_OF_NAMESPACE = {"persistentvolumeclaim": "claim", "resourcequota": "quota"}
_NODES = ("node", "kubernetes_node", "nodename")
_ANY_MACHINE = "node|host|mlflow|service"


class Alert(msgspec.Struct, frozen=True):
    """One alert: its labels, whether it fires, and since when, in seconds since 1970 UTC, if it says so."""

    labels: Mapping[str, str]
    fires: bool
    starts_at: float | None

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


def read_alerts(place: str) -> tuple[Alert, ...]:
    """The alerts of a file, or of standard input (`-`). Raises UsageError naming the file, and the position of what is wrong."""
    data = _bytes(place)
    where = "standard input" if place == "-" else place
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"--alert {where}{_position(data, error)}: this is not JSON: {clean(str(error))[:120].rstrip('.')}.") from None
    found = list(_alerts(document))
    if not found:
        raise UsageError(f"--alert {where}: there is no alert in it. Give an Alertmanager's webhook body, or its answer of /api/v2/alerts.")
    return tuple(sorted(found, key=lambda alert: not alert.fires)[:MOST])


def _bytes(place: str) -> bytes:
    try:
        if place == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(place).open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--alert {place}: the file cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise UsageError(f"--alert {place}: the file is larger than {MOST_BYTES // 1_000_000} MB. Give the alerts that matter, by a filter.")
    return data


def _position(data: bytes, error: Exception) -> str:
    """`:3:17`, line and column, where the parser says which byte; the end where the text breaks off."""
    found = _BYTE.search(str(error))
    at = int(found[1]) if found else _not_utf8(data)
    before = data[:at].split(b"\n")
    return f":{len(before)}:{len(before[-1]) + 1}"


def _not_utf8(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(data)


def _alerts(document: Any, depth: int = 0) -> Iterator[Alert]:
    """Alerts, however deep the answer wraps them: lists, groups, `alerts`, `data`."""
    if depth > 4:  # data, alerts, groups, alerts
        return
    if isinstance(document, list):
        for one in document:
            yield from _alerts(one, depth + 1)
    elif isinstance(document, dict):
        inner = [document[name] for name in ("alerts", "data") if isinstance(document.get(name), list | dict)]
        for one in inner:
            yield from _alerts(one, depth + 1)
        if not inner and isinstance(document.get("labels"), dict):
            yield _alert(document)


def _alert(data: Mapping[str, Any]) -> Alert:
    labels = {name: value[:MOST_LABEL] for name, value in data["labels"].items() if isinstance(value, str)}
    status = data.get("status", data.get("state"))
    word = status.get("state") if isinstance(status, dict) else status
    times = (moment(text) for text in (data.get("startsAt"), data.get("activeAt")) if isinstance(text, str))
    return Alert(labels, word not in _OVER, next((at for at in times if at is not None), None))


def things(alert: Alert) -> tuple[Named, ...]:
    """What the labels of an alert name, the nearest things alone: a pod rather than the node that it is on.

    `exported_…` is what the scraped program said itself; the plain label is then the scraper's. `job` is a scrape job, and no Job.
    """
    labels = alert.labels
    namespace = next((labels[name] for name in _NAMESPACES if labels.get(name)), "")
    pod = _label(labels, "pod") or labels.get("pod_name", "")
    if pod:
        return (Named("pod", pod, namespace),)
    made = [(kind, _label(labels, label)) for label, kind in _WORKLOADS.items()]
    found = [Named("workload", name, namespace, kind) for kind, name in made if name]
    found += [Named(kind, name, namespace) for label, kind in _OF_NAMESPACE.items() if (name := _label(labels, label))]
    container = _label(labels, "container") or (labels.get("name", "") if labels.get("image") else "")
    if container and not found:
        found.append(Named("container", container, namespace))
    return tuple(found) or _machine(labels)


def _label(labels: Mapping[str, str], name: str) -> str:
    return labels.get(f"exported_{name}") or labels.get(name) or ""


def _machine(labels: Mapping[str, str]) -> tuple[Named, ...]:
    node = next((_label(labels, name) for name in _NODES if _label(labels, name)), "")
    if node:
        return (Named("node|host", node),)
    instance = _label(labels, "instance")
    return (Named(_ANY_MACHINE, instance),) if instance else ()


def earliest(alerts: Iterable[Alert]) -> float:
    """From when on to be told of what happened: a while before the first of them began; 0 if none says when."""
    times = [alert.starts_at for alert in alerts if alert.starts_at is not None and alert.starts_at > 0]
    return min(times) - BEFORE_S if times else 0.0
