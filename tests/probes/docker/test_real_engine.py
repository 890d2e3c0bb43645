"""The same questions to a real engine: what it answers today is what the captures say it answers."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Look, Probe, Relation, Subject
from probes.docker import containers, engine, events, images, logs, stats
from probes.docker._engine import opened

from .conftest import RunProbe, looks

pytestmark = pytest.mark.engine

LABEL = "probes-docker-test"
IMAGE = "busybox:test"
Ask = Callable[[Probe, str], dict[str, object]]


class Docker:
    """The docker command on one engine, for containers that get names of their own and are removed afterwards."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.run_id = uuid.uuid4().hex[:8]

    def __call__(self, *args: str, check: bool = True) -> str:
        done = subprocess.run(["docker", *args], capture_output=True, text=True, check=check, env=os.environ | {"DOCKER_HOST": self.url})
        return done.stdout.strip()

    def start(self, *args: str, check: bool = True) -> str:
        """The name of a new container: options, image (when left out, ours) and command follow `--`."""
        split = args.index("--")
        name = f"t-{uuid.uuid4().hex[:12]}"
        self("run", "-d", "--name", name, "--label", f"{LABEL}={self.run_id}", *args[:split], IMAGE, *args[split + 1 :], check=check)
        return name

    def state(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("inspect", "-f", "{{json .State}}", name))
        return found

    def wait_for_restart(self, name: str, count: int) -> None:
        """Until the policy waits before restart `count` + 1: 0.1 s doubled each time."""
        deadline = time.monotonic() + 40
        while self("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", name) != f"restarting {count}":
            assert time.monotonic() < deadline

    def wait(self, name: str, until: Callable[[dict[str, Any]], bool], seconds: float = 40.0) -> None:
        deadline = time.monotonic() + seconds
        while not until(self.state(name)):
            assert time.monotonic() < deadline, f"{name} never got there: {self.state(name)}"
            time.sleep(0.02)

    def clean(self) -> None:
        for name in self("ps", "-aq", "--filter", f"label={LABEL}={self.run_id}").split():
            self("rm", "-fv", name, check=False)


@pytest.fixture
def docker(docker_engine: str) -> Iterator[Docker]:
    it = Docker(docker_engine)
    with contextlib.ExitStack() as stack:
        stack.callback(it.clean)
        yield it


@pytest.fixture
def ask(docker_engine: str, run: RunProbe) -> Ask:
    """What a probe says of one container now."""

    def answer(probe: Probe, name: str) -> dict[str, object]:
        hands = Access({"docker": docker_engine}, deadline=time.monotonic() + 30)
        return looks(run(probe, hands, Subject(probe.kind, name)))[name]

    return answer


def some(values: dict[str, object], *names: str) -> tuple[object, ...]:
    return tuple(values[f"container.{name}"] for name in names)


def exited(state: dict[str, Any]) -> bool:
    return bool(state["Status"] == "exited")


CONTAINER, EVENTS, LOGS, STATS = containers.PROBES[0], events.PROBES[0], logs.PROBES[0], stats.PROBES[0]
ENDING = ("deaths", "last_exit_code", "ooms", "stopped_by_command", "stop_grace_expired", "killed_by_command", "events_complete")


def test_a_loop_seen_between_two_attempts_and_again_while_one_runs(docker: Docker, ask: Ask) -> None:
    name = docker.start("--restart", "always", "--", "sh", "-c", "echo up; sleep 1; echo KeyError: MODEL_URI >&2; exit 3")
    docker.wait_for_restart(name, 5)
    waiting, said = ask(CONTAINER, name), ask(LOGS, name)
    docker.wait(name, lambda state: state["Running"] and not state["Restarting"])
    running, said_again, happened = ask(CONTAINER, name), ask(LOGS, name), ask(EVENTS, name)

    assert ("restarting", 3, "always") == some(waiting, "state", "exit_code", "restart_policy")
    assert ("running", None, None) == some(running, "state", "exit_code", "attempt_lasted")
    log = ("log_tail", "log_complete", "log_attempt_runs")
    assert ("up\nKeyError: MODEL_URI", True, False) == some(said, *log) == some(said_again, *log)
    assert (3, False, False, False, True) == some(
        happened, "last_exit_code", "stopped_by_command", "killed_by_command", "restarted_by_command", "events_complete"
    )


