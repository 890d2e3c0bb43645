"""How did the container's last attempt end, who ended it, and since when does it fail?

`container.death` is one of: "" (never ended), completed, crashed, oom, killed (SIGKILL, sender unknown or not memory), stopped (by the
engine's own stop), terminated (SIGTERM from elsewhere), start-error, bus-error, illegal-instruction, aborted, segfault.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

_SIGNALS = {132: "illegal-instruction", 134: "aborted", 135: "bus-error", 139: "segfault", 143: "terminated"}
_SIGKILL = 137
_SIGTERM = 143
STABLE_S = 10.0
"""Docker itself counts a container as started well after ten seconds (it resets its back-off then)."""
LONGER = 5
NEAR_S = 5.0
_ASKED_TO_END = frozenset({1, 2, 129, 130, _SIGTERM})
"""How programs end that were told to: by the signal itself, or by their own handler for it."""


def _death(given: Given) -> Mapping[str, Value]:
    code = _code(given)
    kill = _memory_kill_at(given)
    death = _named(given, code, kill)
    ended = given.number("container.last_death_at") or given.number("container.finished_at")
    return {
        "container.ended_with": code,
        "container.death": death,
        "container.died_at": ended,
        "container.memory_killed_at": kill,
        "container.child_killed": _child_killed(given, death, kill),
        "container.start_failed": death == "start-error" and not (given["container.engine"] == "kubernetes" and given.text("pod.owner_kind")),
        "container.done": death == "completed" and given["container.state"] == "exited" and given["container.restart_policy"] in ("no", "on-failure"),
        "container.unwell": death not in ("", "completed", "stopped") or given["container.state"] == "restarting",
    }


def _code(given: Given) -> int | None:
    for name in ("container.exit_code", "container.last_exit_code"):
        code = given[name]
        if isinstance(code, int):
            return code
    return None


def _named(given: Given, code: int | None, memory_kill: float | None) -> str:
    if given["container.state"] == "created" and given.text("container.start_error"):
        return "start-error"
    if code is None:
        return ""
    if code == _SIGKILL:
        return _sigkill(given, memory_kill)
    return "completed" if code == 0 else _failed(given, code)


def _failed(given: Given, code: int) -> str:
    if given.text("container.start_error") and code in (125, 126, 127, 128):
        return "start-error"
    if code in _ASKED_TO_END and given["container.stopped_by_command"] is True:
        return "stopped"
    return _SIGNALS.get(code, "crashed")


def _sigkill(given: Given, memory_kill: float | None) -> str:
    ended = given.number("container.last_death_at") or given.number("container.finished_at")
    near = memory_kill is not None and (ended is None or abs(memory_kill - ended) <= NEAR_S)
    if near and given["container.stop_grace_expired"] is not True and given["container.killed_by_command"] is not True:
        return "oom"
    return "stopped" if given["container.stopped_by_command"] is True else "killed"


def _memory_kill_at(given: Given) -> float | None:
    """When the kernel last killed something in this container for memory: by the engine's event, the kernel log or its flag."""
    times = [given.number("container.last_oom_at"), _victim_at(given)]
    known = [at for at in times if at is not None]
    if given["container.oom_killed"] is True and (not known or max(known) < (_last_start(given) or 0.0)):
        known += [at for at in [_flagged_at(given)] if at is not None]
    return max(known) if known else None


def _last_start(given: Given) -> float | None:
    """Of the attempt that the flag is of: while one runs, it may still be what the one before left."""
    return given.number("container.started_at") if given["container.exit_code"] is not None else None


def _flagged_at(given: Given) -> float | None:
    """The flag has no time; of an attempt that ended it is at the latest its end."""
    if given["container.exit_code"] is not None:
        return given.number("container.finished_at")
    return given.number("container.last_death_at") or given.number("container.started_at")


def _child_killed(given: Given, death: str, kill: float | None) -> bool | None:
    """While an attempt runs, a kill in it was of a child; a flag alone may be what the attempt before left."""
    started = given.number("container.started_at")
    if kill is None:
        return False
    if given["container.exit_code"] is None and started is not None and given["container.state"] in ("running", "paused"):
        seen = (given.number("container.last_oom_at"), _victim_at(given))
        if any(at is not None and at >= started for at in seen):
            return True
    if death == "":
        return True if given.number("container.restart_count") == 0 else None
    return death != "oom"


def victims(given: Given) -> list[tuple[float, str, str]]:
    """(time, scope, process) of each kill in this container that the kernel log tells of."""
    found = []
    own = given.text("container.id")
    for line in given.texts("host.oom_victims"):
        at, scope, container, *words = line.split(" ")
        if own and container == own:
            found.append((_seconds(at), scope, " ".join(words[:-2])))
    return found


def _seconds(iso: str) -> float:
    return dt.datetime.fromisoformat(iso).timestamp()


