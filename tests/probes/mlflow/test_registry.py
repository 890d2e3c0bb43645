"""Registered models and their versions, scripted as MLflow 3.17 answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from probes._contract import Look, Relation, Subject, Swept, Unavailable
from probes.mlflow._versions import Place, model_file, place
from probes.mlflow.registry import MOST, PROBES, REQUESTS_FOR_FILES
from tests.probes.mlflow.scripted import API, NOT_FOUND, Said, Script, ask, seen, served

SWEEP, NAMED = PROBES
RUN, GONE = "c" * 32, "0" * 32
LOGGED = "m-545bf289e32b40a8ad3a821173d3a31a"


def version(number: int, **more: Any) -> dict[str, Any]:
    """As model-versions/search gives one: without aliases."""
    told = {"source": f"models:/{LOGGED}", "run_id": RUN, "status": "READY", "current_stage": "None", "last_updated_timestamp": 1795595937307}
    return {"name": "churn", "version": str(number), **told, **more}


def script(*versions: dict[str, Any], aliases: tuple[tuple[str, str], ...] = (), more: Mapping[str, Said] | None = None) -> Script:
    model = {"name": "churn", "last_updated_timestamp": 1795595937307, "aliases": [{"alias": alias, "version": number} for alias, number in aliases]}
    return Script(
        {
            "registered-models/search": Said(200, {"registered_models": [model]}),
            "registered-models/get": Said(200, {"registered_model": model}),
            "model-versions/search": Said(200, {"model_versions": list(versions)} if versions else {}),
            f"runs/get {RUN}": Said(200, {"run": {"info": {"run_id": RUN, "lifecycle_stage": "active"}}}),
            f"runs/get {GONE}": Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Run with id={GONE} not found"}),
            f"logged-models/{LOGGED}": Said(200, {"model": {"info": {"model_id": LOGGED, "status": "LOGGED_MODEL_READY"}}}),
            f"logged-models/{LOGGED}/artifacts/directories": Said(200, {"files": [{"path": "MLmodel", "is_dir": False}]}),
            "artifacts/list": Said(200, {"root_uri": "mlflow-artifacts:/0"}),
            **(more or {}),
        }
    )


def test_a_model_that_is_well() -> None:
    with served(script(version(2), version(1), aliases=(("champion", "2"),))) as url:
        it = seen(SWEEP, url)

    assert (it["version_numbers"], it["ready_versions"], it["highest_version"], it["aliases"]) == (("2", "1"), ("2", "1"), 2, ("champion 2",))
    assert it["checked_versions"] == ("2", "1")
    assert not [name for name in it if name.startswith(("missing_", "broken_", "pending_", "failed_", "versions_without", "versions_un")) and it[name]]


def test_gaps_stages_and_what_did_not_become_ready() -> None:
    old = version(4, status="FAILED_REGISTRATION", status_message="upload failed")
    with served(script(version(5, status="PENDING_REGISTRATION"), old, version(3, current_stage="Archived"), aliases=(("champion", "2"),))) as url:
        it = seen(SWEEP, url)

    assert (it["missing_versions"], it["stages"], it["ready_versions"]) == (("1", "2"), ("3 Archived",), ("3",))
    assert (it["pending_versions"], it["failed_versions"], it["broken_aliases"]) == (("5",), ("4: upload failed",), ("champion 2",))


def test_the_numbers_of_a_list_that_was_cut_short_show_no_gaps() -> None:
    cut = Said(200, {"model_versions": [version(900)], "next_page_token": "x"})
    with served(script(more={"model-versions/search": cut})) as url:
        assert seen(SWEEP, url)["missing_versions"] is None


def test_a_version_of_a_run_that_never_was() -> None:
    with served(script(version(1, run_id=GONE, source=f"runs:/{GONE}/model"))) as url:
        it = seen(SWEEP, url)

    assert (it["versions_without_run"], it["versions_without_files"], it["checked_versions"]) == ((f"1: missing {GONE}",), None, ("1",))


def test_a_version_whose_files_are_not_there() -> None:
    with served(script(version(1, source=f"mlflow-artifacts:/0/{RUN}/artifacts/nope"))) as url:
        assert seen(SWEEP, url)["versions_without_files"] == ("1: nothing is there",)


def test_a_bucket_that_is_not_there_is_unreadable_and_not_empty() -> None:
    words = "Failed to list artifacts in s3://b/a: The specified bucket does not exist"
    lost = Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": words})
    with served(script(version(1, source=f"s3://b/0/{RUN}/artifacts/model"), more={"artifacts/list": lost})) as url:
        it = seen(SWEEP, url)

    assert (it["versions_without_files"], it["versions_unreadable"]) == (None, (f"1: 404 RESOURCE_DOES_NOT_EXIST {words}",))


@pytest.mark.parametrize(
    ("said", "unreadable"),
    [
        (Said(403, {"error_code": "PERMISSION_DENIED", "message": "Access Denied"}), ("1: its MLmodel is listed, and reading it gives 403 PERMISSION_DENIED Access Denied",)),
        (Said(403, "Permission denied"), None),  # MLflow's own login
        (Said(404, NOT_FOUND), None),
    ],
)
def test_what_is_listed_and_may_not_be_read(said: Said, unreadable: tuple[str, ...] | None) -> None:
    path = f"/ajax-api/2.0/mlflow/logged-models/{LOGGED}/artifacts/files"
    with served(script(version(1), more={path: said})) as url:
        it = seen(SWEEP, url)

    assert (unreadable, None) == (it["versions_unreadable"], it["versions_without_files"])


def test_an_upload_that_died() -> None:
    pending = Said(200, {"model": {"info": {"model_id": LOGGED, "status": "LOGGED_MODEL_PENDING"}}})
    with served(script(version(1), more={f"logged-models/{LOGGED}": pending})) as url:
        assert seen(SWEEP, url)["versions_unfinished"] == (f"1: the logged model {LOGGED} is LOGGED_MODEL_PENDING",)


def test_a_place_that_only_its_store_could_tell_of_is_not_checked() -> None:
    with served(script(version(1, source="s3://elsewhere/x", run_id=""))) as url:
        it = seen(SWEEP, url)

    assert (it["checked_versions"], it["versions_without_files"]) == (None, None)


def test_a_version_with_the_files_of_another_run() -> None:
    with served(script(version(1, source=f"mlflow-artifacts:/0/{GONE}/artifacts/model"))) as url:
        assert seen(SWEEP, url)["versions_of_other_run"] == (f"1: {RUN}, files of {GONE}",)


BESIDE = frozenset({"MLmodel", "model.pkl", "data", "requirements.txt"})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("flavors: {python_function: {model_path: model.pkl}, sklearn: {pickled_model: model.pkl}}", ""),
        ("flavors: {python_function: {data: data}, pytorch: {model_data: data/model.pth, code: null}}", ""),
        ("flavors: {python_function: {loader_module: mine, data: ./data/}}", ""),
        ("flavors: {xgboost: {data: model.xgb}}", "its MLmodel names model.xgb, which is not there"),
        ("artifact_path: model", "its MLmodel names no flavor"),
        ("flavors: {}", "its MLmodel names no flavor"),
        ("flavors: [python_fun", "its MLmodel is no YAML"),
        ("", "its MLmodel names no flavor"),
        ("[" * 5000, "its MLmodel is no YAML"),
        ("flavors: {mine: {data: [1, 2]}, other: 3}", ""),
    ],
)
def test_what_is_wrong_with_an_mlmodel(text: str, wrong: str) -> None:
    assert wrong == model_file(text.encode(), BESIDE)


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (f"models:/{LOGGED}", Place(logged=LOGGED)),
        (f"mlflow-artifacts:/0/models/{LOGGED}/artifacts", Place(logged=LOGGED)),
        (f"runs:/{RUN}/a/b", Place(run=RUN, path="a/b")),
        (f"s3://bucket/x/1/{RUN}/artifacts/model", Place(run=RUN, path="model")),
        (f"mlflow-artifacts:/1/{RUN}/artifacts", Place(run=RUN)),
        (f"runs:/{RUN}", Place(run=RUN)),
        ("models:/churn/3", None),
        ("/etc/model", None),
    ],
)
def test_where_a_source_leads(source: str, where: Place | None) -> None:
    assert place(source) == where


def test_a_model_that_is_not_there_and_one_that_is_named() -> None:
    lost = Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Registered Model with name=ghost not found"})
    with served(script(version(1), more={"registered-models/get ghost": lost})) as url:
        ghost, churn = (seen(NAMED, url, Subject("model", f"{url}#{name}")) for name in ("ghost", "churn"))

    assert (ghost["exists"], ghost["has_versions"], churn["exists"], churn["has_versions"]) == (False, None, True, True)


def test_the_sweep_is_bounded_and_says_so() -> None:
    many = Said(200, {"registered_models": [{"name": f"m{number}"} for number in range(MOST + 1)]})
    with served(script(more={"registered-models/search": many, "model-versions/search": Said(200, {})})) as url:
        found = ask(SWEEP, url)

    assert [one.complete for one in found if isinstance(one, Swept)] == [False]
    assert len([one for one in found if isinstance(one, Relation)]) == MOST


def test_a_registry_that_does_not_answer_is_unavailable() -> None:
    with served(Script({"registered-models/search": Said(401, "You are not authenticated.")})) as url:
        (gap,) = ask(SWEEP, url)

    assert isinstance(gap, Unavailable)
    assert gap.why == "forbidden"


# many at once


def _many(count: int, *, next_page: str = "") -> Script:
    """Models of one version each, as MLflow gives them by name; the runs of all but the first are told by one search."""
    runs = [f"{number:032x}" for number in range(count)]
    versions = [version(1, name=f"m{number:02}", run_id=run, source=f"mlflow-artifacts:/0/{run}/artifacts/model") for number, run in enumerate(runs)]
    models = [{"name": one["name"], "last_updated_timestamp": 1795595937307 + number} for number, one in enumerate(versions)]
    found = [{"info": {"run_id": run, "lifecycle_stage": "active"}} for run in runs[1:]]
    return Script(
        {
            "experiments/search": Said(200, {"experiments": [{"experiment_id": "0"}]}),
            "registered-models/search": Said(200, {"registered_models": models}),
            "model-versions/search": Said(200, {"model_versions": versions, "next_page_token": next_page}),
            **{f"model-versions/search name='{one['name']}'": Said(200, {"model_versions": [one]}) for one in versions},
            "runs/search": Said(200, {"runs": found}),
            "runs/get": Said(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run not found"}),
            "artifacts/list": Said(200, {"files": [{"path": "model/MLmodel", "is_dir": False}]}),
        }
    )


def _asked_of(it: Script) -> Counter[str]:
    return Counter(path.removeprefix(API) for path, _said, _headers in it.asked)


def test_many_models_are_told_by_one_search_of_each_kind_and_only_a_lost_run_is_asked_for() -> None:
    it = _many(REQUESTS_FOR_FILES)
    with served(it) as url:
        looks = {one.subject.key.partition("#")[2]: one.values for one in ask(SWEEP, url) if isinstance(one, Look)}

    once = ("registered-models/search", "model-versions/search", "experiments/search", "runs/search", "runs/get")
    assert dict.fromkeys(once, 1) == {path: _asked_of(it)[path] for path in once}
    assert {"m00": (f"1: missing {0:032x}",)} == {name: one["model.versions_without_run"] for name, one in looks.items() if one["model.versions_without_run"]}
    assert {("1",)} == {one["model.checked_versions"] for one in looks.values()}


def test_of_more_models_those_that_changed_last_are_told_and_those_that_a_list_shows_to_be_unwell() -> None:
    it = _many(MOST)
    versions = it.says["model-versions/search"].body["model_versions"]
    versions[1] |= {"status": "PENDING_REGISTRATION"}
    with served(it) as url:
        found = ask(SWEEP, url)

    told = sorted(one.subject.key.partition("#")[2] for one in found if isinstance(one, Look))
    assert ["m01", *(f"m{number:02}" for number in range(MOST - REQUESTS_FOR_FILES, MOST))] == told
    assert [(MOST, False)] == [(one.count, one.complete) for one in found if isinstance(one, Swept)]


def test_models_that_an_answer_of_many_may_not_hold_whole_are_asked_for_alone() -> None:
    it = _many(4, next_page="more")
    with served(it) as url:
        ask(SWEEP, url)

    assert [{"order_by": "version_number DESC", "max_results": "500"}, {"filter": "name='m03'", "max_results": "200"}] == [
        said for path, said, _headers in it.asked if path.endswith("model-versions/search")
    ]


def test_models_that_no_search_tells_of_are_asked_for_one_by_one() -> None:
    it = _many(3)
    it.says = {**it.says, "model-versions/search version_number DESC": Said(400, {"error_code": "INVALID_PARAMETER_VALUE"}), "runs/search": Said(400, {})}
    with served(it) as url:
        found = ask(SWEEP, url)

    assert (3, 4, 3) == (len([one for one in found if isinstance(one, Look)]), _asked_of(it)["model-versions/search"], _asked_of(it)["runs/get"])


def test_what_a_model_is_used_by_is_looked_at_before_the_rest_and_within_a_bound() -> None:
    run = {"run_id": "", "source": "mlflow-artifacts:/0/{}/artifacts/model".format("a" * 32)}
    many = [version(number, name=name, **run) for name in ("a", "b") for number in range(15, 0, -1)]
    aliases = [{"alias": f"of-{number}", "version": str(number)} for number in range(1, 10)]
    models = [{"name": name, "aliases": aliases} for name in ("a", "b")]
    says = {"registered-models/search": Said(200, {"registered_models": models}), "model-versions/search": Said(200, {"model_versions": many})}
    with served(Script({**says, "artifacts/list": Said(200, {"files": [{"path": "model/MLmodel"}]})})) as url:
        looks = [one for one in ask(SWEEP, url) if isinstance(one, Look)]

    assert [("9", "8", "15")] * 2 == [one.values["model.checked_versions"] for one in looks]