def test_killed_for_memory(docker: Docker, ask: Ask) -> None:
    name = docker.start("--memory", "32m", "--memory-swap", "32m", "--", "sh", "-c", "sleep 0.5; tail /dev/zero")
    docker.wait(name, exited)

    assert ("exited", 137, True, 32 * 2**20, False) == some(
        ask(CONTAINER, name), "state", "exit_code", "oom_killed", "memory_limit_bytes", "may_swap"
    )
    happened = ask(EVENTS, name)
    assert (1, 137, False, False, False, True) == some(happened, *(each for each in ENDING if each != "ooms"))
    assert happened["container.ooms"] in (1, 2)  # the shell may be killed after its child


@pytest.mark.parametrize(
    ("command", "script", "expected"),
    [
        pytest.param(["stop", "-t", "1"], 'trap "" TERM; while :; do sleep 0.1; done', (1, 137, 0, True, True, False, True), id="stop-ignored"),
        pytest.param(["stop"], 'trap "exit 0" TERM; while :; do sleep 0.1; done', (1, 0, 0, True, False, False, True), id="stop-obeyed"),
        pytest.param(["kill"], "sleep 100", (1, 137, 0, False, False, True, True), id="kill"),
        pytest.param(["kill", "-s", "TERM"], 'trap "exit 7" TERM; while :; do sleep 0.1; done', (1, 7, 0, True, False, False, True), id="kill-term"),
    ],
)
def test_ended_by_command(command: list[str], script: str, expected: tuple[object, ...], docker: Docker, ask: Ask) -> None:
    name = docker.start("--", "sh", "-c", script)
    time.sleep(0.3)
    docker(*command, name)
    docker.wait(name, exited)

    assert expected == some(ask(EVENTS, name), *ENDING)
    assert False is ask(CONTAINER, name)["container.oom_killed"]


def test_a_kill_from_the_host_is_nobodys_command(docker: Docker, ask: Ask) -> None:
    name = docker.start("--", "sleep", "100")
    os.kill(int(docker.state(name)["Pid"]), 9)
    docker.wait(name, exited)

    assert (1, 137, 0, False, False, False, True) == some(ask(EVENTS, name), *ENDING)


def test_a_restart_by_command(docker: Docker, ask: Ask) -> None:
    name = docker.start("--", "sh", "-c", 'trap "exit 0" TERM; while :; do sleep 0.1; done')
    time.sleep(0.3)
    docker("restart", name)

    assert (True, 1, True, 2) == some(ask(EVENTS, name), "restarted_by_command", "restarts_by_command", "stopped_by_command", "starts")


def test_recreated_with_another_definition(docker: Docker, ask: Ask) -> None:
    name = f"t-{uuid.uuid4().hex[:12]}"
    label = f"{LABEL}={docker.run_id}"
    for config_hash in ("aaa", "bbb"):
        docker("rm", "-f", name, check=False)
        docker("run", "-d", "--name", name, "--label", label, "--label", f"com.docker.compose.config-hash={config_hash}", IMAGE, "sleep", "100")
    told, it = ask(EVENTS, name), ask(CONTAINER, name)

    assert (0, "aaa", IMAGE) == some(told, "deaths", "previous_config_hash", "previous_image")
    assert it["container.created_at"] == pytest.approx(told["container.recreated_at"], abs=1)


def test_a_command_that_is_not_there(docker: Docker, ask: Ask) -> None:
    name = docker.start("--", "nosuchcmd", check=False)
    it = ask(CONTAINER, name)

    assert ("created", 127, None) == some(it, "state", "exit_code", "started_at")
    assert 'exec: "nosuchcmd": executable file not found in $PATH' in str(it["container.start_error"])
    assert (0, 0, True) == some(ask(EVENTS, name), "deaths", "starts", "events_complete")


def test_unhealthy_and_paused(docker: Docker, ask: Ask) -> None:
    name = docker.start("--health-cmd", "echo not loaded; exit 1", "--health-interval", "1s", "--health-retries", "1", "--", "sleep", "100")
    docker.wait(name, lambda state: state["Health"]["Status"] == "unhealthy")
    unhealthy = some(ask(CONTAINER, name), "state", "health", "health_output", "health_command")
    docker("pause", name)

    assert ("running", "unhealthy", "not loaded", "echo not loaded; exit 1") == unhealthy
    assert ("paused", None) == some(ask(CONTAINER, name), "state", "exit_code")
    assert ask(EVENTS, name)["container.unhealthy_events"] == 1


