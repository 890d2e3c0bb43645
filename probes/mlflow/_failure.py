"""How a connection failed and what an answer means, in one word each.

connection(error)  ->  "unknown-host";   meaning(answer)  ->  "database-unreachable"
"""

from __future__ import annotations

import re

from probes._access import Unreachable
from probes.mlflow._client import Answer

GATEWAY = (502, 503, 504)
_DATABASE: tuple[tuple[str, str], ...] = (
    # why, and how PostgreSQL, MySQL and SQLite say it (libpq, PyMySQL, mysqlclient, sqlite3, SQLAlchemy's pool)
    (
        "database-host-unknown",
        r"could not translate host name|Name or service not known|Temporary failure in name resolution|nodename nor servname|Unknown MySQL server host|failed to resolve host",
    ),
    (
        "database-credentials",
        r"password authentication failed|no password supplied|Access denied for user|pg_hba\.conf|role \"[^\"]*\" does not exist",
    ),
    ("database-missing", r"database \"[^\"]*\" does not exist|Unknown database"),
    ("database-full", r"remaining connection slots|too many clients|[Tt]oo many connections|QueuePool limit of size|too many connections for role"),
    ("database-starting", r"the database system is (?:starting up|shutting down|in recovery mode)"),
    ("database-locked", r"database is locked|canceling statement due to (?:lock|statement) timeout|Lock wait timeout"),
    ("database-damaged", r"file is not a database|database disk image is malformed|disk I/O error"),
    ("database-disk", r"No space left on device|database or disk is full|could not extend file"),
    ("database-timeout", r"[Cc]onnection timed out|timeout expired|No route to host|Network is unreachable"),
    ("database-refused", r"Connection refused|Can't connect to (?:local )?MySQL|could not connect to server|unable to open database file"),
    (
        "database-cut",
        r"server closed the connection unexpectedly|terminating connection|Lost connection to MySQL|MySQL server has gone away|SSL connection has been closed|connection already closed",
    ),
    (
        "database-schema",
        r"UndefinedTable|UndefinedColumn|no such table|no such column|doesn't exist|Unknown column|relation \"[^\"]*\" does not exist",
    ),
)
DATABASE = tuple((why, re.compile(pattern)) for why, pattern in _DATABASE)
_HOST_HEADER = "Invalid Host header"
_SQL = re.compile(r"\((?:psycopg\d?|pymysql|MySQLdb|sqlite3|mysql|pyodbc|asyncpg)[\w.]*\)|sqlalche\.me|QueuePool limit")


def connection(error: Unreachable) -> str:
    """How it failed before any answer: by the exception of urllib3 that lies under it."""
    import urllib3

    cause = error.__cause__
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "unknown-host"
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "unroutable" if re.search(r"\[Errno (?:101|113)\]", str(cause)) else "refused"
    if isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
        return "timed-out"
    if isinstance(cause, urllib3.exceptions.TimeoutError):
        return "silent"
    if isinstance(cause, urllib3.exceptions.SSLError):
        return _tls(str(cause))
    return "cut-off"


def reason(error: Unreachable) -> str:
    """What it failed with, without the address and without the names of urllib3's own objects."""
    _address, colon, rest = error.detail.partition(": ")
    return re.sub(r"HTTPS?Connection(?:Pool)?\([^)]*\): ", "", rest) if colon else error.detail


def _tls(words: str) -> str:
    """OpenSSL's reasons. A server of plain HTTP answers a handshake with text, or hangs up."""
    if re.search(r"WRONG_VERSION_NUMBER|HTTP_REQUEST|record layer failure|RECORD_LAYER_FAILURE|UNKNOWN_PROTOCOL", words):
        return "speaks-http"
    return "certificate" if "CERTIFICATE" in words.upper() else "tls"


def speaks_https(answer: Answer) -> bool:
    """A TLS server asked in plain HTTP: nginx and Go say so with 400; others hang up, which is `cut-off`."""
    return answer.status == 400 and bool(re.search(r"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server", answer.words))


def meaning(answer: Answer) -> str:
    """What an answer to experiments/search means."""
    if answer.good:
        return "ok"
    if answer.status == 403 and _HOST_HEADER in answer.words:
        return "host-header"
    database = database_says(answer.words) if answer.code or _SQL.search(answer.words) else ""
    if database and (answer.status >= 500 or _SQL.search(answer.words)):
        return database
    return _by_status(answer)


_STATUS = {401: "authentication", 403: "forbidden", 404: "not-found"}


def _by_status(answer: Answer) -> str:
    if speaks_https(answer):
        return "speaks-https"
    if answer.status in _STATUS:
        return _STATUS[answer.status]
    if answer.code == "TEMPORARILY_UNAVAILABLE":
        return "database-other"
    if answer.status in GATEWAY and not answer.code:
        return "gateway"
    return "redirected" if 300 <= answer.status < 400 else "server-error" if answer.status >= 500 else "other"


def database_says(words: str) -> str:
    """Which trouble with its database the words tell of; "" for none that is known."""
    return next((why for why, pattern in DATABASE if pattern.search(words)), "")


_DATABASE_HOST = re.compile(
    r"""connection to server at "(?P<a>[^"]+)"|could not translate host name "(?P<b>[^"]+)"|MySQL server (?:on|host) '(?P<c>[^':]+)|failed to resolve host '(?P<d>[^']+)'"""
)


def database_host(words: str) -> str | None:
    """The host of the database that an error names."""
    found = _DATABASE_HOST.search(words)
    return next((one for one in found.groups() if one), None) if found else None
