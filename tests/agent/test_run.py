"""The command as people run it: on time whatever a source does, naming what was not seen, with the promised exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def _engine(folder: Path, answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A Docker socket that accepts every connection and hands it to `answer`."""
    path = folder / "docker.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(64)

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(answer, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        server.close()


def _quietly(answer: Callable[[socket.socket], None], client: socket.socket) -> None:
    with suppress(OSError):
        answer(client)


def _silent(client: socket.socket) -> None:
    client.recv(10_000)
    time.sleep(60)


def _drips(client: socket.socket) -> None:
    client.recv(10_000)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[")
    for _ in range(60):
        client.sendall(b" ")
        time.sleep(1)


def _garbage(client: socket.socket) -> None:
    client.recv(10_000)
    body = b"<html>\x1b[2J not an engine</html>"
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    client.close()


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "agent.cli", *arguments]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("DIAGNOSE_", "DOCKER_"))}


def _run(*arguments: str, timeout: float = 30) -> tuple[int, str, str, float]:
    began = time.monotonic()
    done = subprocess.run(_command(*arguments), capture_output=True, text=True, timeout=timeout, env=_environment(), check=False)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def _promised(report: dict[str, Any]) -> int:
    """Blind, unless this machine has a trouble of its own: found beats blind."""
    return 1 if report["incidents"] else 3


def _gaps(report: dict[str, Any], system: str) -> set[str]:
    return {gap["why"] for gap in report["gaps"] if gap["what"].startswith(system)}


@pytest.mark.parametrize(
    ("expected", "answer"), [("timed out", _silent), ("timed out", _drips), ("garbled", _garbage)], ids=["never answers", "drips", "garbage"]
)
def test_a_sick_docker_socket_costs_its_own_facts_only(tmp_path: Path, expected: str, answer: Callable[[socket.socket], None]) -> None:
    with _engine(tmp_path, answer) as url:
        code, out, _err, seconds = _run("--docker", url, "--deadline", "4", "-o", "json")
    report = json.loads(out)

    assert seconds < 20
    assert _promised(report) == code
    assert {expected} == _gaps(report, "docker")
    assert all(gap["remedy"] for gap in report["gaps"])
    assert any("CrashLoopBackOff" in row for gap in report["gaps"] if gap["what"].startswith("docker") for row in gap["leaves_open"])
    assert {"done"} == {looked["ended"] for looked in report["looked"] if looked["probe"].startswith("host.")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_run_still_gives_a_report(tmp_path: Path, number: int) -> None:
    with _engine(tmp_path, _silent) as url:
        process = subprocess.Popen(
            _command("--docker", url, "--deadline", "60", "-o", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
        )
        assert process.stderr is not None
        process.stderr.readline()  # it has begun
        time.sleep(3)
        process.send_signal(number)
        began = time.monotonic()
        out, _err = process.communicate(timeout=20)
    report = json.loads(out)

    assert time.monotonic() - began < 10
    assert (_promised(report), True) == (process.returncode, report["stopped"])
    assert {"timed out"} == _gaps(report, "docker")


def test_an_engine_that_is_not_there_is_named_before_anything_is_asked_and_never_passed_over() -> None:
    code, out, err, _seconds = _run("--docker", "unix:///nonexistent/docker.sock", "--deadline", "10")

    assert code in (1, 3)
    assert err.splitlines()[0].startswith("diagnose: looking at host ")
    assert "docker unix:///nonexistent/docker.sock; reading only." in err.splitlines()[0]
    assert "NOT SEEN" in out
    assert "healthy" not in out.lower()


@pytest.mark.parametrize("verb", ["matrix", "rules signals", "probes list"])
def test_a_reader_that_has_seen_enough_is_no_fault(verb: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(_command(*verb.split()), stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, env=_environment(), check=False)
    os.close(writer)

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("part", "arguments"),
    [
        ("There is no format 'yaml'", ["--docker", "none", "-o", "yaml"]),
        ("deadline", ["--deadline", "-1"]),
        ("no such setting", ["--docker", "none"]),
    ],
)
def test_bad_usage_is_named_and_ends_with_two(part: str, arguments: list[str]) -> None:
    environment = _environment() | ({"DIAGNOSE_NOSUCH": "1"} if "setting" in part else {})
    done = subprocess.run(_command(*arguments), capture_output=True, text=True, timeout=30, env=environment, check=False)

    assert (2, "") == (done.returncode, done.stdout)
    assert part in done.stderr
