"""Every way in which an engine cannot be read has its own word, and none of them hangs."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker.errors import DockerException

from probes._contract import Answer, Probe, Subject, Unavailable
from probes.docker import containers, engine, events, images, logs, stats
from probes.docker._client import ReadOnlyClient, WriteRefusedError
from probes.docker._engine import opened
from probes.docker._shapes import Info

from .conftest import RunProbe, ServeEngine, ServeTrouble, access
from .scripted import Answer as Scene
from .scripted import Behaviour, Scripted, drips, hangs_up, refusal, says, silent

ALL = (*containers.PROBES, *engine.PROBES, *events.PROBES, *images.PROBES, *logs.PROBES, *stats.PROBES)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


def gaps(answers: list[Answer]) -> list[tuple[str, str]]:
    assert all(isinstance(answer, Unavailable) for answer in answers)
    return [(answer.kind, answer.why) for answer in answers if isinstance(answer, Unavailable)]


@pytest.mark.parametrize("probe", ALL, ids=lambda probe: probe.name)
@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        pytest.param(silent, "timed out", id="accepts-and-never-answers"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), "timed out", id="drips-its-headers"),
        pytest.param(drips(HEAD), "timed out", id="drips-its-body"),
        pytest.param(hangs_up, "refused", id="hangs-up"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.2\r\n"), "garbled", id="is-not-http"),
        pytest.param(says(b"\x00\xff" * 400), "garbled", id="says-binary"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), "garbled", id="is-a-web-page"),
        pytest.param(says(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"a":[1,2,3]}'), "garbled", id="is-other-json"),
        pytest.param(says(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"ApiVersion":'), "garbled", id="breaks-off"),
        pytest.param(says(b"HTTP/1.1 302 Found\r\nLocation: http://example.invalid/\r\nContent-Length: 0\r\n\r\n"), "refused", id="sends-elsewhere"),
    ],
)  # fmt: skip
def test_a_bad_engine_is_named_and_soon_given_up(probe: Probe, behaviour: Behaviour, why: str, run: RunProbe, serve_trouble: ServeTrouble) -> None:
    hands = serve_trouble(behaviour)
    began = time.monotonic()

    answers = run(probe, hands, *([] if probe.sweeps else [Subject(probe.kind, "trainer")]))

    assert [(probe.kind, why)] == gaps(answers), answers
    assert time.monotonic() - began < 4


def test_an_engine_whose_queue_is_full_has_timed_out_and_not_refused(run: RunProbe, folder: Path) -> None:
    place = folder / "full.sock"
    with socket.socket(socket.AF_UNIX) as engine_socket, contextlib.ExitStack() as waiting:
        engine_socket.bind(str(place))
        engine_socket.listen(0)
        waiting.enter_context(socket.socket(socket.AF_UNIX)).connect(str(place))

        answers = run(engine.PROBES[0], access(f"unix://{place}", seconds=1.0))

    assert [(engine.PROBES[0].kind, "timed out")] == gaps(answers), answers


@pytest.mark.parametrize(
    ("scene", "why"),
    [
        (refusal(500, "boom"), "refused"),
        (refusal(403, "authorization denied by plugin"), "forbidden"),
        (Scene(b"<h1>401</h1>", 401), "forbidden"),
        (refusal(404, "page not found"), "refused"),
        (Scene(b"null"), "garbled"),
        (Scene(b'[{"Id": 3}]'), "garbled"),
        (Scene(b"[" * 100_000), "garbled"),
    ],
)
@pytest.mark.parametrize("path", ["/containers/json", "/events", "/info"])
def test_a_bad_answer_to_the_main_request_is_named(path: str, scene: Scene, why: str, run: RunProbe, serve: ServeEngine) -> None:
    (probe,) = {"/containers/json": containers, "/events": events, "/info": engine}[path].PROBES
    script = Scripted({"/containers/json": [], "/info": {"Name": "gpu-1", "SystemTime": "2026-11-24T23:31:01Z"}, path: scene})

    assert [(probe.kind, why)] == gaps(run(probe, serve(script)))


def test_no_engine_named_is_not_configured(run: RunProbe) -> None:
    expected = Unavailable(
        kind="container",
        why="not configured",
        detail="No engine is named, and none was found by its socket.",
        remedy="Set DOCKER_HOST to the engine's address, such as unix:///var/run/docker.sock.",
    )

    assert [expected] == run(containers.PROBES[0], access(None))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("unix:///nowhere/docker.sock", "refused"),
        ("tcp://127.0.0.1:1", "refused"),
        ("tcp://no-such-host.invalid:2375", "refused"),
        ("ssh://gpu-1", "refused"),
        ("fd://3", "refused"),
        ("no url at all", "refused"),
    ],
)
def test_an_address_where_nothing_answers_is_refused(url: str, why: str, run: RunProbe) -> None:
    assert [("container", why)] == gaps(run(containers.PROBES[0], access(url)))


def test_an_engine_that_was_asked_for_says_so(run: RunProbe) -> None:
    def asked(answers: list[Answer]) -> list[bool]:
        return [answer.asked for answer in answers if isinstance(answer, Unavailable)]

    assert [[True], [False]] == [asked(run(containers.PROBES[0], access("unix:///nowhere.sock", asked=it))) for it in (True, False)]


def test_a_socket_we_may_not_open_is_forbidden(run: RunProbe, folder: Path) -> None:
    path = folder / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0o600)
        answers = _as_nobody(lambda: run(containers.PROBES[0], access(f"unix://{path}")))

    expected = Unavailable(
        kind="container",
        why="forbidden",
        detail=f"unix://{path}/version: [Errno 13] Permission denied",
        remedy="Run as a member of the docker group, or set DOCKER_HOST.",
    )
    assert [expected] == answers


def _as_nobody(call: Callable[[], Any]) -> Any:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody who may not")
    os.seteuid(65534)
    try:
        return call()
    finally:
        os.seteuid(0)


def test_without_the_client_package_the_remedy_installs_it(run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("docker", "docker.errors", "docker.utils"):
        monkeypatch.setitem(sys.modules, module, None)

    (answer,) = run(containers.PROBES[0], access("unix:///nowhere.sock"))

    assert isinstance(answer, Unavailable)
    assert ("missing tool", "Install the client with pip install 'diagnose[docker]'.") == (answer.why, answer.remedy)


def test_keys_for_tls_that_are_not_there_are_named(run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/nowhere")

    (answer,) = run(containers.PROBES[0], access("tcp://127.0.0.1:1"))

    assert isinstance(answer, Unavailable)
    assert "Let DOCKER_CERT_PATH name the folder of a ca.pem, cert.pem and key.pem that this engine accepts." == answer.remedy


def test_tls_variables_do_not_disturb_a_socket(run: RunProbe, monkeypatch: pytest.MonkeyPatch, serve: ServeEngine) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/nowhere")
    hands = serve(Scripted({"/info": {"Name": "gpu-1", "LiveRestoreEnabled": True}}))

    assert ["Look", "Swept"] == [type(answer).__name__ for answer in run(engine.PROBES[0], hands)]


def test_the_client_sends_reads_only(serve: ServeEngine) -> None:
    script = Scripted({"/info": {"Name": "gpu-1"}})
    hands = serve(script)
    refused = []
    with opened(hands) as engine_:
        client = engine_._client
        assert isinstance(client, ReadOnlyClient)
        attempts: list[Callable[[], Any]] = [
            lambda: client.stop("trainer"),
            lambda: client.remove_container("trainer"),
            lambda: client.exec_start("0"),
            lambda: client.put(f"{client.base_url}/x"),
            lambda: client.request("PATCH", f"{client.base_url}/x"),
        ]
        for attempt in attempts:
            try:
                attempt()
            except (WriteRefusedError, DockerException) as error:
                refused.append(type(error).__name__)
        engine_.decode("/info", Info)

    assert ["WriteRefusedError"] * len(attempts) == refused
    assert ["GET /version", "GET /v1.41/info"] == script.asked


def test_no_probe_sends_anything_but_gets(run: RunProbe, serve: ServeEngine) -> None:
    script = Scripted({"/containers/json": [{"Id": "a" * 64, "Names": ["/trainer"], "State": "exited", "Status": "Exited (1) 2 hours ago"}]})
    hands = serve(script)
    for probe in ALL:
        run(probe, hands, *([] if probe.sweeps else [Subject(probe.kind, "trainer")]))

    assert {"GET"} == {line.split()[0] for line in script.asked}
