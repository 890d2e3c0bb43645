"""What the inspection of a container becomes, from answers of a real engine."""

from __future__ import annotations

import re

import pytest

from probes._contract import Relation, Subject, Swept
from probes._hide import visible
from probes._redact import Redactor
from probes.docker.containers import PROBES

from .conftest import RunProbe, ServeEngine, looks
from .scripted import Scripted, capture, of

(PROBE,) = PROBES
HOST = Subject("host", "gpu-1")


def values(run: RunProbe, serve: ServeEngine, name: str) -> dict[str, object]:
    (found,) = looks(run(PROBE, serve(Scripted(of(name))))).values()
    return found


STATE = ("state", "exit_code", "oom_killed", "start_error", "started_at", "finished_at", "last_attempt_at", "attempt_lasted", "pid", "restart_count")


def state(run: RunProbe, serve: ServeEngine, name: str) -> tuple[object, ...]:
    found = values(run, serve, name)
    return tuple(found[f"container.{signal}"] for signal in STATE)


def test_every_signal_of_a_container_with_all_settings(run: RunProbe, serve: ServeEngine) -> None:
    expected = {
        "container.id": "bfd02a1f73da",
        "container.engine": "docker",
        "container.state": "running",
        "container.exit_code": None,
        "container.oom_killed": False,
        "container.start_error": None,
        "container.created_at": 1795563064.097151,
        "container.started_at": 1795563064.445983,
        "container.finished_at": None,
        "container.last_attempt_at": 1795563064.445983,
        "container.attempt_lasted": None,
        "container.pid": 6521,
        "container.restart_count": 0,
        "container.health": "unhealthy",
        "container.has_health_check": True,
        "container.health_failing_streak": 1,
        "container.health_output": "wget: can't connect to remote host (127.0.0.1): Connection refused",
        "container.health_command": "wget -q -O- localhost:80 || exit 1",
        "container.image": "busybox:test",
        "container.image_id": "sha256:6fa020ff36d161ea51f4c35e8cd0a0e3b7712c7da96165511690e3e42e36dba5",
        "container.command": """sh -c 'sleep "1000"; echo $HOME'""",
        "container.entrypoint": "sh",
        "container.working_dir": "/tmp",  # noqa: S108  # what the container was given
        "container.user": "1000:1000",
        "container.env_names": ("MLFLOW_TRACKING_URI", "AWS_SECRET_ACCESS_KEY", "EMPTY"),
        "container.env": ("MLFLOW_TRACKING_URI=http://mlflow:5000", "AWS_SECRET_ACCESS_KEY=‹redacted›", "EMPTY="),
        "container.restart_policy": "on-failure",
        "container.restart_most": 5,
        "container.memory_limit_bytes": 256 * 2**20,
        "container.has_memory_limit": True,
        "container.memory_swap_bytes": 512 * 2**20,
        "container.may_swap": True,
        "container.shm_bytes": 128 * 2**20,
        "container.pids_limit": 100,
        "container.cpu_limit": 1.5,
        "container.read_only": True,
        "container.gpus_asked": False,
        "container.auto_remove": False,
        "container.log_driver": "json-file",
        "container.network_mode": "ml",
        "container.networks": ("ml",),
        "container.aliases": ("full", "mlflow-db"),
        "container.addresses": ("172.19.0.2",),
        "container.published_ports": ("18080->80/tcp", "18081->81/udp", "32768->82/tcp"),
        "container.mounts": ("/srv/b:/data:ro", "models:/models:rw"),
        "container.tmpfs": ("/cache", "/scratch"),
        "container.compose_project": "shop",
        "container.compose_service": "api",
        "container.compose_config_hash": "abc123",
        "container.labels": (
            "com.docker.compose.config-hash=abc123",
            "com.docker.compose.project=shop",
            "com.docker.compose.service=api",
            "owner=ml",
        ),
        "container.runs_for": 0.0,
        "container.tracking_uri": "http://mlflow:5000",
        "container.registry_uri": None,
        "container.s3_endpoint": None,
        "container.model_uri": None,
        "container.artifact_store": None,
        "container.server_port": None,
        "container.experiment": None,
        "container.aws_names": ("AWS_SECRET_ACCESS_KEY",),
        "container.signs_as_we_do": None,
        "container.signs_as": None,
    }

    found = values(run, serve, "full")
    found["container.env"] = tuple(re.sub("‹redacted[^›]*›", "‹redacted›", pair) for pair in found["container.env"])  # type: ignore[attr-defined]

    assert expected == found