def test_the_engine_keeps_256_events_of_all_kinds_whatever_the_filter(docker: Docker, ask: Ask) -> None:
    name = docker.start("--", "sh", "-c", "sleep 0.2; exit 1")
    docker.wait(name, exited)
    busy = docker.start("--", "sleep", "1000")
    before = some(ask(EVENTS, name), "deaths", "events_complete")
    for _ in range(90):
        docker("exec", busy, "true")
    with opened(Access({"docker": docker.url}, deadline=time.monotonic() + 30)) as it:
        kept = it.read("/events", 1_000_000, since=1, until=f"{time.time() + 0.3:.3f}").data.splitlines()
        filters = json.dumps({"type": ["container"], "event": ["create", "die"]})
        filtered = it.read("/events", 1_000_000, since=1, until=f"{time.time() + 0.3:.3f}", filters=filters).data.splitlines()

    assert 256 <= len(kept) < 400, "256, and what came while the answer was open"
    assert len(filtered) < len(kept) / 4
    assert ((1, True), (0, False)) == (before, some(ask(EVENTS, name), "deaths", "events_complete"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ("out\nerr\n30%", True)),
        (("-t",), ("out\nerr\n30%", True)),
        (("--log-driver", "local"), ("out\nerr\n30%", True)),
        (("--log-driver", "none"), (None, False)),
        (("--log-opt", "max-size=10m"), ("out\nerr\n30%", False)),
    ],
)
def test_logs_of_all_drivers(options: tuple[str, ...], expected: tuple[object, ...], docker: Docker, ask: Ask) -> None:
    name = docker.start(*options, "--", "sh", "-c", r'echo out; sleep 0.2; echo err >&2; sleep 0.2; printf "10%%\r20%%\r30%%\n"; exit 1')
    docker.wait(name, exited)

    assert expected == some(ask(LOGS, name), "log_tail", "log_complete")


def test_a_capped_loop_is_throttled_and_a_stopped_one_uses_nothing(docker: Docker, ask: Ask) -> None:
    name = docker.start("--cpus", "0.3", "--memory", "64m", "--", "sh", "-c", "while :; do :; done")
    time.sleep(1)
    used = ask(STATS, name)
    docker("kill", name)

    assert 0.3 == pytest.approx(used["container.cpu_used"], abs=0.1)
    assert 1.0 == pytest.approx(used["container.cpu_throttled_ratio"], abs=0.3)
    assert isinstance(used["container.memory_used_ratio"], float)
    assert 0 < used["container.memory_used_ratio"] < 0.5
    assert {None} == set(ask(STATS, name).values())


def test_the_engine_and_an_image(docker_engine: str, docker: Docker, run: RunProbe) -> None:
    hands = Access({"docker": docker_engine}, deadline=time.monotonic() + 30)
    (look, _) = run(engine.PROBES[0], hands)
    found = looks(run(images.PROBES[0], hands, Subject("image", IMAGE), Subject("image", "nosuch:image")))

    assert isinstance(look, Look)
    assert docker("info", "-f", "{{.ServerVersion}} {{.NCPU}}") == f"{look.values['engine.version']} {look.values['engine.cpus']}"
    assert [True, False] == [found[name]["image.exists"] for name in (IMAGE, "nosuch:image")]


def test_a_sweep_of_the_engine_finds_what_it_lists(docker_engine: str, docker: Docker, run: RunProbe) -> None:
    name = docker.start("--network", "host", "--", "sh", "-c", "exit 1")
    docker.wait(name, exited)
    hands = Access({"docker": docker_engine}, deadline=time.monotonic() + 30)
    answers = run(CONTAINER, hands)
    relations = [str(answer.to) for answer in answers if isinstance(answer, Relation) and answer.from_.key == name]

    assert name in looks(answers)
    assert [f"host {docker('info', '-f', '{{.Name}}')}", f"image {IMAGE}", "network host"] == relations
