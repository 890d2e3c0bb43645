"""What every test gets: an environment of its own, a real Docker engine and Kubernetes node where they can be had, and a list of what was left out.

With CI=true nothing may be left out: a skip is a failure then.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

import pytest

from tests.faults.engine import EngineError, engine, missing
from tests.faults.images import BASES, build_bases
from tests.stack.build import CACHE_VARIABLE
from tests.stack.node import Node, NodeError
from tests.stack.node import node as started_node

OWN_ENGINE = frozenset({"/var/run/docker.sock", "/run/docker.sock"})
_LEFT_BEHIND = ("DIAGNOSE_", "DOCKER_")
_reached: list[str] = []
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@dataclass(frozen=True)
class DockerEngine:
    """A real engine for this test session; `images` gives the name of each base image: busybox, python."""

    url: str
    images: Mapping[str, str]


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """A private engine, started once; its containers and networks are the test's to remove."""
    why = missing()
    if why:
        pytest.skip(why + ("; on Debian: apt-get install docker.io busybox-static" if "not installed" in why else ""))
    with ExitStack() as stack:
        try:
            it = stack.enter_context(engine())
        except EngineError as error:
            pytest.skip(f"a private Docker engine does not start here: {error}")
        build_bases(it)
        yield DockerEngine(it.host, BASES)


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A Kubernetes node, started once; its objects are the test's to remove, so give each test a namespace of its own."""
    with ExitStack() as stack:
        try:
            it = stack.enter_context(started_node())
        except NodeError as error:
            pytest.skip(f"a Kubernetes node does not start here: {error}")
        yield it


def pytest_configure() -> None:
    """Settings of the person who runs the tests are no part of them, in this process and in those that tests start."""
    for name in [name for name in os.environ if name.startswith(_LEFT_BEHIND) and name != CACHE_VARIABLE]:
        del os.environ[name]


def _refuse_own_engine(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and arguments[1] in OWN_ENGINE:
        _reached.append(str(arguments[1]))
        raise RuntimeError("A test reached for this machine's own Docker engine.")


sys.addaudithook(_refuse_own_engine)


@pytest.fixture(autouse=True)
def _own_engine_is_left_alone() -> Iterator[None]:
    """Fails a test that reached for this machine's own Docker engine, also where the code under test has caught the refusal."""
    _reached.clear()
    yield
    assert not _reached


# what is left out


def pytest_runtest_setup(item: pytest.Item) -> None:
    if os.geteuid() != 0 and (item.get_closest_marker("engine") or item.get_closest_marker("node")):
        pytest.skip("needs root: run the tests as root to include it")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _nothing_left_out((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _nothing_left_out((yield))


def _nothing_left_out(report: _Report) -> _Report:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"Left out, and with CI=true nothing may be: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, by reason."""
    by_reason = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        by_reason[_reason(report)].append(report.nodeid)
    if not by_reason:
        return
    terminalreporter.section(f"Left out: {sum(map(len, by_reason.values()))} tests")
    for reason, names in sorted(by_reason.items()):
        terminalreporter.write_line(reason)
        for name in sorted(names):
            terminalreporter.write_line(f"    {name}")
