"""In a CI: the example files are what the forges take, and their own command lines give green, red and blind on a real Docker engine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from agent import pipeline, settings
from agent.discover import Target
from agent.report import FORMATS
from agent.report.model import exit_code
from agent.settings import Settings
from tests.agent.report.test_junit import SCHEMA as JUNIT
from tests.agent.report.test_sarif import SCHEMA as SARIF
from tests.conftest import DockerEngine

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "agent" / "examples"
PUBLISHED = {"github-actions.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}


def _example(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def test_every_example_is_held_against_its_schema() -> None:
    assert sorted(PUBLISHED) == sorted(path.name for path in EXAMPLES.iterdir())


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_example_follows_the_schema_that_its_forge_publishes(name: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", PUBLISHED[name], str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def _github() -> str:
    """The lines of the step that looks."""
    (step,) = (step for step in _example("github-actions.yml")["jobs"]["diagnose"]["steps"] if step.get("name") == "Look")
    return str(step["run"])


def _gitlab() -> str:
    return "\n".join(_example("gitlab-ci.yml")["smoke check"]["script"])


MEANWHILE = """
- row: "*"
  subject: process *
  reason: Processes that other tests on this machine have killed meanwhile.
  expires: 2099-12-31
"""
LINES = {"GitHub": _github, "GitLab": _gitlab}


def test_gitlab_shows_blind_as_a_warning_and_found_as_a_failure() -> None:
    job = _example("gitlab-ci.yml")["smoke check"]

    assert {"exit_codes": 3} == job["allow_failure"]
    assert {"junit": "diagnose.xml", "metrics": "diagnose.prom"} == job["artifacts"]["reports"]


# for real


def _run(folder: Path, lines: str, docker: str) -> subprocess.CompletedProcess[str]:
    """As a runner runs them, in a work tree of its own: with `-e`, and the name `diagnose`."""
    command = folder / "bin" / "diagnose"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agent.cli "$@"\n')
    command.chmod(0o755)
    environment = {
        "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "DOCKER_HOST": docker, "HOME": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "diagnose.md"),
    }  # fmt: skip
    return subprocess.run(["bash", "-e", "-c", lines], cwd=folder, capture_output=True, text=True, env=environment, timeout=60, check=False)


def _run_until_seen(folder: Path, lines: str, docker: str) -> subprocess.CompletedProcess[str]:
    """Again where the machine was too busy to answer in a smoke check's time, which is rightly blind."""
    done = _run(folder, lines, docker)
    for _ in range(4):
        if done.returncode != 3:
            break
        done = _run(folder, lines, docker)
    return done


def _valid(folder: Path) -> tuple[int, int, str]:
    """Every file that was written follows its schema; gives failures and errors of JUnit, and the exit code that the metrics hold."""
    junit = (folder / "diagnose.xml").read_text(encoding="utf-8")
    JUNIT.validate(junit)
    if (folder / "diagnose.sarif").exists():
        SARIF.validate(json.loads((folder / "diagnose.sarif").read_text(encoding="utf-8")))
    families = text_string_to_metric_families((folder / "diagnose.prom").read_text(encoding="utf-8"))  # type: ignore[no-untyped-call]
    metrics = {family.name: family.samples for family in families}
    assert (folder / "diagnose.md").read_text(encoding="utf-8").startswith("## ")
    top = JUNIT.to_dict(junit)
    assert isinstance(top, dict)
    return int(top["@failures"]), int(top["@errors"]), str(metrics["diagnose_exit_code"][0].value)


