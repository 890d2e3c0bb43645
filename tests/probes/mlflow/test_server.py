"""Whether an MLflow server answers and can use its database, scripted as it was captured."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from probes._contract import Look, Subject, Unavailable
from probes.mlflow import _client
from probes.mlflow.server import PROBES
from tests.probes.mlflow.scripted import DEFAULT, NOT_FOUND, WELL, Said, Script, ask, seen, served

SWEEP, NAMED = PROBES
REFUSED = '(psycopg2.OperationalError) connection to server at "db", port 5432 failed: Connection refused\n\tIs the server running?'


def test_a_server_that_is_well_tells_what_is_in_it() -> None:
    with served(Script(WELL)) as url:
        it = seen(SWEEP, url)

    said = {name: it[name] for name in ("reached", "is_mlflow", "healthy", "version", "answer_says", "experiments", "has_runs", "registered_models", "is_empty")}
    assert said == {
        "reached": True, "is_mlflow": True, "healthy": True, "version": "3.17.2", "answer_says": "ok", "experiments": 1, "has_runs": True, "registered_models": 1, "is_empty": False,
    }  # fmt: skip
    assert (it["default_created_at"], it["store_type"], it["failure"]) == (1795384581.282, None, None)


def test_what_is_left_out_of_an_answer_is_empty() -> None:
    script = Script({**WELL, "runs/search": Said(200, {}), "registered-models/search": Said(200, {}), "experiments/search DELETED_ONLY": Said(200, {"experiments": [DEFAULT]})})
    with served(script) as url:
        it = seen(SWEEP, url)

    assert (it["has_runs"], it["registered_models"], it["is_empty"], it["deleted_experiments"], it["store_type"]) == (False, 0, True, 1, "SqlStore")


def test_what_one_search_does_not_answer_leaves_open_whether_it_is_empty() -> None:
    script = Script({**WELL, "runs/search": Said(500, "Internal Server Error"), "registered-models/search": Said(200, {})})
    with served(script) as url:
        it = seen(SWEEP, url)

    assert (it["has_runs"], it["registered_models"], it["is_empty"]) == (None, 0, None)


@pytest.mark.parametrize(
    ("status", "code", "words", "says"),
    [
        (503, "TEMPORARILY_UNAVAILABLE", REFUSED, "database-refused"),
        (503, "TEMPORARILY_UNAVAILABLE", '(psycopg2.OperationalError) connection to server at "10.0.0.9", port 5432 failed: Connection timed out', "database-timeout"),
        (503, "TEMPORARILY_UNAVAILABLE", '(psycopg2.OperationalError) could not translate host name "db" to address: Name or service not known', "database-host-unknown"),
        (503, "TEMPORARILY_UNAVAILABLE", 'FATAL:  password authentication failed for user "mlflow"', "database-credentials"),
        (503, "TEMPORARILY_UNAVAILABLE", 'FATAL:  pg_hba.conf rejects connection for host "127.0.0.1", user "mlflow"', "database-credentials"),
        (503, "TEMPORARILY_UNAVAILABLE", 'FATAL:  database "mlflow" does not exist', "database-missing"),
        (503, "TEMPORARILY_UNAVAILABLE", "FATAL:  remaining connection slots are reserved for non-replication superuser connections", "database-full"),
        (503, "TEMPORARILY_UNAVAILABLE", "something new", "database-other"),
        (400, "BAD_REQUEST", '(psycopg2.errors.UndefinedTable) relation "experiments" does not exist', "database-schema"),
        (400, "BAD_REQUEST", "(sqlite3.DatabaseError) file is not a database", "database-damaged"),
        (403, "PERMISSION_DENIED", "Permission denied", "forbidden"),
        (400, "INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results' supplied.", "other"),
        (500, "INTERNAL_ERROR", "something", "server-error"),
    ],
)
def test_an_error_of_the_search_is_told_apart(status: int, code: str, words: str, says: str) -> None:
    with served(Script({**WELL, "experiments/search": Said(status, {"error_code": code, "message": words})})) as url:
        it = seen(SWEEP, url)

    assert (it["answer_status"], it["answer_code"], it["answer_says"], it["is_mlflow"], it["healthy"], it["is_empty"]) == (status, code, says, True, True, None)


def test_the_host_of_the_database_is_read_from_the_error() -> None:
    with served(Script({**WELL, "experiments/search": Said(503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": REFUSED})})) as url:
        assert seen(SWEEP, url)["database_host"] == "db"


def test_the_host_header_check_is_no_lack_of_rights() -> None:
    refused = Said(403, "Invalid Host header - possible DNS rebinding attack detected")
    with served(Script({"/health": WELL["/health"], "/version": WELL["/version"], "experiments/search": refused})) as url:
        it = seen(SWEEP, url)

    assert (it["answer_says"], it["is_mlflow"]) == ("host-header", True)


@pytest.mark.parametrize(("status", "says"), [(401, "authentication"), (403, "forbidden"), (302, "redirected"), (503, "gateway"), (502, "gateway")])
def test_what_a_proxy_says_is_not_the_server_s_word(status: int, says: str) -> None:
    page = Said(status, "<html>no</html>")
    with served(Script({"/health": page, "/version": page, "experiments/search": page})) as url:
        it = seen(SWEEP, url)

    assert (it["reached"], it["is_mlflow"], it["answer_says"]) == (True, None, says)


def test_something_else_is_no_mlflow_and_one_under_a_prefix_is_found() -> None:
    with served(Script({"/health": Said(404, NOT_FOUND), "/mlflow/health": Said(200, "OK")})) as url:
        it = seen(SWEEP, url)

        assert (it["is_mlflow"], it["answer_says"], it["found_at"]) == (False, "not-found", f"{url}/mlflow")


def test_a_prefix_that_the_server_has_not_is_told() -> None:
    with served(Script({"/health": Said(200, "OK")})) as url:
        assert seen(SWEEP, f"{url}/tracking")["found_at"] == url


def test_a_database_that_hangs_is_silent_while_health_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "SLOW_S", 0.3)
    monkeypatch.setattr(_client.Server.search, "__defaults__", (0.3,))
    with served(Script(WELL, hold_s=1.0)) as url:
        it = seen(SWEEP, url)

    assert (it["healthy"], it["answer_says"], it["answer_status"]) == (True, "database-silent", None)


def test_nobody_listens_or_the_name_is_unknown() -> None:
    refused, unknown = seen(SWEEP, "http://127.0.0.1:1"), seen(SWEEP, "http://no-such-host.invalid:5000")

    assert [(one["reached"], one["failure"], one["is_mlflow"], one["answer_says"]) for one in (refused, unknown)] == [
        (False, "refused", None, None),
        (False, "unknown-host", None, None),
    ]


def test_https_asked_of_plain_http_is_named() -> None:
    with served(Script(WELL)) as url:
        assert seen(SWEEP, url.replace("http:", "https:"))["failure"] == "speaks-http"


@pytest.fixture
def hanging_up() -> Iterator[str]:
    """Takes connections and closes them without a word, as a TLS server does that is asked in plain HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_connection_that_is_closed_without_an_answer_is_cut_off(hanging_up: str) -> None:
    assert seen(SWEEP, hanging_up)["failure"] == "cut-off"


