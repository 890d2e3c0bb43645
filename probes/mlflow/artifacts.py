"""Where do artifacts of an MLflow go, who writes them, and may the server read where it would write?

mlflow http://mlflow:5000  artifact_locations=("0 mlflow-artifacts:/0 Default", "3 s3://models/direct churn")  artifact_read_says=denied

`mlflow-artifacts:` is written by the server with its own credentials, `s3://` by each client with the client's; which of them is fixed when an experiment is made.
MLflow 3 says what the store said to the server; MLflow 2 says 500 to all of it, and MLflow 3 to what is no refusal of the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from probes._access import Access, Reply, Unreachable
from probes._address import base_url, is_link_local, shown_address
from probes._contract import Answer as Said
from probes._contract import Look, Probe, Spec, Subject, Unavailable, Value
from probes.mlflow._client import Answer, Server, answer, configured, moment, objects, opened, text
from probes.mlflow._failure import GATEWAY, connection
from probes.mlflow._gap import gap, grant, refusal, why_refused

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
NOTHING = "diagnose-lists-what-is-not-there"
"""A path under which nothing lies: the store is asked for one short list, however full it is."""

READ_S = 12.0
"""botocore tries an endpoint that refuses or does not resolve five times, with pauses in between."""
MOST_SHOWN = 100
MOST_LOGGED = 50
MOST_LEFT = 20
LONGEST = 300
_REMEDY = "Mend the server first: where artifacts go and who writes them is told by its experiments."

SPECS = (
    Spec(
        name="mlflow.artifact_locations",
        type="texts",
        doc=f'Artifact locations of its active experiments as "ID LOCATION NAME", {MOST_SHOWN} at most.',
    ),
    Spec(name="mlflow.artifacts_proxied", type="bool", doc="An active experiment's artifacts are written by the server (mlflow-artifacts:)."),
    Spec(
        name="mlflow.direct_roots",
        type="texts",
        doc="Buckets that clients write to by themselves, as s3://NAME; none where there is no such experiment.",
    ),
    Spec(name="mlflow.local_roots", type="texts", doc="Locations that are paths of some machine's disk: each client writes to its own."),
    Spec(
        name="mlflow.local_roots_absent",
        type="texts",
        doc="Of these, those whose first folder this machine has not, as /Volumes on Linux; it is the server's where that runs here.",
    ),
    Spec(
        name="mlflow.artifact_read_status",
        type="int",
        doc="Status of listing the server's artifact store through it; none where that did not answer.",
    ),
    Spec(
        name="mlflow.artifact_read_says",
        type="text",
        doc="What came of it: ok, denied, denied-by-policy, unknown-key, wrong-secret, no-bucket, not-served (--no-serve-artifacts), server-error (500 without a reason), "
        "silent, gateway, authentication, forbidden or other; none where nothing answered.",
    ),
    Spec(name="mlflow.artifact_read_words", type="text", doc="The store's refusal as the server passes it on."),
    Spec(name="mlflow.artifact_root", type="text", doc="Where the server keeps artifacts, where its refusal names it."),
    Spec(
        name="mlflow.artifacts_left",
        type="texts",
        doc=f"Where it lists no experiment but Default: folders of its artifact store that are called as experiments are, {MOST_LEFT} at most.",
    ),
    Spec(
        name="mlflow.direct_read_says",
        type="text",
        doc="The same words of listing, through the server and so as the server, a run whose artifacts the client writes by itself; none where there is no such run.",
    ),
    Spec(name="mlflow.direct_read_words", type="text", doc="The store's refusal of that."),
    Spec(
        name="mlflow.models_not_stored",
        type="texts",
        doc='Of its experiments, the newest logged model of each where its upload failed, as "ID NAME in EXPERIMENT"; none of servers without logged models (MLflow 2).',
    ),
    Spec(name="mlflow.models_not_stored_at", type="time", doc="When the last of them was logged."),
)
_MESSAGES = (
    # what botocore passes on of the store's message (mlflow.store.artifact.s3_artifact_repo, MLflow 3), and of AWS's refusals by a policy
    ("wrong-secret", r"request signature we calculated does not match|SignatureDoesNotMatch"),
    ("unknown-key", r"Access Key I[Dd] you provided does not exist|InvalidAccessKeyId"),
    ("expired", r"token (?:has expired|is malformed|included in the request is invalid)|ExpiredToken"),
    ("no-bucket", r"specified bucket (?:does not exist|is not valid)|NoSuchBucket"),
    ("denied-by-policy", r"explicit deny|resource-based policy|control policy|endpoint policy"),
)
_LISTED = re.compile(r"Failed to list artifacts in (?P<root>\S+?):? ")
_NOT_SERVED = re.compile(r"--no-serve-artifacts|Artifact serving is disabled")


def sweep(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at the server that is named here; nothing where it has no address, which mlflow.server says."""
    url = configured(access)
    if url is not None:
        yield _look(access, url)


