"""One look at what the API shows, and whether it is what a planting waits for."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.faults.kubernetes.catalogue import Wait
from tests.stack.node import Node

Object = dict[str, Any]
_KINDS = "pods,events,deployments,statefulsets,daemonsets,jobs,cronjobs,horizontalpodautoscalers,resourcequotas,poddisruptionbudgets,persistentvolumeclaims,services,nodes"


class Seen:
    """Pods, events and workloads of every namespace at one moment."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.at = time.monotonic()
        self._items: list[Object] = node.get(_KINDS, "-A")["items"]

    def of(self, namespace: str, kind: str, name: str = "*") -> list[Object]:
        """The objects of a kind whose name matches; those of no namespace are in every one."""
        return [
            one
            for one in self._items
            if one["kind"] == kind and one["metadata"].get("namespace", namespace) == namespace and fnmatchcase(one["metadata"]["name"], name)
        ]

    def containers(self, namespace: str, pod: str, name: str) -> list[tuple[Object, Object]]:
        """Pods whose name matches, each with the status of its container of this name."""
        return [(one, status) for one in self.of(namespace, "Pod", pod) for status in _statuses(one) if status["name"] == name]

    def log(self, pod: Object, container: str) -> str:
        """What a container printed in this life and in the one before."""
        words = ("-n", pod["metadata"]["namespace"], "logs", pod["metadata"]["name"], "-c", container)
        texts = [self.node.attempt(*words, *more) for more in ((), ("--previous",))]
        return "".join(text.stdout for text in texts if text.returncode == 0 and not text.stdout.startswith("unable to retrieve container logs"))

    def told(self, namespace: str) -> Iterator[str]:
        """What a person would look at, in few lines."""
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            for one in self.of(namespace, kind):
                conditions = [
                    f"{each['type']}={each['status']} {each.get('reason', '')}: {each.get('message', '')[:160]}" for each in _conditions(one)
                ]
                yield f"{kind}/{one['metadata']['name']} {'; '.join(conditions)}"
        for pod in self.of(namespace, "Pod"):
            status = pod["status"]
            unscheduled = [each.get("message", "") for each in _conditions(pod) if each["type"] == "PodScheduled" and each["status"] == "False"]
            yield f"{pod['metadata']['name']} {status['phase']} {status.get('reason', '')} {' '.join(unscheduled)[:300]}"
            for each in _statuses(pod):
                yield f"  {each['name']} restarts {each['restartCount']} {str(each['state'])[:420]} last {str(each.get('lastState'))[:260]}"
        for event in sorted(
            {f"{one['type']} {one['reason']} {one.get('message', '')[:200]}" for one in self.of(namespace, "Event") if one["type"] == "Warning"}
        )[:6]:
            yield f"  ! {event}"


def _conditions(one: Object) -> list[Object]:
    return one.get("status", {}).get("conditions") or []


def _statuses(pod: Object) -> list[Object]:
    return [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]


def unmet(seen: Seen, namespace: str, wait: Wait) -> str:
    """What the API does not show yet; an empty text when it shows all of it."""
    if wait.event:
        return _events(seen, namespace, wait)
    return _object(seen, namespace, wait) if wait.object else _pods(seen, namespace, wait)


def _events(seen: Seen, namespace: str, wait: Wait) -> str:
    found = [
        one
        for one in seen.of(namespace, "Event")
        if re.fullmatch(wait.event, one["reason"])
        and fnmatchcase(one["involvedObject"].get("name", ""), wait.about)
        and re.search(wait.text, one.get("message", ""))
    ]
    times = sum(max(one.get("count") or 1, (one.get("series") or {}).get("count", 1)) for one in found)
    return "" if times >= wait.times else f"{times} events {wait.event} {wait.text}"


def _object(seen: Seen, namespace: str, wait: Wait) -> str:
    kind, _, name = wait.object.partition("/")
    found = seen.of(namespace, kind, name)
    if not found:
        return f"no {wait.object}"
    for path, value in wait.fields.items():
        if (has := _field(found[0], path)) != value:
            return f"{wait.object}: {path} is {has!r}, not {value!r}"
    wanted, _, status = wait.condition.partition("=")
    told = [f"{one.get('reason', '')} {one.get('message', '')}" for one in _conditions(found[0]) if one["type"] == wanted and one["status"] == status]
    if wait.condition and not any(re.search(wait.text, text) for text in told):
        return f"{wait.object}: no {wait.condition} {wait.text}: {told}"
    return ""


def _field(value: Any, path: str) -> Any:
    for part in re.split(r"(?<!\\)\.", path):
        value = value.get(part.replace("\\.", ".")) if isinstance(value, dict) else None
    return value


def _pods(seen: Seen, namespace: str, wait: Wait) -> str:
    pods = seen.of(namespace, "Pod", wait.pod)
    whys = [next(_unmet_by(seen, pod, wait), "") for pod in pods]
    met = whys.count("")
    return "" if met >= wait.count else f"{met} of {wait.count} pods {wait.pod}: {'; '.join(sorted(set(whys)))[:400] or 'none'}"


def _unmet_by(seen: Seen, pod: Object, wait: Wait) -> Iterator[str]:
    status = pod["status"]
    if wait.phase and status["phase"] != wait.phase:
        yield f"phase is {status['phase']}"
    if wait.reason and status.get("reason") != wait.reason:
        yield f"reason is {status.get('reason')}"
    if wait.unscheduled and not any(
        re.search(wait.unscheduled, one.get("message", "")) for one in _conditions(pod) if one["type"] == "PodScheduled" and one["status"] == "False"
    ):
        yield f"scheduled, or otherwise: {[one.get('message') for one in _conditions(pod) if one['type'] == 'PodScheduled']}"
    statuses = [one for one in _statuses(pod) if wait.container in ("", one["name"])]
    if _asks_a_container(wait):
        yield from min((list(_unmet_by_container(seen, pod, one, wait)) for one in statuses), key=len, default=["no container status"])


def _asks_a_container(wait: Wait) -> bool:
    return bool(wait.container or wait.running_for or wait.restarts)


def _unmet_by_container(seen: Seen, pod: Object, status: Object, wait: Wait) -> Iterator[str]:
    waiting = status["state"].get("waiting", {})
    ended = [one for one in (status["state"].get("terminated"), status.get("lastState", {}).get("terminated")) if one]
    if wait.waiting and waiting.get("reason") != wait.waiting:
        yield f"waiting is {waiting.get('reason')}"
    if wait.ended and wait.ended not in [one.get("reason") for one in ended]:
        yield f"ended {[one.get('reason') for one in ended]}"
    if wait.exit_code is not None and wait.exit_code not in [one["exitCode"] for one in ended]:
        yield f"exit codes {[one['exitCode'] for one in ended]}"
    if wait.message and not any(re.search(wait.message, one.get("message", "")) for one in (waiting, *ended)):
        yield f"messages {[one.get('message', '') for one in (waiting, *ended)]}"
    if status["restartCount"] < wait.restarts:
        yield f"{status['restartCount']} restarts"
    if wait.running_for and _age(status["state"].get("running", {}).get("startedAt")) < wait.running_for:
        yield "not running long enough"
    if wait.ready is not None and status["ready"] != wait.ready:
        yield f"ready is {status['ready']}"
    if wait.log and not re.search(wait.log, log := seen.log(pod, status["name"])):
        yield f"log …{log[-200:]!r}"
    if wait.no_log and (log := seen.log(pod, status["name"])).strip():
        yield f"a log {log[:80]!r}"


def _age(moment: str | None) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() if moment else -1
