"""How a container is and how its last attempt went, from its inspection.

Trap: while a looping container runs, ExitCode reads 0 and OOMKilled keeps what the last attempt left, so an exit code is given only when none runs.
"""

from __future__ import annotations

from probes._fact import Fact, fact, shell
from probes.docker._shapes import Container
from probes.docker._times import seconds


def runs(it: Container) -> bool:
    """An attempt runs now, paused ones included. Running by itself is also true between two attempts."""
    return it.state.running and not it.state.restarting


def exit_code(it: Container) -> int | None:
    never = seconds(it.state.finished_at) is None and it.state.exit_code == 0
    return None if runs(it) or never else it.state.exit_code


def attempt_lasted(it: Container) -> float | None:
    """Of an attempt of a few milliseconds the engine notes the start after the end: that is 0."""
    started, finished = seconds(it.state.started_at), seconds(it.state.finished_at)
    return None if runs(it) or started is None or finished is None else max(0.0, finished - started)


def last_attempt_at(it: Container) -> float | None:
    """Nothing says when a first start failed; it cannot have been before the creation."""
    started = seconds(it.state.started_at)
    return seconds(it.created) if started is None and it.state.error else started


def runs_for(it: Container, now: float) -> float | None:
    started = seconds(it.state.started_at)
    return max(0.0, now - started) if runs(it) and started is not None else None


def health(it: Container) -> str | None:
    status = it.state.health.status if it.state.health else ""
    return None if status in ("", "none") else status


def _failing_streak(it: Container) -> int | None:
    return it.state.health.failing_streak if it.state.health and health(it) else None


def _health_output(it: Container) -> str | None:
    log = it.state.health.log if it.state.health else None
    failed = [run.output for run in log or () if run.exit_code != 0]
    return failed[-1].strip() or None if failed else None


def health_command(it: Container) -> str | None:
    """`["CMD-SHELL", line]` or `["CMD", word, …]`; `["NONE"]` switches an image's check off."""
    test = (it.config.healthcheck.test if it.config.healthcheck else None) or ["NONE"]
    if test[0] == "NONE":
        return None
    return test[1] if test[0] == "CMD-SHELL" and len(test) == 2 else shell(test[1:])


STATE: tuple[Fact[Container], ...] = (
    fact("container.id", "text", lambda it: it.id[:12], "First 12 digits of Id."),
    fact("container.engine", "text", lambda _: "docker", 'The kind of engine that runs it: "docker".'),
    fact(
        "container.state", "text", lambda it: it.state.status or None, "State.Status: created, running, paused, restarting, removing, exited or dead."
    ),
    fact(
        "container.exit_code", "int", exit_code, "State.ExitCode of the last attempt that ended or failed to start; none while one runs, or before."
    ),
    fact(
        "container.oom_killed",
        "bool",
        lambda it: it.state.oom_killed,
        "State.OOMKilled as it stands; once true it stays so while the next attempt runs.",
    ),
    fact("container.start_error", "text", lambda it: it.state.error or None, "State.Error: why the last start failed; none if it did not."),
    fact("container.created_at", "time", lambda it: seconds(it.created), "Created."),
    fact("container.started_at", "time", lambda it: seconds(it.state.started_at), "State.StartedAt: the last start that succeeded; none before."),
    fact(
        "container.finished_at", "time", lambda it: seconds(it.state.finished_at), "State.FinishedAt: the last end, also while the next attempt runs."
    ),
    fact(
        "container.last_attempt_at",
        "time",
        last_attempt_at,
        "Start of the attempt that runs or ended last; Created if none ran and the start failed.",
    ),
    fact("container.attempt_lasted", "span", attempt_lasted, "How long the last attempt lasted; none while one runs.", "s"),
    fact("container.pid", "int", lambda it: it.state.pid or None, "State.Pid, on the host; none while nothing runs."),
    fact(
        "container.restart_count",
        "int",
        lambda it: it.restart_count,
        "RestartCount: restarts by the engine's policy since the last start by command.",
    ),
    fact("container.health", "text", health, "State.Health.Status: starting, healthy or unhealthy; none without a health check."),
    fact("container.has_health_check", "bool", lambda it: health_command(it) is not None, "Config.Healthcheck.Test names a command."),
    fact("container.health_failing_streak", "int", _failing_streak, "State.Health.FailingStreak; none without a health check."),
    fact(
        "container.health_output", "text", _health_output, "Output of the last failed run in State.Health.Log, which keeps five; none if none failed."
    ),
    fact("container.health_command", "text", health_command, "The command in Config.Healthcheck.Test."),
)
"""Exit codes 125 to 128 with a start_error are the engine's own: not found, not executable, no such port or device."""
