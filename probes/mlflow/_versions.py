"""Where the files of a model version lie, whether they are there, and whether the run that it is from still is.

The registry itself checks neither: a version of a run that never was is READY (MLflow 2.22 and 3.17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from probes._access import Unreachable
from probes.mlflow._client import Answer, Server, objects, text

_LOGGED = re.compile(r"(?:^models:/|/models/)(m-[0-9a-zA-Z]+)(?:/|$)")
_OF_RUN = re.compile(r"^runs:/(?P<run>[^/]+)/(?P<path>.+)$|/(?P<of>[0-9a-f]{32})/artifacts/(?P<in>.+)$")
LONGEST = 200


class Place(NamedTuple):
    """What a source names: a logged model of MLflow 3, or a run and a path among its artifacts."""

    logged: str = ""
    run: str = ""
    path: str = ""


class Files(NamedTuple):
    """What is in that place: `state` is there, missing, unfinished or unreadable; `words` are the server's own."""

    state: str
    words: str = ""


def place(source: str) -> Place | None:
    """None for a place that only the store itself could tell of."""
    logged = _LOGGED.search(source)
    if logged:
        return Place(logged=logged[1])
    of_run = _OF_RUN.search(source)
    if of_run is None:
        return None
    return Place(run=of_run["run"] or of_run["of"], path=(of_run["path"] or of_run["in"]).strip("/"))


def files(server: Server, source: str) -> Files | None:
    """Whether an MLmodel lies where the source says; None where that cannot be asked, or was not answered."""
    where = place(source)
    if where is None:
        return None
    try:
        return _logged(server, where.logged) if where.logged else _listed(server.get("artifacts/list", run_id=where.run, path=where.path))
    except Unreachable:
        return None


def _logged(server: Server, model: str) -> Files | None:
    found = server.get(f"logged-models/{model}")
    if found.status == 404 and found.code:
        return Files("missing", found.words[:LONGEST])
    inner = found.data.get("model")
    info = inner.get("info") if isinstance(inner, dict) else None
    status = text(info, "status") if isinstance(info, dict) else ""
    if status in ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_UPLOAD_FAILED"):
        return Files("unfinished", f"the logged model {model} is {status}")
    return _listed(server.get(f"logged-models/{model}/artifacts/directories")) if found.good else None


def _listed(answer: Answer) -> Files | None:
    """A folder that is not there is an empty list; a bucket that is not there, or refuses, is an error of its own."""
    if answer.good:
        names = {text(one, "path").rpartition("/")[2] for one in objects(answer.data, "files")}
        if "MLmodel" in names:
            return Files("there")
        return Files("missing", "no MLmodel among: " + ", ".join(sorted(names)[:8]) if names else "nothing is there")
    if not answer.code and answer.status != 500:
        return None
    return Files("unreadable", f"{answer.status} {answer.code} {answer.words}".replace("  ", " ")[:LONGEST])


def run_state(server: Server, run: str) -> str | None:
    """active, deleted or missing; None where it could not be asked."""
    try:
        answer = server.get("runs/get", run_id=run)
    except Unreachable:
        return None
    if answer.status == 404 and answer.code == "RESOURCE_DOES_NOT_EXIST":
        return "missing"
    info = _info(answer.data)
    return text(info, "lifecycle_stage") or None if answer.good else None


def _info(data: Mapping[str, Any]) -> Mapping[str, Any]:
    run = data.get("run")
    info = run.get("info") if isinstance(run, dict) else None
    return info if isinstance(info, dict) else {}
