"""Artifacts can't be uploaded: what a server that hands them on says when it is asked to list them, and where its experiments keep theirs."""

from __future__ import annotations

from typing import Any

from tests.faults.services.catalogue import LOADING, REGISTERING, UPLOAD, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.mlflow import API, LIST, PROXY, MLflow
from tests.stack.process import free_port
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

LISTED = rf"GET {PROXY}\?path=: "
UNLOADABLE = {LOADING: ("artifact-gone",), REGISTERING: ("artifact-missing",)}
"""What cannot be written can't be read either: a model that is loaded, or registered, fails with it."""
ANY = ("network-issue", "no-s3-permissions", "wrong-keys", "bucket-doesnt-exist", "credentials-expired")
NO_REFUSAL = ("network-issue", "missing-credentials")


def logged(server: MLflow, *, experiment: str = "") -> dict[str, Any]:
    """A finished run of the experiment, which is made where none is given, with a metric and a file."""
    run = server.run(experiment or server.experiment("churn"))
    assert server.upload(run, "notes.txt", b"loss 0.1\n").status == 200
    return finished(server, run)


def finished(server: MLflow, run: dict[str, Any]) -> dict[str, Any]:
    server.post("runs/log-metric", {"run_id": run["run_id"], "key": "loss", "value": 0.1, "timestamp": run["start_time"]})
    server.post("runs/update", {"run_id": run["run_id"], "status": "FINISHED"})
    return run


def fails(server: MLflow, run: dict[str, Any], status: int = 500) -> None:
    """A later run of the same experiment has its metric, and its file is refused."""
    later = server.run(run["experiment_id"])
    assert server.upload(later, "notes.txt", b"loss 0.1\n").status == status
    finished(server, later)


def asked(it: Garden, server: MLflow, run: dict[str, Any]) -> Words:
    of = run["run_id"]
    return it.asks(server, LIST, f"{API}/artifacts/list?run_id={of}", f"{API}/experiments/get?experiment_id={run['experiment_id']}")


def working(it: Garden, version: int = 3) -> tuple[MLflow, Store, Keys, dict[str, Any]]:
    server, store, keys = it.with_bucket(version)
    return server, store, keys, logged(server)


# the store refuses


@state(
    UPLOAD,
    "no-s3-permissions",
    shows=f"{LISTED}403 .*PERMISSION_DENIED",
    why="MLflow hands on what the store says: 403, with an explicit deny. The store was reached, the key is known, the bucket is there.",
    also=UNLOADABLE,
)
def policy_denies_all(it: Garden) -> Words:
    """The bucket's policy denies everything to MLflow's user."""
    server, store, keys, run = working(it)
    it.enter(store.denying("models", keys, *READ, *WRITE))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    "no-s3-permissions",
    shows=f"{LISTED}403 .*PERMISSION_DENIED",
    why="MLflow hands on the store's 403: nobody has allowed its user anything in this bucket.",
    also=UNLOADABLE,
)
def policy_was_dropped(it: Garden) -> Words:
    """The bucket's policy is gone, so that only its owner may enter."""
    server, store, _keys, run = working(it)
    store.policy("models")
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    Expect(undetermined=("no-s3-permissions", "network-issue"), truth="no-s3-permissions", accept_nothing=True),
    shows=f'{LISTED}200 .*artifacts/list[^\n]*: 200 .*"notes.txt"',
    why="Reading works. That writing is denied stands in the server's log only; without an attempt to write nobody can know.",
)
def policy_denies_writing(it: Garden) -> Words:
    """The bucket's policy lets MLflow's user read, and no longer write."""
    server, store, keys, run = working(it)
    it.enter(store.denying("models", keys, *WRITE))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    Expect(undetermined=ANY, truth="no-s3-permissions", accept_cause=True),
    shows=f"{LISTED}500 .*Internal Server Error",
    why="MLflow 2 says 500 and no more of whatever its store refuses; the reason is in its log.",
    also=UNLOADABLE,
)
def policy_denies_all_of_2(it: Garden) -> Words:
    """MLflow 2: the bucket's policy denies everything to its user."""
    server, store, keys, run = working(it, 2)
    it.enter(store.denying("models", keys, *READ, *WRITE))
    fails(server, run)
    return asked(it, server, run)


# the bucket


@state(
    UPLOAD,
    "bucket-doesnt-exist",
    shows=f"{LISTED}404 .*RESOURCE_DOES_NOT_EXIST",
    why="The list of the bucket's root is 404 with the store's own words, The specified bucket does not exist; a prefix without files is an empty list.",
    also=UNLOADABLE,
)
def bucket_removed(it: Garden) -> Words:
    """The bucket was removed, with the artifacts of the runs in it."""
    server, store, _keys, run = working(it)
    it.enter(store.without_bucket("models"))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    "bucket-doesnt-exist",
    shows=f"{LISTED}404 .*RESOURCE_DOES_NOT_EXIST",
    why="The store says that there is no such bucket; the server's command line names `model`.",
    also=UNLOADABLE,
)
def bucket_misspelled(it: Garden) -> Words:
    """The server was started with s3://model, and the bucket is `models`."""
    store, keys = it.stored()
    server = it.mlflow(artifacts="s3://model", environment=store.settings(keys))
    run = server.run(server.experiment("churn"))
    fails(server, run)
    return asked(it, server, finished(server, run))


