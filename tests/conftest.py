"""What every test gets: an environment of its own, real services where they can be had, and a list of what was left out.

With CI=true nothing may be left out: a skip is a failure then.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TypeVar

import pytest

from tests.faults.engine import EngineError, engine, missing
from tests.faults.images import BASES, build_bases
from tests.stack.build import CACHE_VARIABLE
from tests.stack.dvc import Repository, first_repository
from tests.stack.mlflow import MLflow
from tests.stack.mlflow import mlflow as started_mlflow
from tests.stack.node import Node, NodeError
from tests.stack.node import node as started_node
from tests.stack.postgres import Postgres
from tests.stack.postgres import postgres as started_postgres
from tests.stack.process import ServiceError
from tests.stack.s3 import READ, WRITE, Store, allow
from tests.stack.s3 import s3 as started_s3

OWN_ENGINE = frozenset({"/var/run/docker.sock", "/run/docker.sock"})
_LEFT_BEHIND = ("AWS_", "DIAGNOSE_", "DOCKER_", "DVC_", "MLFLOW_")
_reached: list[str] = []
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)
_Service = TypeVar("_Service")


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started once; what breaks it is to be mended by the test, so use its context managers."""
    yield from _started("PostgreSQL", started_postgres())


@pytest.fixture(scope="session")
def s3() -> Iterator[Store]:
    """An S3 store, started once; give each test buckets and users of its own, or mend what it breaks."""
    yield from _started("versitygw", started_s3())


@pytest.fixture(scope="session")
def mlflow(postgres: Postgres, s3: Store) -> Iterator[MLflow]:
    """MLflow 3 as a team has it, started once: the database of `postgres`; artifacts go through it to the bucket `mlflow` of `s3`, where it is the user `mlflow`."""
    keys = s3.user("mlflow")
    bucket = s3.bucket("mlflow", allow("mlflow", keys, *READ, *WRITE))
    yield from _used(_started("MLflow 3", started_mlflow(3, database=postgres.uri, artifacts=f"s3://{bucket}", environment=s3.settings(keys))))


@pytest.fixture(scope="session")
def mlflow2() -> Iterator[MLflow]:
    """MLflow 2 as one person has it, started once: SQLite and a folder."""
    yield from _used(_started("MLflow 2", started_mlflow(2)))


@pytest.fixture(scope="session")
def first_dvc() -> Iterator[Repository]:
    """A DVC repository that is as it should be, made once: take copies of it."""
    yield from _started("DVC", first_repository())


def _used(servers: Iterator[MLflow]) -> Iterator[MLflow]:
    """Once it has asked its database: one that never did keeps trying when that breaks, and answers nobody."""
    for it in servers:
        it.search()
        it.get("registered-models/search?max_results=1")
        yield it


def _started(name: str, service: AbstractContextManager[_Service]) -> Iterator[_Service]:
    with ExitStack() as stack:
        try:
            it = stack.enter_context(service)
        except ServiceError as error:
            pytest.skip(f"{name} does not start here: {error}")
        yield it


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the person who runs the tests are no part of them, in this process and in those that tests start."""
    for name in [name for name in os.environ if name.startswith(_LEFT_BEHIND) and name != CACHE_VARIABLE]:
        del os.environ[name]
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="state-")
    config.add_cleanup(lambda: shutil.rmtree(os.environ["XDG_STATE_HOME"], ignore_errors=True))


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