def follow(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at servers that others name."""
    for subject in subjects:
        url = base_url(subject.key)
        if url is not None and not is_link_local(url):
            yield _look(access, url)


def _look(access: Access, url: str) -> Look | Unavailable:
    server, subject = opened(access, url), Subject("mlflow", url)
    command = f"curl -sS '{url}{PROXY}?path='"
    try:
        server.health()  # of which others know: a server with one worker is not held up twice where it does not answer
        found = server.experiments()
    except Unreachable as error:
        return gap(access, "mlflow", subject, "refused", error.detail, _REMEDY)
    if not found.good:
        return gap(access, "mlflow", subject, why_refused(found), refusal(server, found), grant(server, found, _REMEDY))
    values: dict[str, Value] = dict.fromkeys((spec.name for spec in SPECS), None)
    experiments = objects(found.data, "experiments")
    values |= _places(experiments)
    values["mlflow.local_roots_absent"] = _absent(access, values["mlflow.local_roots"])
    values |= _read(server, whole=all(text(one, "experiment_id") == "0" for one in experiments))
    values |= _direct(server, experiments)
    values |= _not_stored(server, experiments)
    return Look(subject=subject, values=values, command=command)


def _places(experiments: list[Mapping[str, object]]) -> Mapping[str, Value]:
    locations = [(text(one, "experiment_id"), shown_address(text(one, "artifact_location")), text(one, "name")) for one in experiments]
    roots = {f"s3://{parts.netloc}" for _id, where, _name in locations if (parts := urlsplit(where)).scheme in ("s3", "s3a", "s3n")}
    local = {where for _id, where, _name in locations if where.startswith(("/", ".", "~", "file:")) or (where and ":" not in where)}
    return {
        "mlflow.artifact_locations": tuple(f"{number} {where} {name}" for number, where, name in locations[:MOST_SHOWN]) or None,
        "mlflow.artifacts_proxied": any(where.startswith("mlflow-artifacts:") for _id, where, _name in locations),
        "mlflow.direct_roots": tuple(sorted(roots)) or None,
        "mlflow.local_roots": tuple(sorted(local))[:10] or None,
    }


def _absent(access: Access, roots: Value) -> tuple[str, ...] | None:
    """Folders are made by the first upload; the first part of the path is nobody's to make."""
    named = [root for root in roots if isinstance(root, str)] if isinstance(roots, tuple) else []
    paths = {root: urlsplit(root).path if root.startswith("file:") else root for root in named}
    return tuple(root for root, path in paths.items() if path.startswith("/") and not access.path(f"/{path.split('/')[1]}").exists()) or None


def _read(server: Server, *, whole: bool) -> Mapping[str, Value]:
    """The read side of the chain by which the server writes: its own credentials ask its own store, for what lies at its root only where that should be nothing."""
    try:
        reply = server.plain(f"{PROXY}?path={'' if whole else NOTHING}", READ_S)
    except Unreachable as error:
        return {"mlflow.artifact_read_says": "silent" if connection(error) == "silent" else "other", "mlflow.artifact_read_words": error.detail}
    says, words = _meant(reply)
    root = _LISTED.search(words)
    return {
        "mlflow.artifact_read_status": reply.status,
        "mlflow.artifact_read_says": says,
        "mlflow.artifact_read_words": words or None,
        "mlflow.artifacts_left": _left(reply) if whole else None,
        "mlflow.artifact_root": shown_address(root["root"].rstrip(":").removesuffix(f"/{NOTHING}")) if root else None,
    }


def _left(reply: Reply) -> tuple[str, ...] | None:
    """Folders are called as their experiment's id; that of Default is 0."""
    names = {text(one, "path").strip("/") for one in objects(answer(reply).data, "files")}
    return tuple(sorted(name for name in names if name.isdecimal() and name != "0"))[:MOST_LEFT] or None


def _meant(reply: Reply) -> tuple[str, str]:
    """In one word, and the server's own."""
    found = answer(reply)
    if found.good:
        return "ok", ""
    words = found.words[:LONGEST]
    if reply.status == 503 and _NOT_SERVED.search(words):
        return "not-served", words
    if _LISTED.search(words) or found.code in ("RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED", "UNAUTHENTICATED"):
        return _refused(found, words), words
    if reply.status in (401, 403):
        return ("authentication" if reply.status == 401 else "forbidden"), words
    if reply.status in GATEWAY:
        return "gateway", words
    return ("server-error" if reply.status >= 500 else "other"), words


def _refused(found: Answer, words: str) -> str:
    """What the store said to the server. Without its words in it, a 401 or 403 may be MLflow's own login."""
    for says, pattern in _MESSAGES:
        if re.search(pattern, words):
            return says
    by_store = bool(_LISTED.search(words))
    if found.code == "PERMISSION_DENIED" or found.status == 403:
        return "denied" if by_store else "forbidden"
    return ("other" if by_store else "authentication") if found.status == 401 else "other"


def _direct(server: Server, experiments: list[Mapping[str, object]]) -> Mapping[str, Value]:
    """A run whose artifacts are not the server's to write is listed by the server all the same."""
    ids = [text(one, "experiment_id") for one in experiments if urlsplit(text(one, "artifact_location")).scheme in ("s3", "s3a", "s3n")]
    if not ids:
        return {}
    try:
        runs = objects(server.search("runs/search", {"experiment_ids": ids[:100], "max_results": 1}).data, "runs")
        info = runs[0].get("info") if runs else None
        run = text(info, "run_id") if isinstance(info, dict) else ""
        if not run:
            return {}
        says, words = _meant(server.plain(f"/api/2.0/mlflow/artifacts/list?run_id={run}&path={NOTHING}", READ_S))
    except Unreachable as error:
        return {"mlflow.direct_read_says": "silent" if connection(error) == "silent" else "other", "mlflow.direct_read_words": error.detail}
    return {"mlflow.direct_read_says": says, "mlflow.direct_read_words": words or None}


def _not_stored(server: Server, experiments: list[Mapping[str, object]]) -> Mapping[str, Value]:
    """LoggedModelInfo.status of MLflow 3: a client that could not store a model's files says so; a later model of the same experiment shows that it went by."""
    names = {text(one, "experiment_id"): text(one, "name") for one in experiments}
    body = {"experiment_ids": sorted(names), "order_by": [{"field_name": "creation_timestamp", "ascending": False}], "max_results": MOST_LOGGED}
    try:
        found = objects(server.search("logged-models/search", body).data, "models") if names else []
    except Unreachable:
        return {}
    newest: dict[str, Mapping[str, Any]] = {}
    for one in found:
        info = one.get("info")
        if isinstance(info, dict) and text(info, "status") in ("LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"):
            newest.setdefault(text(info, "experiment_id"), info)
    failed = [info for info in newest.values() if text(info, "status") == "LOGGED_MODEL_UPLOAD_FAILED"]
    return {
        "mlflow.models_not_stored": tuple(
            f"{text(one, 'model_id')} {text(one, 'name')} in {names.get(text(one, 'experiment_id'), '')}" for one in failed
        )
        or None,
        "mlflow.models_not_stored_at": max((at for one in failed if (at := moment(one, "creation_timestamp_ms")) is not None), default=None),
    }


_ASKED = ("curl -sS URL/api/2.0/mlflow-artifacts/artifacts?path=",)
PROBES = (
    Probe(
        name="mlflow.artifacts",
        kind="mlflow",
        doc="Asks the MLflow server that is named here where artifacts go and whether it may list where it writes them.",
        gives=SPECS,
        look=sweep,
        stands_for=_ASKED,
        permissions=("GET and the search queries of MLflow's REST interface; a user with READ where it asks for one",),
        cost=2,
        limit_s=28.0,
    ),
    Probe(
        name="mlflow.artifacts_of",
        kind="mlflow",
        doc="The same of MLflow servers that containers and processes name.",
        gives=SPECS,
        look=follow,
        stands_for=_ASKED,
        sweeps=False,
        elsewhere=True,
        cost=4,
        limit_s=28.0,
        most=3,
    ),
)
