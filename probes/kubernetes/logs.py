"""What did a container's last attempt say before it ended?

container ml/trainer-0/main  log_tail="… MemoryError"  log_lines=212  log_complete=true
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Value
from probes.kubernetes._cluster import Cluster, ClusterError, cluster, unavailable
from probes.kubernetes._shapes import ContainerStatus, Pod
from probes.kubernetes._times import seconds
from probes.kubernetes._where import Where, on_cluster

MOST_LINES = 400
ASKED = (MOST_LINES, 60)
"""Lines asked for; if they are more than MOST_BYTES, the newest are not in the answer, and fewer are asked for."""

MOST_BYTES = 1_000_000
KEPT_BYTES = 256 * 1024
LATELY_S = 3600.0
COMPLETE = "container.log_complete"
NOT_A_LOG = "unable to retrieve container logs for "
"""With this the kubelet answers 200 when the log is gone."""

SPECS = (
    Spec(name="container.log_tail", type="text", covered_by=COMPLETE, doc="Last 400 lines or 256 KiB of the last ended attempt's log."),
    Spec(name="container.log_lines", type="int", doc="Number of lines in log_tail; none if the log cannot be read."),
    Spec(name="container.log_empty", type="bool", covered_by=COMPLETE, doc="The attempt wrote nothing; none if the log cannot be read."),
    Spec(name=COMPLETE, type="bool", doc="log_tail holds the whole attempt: nothing was cut."),
    Spec(name="container.log_last_at", type="time", doc="When the kubelet's runtime read the last line of log_tail."),
    Spec(name="container.log_attempt_runs", type="bool", doc="log_tail is of the attempt that runs now, not of one that ended."),
    Spec(name="container.log_attempts_agree", type="bool", doc="Not told here: none."),
)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container given by its key on this cluster."""
    for subject, where in on_cluster(subjects):
        try:
            yield _look(cluster(access), where, subject, access.now)
        except ClusterError as error:
            yield unavailable(error, access, "container", subject)


def _look(server: Cluster, where: Where, subject: Subject, now: float) -> Look:
    pod = server.decode(where.path, Pod)
    status = next(
        (one for one in (*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ())) if one.name == where.container), None
    )
    previous = status is not None and _loops(status, now, server.skew)
    runs = status is not None and status.state.running is not None and not previous
    command = f"kubectl logs {where.pod} -n {where.namespace} -c {where.container} --tail {MOST_LINES}{' --previous' if previous else ''}"
    values = _values(server, where, previous=previous) | {"container.log_attempt_runs": runs}
    return Look(subject=subject, values=values, command=command, vantage="node")


def _loops(status: ContainerStatus, now: float, skew: float) -> bool:
    """It runs, and was started again within the hour: what is of interest is how the attempt before ended."""
    if status.state.running is None or not status.restart_count:
        return False
    started = seconds(status.state.running.started_at, skew)
    return started is None or now - started < LATELY_S


def _values(server: Cluster, where: Where, *, previous: bool) -> dict[str, Value]:
    try:
        text, cut = _tail(server, where, previous=previous)
    except ClusterError as error:
        if error.status == 400 and "waiting to start" in error.detail:
            return _told([], cut=False)
        raise
    if text.startswith(NOT_A_LOG):
        raise ClusterError("refused", f"The log of {where.pod} is gone from its node: {text[:200]}", remedy="Keep logs outside of the node.")
    return _told(text.splitlines(), cut=cut)


def _tail(server: Cluster, where: Where, *, previous: bool) -> tuple[str, bool]:
    """The newest lines, and whether there may be older ones."""
    for asked in ASKED:
        params: dict[str, str | int] = {"container": where.container, "tailLines": asked, "timestamps": "true", "previous": str(previous).lower()}
        answer = server.text(f"{where.path}/log", MOST_BYTES, params)
        if not answer.cut:
            break
    text = answer.data.decode("utf-8", "replace")
    return text, answer.cut or text.count("\n") >= asked


def _told(lines: list[str], *, cut: bool) -> dict[str, Value]:
    parts = [line.partition(" ") for line in lines]
    kept = _bounded([text for _stamp, _space, text in parts])
    stamp = _stamp(parts[-1][0]) if parts else None
    return {
        "container.log_tail": "\n".join(kept) or None,
        "container.log_lines": len(kept),
        "container.log_empty": not lines,
        COMPLETE: not cut and len(kept) == len(lines),
        "container.log_last_at": stamp,
        "container.log_attempts_agree": None,
    }


def _stamp(text: str) -> float | None:
    """The node's clock stamps log lines to the nanosecond."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _bounded(lines: list[str]) -> list[str]:
    room = KEPT_BYTES
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return kept[::-1] or [line[-KEPT_BYTES // 4 :] for line in lines[-1:]]


PROBES = (
    Probe(
        name="kubernetes.logs",
        kind="container",
        doc="Reads the end of what a container's last attempt wrote.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl logs pod-name", "kubectl logs --previous"),
        sweeps=False,
        permissions=("get pods", "get pods/log"),
        cost=2,
    ),
)
