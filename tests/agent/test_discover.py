"""Which targets a run has: the setting before the environment before a socket that is there; only what was named counts as asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import discover as discovery
from agent.discover import Target, discover
from agent.pipeline import left_out, probes_for
from agent.settings import Settings, read_settings
from probes._runner import load_probes

HOST = {"DOCKER_HOST": "tcp://gpu-1:2375"}


def _docker(flag: str | None, environ: dict[str, str]) -> list[Target]:
    settings, chosen = read_settings({"docker": flag}, environ)
    return [target for target in discover(settings, chosen, environ, uid=1000) if target.system == "docker"]


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place where a socket is looked for; nothing is there yet."""
    path = tmp_path / "user-1000.sock"
    monkeypatch.setattr(discovery, "SOCKETS", (f"{tmp_path}/user-{{uid}}.sock",))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize(
    ("expected", "flag", "environ"),
    [
        ([Target("docker", "unix:///mine.sock", asked=True)], "unix:///mine.sock", HOST),
        ([Target("docker", "unix:///named.sock", asked=True)], None, HOST | {"DIAGNOSE_DOCKER": "unix:///named.sock"}),
        ([Target("docker", "tcp://gpu-1:2375", asked=True)], None, HOST),
        ([], "none", HOST),
        ([], None, {}),
    ],
)
def test_a_named_engine_is_asked_for(socket: Path, expected: list[Target], flag: str | None, environ: dict[str, str]) -> None:
    assert not socket.exists()

    assert expected == _docker(flag, environ)


def test_a_socket_that_is_there_is_looked_at_but_not_asked_for(socket: Path) -> None:
    socket.touch()

    assert [Target("docker", f"unix://{socket}", asked=False)] == _docker(None, {})
    assert [] == _docker("none", {})


def test_credentials_of_mlflow_are_no_part_of_its_address() -> None:
    written = discover(Settings(mlflow="http://ml:hunter22x@MLflow:5000/"), frozenset({"mlflow"}), {}, uid=0)
    told = discover(Settings(), frozenset(), {"MLFLOW_TRACKING_URI": "http://mlflow:5000", "MLFLOW_TRACKING_TOKEN": "t0ken"}, uid=0)

    targets = [next(target for target in found if target.system == "mlflow") for found in (written, told)]
    assert [(target.address, target.options) for target in targets] == [
        ("http://mlflow:5000", {"user": "ml", "password": "hunter22x"}),
        ("http://mlflow:5000", {"token": "t0ken"}),
    ]


def test_mlflow_servers_that_others_name_are_looked_at_unless_it_is_left_out() -> None:
    probes = load_probes()

    here, without = (
        {probe.name for probe in probes_for(probes, [], left_out(settings)) if probe.name.startswith("mlflow.")}
        for settings in (Settings(), Settings(mlflow="none"))
    )
    assert (here, without) == ({"mlflow.named", "mlflow.model"}, set())
