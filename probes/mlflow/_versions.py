"""Where the files of a model version lie, whether they are there, and whether the run that it is from still is.

The registry itself checks neither: a version of a run that never was is READY (MLflow 2.22 and 3.17).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from probes._access import Unreachable
from probes.mlflow._client import SLOW_S, Answer, Server, objects, text

_LOGGED = re.compile(r"(?:^models:/|/models/)(m-[0-9a-zA-Z]+)(?:/|$)")
_OF_RUN = re.compile(r"^runs:/(?P<run>[^/]+)/(?P<path>.+)$|/(?P<of>[0-9a-f]{32})/artifacts/(?P<in>.+)$")
LONGEST = 200
LARGEST = 100_000
"""Bytes of an MLmodel that is read; those of MLflow's own flavors have one or two thousand."""
_NAMES_A_FILE = ("model_path", "pickled_model", "python_model", "data", "model_data")
"""Keys of flavors whose value is a path beside the MLmodel (mlflow.sklearn, pyfunc, xgboost, pytorch, keras)."""


class Place(NamedTuple):
    """What a source names: a logged model of MLflow 3, or a run and a path among its artifacts."""

    logged: str = ""
    run: str = ""
    path: str = ""


class Files(NamedTuple):
    """What is in that place: `state` is there, missing, unfinished, unreadable or malformed; `words` are the server's own, or say what is wrong."""

    state: str
    words: str = ""
    names: frozenset[str] = frozenset()
    """Of what lies beside the MLmodel."""


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
    """Whether an MLmodel lies where the source says, and what it names beside it; None where that cannot be asked, or was not answered."""
    where = place(source)
    if where is None:
        return None
    try:
        found = _logged(server, where.logged) if where.logged else _listed(server.get("artifacts/list", run_id=where.run, path=where.path))
        return found if found is None or found.state != "there" else _read(server, where, found)
    except Unreachable:
        return None


def _read(server: Server, where: Place, found: Files) -> Files:
    """The MLmodel itself, as the server's own interface in the browser gets it; `found` where that is not given whole."""
    if where.logged:
        path = f"/ajax-api/2.0/mlflow/logged-models/{quote(where.logged)}/artifacts/files?artifact_file_path=MLmodel"
    else:
        path = f"/get-artifact?run_uuid={quote(where.run)}&path={quote(f'{where.path}/MLmodel')}"
    reply = server.plain(path, SLOW_S)
    if reply.status != 200 or "attachment" not in reply.headers.get("Content-Disposition", "") or len(reply.data) > LARGEST:
        return found
    wrong = model_file(reply.data, found.names)
    return Files("malformed", wrong) if wrong else found


def model_file(data: bytes, names: Collection[str]) -> str:
    """What is wrong with an MLmodel beside which these lie; "" for nothing. mlflow.models.Model.load reads it as YAML and wants `flavors`."""
    import yaml

    try:
        read = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError):
        return "its MLmodel is no YAML"
    flavors = read.get("flavors") if isinstance(read, dict) else None
    if not isinstance(flavors, dict) or not flavors:
        return "its MLmodel names no flavor"
    named = {
        value
        for flavor in flavors.values()
        if isinstance(flavor, dict)
        for key in _NAMES_A_FILE
        if isinstance(value := flavor.get(key), str) and value
    }
    lost = sorted(one for one in named if one.strip("./").partition("/")[0] not in names and "://" not in one)
    return f"its MLmodel names {lost[0][:80]}, which is not there" if lost else ""


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
            return Files("there", names=frozenset(names))
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