@state(
    UPLOAD,
    Expect(undetermined=ANY, truth="bucket-doesnt-exist", accept_cause=True),
    shows=f"{LISTED}500 .*Internal Server Error",
    why="MLflow 2 says 500 and no more; the reason is in its log.",
    also=UNLOADABLE,
)
def bucket_removed_of_2(it: Garden) -> Words:
    """MLflow 2: the bucket was removed."""
    server, store, _keys, run = working(it, 2)
    it.enter(store.without_bucket("models"))
    fails(server, run)
    return asked(it, server, run)


# who it is there


@state(
    UPLOAD,
    "wrong-keys",
    shows=f"{LISTED}401 .*UNAUTHENTICATED.*signature",
    why="401 with the store's words about the signature: the key is known, the secret is another. MLflow itself asks for no login.",
    also=UNLOADABLE,
)
def secret_rotated(it: Garden) -> Words:
    """The key was given another secret, and the server still has the old one."""
    server, store, keys, run = working(it)
    it.enter(store.other_secret(keys))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    "wrong-keys",
    shows=f"{LISTED}401 .*UNAUTHENTICATED",
    why="401 with the store's words: there is no such access key.",
    also=UNLOADABLE,
)
def user_removed(it: Garden) -> Words:
    """The user whose key the server has was removed from the store."""
    server, store, keys, run = working(it)
    it.enter(store.without_user(keys))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    Expect(undetermined=ANY, truth="wrong-keys", accept_cause=True),
    shows=f"{LISTED}500 .*Internal Server Error",
    why="MLflow 2 says 500 and no more; the reason is in its log.",
    also=UNLOADABLE,
)
def secret_rotated_of_2(it: Garden) -> Words:
    """MLflow 2: the key was given another secret."""
    server, store, keys, run = working(it, 2)
    it.enter(store.other_secret(keys))
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    "credentials-expired",
    shows=f"{LISTED}500 .*The provided token has expired",
    why="MLflow hands on the store's words: the token has expired.",
    also=UNLOADABLE,
)
def session_ended(it: Garden) -> Words:
    """The server was given keys of a session, and the session has ended. The store is a stand-in: versitygw has no sessions."""
    port = str(free_port())
    it.program("expired", port)
    session = {"AWS_ACCESS_KEY_ID": "ASIAQ3EGRX7DEMOKEY01", "AWS_SECRET_ACCESS_KEY": "s" * 40, "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEA"}
    place = {"MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "eu-central-1"}
    server = it.mlflow(artifacts="s3://models", environment={**session, **place})
    run = server.run(server.experiment("churn"))
    fails(server, run)
    return asked(it, server, finished(server, run))


@state(
    UPLOAD,
    Expect(undetermined=NO_REFUSAL, truth="missing-credentials", accept_cause=True),
    shows=f"{LISTED}500 .*Internal Server Error",
    why="500 without a word: not what the store refused, or MLflow 3 would say so. No key is in the server's environment; a role might be, and the reason is in the log.",
    also=UNLOADABLE,
)
def server_without_keys(it: Garden) -> Words:
    """The server knows where the store is, and was given no key."""
    store = it.s3()
    store.bucket("models")
    server = it.mlflow(artifacts="s3://models", environment=store.settings())
    run = server.run(server.experiment("churn"))
    fails(server, run)
    return asked(it, server, finished(server, run))


# the way there


@state(
    UPLOAD,
    Expect(undetermined=NO_REFUSAL, truth="network-issue", accept_cause=True),
    shows=f"{LISTED}500 .*Internal Server Error",
    why="500 without a word: not what the store refused. Keys are in the server's environment; the reason is in the log.",
    also=UNLOADABLE,
)
def bucket_store_stopped(it: Garden) -> Words:
    """The store was stopped: its port refuses."""
    server, store, _keys, run = working(it)
    it.enter(store.stopped())
    fails(server, run)
    return asked(it, server, run)


@state(
    UPLOAD,
    Expect("network-issue", accept_undetermined=True),
    shows=rf"GET /health: 200.*{LISTED}ReadTimeoutError",
    why="All else is answered at once, and the list of the artifacts not at all: the server waits for its store. A refusal would be quick.",
    also=UNLOADABLE,
)
def bucket_store_stands_still(it: Garden) -> Words:
    """The store takes connections and never speaks."""
    server, store, _keys, run = working(it)
    it.enter(store.frozen())
    return asked(it, server, run)


# not through this server


@state(
    UPLOAD,
    "not-served",
    shows=rf"{LISTED}503 .*disabled due to .*artifact_location\W+mlflow-artifacts:/",
    why="The experiment's artifacts go through the server (mlflow-artifacts:), and the server says 503: serving is disabled.",
    also=UNLOADABLE,
)
def no_longer_served(it: Garden) -> Words:
    """A server that handed artifacts on was started anew with --no-serve-artifacts, with its experiments of before."""
    return asked(it, *started_anew(it, 3))


@state(
    UPLOAD,
    "not-served",
    shows=rf"{LISTED}503 .*artifact_location\W+mlflow-artifacts:/",
    why="The experiment's artifacts go through the server, and the server says 503.",
    also=UNLOADABLE,
)
def no_longer_served_of_2(it: Garden) -> Words:
    """MLflow 2, started anew with --no-serve-artifacts."""
    return asked(it, *started_anew(it, 2))


def started_anew(it: Garden, version: int) -> tuple[MLflow, dict[str, Any]]:
    folder = it.folder()
    stored = f"sqlite:///{folder}/mlflow.db"
    before = it.mlflow(version, database=stored, artifacts=str(folder / "artifacts"))
    run = logged(before)
    before.stop()
    server = it.mlflow(version, database=stored, artifacts=str(folder / "artifacts"), proxied=False)
    fails(server, run, 503)
    return server, run


@state(
    UPLOAD,
    Expect("local-path", accept_undetermined=True),
    shows=r"artifact_location\W+(file://)?/Volumes/anna/churn/mlruns/1",
    why="The experiment keeps its artifacts in a folder of somebody's Mac: any client writes to its own disk there, and this one has no /Volumes.",
    also=UNLOADABLE,
)
def folder_of_a_laptop(it: Garden) -> Words:
    """An experiment was brought from a laptop, and its runs with it: its artifacts are to be written to /Volumes/anna."""
    server = it.mlflow()
    run = server.run(server.experiment("churn", artifact_location="/Volumes/anna/churn/mlruns/1"))
    return asked(it, server, finished(server, run))


# healthy


@state(UPLOAD, None, shows=f'{LISTED}200 .*"notes.txt"', why="Artifacts go through the server into the bucket, and are there.")
def bucket_as_it_should_be(it: Garden) -> Words:
    """MLflow 3 before its bucket."""
    server, _store, _keys, run = working(it)
    return asked(it, server, run)


@state(UPLOAD, None, shows=f'{LISTED}200 .*"notes.txt"', why="Artifacts go through the server into the bucket, and are there.")
def bucket_as_it_should_be_of_2(it: Garden) -> Words:
    """MLflow 2 before its bucket."""
    server, _store, _keys, run = working(it, 2)
    return asked(it, server, run)


@state(
    UPLOAD,
    None,
    shows=rf'{LISTED}503 .*"notes.txt".*artifact_location\W+s3://models',
    why="It is made so: clients write to the bucket with keys of their own, and the server may read. 503 is said of a way that nobody goes.",
)
def clients_write_themselves(it: Garden) -> Words:
    """A server with --no-serve-artifacts from its first day; a client has written its file to the bucket."""
    store = it.s3()
    reader, writer = store.user("mlflow"), store.user("training")
    store.bucket("models", allow("models", reader, *READ), allow("models", writer, *READ, *WRITE))
    server = it.mlflow(artifacts="s3://models", proxied=False, environment=store.settings(reader))
    return asked(it, server, by_a_client(server, **store.settings(writer)))


def by_a_client(server: MLflow, **environment: str) -> dict[str, Any]:
    """A run whose client has written its file itself."""
    experiment = server.experiment("churn")
    program = f"import mlflow\nwith mlflow.start_run(experiment_id='{experiment}'):\n    mlflow.log_text('loss 0.1', 'notes.txt')\n"
    done = server.script(program, **environment)
    assert done.returncode == 0, done.stderr
    (run,) = server.post("runs/search", {"experiment_ids": [experiment]}).json["runs"]
    return dict(run["info"])


@state(UPLOAD, None, shows=f'{LISTED}200 .*"notes.txt"', why="The server keeps the artifacts in a folder of its own, and hands them on.")
def folder_of_the_server(it: Garden) -> Words:
    """Artifacts go through the server into its folder."""
    server = it.mlflow()
    return asked(it, server, logged(server))


@state(
    UPLOAD,
    None,
    shows=rf'{LISTED}503 .*"notes.txt".*artifact_location\W+(file://)?/[^"]*/artifacts/1',
    why="The server listens on the loopback address only, so all its clients are here, where the folder is, and their files are in it.",
)
def all_on_one_machine(it: Garden) -> Words:
    """MLflow 2 with --no-serve-artifacts and a folder, and its client on the same machine."""
    server = it.mlflow(2, proxied=False)
    return asked(it, server, by_a_client(server))


@state(
    UPLOAD,
    None,
    shows=rf'{LISTED}200 {{ ?}}|artifacts/list[^\n]*: 200 {{ "root_uri"',
    why="The runs log metrics and nothing else; the bucket is there and empty.",
)
def nothing_to_upload(it: Garden) -> Words:
    """The bucket is new and empty, and the runs have metrics only."""
    server, _store, _keys = it.with_bucket()
    return asked(it, server, finished(server, server.run(server.experiment("churn"))))