def test_credentials_go_to_the_address_of_the_setting_alone() -> None:
    mine, other = Script(WELL), Script(WELL)
    with served(mine) as url, served(other) as elsewhere:
        ask(NAMED, url, Subject("mlflow", url), Subject("mlflow", elsewhere), user="reader", password="hunter22x")  # nobody's

    assert {headers.get("Authorization") for _path, _said, headers in mine.asked} == {"Basic cmVhZGVyOmh1bnRlcjIyeA=="}
    assert {headers.get("Authorization") for _path, _said, headers in other.asked} == {None}


def test_a_name_of_another_network_that_does_not_resolve_here_says_nothing() -> None:
    (gap,) = ask(NAMED, "http://127.0.0.1:1", Subject("mlflow", "http://no-such-host.invalid:5000"))

    assert isinstance(gap, Unavailable)
    assert gap.why == "not reached"


def test_a_server_that_others_name_and_that_refuses_is_told() -> None:
    (look,) = ask(NAMED, "", Subject("mlflow", "http://127.0.0.1:1"))

    assert isinstance(look, Look)
    assert look.values["mlflow.failure"] == "refused"


def test_no_address_is_no_fault_of_mlflow() -> None:
    (gap,) = ask(SWEEP, "databricks")

    assert isinstance(gap, Unavailable)
    assert gap.why == "not configured"


@pytest.mark.parametrize("address", ["http://169.254.169.254", "http://[fe80::1]:5000", "http://169.254.170.2/v2"])
def test_a_link_local_address_is_not_asked_because_a_workload_names_it(address: str) -> None:
    (gap,) = ask(NAMED, "", Subject("mlflow", address))

    assert isinstance(gap, Unavailable)
    assert (gap.why, "link-local" in gap.detail) == ("not reached", True)


def test_an_artifact_store_that_says_ok_to_health_is_no_mlflow() -> None:
    error = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>MethodNotAllowed</Code><Message>The specified method is not allowed</Message></Error>'
    with served(Script({"/health": Said(200, "OK"), "experiments/search": Said(405, error)})) as url:
        it = seen(SWEEP, url)

    assert (True, False) == (it["healthy"], it["is_mlflow"])