def _victim_at(given: Given) -> float | None:
    return max((at for at, _scope, _name in victims(given)), default=None)


def _kill_scope(given: Given) -> Mapping[str, Value]:
    """Whose limit it was: its own, that of a group above it (it has none of its own), or the machine's."""
    found = victims(given)
    if not found and given["container.engine"] == "kubernetes":
        return _by_its_node(given)
    if not found:
        return {"container.kill_scope": None, "container.killed_process": None} if given.seen("host.oom_victims") else {}
    _at, scope, process = max(found)
    within = "own" if given["container.has_memory_limit"] is True else "above"
    return {"container.kill_scope": within if scope == "cgroup" else scope, "container.killed_process": process}


def _by_its_node(given: Given) -> Mapping[str, Value]:
    """OOMKilled is a kill at the container's own limit, unless its node tells that it had run out of memory itself."""
    if given["container.oom_killed"] is not True or given["container.has_memory_limit"] is not True or not given.seen("node.warnings"):
        return {}
    short = any(text.startswith("SystemOOM") for text in given.texts("node.warnings"))
    return {} if short else {"container.kill_scope": "own", "container.killed_process": None}


def _since(given: Given) -> Mapping[str, Value]:
    """The first failure, if somebody saw it: by events that reach back to the start, or as the only ending there was."""
    if given["container.events_complete"] is True and given.number("container.first_death_at") is not None:
        return {"container.first_failure_at": given.number("container.first_death_at")}
    alone = not given.number("container.restart_count")
    return {"container.first_failure_at": given.number("container.died_at") if alone else None}


def _steady(given: Given) -> Mapping[str, Value]:
    """Whether it runs well now: past the engine's own bar, and much longer than any attempt that is known to have failed."""
    runs = given.number("container.runs_for")
    lengths = [float(text) for text in given.texts("container.attempt_lengths") if text.replace(".", "", 1).isdigit()]
    last = given.number("container.last_attempt_lasted")
    lengths += [last] if last is not None and given["container.restart_count"] else []
    steady = runs is not None and given["container.state"] == "running" and runs > max([STABLE_S, *(LONGER * length for length in lengths)])
    length = last if last is not None else given.number("container.attempt_lasted")
    settled = steady or given["container.done"] is True
    return {
        "container.steady": steady,
        "container.settled": settled,
        "container.lived": length,
        "container.died_young": length is not None and length < 60,
    }


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.ended_with", type="int", doc="exit code of the last attempt that ended"),
            Spec(name="container.death", type="text", doc="how the last attempt ended"),
            Spec(name="container.died_at", type="time", doc="when the last attempt ended"),
            Spec(name="container.memory_killed_at", type="time", doc="when the kernel last killed something in it for memory"),
            Spec(name="container.child_killed", type="bool", doc="a process in it was killed for memory, but not the main one"),
            Spec(name="container.start_failed", type="bool", doc="the engine could not start it; of a workload's pod that is the workload's trouble"),
            Spec(name="container.done", type="bool", doc="it ended well, and nobody starts it again"),
            Spec(name="container.unwell", type="bool", doc="its last ending was neither normal nor asked for"),
        ),
        needs=("container.state", "container.exit_code", "container.oom_killed", "container.start_error", "container.finished_at"),
        wants=(
            "container.started_at", "container.id", "container.last_exit_code", "container.last_death_at", "container.last_oom_at",
            "container.stopped_by_command", "container.stop_grace_expired", "container.killed_by_command", "container.restart_count", "host.oom_victims", "container.engine",
            "container.restart_policy", "pod.owner_kind",
        ),
        function=_death,
    ),
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.kill_scope", type="text", doc="own: at its own limit; above: at that of a group around it; machine: the machine was out of memory"),
            Spec(name="container.killed_process", type="text", doc="the process that the kernel killed"),
        ),
        needs=("container.id", "container.has_memory_limit"),
        wants=("host.oom_victims", "container.engine", "container.oom_killed", "node.warnings"),
        function=_kill_scope,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.first_failure_at", type="time", doc="when it first failed, if that was seen"),),
        needs=("container.died_at", "container.restart_count"),
        wants=("container.events_complete", "container.first_death_at"),
        function=_since,
    ),
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.steady", type="bool", doc="it runs, and for much longer than any attempt that failed"),
            Spec(name="container.settled", type="bool", doc="it is steady, or it ended well and nobody starts it again"),
            Spec(name="container.lived", type="span", doc="how long the last attempt that ended had run"),
            Spec(name="container.died_young", type="bool", doc="the last attempt ended within a minute"),
        ),
        needs=("container.state", "container.runs_for", "container.attempt_lasted"),
        wants=("container.attempt_lengths", "container.last_attempt_lasted", "container.restart_count", "container.done"),
        function=_steady,
    ),
)  # fmt: skip
