"""A model's registration fails: what the registry has is READY whatever it is, so one must look at its run and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.services.catalogue import LOADING, OFFLINE, REGISTERING, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.mlflow import API, MLflow

NOBODY = "4f1d" * 8
VERSIONS = f"{API}/model-versions/search"
MLMODEL = b"artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"
NO_FILES = r'READY.*artifacts/list[^\n]*: 200 { "root_uri": "[^"]*" }'
UNLOADABLE = {LOADING: ("artifact-gone",)}


def registered(server: MLflow, source: str, run: str, name: str = "churn") -> None:
    server.post("registered-models/create", {"name": name})
    made = server.post("model-versions/create", {"name": name, "source": source, "run_id": run})
    assert made.status == 200, made


def logged(server: MLflow, files: Mapping[str, bytes]) -> dict[str, Any]:
    """A finished run with these artifacts."""
    run = server.run(server.experiment("churn"))
    for path, data in files.items():
        assert server.upload(run, path, data).status == 200
    server.post("runs/update", {"run_id": run["run_id"], "status": "FINISHED"})
    return run


def seen_of(run: Mapping[str, Any], path: str = "model") -> tuple[str, ...]:
    return VERSIONS, f"{API}/runs/get?run_id={run['run_id']}", f"{API}/artifacts/list?run_id={run['run_id']}&path={path}"


@state(
    REGISTERING, "run-doesnt-exist", shows="READY.*runs/get.*404", why="The version is READY, and of its run the server says 404.", also=UNLOADABLE
)
def run_that_never_was(it: Garden) -> Words:
    """A pipeline registers over REST, and its run was on another server."""
    server = it.mlflow()
    registered(server, f"runs:/{NOBODY}/model", NOBODY)
    return it.asks(server, VERSIONS, f"{API}/runs/get?run_id={NOBODY}")


@state(
    REGISTERING,
    "run-doesnt-exist",
    shows="READY.*runs/get.*404",
    why="Version 4 is READY, and of its run the server says 404; versions 1 to 3 are as they should be.",
    also=UNLOADABLE,
)
def run_of_the_other_server(it: Garden) -> Words:
    """MLflow 2: of a well model a fourth version is registered, from a run of another server."""
    server = it.stocked(2)
    registered(server, f"mlflow-artifacts:/1/{NOBODY}/artifacts/model", NOBODY)
    return it.asks(server, VERSIONS, f"{API}/runs/get?run_id={NOBODY}")


@state(
    REGISTERING,
    "artifact-missing",
    shows=NO_FILES,
    why="The run has `model`, and the version's source is `modle`, where there is nothing.",
    also=UNLOADABLE,
)
def path_misspelt(it: Garden) -> Words:
    """The path of the artifact is misspelt."""
    server = it.mlflow()
    run = logged(server, {"model/MLmodel": MLMODEL, "model/model.pkl": b"1"})
    registered(server, f"{run['artifact_uri']}/modle", run["run_id"])
    return it.asks(server, *seen_of(run, "modle"))


@state(REGISTERING, "artifact-missing", shows=NO_FILES, why="The run has no artifact at all.", also=UNLOADABLE)
def nothing_logged(it: Garden) -> Words:
    """The run has logged metrics and no model."""
    server = it.mlflow(2)
    run = logged(server, {})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run))


@state(REGISTERING, "artifact-missing", shows=NO_FILES, why="The bucket has the run's other artifact and not its model.", also=UNLOADABLE)
def model_expired(it: Garden) -> Words:
    """The bucket's rule has removed what is older than a month: the model, and not the plot of yesterday."""
    server, store, _keys = it.with_bucket()
    run = logged(server, {"model/MLmodel": MLMODEL, "model/model.pkl": b"1", "plot.svg": b"<svg/>"})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    for name in ("MLmodel", "model.pkl"):
        store.client().delete_object(Bucket="models", Key=f"1/{run['run_id']}/artifacts/model/{name}")
    return it.asks(server, *seen_of(run))


@state(
    REGISTERING,
    Expect("model-format-invalid", accept=("artifact-missing",), accept_undetermined=True),
    shows="READY.*artifacts/list.*model.pkl",
    why="There is a pickle and no MLmodel: logged as a file, not as a model. That the MLmodel is missing is true too.",
    also=UNLOADABLE,
)
def pickle_alone(it: Garden) -> Words:
    """The model was logged with log_artifact."""
    server = it.mlflow()
    run = logged(server, {"model/model.pkl": b"\x80\x04N."})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run))


@state(REGISTERING, "model-format-invalid", shows="READY.*utc_time_created: a while ago", why="Its MLmodel names no flavor.", also=UNLOADABLE)
def without_flavors(it: Garden) -> Words:
    """The MLmodel was written by hand and has no flavors."""
    server = it.mlflow()
    run = logged(server, {"model/MLmodel": b"artifact_path: model\nutc_time_created: a while ago\n", "model/model.pkl": b"1"})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run), f"/get-artifact?run_uuid={run['run_id']}&path=model/MLmodel")


