"""The memory that Prometheus kept of a container: scripted answers, and a real server that scrapes an exporter with cAdvisor's names."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from probes._access import Access
from probes._contract import Answer, Look, Subject, Unavailable, checked
from probes.prometheus import MOST, PROBES, expression
from rules.derive.leak import leak_test

(PROBE,) = PROBES
NOW = 1_800_000_000.0
TRAINER = Subject("container", "trainer")
MIB = 2**20


class Script:
    """A server that gives one answer to all requests; `asked` are their targets."""

    def __init__(self, body: Any, status: int = 200, hold_s: float = 0.0) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.hold_s = hold_s
        self.asked: list[str] = []

    def answer(self, target: str) -> bytes:
        self.asked.append(target)
        time.sleep(self.hold_s)
        return self.body


@contextlib.contextmanager
def served(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = script.answer(self.path)
            with contextlib.suppress(ConnectionError):
                self.send_response(script.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(url: str | None, *subjects: Subject, now: float = NOW, seconds: float = 20.0) -> list[Answer]:
    """What the probe yields, held to its own declaration."""
    settings = {} if url is None else {"prometheus": url, "prometheus.asked": "true"}
    found = list(PROBE.look(Access(settings, deadline=time.monotonic() + seconds, now=now), subjects or (TRAINER,)))
    specs = {spec.name: spec for spec in PROBE.gives}
    for answer in found:
        if isinstance(answer, Look):
            assert sorted(specs) == sorted(answer.values)
            assert [checked(specs[name], value) for name, value in answer.values.items()] == list(answer.values.values())
        if isinstance(answer, Unavailable):
            assert answer.remedy.endswith(".")
    return found


def told(script: Script, *subjects: Subject) -> list[Answer]:
    with served(script) as url:
        return ask(url, *subjects)


def values(answers: list[Answer]) -> tuple[Any, Any]:
    (look,) = answers
    assert isinstance(look, Look)
    return look.values["container.memory_series"], look.values["container.memory_series_peak_bytes"]


def reason(answers: list[Answer]) -> tuple[str, Subject | None, bool]:
    gap = answers[0]
    assert isinstance(gap, Unavailable)
    return gap.why, gap.subject, gap.asked


def matrix(*series: tuple[dict[str, str], list[list[Any]]]) -> dict[str, Any]:
    result = [{"metric": {"name": "trainer"} | labels, "values": points} for labels, points in series]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


# scripted


def test_a_series_is_told_oldest_first_with_its_peak() -> None:
    script = Script(matrix(({"instance": "a:8080"}, [[NOW - 60, "104857600"], [NOW - 30.5, "2.097152e+08"], [NOW, "157286400"]])))

    series = ("1799999940 104857600", "1799999970 209715200", "1800000000 157286400")
    assert values(told(script)) == (series, 209715200)


def test_it_asks_for_six_hours_by_name() -> None:
    script = Script(matrix())
    told(script, Subject("container", 'odd"name\\'))

    target = urlsplit(script.asked[0])
    assert target.path == "/api/v1/query_range"
    assert parse_qs(target.query) == {
        "query": ['max_over_time(container_memory_rss{name="odd\\"name\\\\"}[30s])'],
        "start": ["1799978400.000"],
        "end": ["1800000000.000"],
        "step": ["30s"],
    }


def test_a_path_before_the_api_is_kept() -> None:
    script = Script(matrix())
    with served(script) as url:
        ask(f"{url}/prometheus/")

    assert script.asked[0].startswith("/prometheus/api/v1/query_range?")


def test_nothing_kept_is_an_empty_series() -> None:
    assert values(told(Script(matrix()))) == ((), None)


def test_what_is_no_number_is_passed_over() -> None:
    points = [[NOW - 90, "NaN"], [NOW - 60, "+Inf"], [NOW - 30, "5"], [NOW - 15, "x"], [NOW, "-1"]]

    assert values(told(Script(matrix(({}, points))))) == (("1799999970 5",), 5)


def test_the_newest_are_kept_of_too_many() -> None:
    points = [[NOW - 30 * place, str(place)] for place in range(900, -1, -1)]
    series, peak = values(told(Script(matrix(({}, points)))))

    assert (len(series), series[0], series[-1], peak) == (MOST, f"{NOW - 30 * (MOST - 1):.0f} {MOST - 1}", f"{NOW:.0f} 0", MOST - 1)


def test_a_container_made_anew_follows_the_old_one() -> None:
    old = ({"id": "/docker/aa", "instance": "a:8080"}, [[NOW - 90, "900"], [NOW - 60, "900"], [NOW - 30, "900"]])
    new = ({"id": "/docker/bb", "instance": "a:8080"}, [[NOW - 60, "100"], [NOW - 30, "110"], [NOW, "120"]])

    for order in ((old, new), (new, old)):
        assert values(told(Script(matrix(*order))))[0] == ("1799999910 900", "1799999940 100", "1799999970 110", "1800000000 120")


def test_two_jobs_that_scrape_one_cadvisor_are_one_series() -> None:
    points = [[NOW - 30, "900"], [NOW, "910"]]
    answer = matrix(({"job": "cadvisor", "instance": "10.0.0.1:8080"}, points), ({"job": "docker", "instance": "node-1:8080"}, points))

    assert values(told(Script(answer)))[0] == ("1799999970 900", "1800000000 910")


def test_two_hosts_with_one_name_cannot_be_told_apart() -> None:
    answer = matrix(({"instance": "a:8080"}, [[NOW, "900"]]), ({"instance": "b:8080"}, [[NOW, "100"]]))

    assert reason(told(Script(answer))) == ("garbled", TRAINER, True)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"status": "error", "errorType": "bad_data", "error": "parse error"}, 400, "garbled"),
        ({"status": "error", "errorType": "execution", "error": "many-to-many"}, 422, "garbled"),
        ({"status": "error", "errorType": "timeout", "error": "query timed out"}, 503, "timed out"),
        ({"status": "error", "errorType": "unavailable", "error": "TSDB not ready"}, 503, "refused"),
        ({"status": "error", "errorType": "internal", "error": "open chunk"}, 500, "refused"),
        ({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [["x", 5]]}]}}, 200, "garbled"),
        ({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"n": 5}}]}}, 200, "garbled"),
        ({"alive": True}, 200, "garbled"),
        ([], 200, "garbled"),
        (b"", 200, "garbled"),
        (b"\xff\xfe", 200, "garbled"),
        (b"<html>Grafana</html>", 200, "garbled"),
        (b"[" * 100_000, 200, "garbled"),
        (b"<html>no such page</html>", 404, "garbled"),
        (b"Service Unavailable", 503, "refused"),
        (b"upstream timed out", 504, "refused"),
        (b"Unauthorized", 401, "forbidden"),
        (b"", 403, "forbidden"),
        (b"", 302, "forbidden"),
    ],
)
def test_what_is_no_answer_is_named(body: Any, status: int, expected: str) -> None:
    assert reason(told(Script(body, status))) == (expected, TRAINER, True)


def test_a_server_that_is_silent_times_out_for_all_at_once() -> None:
    others = [Subject("container", f"other-{number}") for number in range(5)]
    with served(Script(matrix(), hold_s=3.0)) as url:
        began = time.monotonic()
        found = ask(url, TRAINER, *others, seconds=0.5)

    assert time.monotonic() - began < 2.0
    assert [(gap.why, gap.subject) for gap in found if isinstance(gap, Unavailable)] == [("timed out", one) for one in (TRAINER, *others)]


def test_nobody_listening_is_refused() -> None:
    assert reason(ask(f"http://127.0.0.1:{free_port()}")) == ("refused", TRAINER, True)


@pytest.mark.parametrize("url", ["prometheus:9090", "ftp://prometheus", "nonsense", "http://"])
def test_an_address_without_http_is_not_used(url: str) -> None:
    assert reason(ask(url)) == ("not configured", None, True)


def test_an_address_that_is_none_is_refused() -> None:
    assert reason(ask("http://[::1")) == ("refused", TRAINER, True)


def test_without_an_address_nothing_is_asked() -> None:
    assert reason(ask(None)) == ("not configured", None, False)


def test_a_container_of_kubernetes_has_no_name_to_ask_by() -> None:
    script = Script(matrix())

    assert (told(script, Subject("container", "ml/trainer-0/main")), script.asked) == ([], [])


# a real server

LIVED, DEAD, STEP = 7200, 1200, 15
"""Seconds that the leaking container lived, since when it is gone, and between two of its samples."""


class Exporter(Script):
    """cAdvisor's page: its samples carry times of their own, as cAdvisor's do; the first scrape gets the past, the next ones the present."""

    def __init__(self, began: float) -> None:
        super().__init__(b"")
        self.began = began

    def answer(self, target: str) -> bytes:
        del target
        first, self.body = not self.body, b"scraped"
        lines = ["# HELP container_memory_rss Size of RSS in bytes.", "# TYPE container_memory_rss gauge"]
        lines += [*self._trainer(), *self._odd()] if first else []
        lines += self._steady(time.time() - 300 if first else time.time())
        return ("\n".join(lines) + "\n").encode()

    def _line(self, name: str, value: float, at: float, container: str = "c0ffee") -> str:
        labels = f'container_label_maintainer="",id="/docker/{container}",image="ml/trainer:1",name="{name}"'
        return f"container_memory_rss{{{labels}}} {value!r} {at * 1000:.0f}"

    def _trainer(self) -> list[str]:
        return [self._line("trainer", (10 + 110 * past / LIVED) * MIB, self.began + past) for past in range(0, LIVED, STEP)]

    def _odd(self) -> list[str]:
        return [self._line("odd", value, time.time() - 120 + 40 * place) for place, value in enumerate((math.nan, 7e6, math.inf))]

    def _steady(self, since: float) -> list[str]:
        now = time.time()
        return [self._line("steady", 64 * MIB, since + past) for past in range(0, max(1, int(now - since)), STEP)]


class Server:
    """A Prometheus of our own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def wait_for(self, query: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not self._has(query):
            assert time.monotonic() < deadline, f"Prometheus never had {query}."
            time.sleep(0.2)

    def _has(self, query: str) -> bool:
        with contextlib.suppress(OSError), urlopen(f"{self.url}/api/v1/query?query={query}", timeout=5) as answer:  # noqa: S310  # our own server
            return bool(json.load(answer)["data"]["result"])
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, float]]:
    """A server that scrapes our exporter, and when the leaking container began."""
    if shutil.which("prometheus") is None:
        need = "Install the Debian package prometheus (apt-get install prometheus)."
        if os.environ.get("CI") == "true":
            pytest.fail(need)
        pytest.skip(need)
    began = math.floor(time.time()) - DEAD - LIVED
    with served(Exporter(began)) as exporter, _started(tmp_path_factory.mktemp("prometheus"), exporter) as server:
        server.wait_for("container_memory_rss{name='steady'}")
        yield server, began


