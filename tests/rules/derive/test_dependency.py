"""Which container the host in a log means, whether it is up, and whether it can be reached."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Subject, Value
from tests.rules.derive.conftest import facts, told

API, DB = "container shop-api-1", "container shop-db-1"
NEEDS = "container needs container"
DATABASE: Mapping[str, Value] = {
    "state": "running", "runs_for": 9000.0, "attempt_lasted": None, "attempt_lengths": (), "restart_count": 0, "compose_service": "db",
    "aliases": ("shop-db-1", "postgres", "0123456789ab"), "addresses": ("172.18.0.2", "fd00::2"), "networks": ("shop_default",),
}  # fmt: skip
NAMES = ("dependency", "dependency_state", "dependency_down", "dependency_apart")


def dependency(host: str | None, **theirs: Value) -> dict[str, Value]:
    own = {"log_host": host, "networks": ("shop_default",), "compose_service": "api", "aliases": ("shop-api-1",)}
    return told(facts({API: own, DB: {**DATABASE, **theirs}}), API, *NAMES)


def says(name: str, state: str, *, down: Value = "unseen", apart: Value = "unseen") -> dict[str, Value]:
    return dict(zip(NAMES, (name, state, down, apart), strict=True))


UP = says("shop-db-1", "running", down=False, apart=False)


@pytest.mark.parametrize("host", ["shop-db-1", "postgres", "0123456789ab", "db", "172.18.0.2", "fd00::2"])
def test_a_host_means_a_container_by_name_alias_id_service_or_address(host: str) -> None:
    assert UP == dependency(host)


@pytest.mark.parametrize("host", ["db.example.com", "10.0.0.9", "localhost", "127.0.0.1", "d", "Postgres!", "$(reboot)"])
def test_a_host_that_is_no_container_here_is_named_and_not_known(host: str) -> None:
    assert says(host, "unknown") == dependency(host)


@pytest.mark.parametrize("host", ["shop-api-1", "api"])
def test_a_container_is_no_dependency_of_its_own(host: str) -> None:
    assert says(host, "unknown") == dependency(host)


def test_a_log_that_names_no_host_has_no_dependency() -> None:
    assert says("", "") == dependency(None)


def test_a_log_that_nobody_read_has_an_unseen_dependency() -> None:
    assert dict.fromkeys(NAMES, "unseen") == told(facts({API: {"networks": ()}, DB: DATABASE}), API, *NAMES)


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (UP, {}),
        (says("shop-db-1", "exited", down=True, apart=False), {"state": "exited", "runs_for": None, "addresses": ()}),
        (says("shop-db-1", "restarting", down=True, apart=False), {"state": "restarting", "runs_for": None}),
        (says("shop-db-1", "created", down=True, apart=False), {"state": "created", "runs_for": None}),
        (says("shop-db-1", "paused", down=True, apart=False), {"state": "paused"}),
        (says("shop-db-1", "running", down=True, apart=False), {"runs_for": 3.0, "attempt_lengths": ("2.0",), "restart_count": 8}),
        (says("shop-db-1", "running", down=False, apart=False), {"runs_for": 3.0}),
        (says("shop-db-1", "running", down=False, apart=False), {"restart_count": 8, "attempt_lengths": ("2.0",)}),
        (says("shop-db-1", "running", down=False, apart=True), {"networks": ("other_default",)}),
        (says("shop-db-1", "running", down=False, apart=False), {"networks": ("other_default", "shop_default")}),
        (says("shop-db-1", "unknown", down=None, apart=False), {"state": None}),
    ],
    ids=["up", "ended", "waits", "never started", "paused", "loops", "has just started", "looped long ago", "apart", "two networks", "not known"],
)
def test_a_dependency_is_told_with_its_state_and_its_networks(expected: dict[str, Value], changed: Mapping[str, Value]) -> None:
    assert expected == dependency("db", **changed)


def test_without_their_networks_nobody_knows_whether_they_are_apart() -> None:
    without = {name: value for name, value in DATABASE.items() if name != "networks"}

    assert {"dependency_apart": None} == told(facts({API: {"log_host": "db", "networks": ("n",)}, DB: without}), API, "dependency_apart")


@pytest.mark.parametrize(("expected", "host"), [([Subject("container", "shop-db-1")], "db"), ([], "api"), ([], "db.example.com"), ([], None)])
def test_a_container_needs_the_one_that_its_log_names(expected: list[Subject], host: str | None) -> None:
    found = facts({API: {"log_host": host, "compose_service": "api"}, DB: DATABASE})

    assert expected == found.targets(Subject("container", "shop-api-1"), NEEDS)


def test_the_host_is_read_from_the_log_itself() -> None:
    line = 'psycopg2.OperationalError: connection to server at "postgres" (172.18.0.2), port 5432 failed: Connection refused'

    assert UP == told(facts({API: {"log_tail": line, "networks": ("shop_default",)}, DB: DATABASE}), API, *NAMES)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("0.0.0.0", True), ("localhost.example", False), ("10.0.0.1", False), ("db", False)],  # noqa: S104  # as logs write it
)  # fmt: skip
def test_a_loopback_address_is_the_container_itself(host: str, expected: bool) -> None:
    line = f'psycopg2.OperationalError: connection to server at "{host}", port 5432 failed: Connection refused'
    found = told(facts({"container app": {"log_tail": line}}), "container app", "log_host", "needs_itself")

    assert {"log_host": host, "needs_itself": expected} == found