@state(REGISTERING, "model-format-invalid", shows="READY.*flavors: \\[", why="Its MLmodel is no YAML.", also=UNLOADABLE)
def cut_short(it: Garden) -> Words:
    """The upload of the MLmodel was cut short."""
    server = it.mlflow(2)
    run = logged(server, {"model/MLmodel": b"artifact_path: model\nflavors: [python_fun", "model/model.pkl": b"1"})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run), f"/get-artifact?run_uuid={run['run_id']}&path=model/MLmodel")


@state(
    REGISTERING,
    Expect("model-format-invalid", accept=("artifact-missing",), accept_undetermined=True),
    shows="READY.*artifacts/list.*MLmodel",
    why="The MLmodel names model.pkl, and there is no such file.",
    also=UNLOADABLE,
)
def flavor_without_its_file(it: Garden) -> Words:
    """The MLmodel is there, the pickle that it names is not."""
    server = it.mlflow()
    run = logged(server, {"model/MLmodel": MLMODEL, "model/requirements.txt": b"scikit-learn\n"})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run))


@state(REGISTERING, "source-not-in-run", shows="READY", why="The version names one run, and its source lies in another's folder.")
def source_of_another_run(it: Garden) -> Words:
    """The version was registered with the id of one run and the files of another."""
    server = it.mlflow(2)
    run = logged(server, {"model/MLmodel": MLMODEL, "model/model.pkl": b"1"})
    other = server.run("0")
    registered(server, f"{run['artifact_uri']}/model", other["run_id"])
    return it.asks(server, *seen_of(run), f"{API}/runs/get?run_id={other['run_id']}")


@state(
    REGISTERING,
    Expect(
        undetermined=("run-doesnt-exist", "artifact-missing", "model-format-invalid", "source-not-in-run"),
        truth="artifact-missing",
        accept=("run-doesnt-exist",),
        accept_nothing=True,
    ),
    shows='registered-models/search: 200 .*"name": "churn".*model-versions/search: 200 {}.*Unable to find a logged_model',
    why="A model without any version: the client makes the model first and the version never came. Why, only the client has said. It may also have been made by hand.",
)
def model_without_versions(it: Garden) -> Words:
    """MLflow's own client registers what its run has not logged, and leaves an empty model behind."""
    server = it.mlflow()
    run = logged(server, {})
    job = it.program("register", MLFLOW_TRACKING_URI=server.url, MODEL_URI=f"runs:/{run['run_id']}/model")
    job.ended(60)
    return it.asks(server, VERSIONS)


@state(
    REGISTERING,
    "registry-unavailable",
    shows="experiments/search: 200 .*registered-models/search: 400 .*UndefinedTable",
    why="Experiments are there; of the registry the database says that its table is not.",
    also={OFFLINE: ("db-schema-out-of-date",), LOADING: ("mlflow-unreachable",)},
)
def registry_without_its_table(it: Garden) -> Words:
    """The table of the registered models was dropped (renamed)."""
    server, database = it.team()
    server.get("registered-models/search")
    it.enter(database.without_table("registered_models"))
    return it.asks(server)


@state(
    REGISTERING,
    "registry-unavailable",
    shows="experiments/search: 200 .*registered-models/search: ReadTimeoutError",
    why="Experiments answer at once, and the registry does not answer.",
    also={OFFLINE: ("database-offline", "db-pool-exhausted"), LOADING: ("mlflow-unreachable",)},
)
def registry_waits_for_a_lock(it: Garden) -> Words:
    """Somebody holds a lock on the table of the registered models."""
    server, database = it.team()
    server.get("registered-models/search")
    it.enter(database.locked("registered_models"))
    return it.asks(server)


# healthy


@state(REGISTERING, None, shows="READY", why="Models of MLflow 3 lie beside their runs: that the run's own list is empty is as it should be.")
def models_beside_their_runs(it: Garden) -> Words:
    """MLflow 3, three versions as its client makes them."""
    server = it.stocked()
    return it.asks(server, VERSIONS)


@state(
    REGISTERING,
    None,
    shows="READY",
    why="It was registered from a bucket without a run, and the server has no key to that bucket: nothing may be said of what nobody can see.",
)
def registered_from_a_bucket(it: Garden) -> Words:
    """A version of no run, whose source is another team's bucket."""
    server = it.mlflow()
    registered(server, "s3://other-team/models/churn", "")
    return it.asks(server, VERSIONS)


@state(REGISTERING, None, shows="READY", why="A model as log_model of MLflow 2 leaves it, with all that its MLmodel names.")
def model_in_its_run(it: Garden) -> Words:
    """MLflow 2, three versions as its client makes them, and one from a finished run registered over REST."""
    server = it.stocked(2)
    run = server.run("1")
    for path, data in {"model/MLmodel": MLMODEL, "model/model.pkl": b"1"}.items():
        server.upload(run, path, data)
    server.post("runs/update", {"run_id": run["run_id"], "status": "FINISHED"})
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, *seen_of(run))