@contextlib.contextmanager
def _started(home: Path, exporter: str) -> Iterator[Server]:
    targets = [exporter.removeprefix("http://")]
    config = {"scrape_configs": [{"job_name": "cadvisor", "scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [{"targets": targets}]}]}
    (home / "prometheus.yml").write_text(json.dumps(config))
    port = free_port()
    command = ["prometheus", f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data", f"--web.listen-address=127.0.0.1:{port}"]
    with (home / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=home) as process:
        try:
            server = Server(f"http://127.0.0.1:{port}")
            server.wait_for("vector(1)")
            yield server
        finally:
            process.terminate()


Kept = Callable[[str], tuple[list[tuple[float, float]], Any]]


@pytest.fixture
def kept(real: tuple[Server, float]) -> Kept:
    def points(name: str) -> tuple[list[tuple[float, float]], Any]:
        series, peak = values(ask(real[0].url, Subject("container", name), now=time.time()))
        return [(float(at), float(value)) for at, value in (text.split() for text in series)], peak

    return points


@pytest.mark.engine
def test_a_real_server_tells_of_a_leak_that_has_ended(real: tuple[Server, float], kept: Kept) -> None:
    points, peak = kept("trainer")
    last = real[1] + LIVED - STEP

    assert len(points) == pytest.approx(LIVED / 30, abs=1)
    assert points[0][0] == pytest.approx(real[1], abs=30)
    assert points[-1][0] == pytest.approx(last, abs=30)
    assert peak == pytest.approx(120 * MIB, rel=0.01)
    assert leak_test(points, 128 * MIB) == "leak"


@pytest.mark.engine
def test_the_bare_metric_would_have_lived_on(real: tuple[Server, float]) -> None:
    """Why the probe does not ask for it: samples with times of their own count for five minutes more."""
    last = real[1] + LIVED - STEP
    query = f"/api/v1/query_range?query=container_memory_rss%7Bname%3D%22trainer%22%7D&start={last}&end={last + 900}&step=30s"
    with urlopen(real[0].url + query, timeout=5) as answer:  # noqa: S310  # our own server
        (series,) = json.load(answer)["data"]["result"]

    assert len(series["values"]) >= 10
    assert len({value for _, value in series["values"]}) == 1


@pytest.mark.engine
def test_a_real_server_tells_of_a_container_that_runs(kept: Kept) -> None:
    points, peak = kept("steady")

    assert ({value for _, value in points}, peak) == ({64.0 * MIB}, 64 * MIB)
    assert time.time() - points[-1][0] < 60
    assert leak_test(points * 5, 128 * MIB) == "too few"


@pytest.mark.engine
def test_a_real_server_has_numbers_that_are_none(kept: Kept) -> None:
    points, peak = kept("odd")

    assert ([value for _, value in points], peak) == ([7e6], 7_000_000)


@pytest.mark.engine
def test_a_real_server_has_nothing_of_a_container_it_never_saw(kept: Kept) -> None:
    assert kept('never"seen\\here') == ([], None)


@pytest.mark.engine
def test_a_real_server_refuses_what_is_no_query(real: tuple[Server, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.prometheus.expression", lambda name: expression(name)[:-2])

    (gap,) = ask(real[0].url, now=time.time())
    assert isinstance(gap, Unavailable)
    assert (gap.why, "bad_data" in gap.detail) == ("garbled", True)
