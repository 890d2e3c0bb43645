"""Where the files of a model version lie, whether they are there, and whether the run that it is from still is.

The registry itself checks neither: a version of a run that never was is READY (MLflow 2.22 and 3.17).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from probes._access import Reply, Unreachable
from probes.mlflow._client import SLOW_S, Answer, Server, objects, text
from probes.mlflow._client import answer as read

_LOGGED = re.compile(r"(?:^models:/|/models/)(m-[0-9a-zA-Z]+)(?:/|$)")
_OF_RUN = re.compile(r"^runs:/(?P<run>[^/]+)(?:/(?P<path>.*))?$|/(?P<of>[0-9a-f]{32})/artifacts(?:/(?P<in>.*))?$")
_ID = re.compile(r"^[\w-]+$")
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
    return Place(run=of_run["run"] or of_run["of"], path=(of_run["path"] or of_run["in"] or "").strip("/"))


class Checks:
    """Runs and files of versions. Of those handed in, one search tells of all runs and one of all logged models; what it does not tell of is asked by itself."""

    def __init__(self, server: Server, versions: Iterable[Mapping[str, Any]] = ()) -> None:
        self._server = server
        self.refused: list[str] = []
        """What who asks may not see, by MLflow's own login."""
        listed = list(versions)
        runs = sorted({text(one, "run_id") for one in listed} - {""})
        logged = sorted({where.logged for one in listed if (where := place(text(one, "source"))) and where.logged})
        experiments = _experiments(server) if runs or logged else []
        self._runs = {text(info, "run_id"): text(info, "lifecycle_stage") for info in _found(server, "runs", "attributes.run_id", runs, experiments)}
        self._logged = {text(info, "model_id"): text(info, "status") for info in _found(server, "models", "model_id", logged, experiments)}

    def run_state(self, run: str) -> str | None:
        """active, deleted or missing; None where it could not be asked."""
        known = self._runs.get(run)
        if known:
            return known
        try:
            answer = self._server.get("runs/get", run_id=run)
        except Unreachable:
            return None
        if answer.status == 404 and answer.code == "RESOURCE_DOES_NOT_EXIST":
            return "missing"
        self._note(answer, f"run {run}")
        return text(_info(answer.data, "run"), "lifecycle_stage") or None if answer.good else None

    def files(self, source: str, *, whole: bool) -> Files | None:
        """Whether an MLmodel that can be loaded lies where the source says; with `whole` also whether that is there which it names beside it.

        By one request where all is well, two with `whole`; None where it cannot be asked, or was not answered.
        """
        where = place(source)
        if where is None:
            return None
        try:
            return self._unfinished(where.logged) or self._read(where, whole=whole)
        except Unreachable:
            return None

    def _note(self, answer: Answer, what: str) -> None:
        """A store's refusal has a code of its own; that of a login is plain text."""
        if answer.status in (401, 403) and not answer.code:
            self.refused.append(what)

    def _unfinished(self, model: str) -> Files | None:
        """What speaks against a logged model before its files are looked at."""
        if not model:
            return None
        status = self._logged.get(model, "")
        if not status:
            found = self._server.get(f"logged-models/{model}")
            if found.status == 404 and found.code:
                return Files("missing", found.words[:LONGEST])
            self._note(found, f"logged model {model}")
            status = text(_info(found.data, "model"), "status")
        unfinished = status in ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_UPLOAD_FAILED")
        return Files("unfinished", f"the logged model {model} is {status}") if unfinished else None

    def _read(self, where: Place, *, whole: bool) -> Files | None:
        reply = _model_file(self._server, where)
        data = _given(reply)
        wrong = "" if data is None else model_file(data)
        if wrong:
            return Files("malformed", wrong)
        if data is not None and not whole:
            return Files("there")
        answer = _folder(self._server, where)
        self._note(answer, f"the files of {where.logged or f'run {where.run}'}")
        found = _listed(answer)
        if found is None or found.state != "there":
            return found
        wrong = "" if data is None else model_file(data, found.names)
        return Files("malformed", wrong) if wrong else _refused(reply) or found


def _folder(server: Server, where: Place) -> Answer:
    """A list of what lies there."""
    if where.logged:
        return server.get(f"logged-models/{where.logged}/artifacts/directories")
    return server.get("artifacts/list", run_id=where.run, path=where.path)


def _model_file(server: Server, where: Place) -> Reply:
    """The MLmodel itself, as the server's own interface in the browser gets it."""
    if where.logged:
        path = f"/ajax-api/2.0/mlflow/logged-models/{quote(where.logged)}/artifacts/files?artifact_file_path=MLmodel"
    else:
        path = f"/get-artifact?run_uuid={quote(where.run)}&path={quote(f'{where.path}/MLmodel'.strip('/'))}"
    return server.plain(path, SLOW_S)


def _given(reply: Reply) -> bytes | None:
    """The file; None where it is not given whole."""
    whole = reply.status == 200 and "attachment" in reply.headers.get("Content-Disposition", "") and len(reply.data) <= LARGEST
    return reply.data if whole else None


def _refused(reply: Reply) -> Files | None:
    """What is listed, and cannot be read: the store refuses the one and not the other. A refusal of MLflow's own login is plain text, and no matter of files."""
    found = read(reply)
    if reply.status >= 500 or (reply.status in (401, 403) and found.code):
        return Files(
            "unreadable", f"its MLmodel is listed, and reading it gives {reply.status} {found.code} {found.words}".replace("  ", " ")[:LONGEST]
        )
    return None


def _experiments(server: Server) -> list[str]:
    try:
        return [text(one, "experiment_id") for one in objects(server.experiments().data, "experiments")]
    except Unreachable:
        return []


_SEARCHES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "runs": ("runs/search", {"run_view_type": "ALL"}),
    "models": ("logged-models/search", {}),
}


def _found(server: Server, what: str, key: str, ids: Sequence[str], experiments: Sequence[str]) -> list[Mapping[str, Any]]:
    """What is told of those that one search finds in the active experiments; what is no plain id is not put into a query."""
    path, more = _SEARCHES[what]
    plain = [one for one in ids if _ID.match(one)]
    if not plain or not experiments:
        return []
    listed = ", ".join(f"'{one}'" for one in plain)
    try:
        answer = server.search(path, {"experiment_ids": experiments, "filter": f"{key} IN ({listed})", "max_results": len(plain), **more})
    except Unreachable:
        return []
    return [info for one in objects(answer.data, what) if isinstance(info := one.get("info"), dict)] if answer.good else []


def model_file(data: bytes, names: Collection[str] | None = None) -> str:
    """What is wrong with an MLmodel beside which these lie, as far as that is known; "" for nothing. mlflow.models.Model.load reads it as YAML and wants `flavors`."""
    import yaml

    try:
        read = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError):
        return "its MLmodel is no YAML"
    flavors = read.get("flavors") if isinstance(read, dict) else None
    if not isinstance(flavors, dict) or not flavors:
        return "its MLmodel names no flavor"
    if names is None:
        return ""
    named = {
        value
        for flavor in flavors.values()
        if isinstance(flavor, dict)
        for key in _NAMES_A_FILE
        if isinstance(value := flavor.get(key), str) and value
    }
    lost = sorted(one for one in named if one.strip("./").partition("/")[0] not in names and "://" not in one)
    return f"its MLmodel names {lost[0][:80]}, which is not there" if lost else ""


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


def _info(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = data.get(name)
    info = inner.get("info") if isinstance(inner, dict) else None
    return info if isinstance(info, dict) else {}
