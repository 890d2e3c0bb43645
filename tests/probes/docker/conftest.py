"""Scripted engines, a run of a probe that holds it to its own declaration, and a real engine where there is one."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probes._access import Access
from probes._contract import RELATIONS, SAME_AS, Answer, Look, Probe, Relation, Subject, Unavailable, checked
from tests.conftest import DockerEngine

from .scripted import Behaviour, Scripted, misbehaving, served

NOW = 1_795_563_061.0
"""2026-11-24T23:31:01Z, about when the captures were made."""

_NUMBERS = itertools.count()

ServeEngine = Callable[[Scripted], Access]
ServeTrouble = Callable[[Behaviour], Access]
RunProbe = Callable[..., list[Answer]]


@pytest.fixture(autouse=True)
def _no_engine_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="e-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


def access(url: str | None, *, seconds: float = 20.0, now: float | None = NOW, root: Path = Path("/"), asked: bool = False) -> Access:
    """A probe's hands for an engine at this URL."""
    settings = {} if url is None else {"docker": url}
    return Access(settings | ({"docker.asked": "true"} if asked else {}), deadline=time.monotonic() + seconds, now=now, root=root)


@pytest.fixture
def serve(folder: Path) -> Iterator[ServeEngine]:
    """Starts scripted engines."""
    with contextlib.ExitStack() as stack:
        yield lambda script: access(stack.enter_context(served(script, folder / f"{next(_NUMBERS)}.sock")))


@pytest.fixture
def serve_trouble(folder: Path) -> Iterator[ServeTrouble]:
    """Starts sockets that misbehave; the access to one has a second."""
    with contextlib.ExitStack() as stack:
        yield lambda behaviour: access(stack.enter_context(misbehaving(behaviour, folder / f"{next(_NUMBERS)}.sock")), seconds=1.0)


@pytest.fixture
def run() -> RunProbe:
    """What the probe yields about these subjects; fails if that breaks the contract."""

    def answers(probe: Probe, hands: Access, *subjects: Subject) -> list[Answer]:
        found = list(probe.look(hands, subjects))
        for answer in found:
            _hold(probe, answer)
        return found

    return answers


def _hold(probe: Probe, answer: Answer) -> None:
    if isinstance(answer, Look):
        states = {spec.name: spec for spec in probe.gives if not spec.event}
        events = {spec.name: spec for spec in probe.gives if spec.event}
        assert sorted(states) == sorted(answer.values)
        for name, value in answer.values.items():
            assert checked(states[name], value) == value
        for name, value, _ in answer.events:
            assert checked(events[name], value) == value
    if isinstance(answer, Relation) and answer.name != SAME_AS:
        ends = f"{answer.from_.kind} {answer.name} {answer.to.kind}"
        assert ends in probe.relations
        assert ends in {f"{known.from_kind} {known.name} {known.to_kind}" for known in RELATIONS}
    if isinstance(answer, Unavailable):
        assert answer.remedy.endswith(".")
        assert set(answer.names) <= {*(spec.name for spec in probe.gives), *probe.relations}


def looks(answers: list[Answer]) -> dict[str, dict[str, object]]:
    """The values of each Look, by the subject's key."""
    return {answer.subject.key: dict(answer.values) for answer in answers if isinstance(answer, Look)}


def said(values: dict[str, object]) -> dict[str, object]:
    """What is not none, false, zero or empty, without the kind in front."""
    return {name.partition(".")[2]: value for name, value in values.items() if value not in (None, 0, False, ())}


@pytest.fixture(scope="session")
def docker_engine(docker_engine: DockerEngine) -> str:
    """The URL of the session's real engine, with its busybox under the name that these tests use."""
    environment = os.environ | {"DOCKER_HOST": docker_engine.url}
    subprocess.run(["docker", "tag", docker_engine.images["busybox"], "busybox:test"], check=True, env=environment)
    return docker_engine.url
