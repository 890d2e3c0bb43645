"""Does an MLflow server answer, is it one at all, can it use its database, and is anything in it?

mlflow http://mlflow:5000  reached=true  is_mlflow=true  health_status=200  answer_status=503  answer_says=database-refused
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from probes._access import Access, Unreachable
from probes._address import base_url, is_link_local
from probes._contract import Answer as Said
from probes._contract import Look, Probe, Spec, Subject, Swept, Value
from probes.mlflow._client import API, MOST_EXPERIMENTS, MOST_MODELS, Answer, Server, configured, moment, objects, opened, text
from probes.mlflow._client import answer as read
from probes.mlflow._failure import GATEWAY, connection, database_host, meaning, reason
from probes.mlflow._gap import READ_GRANT, gap, grant, refusal, why_refused

PREFIXES = ("/mlflow", "/tracking")
"""Where a server with --static-prefix is usually put; asked for only where nothing is found at the address itself."""

_VERSION = re.compile(r"^\d+\.\d+\.\d+[\w.]*$")
_OF_A_STORE = re.compile(r"(?:<\?xml[^>]*>)?\s*<Error>\s*<Code>")
"""How an S3 store answers what it does not know; some have a /health of their own that says OK."""

SPECS = (
    Spec(name="mlflow.url", type="text", doc="Its base address."),
    Spec(name="mlflow.host", type="text", doc="The host in its address."),
    Spec(name="mlflow.reached", type="bool", doc="Something answered in HTTP at the address."),
    Spec(
        name="mlflow.failure",
        type="text",
        doc="How the connection failed: unknown-host, refused, timed-out, unroutable, silent (connected, no answer), cut-off, certificate, tls, speaks-http or speaks-https; none where it did not.",
    ),
    Spec(name="mlflow.failure_words", type="text", doc="What the connection failed with, in its own words."),
    Spec(name="mlflow.is_mlflow", type="bool", doc="What answers is MLflow; none where that cannot be told, as behind a login or a failing gateway."),
    Spec(name="mlflow.server_header", type="text", doc="The header Server of its answer to /health."),
    Spec(name="mlflow.health_status", type="int", doc="Status of GET /health; it does not touch the database."),
    Spec(name="mlflow.healthy", type="bool", doc="GET /health gave 200 and OK."),
    Spec(name="mlflow.version", type="text", doc="GET /version."),
    Spec(
        name="mlflow.found_at",
        type="text",
        doc="Another prefix of the same host and port at which an MLflow answers, where none does at the address.",
    ),
    Spec(
        name="mlflow.store_type",
        type="text",
        doc="store_type of /api/3.0/mlflow/server-info: SqlStore or FileStore; none of servers that do not tell; asked for only where it is empty otherwise.",
    ),
    Spec(name="mlflow.answer_status", type="int", doc="Status of POST experiments/search, the cheapest call that needs the database."),
    Spec(name="mlflow.answer_code", type="text", doc="Its error_code."),
    Spec(name="mlflow.answer_words", type="text", doc="Its message, or the start of what was no JSON."),
    Spec(
        name="mlflow.answer_says",
        type="text",
        doc="What it means: ok, database-refused, -timeout, -host-unknown, -credentials, -missing, -full, -starting, -locked, -disk, -damaged, -cut, -schema, -silent or -other, "
        "host-header, authentication, forbidden, redirected, gateway, not-found, speaks-https, server-error or other; none where nothing answered.",
    ),
    Spec(name="mlflow.database_host", type="text", doc="The host of its database, where its error names one."),
    Spec(name="mlflow.experiments", type="int", doc=f"Active experiments, {MOST_EXPERIMENTS} at most, Default among them."),
    Spec(
        name="mlflow.experiments_hidden",
        type="bool",
        doc="It lists no experiment, and refuses experiment 0 to who asks: what one may not read is left out of its lists.",
    ),
    Spec(name="mlflow.has_runs", type="bool", doc="An active experiment has an active run."),
    Spec(name="mlflow.registered_models", type="int", doc=f"Registered models, {MOST_MODELS} at most."),
    Spec(
        name="mlflow.registry_says",
        type="text",
        doc="What GET registered-models/search means, in the words of answer_says; none where experiments/search had no good answer.",
    ),
    Spec(name="mlflow.registry_words", type="text", doc="The message of that answer, or what the connection failed with; none where it is good."),
    Spec(name="mlflow.is_empty", type="bool", doc="It has no experiment but Default, no run and no registered model that may be seen from here."),
    Spec(name="mlflow.deleted_experiments", type="int", doc="Experiments in its trash; asked for only where it is empty otherwise."),
    Spec(name="mlflow.default_created_at", type="time", doc="When experiment 0 was made, which is when the database was."),
)
NAMED_HERE = Spec(name="mlflow.named_here", type="bool", doc="The address is the one that a setting or the environment names here.")


def sweep(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at the server that is named here."""
    url = configured(access)
    if url is None:
        yield gap(access, "mlflow", None, "not configured", "The address of MLflow is none that begins with http:// or https://.", _REMEDY)
        return
    found = _look(access, url)
    yield msgspec.structs.replace(found, values={**found.values, NAMED_HERE.name: True})
    yield from _hidden_from_us(opened(access, url), found.values)
    yield Swept(kind="mlflow", scope=url, count=1)


