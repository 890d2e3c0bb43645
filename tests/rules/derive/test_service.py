"""Which Service or container does the host in a pod's log mean?"""

from __future__ import annotations

import pytest

from probes._contract import Subject, Value
from rules.derive import service
from tests.rules.derive.conftest import Table, facts, told

APP = "container ml/api-1/main"
DATABASE = "container ml/postgres-0/postgres"
REFUSED = 'psycopg2.OperationalError: connection to server at "{}" (10.96.0.9), port 5432 failed: Connection refused'
THERE: Table = {"ns ml": {"services": ("api", "postgres"), "services_without_backends": ("postgres",)}}
RELATIONS = ["service svc:ml/postgres selects pod ml/postgres-0", "container ml/postgres-0/postgres in pod ml/postgres-0"]


def loop(host: str) -> dict[str, Value]:
    return {"engine": "kubernetes", "waiting_reason": "CrashLoopBackOff", "log_tail": REFUSED.format(host), "log_complete": True, "ready": False}


@pytest.mark.parametrize(
    ("host", "state", "down"),
    [
        ("postgres", service.NOBODY, True),
        ("postgres.ml", service.NOBODY, True),
        ("postgres.ml.svc.cluster.local", service.NOBODY, True),
        ("api", service.READY, False),
        ("redis", service.NO_SERVICE, True),
        ("db.eu-1.example.com", service.OUTSIDE, None),
        ("postgres.other", "", None),
    ],
)
def test_a_host_is_the_service_of_that_name_as_the_pod_resolves_it(host: str, state: str, down: bool | None) -> None:
    found = facts({APP: loop(host), **THERE})

    assert {"service_host": host, "service_state": state, "service_down": down} == told(found, APP, "service_host", "service_state", "service_down")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("postgres", ["svc:ml/postgres"]),
        ("redis", ["svc:ml/redis"]),
        ("db.eu-1.example.com", ["db.eu-1.example.com"]),
        ("api", []),
    ],
    ids=["nobody behind it", "no such Service", "outside", "it has backends"],
)
def test_it_needs_what_does_not_answer(host: str, expected: list[str]) -> None:
    found = facts({APP: loop(host), **THERE})

    assert expected == [one.key for one in found.targets(Subject("container", "ml/api-1/main"), "container needs service")]


def test_an_address_of_the_cluster_is_the_service_that_has_it() -> None:
    log = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.96.0.9:5432: connect: connection refused"'
    found = facts({APP: loop("") | {"log_tail": log}, "service svc:ml/postgres": {"ready_addresses": 0, "addresses": ("10.96.0.9",)}, **THERE})

    assert {"service_host": "postgres.ml", "service_state": service.NOBODY} == told(found, APP, "service_host", "service_state")
    assert ["svc:ml/postgres"] == [one.key for one in found.targets(Subject("container", "ml/api-1/main"), "container needs service")]


@pytest.mark.parametrize(("ready", "expected"), [(False, ["ml/postgres-0/postgres"]), (True, [])])
def test_it_needs_the_unready_containers_behind_its_service(ready: bool, expected: list[str]) -> None:
    found = facts({APP: loop("postgres"), DATABASE: {"ready": ready}, **THERE}, RELATIONS)

    assert expected == [one.key for one in found.targets(Subject("container", "ml/api-1/main"), "container needs container")]


API = "workload ml/Deployment/api"
INIT = "container ml/api-1/wait"
HELD: Table = {API: {"init_waits_for": "wait"}, **THERE}
RUNS = [f"{API} runs {INIT}", f"{INIT} in {API}"]


def waits(log: str | None) -> dict[str, Value]:
    given: dict[str, Value] = {"engine": "kubernetes", "waiting_reason": None, "ready": False}
    return given if log is None else given | {"log_tail": log, "log_complete": True}


@pytest.mark.parametrize(("log", "expected"), [("waiting for postgres:5432\nwaiting for postgres:5432", "postgres"), ("step 1 of 3", ""), (None, "unseen")])
def test_what_an_init_container_waits_for_stands_in_its_log(log: str | None, expected: str) -> None:
    found = facts({INIT: waits(log), **HELD}, RUNS)

    assert {"init_host": expected} == told(found, API, "init_host")


def test_the_log_of_an_init_container_that_holds_pods_up_is_asked_for() -> None:
    found = facts({INIT: waits(None), **HELD}, RUNS)
    found.value(Subject("workload", "ml/Deployment/api"), "workload.init_host")

    wanted = [("ml/api-1/wait", "container.log_tail")]
    assert wanted == [(want.subject.key, want.name) for want in found.missing(Subject("workload", "ml/Deployment/api"), "workload.init_host")]
    assert wanted == [(want.subject.key, want.name) for want in found.unread(Subject("workload", "ml/Deployment/api"), "workload needs container")]


def test_a_workload_needs_what_its_init_container_waits_for() -> None:
    found = facts({INIT: waits("waiting for postgres:5432"), DATABASE: {"ready": False}, **HELD}, [*RUNS, *RELATIONS])

    assert ["ml/postgres-0/postgres"] == [one.key for one in found.targets(Subject("workload", "ml/Deployment/api"), "workload needs container")]