@contextmanager
def _container(engine: DockerEngine, name: str, command: Sequence[str], *options: str) -> Iterator[None]:
    docker = ["docker", "-H", engine.url]
    subprocess.run([*docker, "run", "-d", "--name", name, *options, engine.images["busybox"], *command], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([*docker, "rm", "-f", name], check=True, capture_output=True)


@contextmanager
def _crashing(engine: DockerEngine, name: str, says: str = "FATAL: no such table: users", code: int = 3) -> Iterator[None]:
    """Once it has been restarted four times."""
    with _container(engine, name, ["sh", "-c", f"echo '{says}'; exit {code}"], "--restart", "always"):
        inspect = ["docker", "-H", engine.url, "inspect", "--format", "{{.RestartCount}}", name]
        until = time.monotonic() + 30
        while int(subprocess.run(inspect, check=True, capture_output=True, text=True).stdout) < 4:
            assert time.monotonic() < until
            time.sleep(0.2)
        yield


def _accept_what_is_here(folder: Path, engine: DockerEngine) -> None:
    """Troubles that this machine has of its own are known before the check is put to use, as a team does on its first day."""
    done = _run(folder, "diagnose -o baseline=known.yaml", engine.url)
    assert done.returncode in (0, 1), done.stderr
    path = folder / "known.yaml"
    written = path.read_text().replace('reason: ""', "reason: This machine had it before.").removesuffix("[]\n")
    path.write_text(f"{written}{MEANWHILE}")


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.mark.engine
@pytest.mark.parametrize("forge", LINES)
def test_the_lines_of_an_example_are_green_red_and_blind(docker_engine: DockerEngine, tmp_path: Path, forge: str) -> None:
    lines = LINES[forge]()
    with _container(docker_engine, "ci-well", ["sleep", "600"]):
        _accept_what_is_here(tmp_path, docker_engine)
        green = _run_until_seen(tmp_path, lines, docker_engine.url)
        assert (0, (0, 0, "0")) == (green.returncode, _valid(tmp_path)), green.stdout

        with _crashing(docker_engine, "ci-crash"):
            red = _run_until_seen(tmp_path, lines, docker_engine.url)
        failures, _errors, code = _valid(tmp_path)
        assert (1, 1, "1") == (red.returncode, failures, code), red.stdout
        assert "ci-crash" in red.stdout.splitlines()[0]

        blind = _run(tmp_path, lines, f"tcp://127.0.0.1:{_closed_port()}")
        failures, errors, code = _valid(tmp_path)
        assert (3, 0, True, "3") == (blind.returncode, failures, errors > 0, code), blind.stdout
        assert ("::warning title=diagnose was blind::" in blind.stdout) == (forge == "GitHub")


@pytest.mark.engine
def test_the_same_trouble_has_the_same_fingerprint_after_its_container_was_made_anew(docker_engine: DockerEngine, tmp_path: Path) -> None:
    found = []
    for number in range(2):
        with _crashing(docker_engine, "ci-again", f"attempt {number}", number + 3):
            _run(tmp_path, "diagnose -o json=report.json", docker_engine.url)
        report = json.loads((tmp_path / "report.json").read_text())
        found.append([(one["fingerprint"], one["thing"]) for one in report["incidents"] if "ci-again" in one["thing"]])

    assert found[0] == found[1]
    assert [["container ci-again"]] * 2 == [[thing for _fingerprint, thing in one] for one in found]


@pytest.mark.engine
def test_a_smoke_check_says_what_it_left_out_and_is_not_blind_for_it(docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "SMOKE_ERRANDS", 1)
    monkeypatch.setattr(settings, "SMOKE_S", 60.0)  # a machine that is busy with tests is slow
    targets = (Target("host", "here", asked=True), Target("docker", docker_engine.url, asked=True))
    with _crashing(docker_engine, "ci-crash"):
        report = pipeline.diagnose(Settings(smoke=True, deadline=60, docker=docker_engine.url), targets).report
    left = [gap for gap in report.gaps if gap.remedy == "Run diagnose without --smoke."]

    assert {("not reached", "A smoke check looks closer once, at 1 suspects at most.", False)} == {(gap.why, gap.detail, gap.asked) for gap in left}
    assert 1 == exit_code(report)
    assert "Run diagnose without --smoke." in " ".join(FORMATS["text"](report).split())


def test_a_smoke_check_ends_although_an_engine_never_answers(tmp_path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "docker.sock"))
    server.listen(8)
    began = time.monotonic()
    try:
        done = _run(tmp_path, "diagnose --smoke --deadline 60 -o json=report.json", f"unix://{tmp_path}/docker.sock")
    finally:
        server.close()

    assert done.returncode in (1, 3)
    assert time.monotonic() - began < 20
    assert {"timed out"} == {gap["why"] for gap in json.loads((tmp_path / "report.json").read_text())["gaps"] if gap["what"].startswith("docker")}