def follow(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at servers that others name. From here a name of their network may not resolve, which says nothing of the server."""
    for subject in subjects:
        url = base_url(subject.key)
        if url is None:
            yield gap(access, "mlflow", subject, "garbled", f"{subject.key} is no HTTP address.", _REMEDY)
            continue
        if is_link_local(url):
            yield gap(
                access, "mlflow", subject, "not reached", f"{url} is a link-local address, which is not asked because a workload names it.", _REMEDY
            )
            continue
        found = _look(access, url)
        if found.values["mlflow.failure"] in ("unknown-host", "timed-out", "unroutable") and url != configured(access):
            yield gap(
                access,
                "mlflow",
                subject,
                "not reached",
                f"{url} is a name or address of another network: {found.values['mlflow.failure_words']}",
                _REMEDY,
            )
        else:
            yield found


def _look(access: Access, url: str) -> Look:
    values: dict[str, Value] = dict.fromkeys((spec.name for spec in SPECS), None)
    host = urlsplit(url).hostname or ""
    values |= {"mlflow.url": url, "mlflow.host": host}
    server = opened(access, url)
    values |= _told(server)
    return Look(
        subject=Subject("mlflow", url),
        values=values,
        command=f"curl -sS {url}/health; curl -sS -X POST {url}{API}/experiments/search -d '{{\"max_results\":1}}'",
    )


def _hidden_from_us(server: Server, values: Mapping[str, Value]) -> Iterator[Said]:
    """What a login keeps from whoever asks here."""
    if values["mlflow.answer_says"] in ("authentication", "forbidden"):
        answer = server.experiments()  # as it was answered before
        hidden = gap(server.access, "mlflow", None, why_refused(answer), refusal(server, answer), grant(server, answer, _REMEDY))
    elif values["mlflow.experiments_hidden"]:
        detail = f"{server.url} lists no experiment and refuses Default: what this user has no READ for it leaves out of its lists, of registered models too."
        hidden = gap(server.access, "mlflow", None, "forbidden", detail, READ_GRANT)
    else:
        return
    yield msgspec.structs.replace(hidden, names=_OF_CONTENTS)


def _told(server: Server) -> Mapping[str, Value]:
    """What /health says, then what needs the database; the first connection that fails ends it."""
    try:
        health = server.health()
    except Unreachable as error:
        failure = connection(error)
        other = _speaks_other(server) if failure in ("silent", "cut-off", "tls") else None
        return {"mlflow.reached": False, "mlflow.failure": other or failure, "mlflow.failure_words": reason(error)}
    healthy = health.status == 200 and health.data.strip() == b"OK"
    found: dict[str, Value] = {
        "mlflow.reached": True,
        "mlflow.health_status": health.status,
        "mlflow.healthy": healthy,
        "mlflow.server_header": health.headers.get("Server"),
        "mlflow.version": _version(server),
    }
    try:
        answer = server.experiments()
    except Unreachable as error:
        silent = connection(error) == "silent"
        return {
            **found,
            "mlflow.is_mlflow": healthy or None,
            "mlflow.answer_says": "database-silent" if silent and healthy else "other",
            "mlflow.answer_words": error.detail,
        }
    says = meaning(answer)
    is_mlflow = _is_mlflow(answer, says, healthy=healthy, version=found["mlflow.version"])
    found |= {
        "mlflow.is_mlflow": is_mlflow,
        "mlflow.answer_status": answer.status,
        "mlflow.answer_code": answer.code or None,
        "mlflow.answer_words": answer.words or None,
        "mlflow.answer_says": says,
        "mlflow.database_host": database_host(answer.words) if says.startswith("database-") else None,
    }
    if says == "speaks-https":
        return {**found, "mlflow.reached": False, "mlflow.failure": says, "mlflow.failure_words": answer.words, "mlflow.answer_says": None}
    if is_mlflow is False or says == "not-found":
        found["mlflow.found_at"] = _found_at(server)
    return {**found, **(_contents(server, answer) if says == "ok" else {})}


def _speaks_other(server: Server) -> str | None:
    """Whether the port speaks the other one of http and https: gunicorn waits for more of a TLS greeting, and TLS servers hang up on plain HTTP."""
    scheme, _, rest = server.url.partition("://")
    other = "http" if scheme == "https" else "https"
    try:
        Server(server.access, f"{other}://{rest}", {}).plain("/health")
    except Unreachable as error:
        return f"speaks-{other}" if connection(error) == "certificate" else None
    return f"speaks-{other}"


def _version(server: Server) -> str | None:
    try:
        reply = server.plain("/version")
    except Unreachable:
        return None
    said = reply.data[:40].decode("utf-8", "replace").strip()
    return said if reply.status == 200 and _VERSION.match(said) else None


def _is_mlflow(answer: Answer, says: str, *, healthy: bool, version: Value) -> bool | None:
    """MLflow's answers are plain text and JSON of a known form; what a login or a gateway says is not the server's word."""
    if (healthy and version) or says in ("ok", "host-header") or says.startswith("database-") or answer.code:
        return True
    if _OF_A_STORE.match(answer.words):
        return False
    if healthy or answer.status in (401, 403, *GATEWAY) or 300 <= answer.status < 400:
        return None
    return False


def _found_at(server: Server) -> str | None:
    """A prefix at which MLflow answers OK to /health: the usual ones, or none at all where the address has one."""
    parts = urlsplit(server.url)
    root = f"{parts.scheme}://{parts.netloc}"
    for prefix in ("",) if parts.path else PREFIXES:
        try:
            reply = Server(server.access, f"{root}{prefix}", {}).plain("/health")
        except Unreachable:
            return None
        if reply.status == 200 and reply.data.strip() == b"OK":
            return f"{root}{prefix}"
    return None


def _contents(server: Server, answer: Answer) -> Mapping[str, Value]:
    """What is in it, by two more requests, four where it seems empty; what one of them does not answer is none."""
    experiments = objects(answer.data, "experiments")
    ids = [text(one, "experiment_id") for one in experiments]
    runs = _asked(server, "runs/search", {"experiment_ids": ids[:100], "max_results": 1}) if ids else {}
    models, registry = _models(server)
    has_runs = None if runs is None else bool(objects(runs, "runs"))
    default = next((one for one in experiments if text(one, "experiment_id") == "0"), None)
    hidden = not ids and _refused(server)
    empty = None if has_runs is None or models is None or hidden else not has_runs and models == 0 and not [one for one in ids if one != "0"]
    return {
        "mlflow.experiments": len(experiments),
        "mlflow.experiments_hidden": hidden,
        "mlflow.has_runs": has_runs,
        "mlflow.registered_models": models,
        **registry,
        "mlflow.is_empty": empty,
        "mlflow.deleted_experiments": _deleted(server) if empty else None,
        "mlflow.default_created_at": moment(default, "creation_time") if default else None,
        "mlflow.store_type": _store(server) if empty else None,
    }


def _refused(server: Server) -> bool:
    """Whether experiment 0, which each MLflow has, is not shown to who asks."""
    try:
        return server.get("experiments/get", experiment_id="0").status in (401, 403)
    except Unreachable:
        return False


def _asked(server: Server, path: str, body: Mapping[str, object]) -> Mapping[str, object] | None:
    try:
        answer = server.search(path, body)
    except Unreachable:
        return None
    return answer.data if answer.good else None


def _models(server: Server) -> tuple[int | None, Mapping[str, Value]]:
    """How many it has, and how the registry answers: it has tables of its own, and in some stores there is none."""
    try:
        answer = server.models()
    except Unreachable as error:
        says = "database-silent" if connection(error) == "silent" else "other"
        return None, {"mlflow.registry_says": says, "mlflow.registry_words": reason(error)}
    if not answer.good:
        return None, {"mlflow.registry_says": meaning(answer), "mlflow.registry_words": answer.words or f"status {answer.status}"}
    return len(objects(answer.data, "registered_models")), {"mlflow.registry_says": "ok"}


def _deleted(server: Server) -> int | None:
    found = _asked(server, "experiments/search", {"max_results": MOST_EXPERIMENTS, "view_type": "DELETED_ONLY"})
    return None if found is None else len(objects(found, "experiments"))


def _store(server: Server) -> str | None:
    try:
        reply = server.plain("/api/3.0/mlflow/server-info")
    except Unreachable:
        return None
    return text(read(reply).data, "store_type") or None if reply.status == 200 else None


_OF_CONTENTS = ("mlflow.experiments", "mlflow.has_runs", "mlflow.is_empty", "mlflow.registered_models")
_REMEDY = "Point me at the server from here: --mlflow URL, or run diagnose where that address is known."

_STANDS_FOR = ("curl http://mlflow:5000", "curl -sS URL/health", "curl -sS URL/version")
PROBES = (
    Probe(
        name="mlflow.server",
        kind="mlflow",
        doc="Asks the MLflow server that is named here whether it answers, can use its database and holds anything.",
        gives=(*SPECS, NAMED_HERE),
        look=sweep,
        stands_for=_STANDS_FOR,
        permissions=("GET and the search queries of MLflow's REST interface; a user with READ where it asks for one",),
        limit_s=25.0,
    ),
    Probe(
        name="mlflow.named",
        kind="mlflow",
        doc="The same of MLflow servers that containers and processes name.",
        gives=SPECS,
        look=follow,
        stands_for=_STANDS_FOR,
        sweeps=False,
        elsewhere=True,
        cost=2,
        limit_s=25.0,
        most=5,
    ),
)
