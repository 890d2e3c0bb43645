"""Which targets a run has: the setting before the environment before a socket that is there; only what was named counts as asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import discover as discovery
from agent.discover import Target, discover
from agent.pipeline import left_out, probes_for
from agent.settings import Settings, SettingsError, read_settings
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


def _found(flags: dict[str, str], environ: dict[str, str]) -> list[tuple[str, str, bool]]:
    settings, chosen = read_settings(flags, environ)
    return [(one.system, one.address, one.asked) for one in discover(settings, chosen, environ, uid=1000) if one.system in ("mlflow", "dvc", "s3")]


@pytest.mark.parametrize(
    ("flags", "environ", "expected"),
    [
        ({"mlflow": "http://mlflow:5000/"}, {}, [("mlflow", "http://mlflow:5000", True)]),
        ({}, {"MLFLOW_TRACKING_URI": "https://mlflow.example"}, [("mlflow", "https://mlflow.example:443", True)]),
        ({}, {"MLFLOW_TRACKING_URI": "file:///mlruns"}, []),
        ({"mlflow": "none"}, {"MLFLOW_TRACKING_URI": "https://mlflow.example"}, []),
    ],
    ids=["by a flag", "by MLflow's variable", "a folder is no server", "left out"],
)
def test_a_server_is_what_somebody_named(
    flags: dict[str, str], environ: dict[str, str], expected: list[tuple[str, str, bool]], socket: Path
) -> None:
    assert not socket.exists()
    assert expected == _found(flags, environ)


@pytest.mark.parametrize(
    ("flags", "environ", "address", "endpoint"),
    [
        ({"bucket": "s3://models/a/"}, {}, "s3://models/a", ""),
        ({"bucket": "s3://models"}, {"AWS_ENDPOINT_URL": "http://a:1", "MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}, "s3://models", "http://minio:9000"),
        ({"bucket": "https://u:hunter22x@minio:9000/models/a"}, {"AWS_ENDPOINT_URL": "http://a:1"}, "s3://models/a", "https://minio:9000"),
    ],
    ids=["at AWS", "at the endpoint of the environment", "by a URL"],
)
def test_a_bucket_has_an_endpoint(flags: dict[str, str], environ: dict[str, str], address: str, endpoint: str) -> None:
    (target,) = (one for one in discover(Settings(**flags, docker="none"), frozenset(flags), environ, uid=0) if one.system == "s3")  # type: ignore[arg-type]

    assert Target("s3", address, asked=True, options={"endpoint": endpoint}) == target


def test_no_bucket_is_looked_for_where_none_is_named() -> None:
    found = [discover(Settings(bucket=name, docker="none"), frozenset(), {"AWS_ENDPOINT_URL": "http://a:1"}, uid=0) for name in ("", "none")]

    assert [False, False] == [any(one.system == "s3" for one in targets) for targets in found]


def test_a_work_tree_is_the_one_named_or_the_one_it_is_started_in(socket: Path) -> None:
    tree = socket.parent / "tree"
    assert [] == _found({}, {})
    with pytest.raises(SettingsError, match="is no DVC repository: it has no folder"):
        _found({"repo": str(socket.parent)}, {})

    (tree / ".dvc").mkdir(parents=True)
    (tree / ".dvc" / "config").touch()
    (socket.parent / ".dvc").mkdir()
    (socket.parent / ".dvc" / "config").touch()

    assert [("dvc", str(tree), True)] == _found({"repo": str(tree)}, {})
    assert [("dvc", str(socket.parent), False)] == _found({}, {})
    assert [] == _found({"repo": "none"}, {})


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
    assert (here, without) == ({"mlflow.named", "mlflow.model", "mlflow.artifacts_of"}, set())