RUNC = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "
NO_FILE = RUNC + '"/b/run.sh": stat /b/run.sh: no such file or directory: unknown'
NO_COMMAND = RUNC + '"nosuchcmd": executable file not found in $PATH: unknown'
NO_PORT = (
    "driver failed programming external connectivity on endpoint cap_port2 "
    "(65790169762d367eddcb183bedc5aa4c137220b8bdd336b079bef7d3b72f1c35): Bind for 127.0.0.1:19099 failed: port is already allocated"
)
NO_GPU = 'could not select device driver "" with capabilities: [[gpu]]'
LOOP, OOM, FAST, LATER = 1795563030.201556, 1795563029.698588, 1795563065.771718, 1795563067.896958


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loop_waiting", ("restarting", 3, False, None, LOOP, LOOP + 2.054651, LOOP, 2.054651, None, 6)),
        ("loop_running", ("running", None, False, None, LOOP, LOOP - 1.819286, LOOP, None, 2379, 5)),
        ("oom_again_running", ("running", None, True, None, OOM, OOM - 3.484452, OOM, None, 2295, 6)),
        ("fast_exit", ("exited", 1, False, None, FAST, FAST - 0.000378, FAST, 0.0, None, 0)),
        ("start_failed_later", ("exited", 4, False, NO_FILE, LATER, LATER + 0.501439, LATER, 0.501439, None, 3)),
        ("start_126", ("created", 126, False, RUNC + '"/b/noexec.sh": permission denied: unknown', None, None, 1795563069.131065, None, None, 0)),
        ("cmd127", ("created", 127, False, NO_COMMAND, None, None, 1795385148.735949, None, None, 0)),
        ("port2", ("created", 128, False, NO_PORT, None, None, 1795385158.931777, None, None, 0)),
        ("gpu", ("created", 128, False, NO_GPU, None, None, 1795385157.815952, None, None, 0)),
        ("stopped137", ("exited", 137, False, None, 1795385153.721526, 1795385172.101036, 1795385153.721526, 18.37951, None, 0)),
        ("paused", ("paused", None, False, None, 1795385157.740651, None, 1795385157.740651, None, 14427, 0)),
        ("health_timeout", ("running", None, False, None, 1795385155.325105, None, 1795385155.325105, None, 14098, 0)),
    ],
)
def test_how_the_last_attempt_went(name: str, expected: tuple[object, ...], run: RunProbe, serve: ServeEngine) -> None:
    rounded = tuple(pytest.approx(value, abs=1e-5) if isinstance(value, float) else value for value in expected)

    assert rounded == state(run, serve, name)


def test_the_engine_calls_the_last_exit_code_0_while_a_loop_runs_again() -> None:
    """Why exit_code is none there."""
    it = capture("inspect_loop_running.json")["State"]

    assert ("running", 0) == (it["Status"], it["ExitCode"])


def test_a_health_check_that_takes_too_long_says_so(run: RunProbe, serve: ServeEngine) -> None:
    found = values(run, serve, "health_timeout")

    assert ("unhealthy", 8, "Health check exceeded timeout (1s)", "sleep 5") == tuple(
        found[f"container.{name}"] for name in ("health", "health_failing_streak", "health_output", "health_command")
    )


def test_a_gpu_is_asked_for_in_device_requests(run: RunProbe, serve: ServeEngine) -> None:
    assert values(run, serve, "gpu")["container.gpus_asked"] is True


def test_ports_of_a_container_that_is_down_are_those_it_asked_for(run: RunProbe, serve: ServeEngine) -> None:
    assert ("19099->9000/tcp",) == values(run, serve, "port2")["container.published_ports"]


@pytest.mark.parametrize(
    ("host_config", "expected"),
    [
        ({"Memory": 0, "MemorySwap": 0}, (None, False, None, False)),
        ({"Memory": 64, "MemorySwap": 64}, (64, True, 64, False)),
        ({"Memory": 64, "MemorySwap": 128}, (64, True, 128, True)),
        ({"Memory": 64, "MemorySwap": -1}, (64, True, None, True)),
    ],
)
def test_memory_limits(host_config: dict[str, int], expected: tuple[object, ...], run: RunProbe, serve: ServeEngine) -> None:
    it = capture("inspect_fast_exit.json")
    it["HostConfig"] |= host_config
    script = Scripted({**of("fast_exit"), f"/containers/{it['Id']}/json": it})

    (found,) = looks(run(PROBE, serve(script))).values()

    assert expected == tuple(found[f"container.{name}"] for name in ("memory_limit_bytes", "has_memory_limit", "memory_swap_bytes", "may_swap"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "x"),
        ("HF_TOKEN", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("SENTRY_DSN", "x"),
        ("api-key", "x"),
        ("KEY", "x"),
    ],
)
def test_values_of_names_that_sound_like_a_secret_are_withheld(name: str, value: str) -> None:
    (shown,) = visible(Redactor(b"k"), [f"{name}={value}"], most=5)

    assert shown.startswith(f"{name}=‹redacted-")


@pytest.mark.parametrize(
    "pair",
    [
        "S3_KEY_PREFIX=models/",
        "KEYBOARD=de",
        "AUTHOR=me",
        "PASSES=3",
        "TOKENIZERS_PARALLELISM=false",
        "MAX_TOKENS=4096",
        "PATH=/bin",
        "EMPTY_SECRET=",
    ],
)
def test_other_values_stay(pair: str) -> None:
    assert (pair,) == visible(Redactor(b"k"), [pair], most=5)


def test_relations_of_a_composed_container(run: RunProbe, serve: ServeEngine) -> None:
    it = Subject("container", "full")
    expected = [
        Relation("on", it, HOST),
        Relation("uses", it, Subject("image", "busybox:test")),
        Relation("in", it, Subject("workload", "shop/api")),
        Relation("joins", it, Subject("network", "ml")),
    ]

    assert expected == [answer for answer in run(PROBE, serve(Scripted(of("full")))) if isinstance(answer, Relation)]


def test_an_empty_engine_is_swept_all_the_same(run: RunProbe, serve: ServeEngine) -> None:
    assert [Swept(kind="container", scope="gpu-1", count=0)] == run(PROBE, serve(Scripted({"/containers/json": [], "/info": capture("info.json")})))
