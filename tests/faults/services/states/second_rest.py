"""The five older rows again, by other ways than those of the first set."""

from __future__ import annotations

import time
from typing import Any

import urllib3

from tests.faults.services.catalogue import LOADING, OFFLINE, PIPELINE, REGISTERING, REMOTE, UPLOAD, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.faults.services.states.second_upload import connecting, dropped, signed_in
from tests.stack.dvc import Repository
from tests.stack.mlflow import API, LIST, MLflow
from tests.stack.postgres import NAME
from tests.stack.process import free_port
from tests.stack.s3 import READ, allow

NO_REGISTRY = {LOADING: ("mlflow-unreachable",), REGISTERING: ("registry-unavailable",)}
WRONG_KEY = Expect("missing-credentials", accept=("iam-permissions",), accept_undetermined=True)
VERSIONS = f"{API}/model-versions/search"
LOADED = "the model is loaded"
CLOUD = "status --cloud --json"
STATUS, REPRO = "status --json", "repro --dry"
CLEAN = "status --json: 0 {}"
NOTHING_RUNS = "repro --dry: 0 .*up to date"


# MLflow is offline, or empty


@state(
    OFFLINE,
    Expect("network", accept_undetermined=True),
    shows="health: ConnectTimeoutError",
    why="The server's process listens on the port, as the machine's own list of sockets has it, and a connection to it is never made: what lies between drops it.",
)
def off_firewall_before_the_server(it: Garden) -> Words:
    """A firewall drops what goes to the server, which runs on this machine."""
    server = it.mlflow()
    dropped(it, server.port)
    return it.asks(server)


@state(
    OFFLINE,
    Expect("wrong-tracking-uri", accept_undetermined=True),
    shows=r"health: NewConnectionError .*Connection refused.*127.0.0.2: 200",
    why="Nobody listens at 127.0.0.1; an MLflow of this machine listens on the same port of 127.0.0.2, as its command line says, and is well.",
)
def off_bound_to_another_address(it: Garden) -> Words:
    """The server is bound to one address of the machine, and is asked at another."""
    server = it.mlflow(flags=("--host", "127.0.0.2"), wait=False)
    other = f"http://127.0.0.2:{server.port}"

    def is_up() -> bool:
        try:
            return urllib3.request("GET", f"{other}/health", retries=False, timeout=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    server.process.wait_until("an answer", is_up, server.start_s)
    words = it.asks(server)
    return Words(words.words, lambda: f"{words.look()}\n127.0.0.2: {200 if is_up() else 0}", words.environment)


@state(
    OFFLINE,
    "wrong-tracking-uri",
    shows="health: (ProtocolError|BadStatusLine|ReadTimeoutError)",
    why="At the address is PostgreSQL, the process of this machine that listens there; it does not speak HTTP.",
)
def off_address_of_the_database(it: Garden) -> Words:
    """The address given is that of MLflow's database."""
    _server, database = it.team()
    return it.asks(f"http://127.0.0.1:{database.port}")


@state(
    OFFLINE,
    Expect("new-or-lost-store", accept_undetermined=True),
    shows=r"experiments/search: 200 [^\n]*Default(?![^\n]*churn).*artifacts\?path=: 200 [^\n]*\"path\": \"1\"",
    why="There is but the Default experiment, seconds old, and the bucket has folders of an experiment that the database does not know.",
)
def off_another_database(it: Garden) -> Words:
    """After a move the server was given a new database of the same PostgreSQL; its bucket is the old one."""
    store, keys = it.stored()
    database = it.postgres()
    before = it.mlflow(database=database.uri, artifacts="s3://models", environment=store.settings(keys))
    run = before.run(before.experiment("churn"))
    assert before.upload(run, "model/MLmodel", b"flavors: {}").status == 200
    before.stop()
    database.sql(f"create database fresh owner {NAME}")
    server = it.mlflow(database=database.uri_with(database="fresh"), artifacts="s3://models", environment=store.settings(keys))
    return it.asks(server, LIST)


@state(
    OFFLINE,
    "db-pool-exhausted",
    shows="experiments/search: 503 .*too many connections for role",
    why="The database says that this role has all the connections that it may have.",
    also=NO_REGISTRY,
)
def off_role_has_no_connection_left(it: Garden) -> Words:
    """The role of MLflow was given a limit of connections, and others of the same role use them up."""
    server, database = it.team()
    database.disconnect()
    database.sql(f"alter role {NAME} connection limit 1")
    holder = it.command(it.folder(), "psql", database.uri.replace("+psycopg2", ""), "-c", "select pg_sleep(3600)")
    taken = f"select count(*) > 0 from pg_stat_activity where usename = '{NAME}' and query like '%pg_sleep%'"  # noqa: S608  our own name
    holder.wait_until("the connection", lambda: database.sql(taken) == "t", 20)
    return it.asks(server)


@state(
    OFFLINE,
    Expect(
        undetermined=("database-offline", "db-schema-out-of-date", "new-or-lost-store"),
        truth="database-offline",
        accept=("new-or-lost-store",),
        accept_cause=True,
    ),
    shows=r"health: 200 .*experiments/search: [45]\d\d .*(not a database|malformed|disk I/O)",
    why="The server answers with SQLite's word: the file is no database. What has happened to it the word does not say.",
    also=NO_REGISTRY,
)
def off_sqlite_overwritten(it: Garden) -> Words:
    """The server's SQLite file was overwritten by a backup job with something else."""
    folder = it.folder()
    server = it.mlflow(database=f"sqlite:///{folder}/mlflow.db")
    server.run(server.experiment("churn"))
    for name in ("mlflow.db-wal", "mlflow.db-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "mlflow.db").write_bytes(b"\x1f\x8b\x08 a backup " * 40000)
    return it.asks(server)


@state(OFFLINE, None, shows="experiments/search: 200 .*churn", why="Through the gateway all answers come.")
def off_gateway_as_it_should_be(it: Garden) -> Words:
    """Before the server is a reverse proxy, and both are well."""
    server, _database = it.team()
    port = free_port()
    it.program("gateway", str(port), str(server.port))
    it.training(server.url)
    return it.asks(f"http://127.0.0.1:{port}")


@state(
    OFFLINE,
    None,
    shows=r"experiments/search: 200 [^\n]*Default(?![^\n]*churn).*a run is logged",
    why="It is new and nobody is told to use it; who trains uses the other, where all is.",
)
def off_the_next_server(it: Garden) -> Words:
    """Beside the server that is in use a new one was set up, which is empty; it is the one that is asked."""
    used, _database = it.team()
    it.training(used.url)
    return it.asks(it.mlflow())


# a model can't be loaded


@state(
    LOADING,
    Expect("version-never-existed", accept_undetermined=True),
    shows="Registered Model with name=churn not found",
    why="The registry has no `churn` and has `customer-churn` with three versions: by what way is not to be seen.",
)
def load_model_renamed(it: Garden) -> Words:
    """The registered model was renamed, and the program asks by the old name."""
    server = it.stocked()
    assert server.post("registered-models/rename", {"name": "churn", "new_name": "customer-churn"}).status == 200
    it.serving(server.url, "models:/churn/3")
    return it.asks(server, VERSIONS)


@state(
    LOADING,
    Expect(undetermined=("version-deleted", "version-never-existed"), truth="version-deleted", accept=("version-never-existed",), accept_cause=True),
    shows="Registered Model with name=churn not found.*",
    why="The registry has no model of this name. It keeps nothing of what is deleted, so that it ever was cannot be seen.",
)
def load_model_deleted(it: Garden) -> Words:
    """The registered model was deleted with all its versions; another model is there."""
    server = it.stocked(2)
    server.post("registered-models/create", {"name": "fraud"})
    assert server.ask("DELETE", f"{API}/registered-models/delete", {"name": "churn"}).status == 200
    it.serving(server.url, "models:/churn/2")
    return it.asks(server, VERSIONS)


def in_bucket(it: Garden) -> tuple[MLflow, Any, Any]:
    """MLflow 3 with a bucket, and a model of it as version 1 of `churn`."""
    server, store, keys = it.with_bucket()
    made = server.script(
        "import mlflow, mlflow.pyfunc\n"
        "def same(model_input: list[str]) -> list[str]:\n    return model_input\n"
        "mlflow.set_experiment('churn')\n"
        "with mlflow.start_run():\n"
        "    mlflow.pyfunc.log_model(name='model', python_model=same, pip_requirements=['mlflow'], registered_model_name='churn')\n"
    )
    assert made.returncode == 0, made.stderr
    return server, store, keys


@state(
    LOADING,
    Expect("artifact-gone", accept_undetermined=True),
    shows=r"READY.*a program says: .*(403|Forbidden|500|Aborted|Denied|INTERNAL)",
    why="The version is READY and its files are listed; to read one the server may not, which a download of a small one tells.",
    also={UPLOAD: ("no-s3-permissions",), REGISTERING: ("artifact-missing",)},
)
def load_files_may_not_be_read(it: Garden) -> Words:
    """The bucket's policy denies s3:GetObject to the server."""
    server, store, keys = in_bucket(it)
    it.enter(store.denying("models", keys, "s3:GetObject"))
    it.serving(server.url, "models:/churn/1")
    return it.asks(server, VERSIONS)


@state(
    LOADING,
    "artifact-gone",
    shows=r"READY.*a program says: .*(python_model.pkl|No such)",
    why="The MLmodel is there and names python_model.pkl, which is not.",
    also={REGISTERING: ("artifact-missing", "model-format-invalid")},
)
def load_without_the_pickle(it: Garden) -> Words:
    """Of the files of version 1 the largest was removed, as a rule for large objects does."""
    server, store, _keys = in_bucket(it)
    client = store.client()
    keys = [one["Key"] for one in client.list_objects_v2(Bucket="models")["Contents"] if one["Key"].endswith("python_model.pkl")]
    assert keys
    for key in keys:
        client.delete_object(Bucket="models", Key=key)
    it.serving(server.url, "models:/churn/1")
    return it.asks(server, VERSIONS)


@state(LOADING, None, shows=LOADED, why="A model of a run loads without the registry.")
def load_by_its_run(it: Garden) -> Words:
    """MLflow 2; the program asks for the model of a run, runs:/ID/model."""
    server = it.stocked(2)
    said = server.post("runs/search", {"experiment_ids": ["0", "1"]}).json
    run = said["runs"][0]["info"]["run_id"]
    it.serving(server.url, f"runs:/{run}/model")
    return it.asks(server, VERSIONS)


@state(LOADING, None, shows=LOADED, why="A model of MLflow 3 has an id of its own, and loads by it.")
def load_by_its_own_id(it: Garden) -> Words:
    """The program asks for a logged model, models:/m-ID; no version of a registered model is needed for it."""
    server = it.stocked()
    said = server.post("logged-models/search", {"experiment_ids": ["0", "1"]}).json
    it.serving(server.url, f"models:/{said['models'][0]['info']['model_id']}")
    return it.asks(server, VERSIONS)


# a model's registration


MLMODEL = b"artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"


def registered(server: MLflow, source: str, run: str) -> None:
    server.post("registered-models/create", {"name": "churn"})
    made = server.post("model-versions/create", {"name": "churn", "source": source, "run_id": run})
    assert made.status == 200, made


def logged(server: MLflow, status: str = "FINISHED") -> dict[str, Any]:
    """A run with the files of a model."""
    run = server.run(server.experiment("churn"))
    for path, data in {"model/MLmodel": MLMODEL, "model/model.pkl": b"1"}.items():
        assert server.upload(run, path, data).status == 200
    server.post("runs/update", {"run_id": run["run_id"], "status": status})
    return run


@state(
    REGISTERING,
    Expect("run-doesnt-exist", accept_undetermined=True, accept_nothing=True),
    shows='READY.*runs/get[^\n]*: 200 .*"lifecycle_stage": "deleted"',
    why="The run of the version is in the trash: it is still there for who asks by its id, and the next `mlflow gc` takes it with its files. Until then the version loads.",
)
def reg_run_in_the_trash(it: Garden) -> Words:
    """The run was deleted after its model had been registered."""
    server = it.mlflow()
    run = logged(server)
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    assert server.post("runs/delete", {"run_id": run["run_id"]}).status == 200
    return it.asks(server, VERSIONS, f"{API}/runs/get?run_id={run['run_id']}")


@state(
    REGISTERING,
    Expect("never-finished", accept_undetermined=True),
    shows="PENDING_REGISTRATION",
    why="The version is pending since yesterday; a registration takes seconds.",
    also={LOADING: ("artifact-gone",)},
)
def reg_pending_since_yesterday(it: Garden) -> Words:
    """The registration of a version was begun and never finished."""
    server, database = it.team()
    run = logged_again(server)
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    yesterday = int((time.time() - 86400) * 1000)
    set_back = f"set creation_time = {yesterday}, last_updated_time = {yesterday}"
    database.sql(f"update model_versions {set_back}, status = 'PENDING_REGISTRATION'", NAME)
    database.sql(f"update registered_models {set_back}", NAME)
    return it.asks(server, VERSIONS)


def logged_again(server: MLflow) -> dict[str, Any]:
    """A run with a model, in an experiment that is there."""
    run = server.run("1")
    for path, data in {"model/MLmodel": MLMODEL, "model/model.pkl": b"1"}.items():
        assert server.upload(run, path, data).status == 200
    return run


@state(
    REGISTERING,
    Expect("artifact-missing", accept=("model-format-invalid",), accept_undetermined=True),
    shows='READY.*artifacts/list[^\n]*: 200 [^\n]*"path": "model"',
    why="Where the version's source is there is a folder `model` and no MLmodel: the source is one folder too high.",
    also={LOADING: ("artifact-gone",)},
)
def reg_one_folder_too_high(it: Garden) -> Words:
    """The version's source is the folder of all artifacts of the run, in which the model is a folder."""
    server = it.mlflow(2)
    run = logged(server)
    registered(server, run["artifact_uri"], run["run_id"])
    return it.asks(server, VERSIONS, f"{API}/artifacts/list?run_id={run['run_id']}")


@state(
    REGISTERING,
    "artifact-missing",
    shows="READY.*a model: LOGGED_MODEL_UPLOAD_FAILED",
    why="The version's source is a logged model whose own status says that its upload failed.",
    also={LOADING: ("artifact-gone",), UPLOAD: ("no-s3-permissions", "store-full", "checksum", "body-limit")},
)
def reg_logged_model_without_files(it: Garden) -> Words:
    """The upload of a model failed, as its server may not write; a pipeline registers it over REST all the same."""
    store = it.s3()
    reader = store.user("reader")
    store.bucket("models", allow("models", reader, *READ))
    server = it.mlflow(artifacts="s3://models", environment=store.settings(reader))
    it.program("logmodel", MLFLOW_TRACKING_URI=server.url)
    deadline = time.monotonic() + 60
    found: list[dict[str, Any]] = []
    while not (found and found[0]["info"].get("status") == "LOGGED_MODEL_UPLOAD_FAILED"):
        assert time.monotonic() < deadline, found
        time.sleep(1)
        found = server.post("logged-models/search", {"experiment_ids": ["1"]}).json.get("models", [])
    model = found[0]["info"]
    server.post("registered-models/create", {"name": "churn"})
    body = {"name": "churn", "source": f"models:/{model['model_id']}", "model_id": model["model_id"], "run_id": model.get("source_run_id", "")}
    made = server.post("model-versions/create", body)
    assert made.status == 200, made
    words = it.asks(server, VERSIONS)
    return Words(words.words, lambda: f"{words.look()}\na model: {model['status']}", words.environment)


@state(REGISTERING, None, shows="READY.*RUNNING", why="Its files are all there; that the run goes on is no fault.")
def reg_run_goes_on(it: Garden) -> Words:
    """A version was registered from a run that has not ended."""
    server = it.mlflow(2)
    run = logged(server, "RUNNING")
    registered(server, f"{run['artifact_uri']}/model", run["run_id"])
    return it.asks(server, VERSIONS, f"{API}/runs/get?run_id={run['run_id']}")


@state(
    REGISTERING,
    None,
    shows='"name": "churn-prod"[^\n]*"status": "READY"|READY[^\n]*churn-prod',
    why="A version may be a copy of another model's, as a promotion makes it.",
)
def reg_copied_to_production(it: Garden) -> Words:
    """A version was copied to the model churn-prod with copy_model_version."""
    server = it.stocked()
    done = server.script("import mlflow\nmlflow.MlflowClient().copy_model_version('models:/churn/3', 'churn-prod')")
    assert done.returncode == 0, done.stderr
    return it.asks(server, f"{VERSIONS}?filter=name%3D%27churn-prod%27")


# a DVC remote


@state(
    REMOTE,
    "network",
    shows="a connection to the store: TimeoutError",
    why="A connection to the endpoint is never made: it times out, where a store that is down would refuse it.",
)
def dvc_egress_dropped(it: Garden) -> Words:
    """A firewall drops what goes to the store."""
    repository, store, _keys = it.in_bucket()
    dropped(it, store.port)
    words = it.looks(repository)
    return Words(words.words, connecting(store.port), words.environment)


@state(
    REMOTE,
    "network",
    shows="SSL|ssl|WRONG_VERSION|endpoint URL",
    why="The endpoint says https, and who listens there speaks plain HTTP.",
)
def dvc_https_to_plain(it: Garden) -> Words:
    """The remote's endpoint says https; the store speaks http."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc/data", endpointurl=store.url.replace("http:", "https:"), region=store.region)
    repository.settings |= {"AWS_ENDPOINT_URL": ""}
    repository.commit("The remote speaks TLS")
    return it.looks(repository, CLOUD)


@state(
    REMOTE,
    WRONG_KEY,
    shows="InvalidAccessKeyId|Forbidden",
    why="config.local has a key, which wins over the one of the environment; the store does not know it.",
)
def dvc_key_of_config_local(it: Garden) -> Words:
    """The key that config.local has is of a user who is gone; the environment's is good."""
    repository, store, _keys = it.in_bucket()
    gone = store.user("gone")
    repository.write(".dvc/config.local", f"['remote \"store\"']\n    access_key_id = {gone.access}\n    secret_access_key = {gone.secret}\n")
    it.enter(store.without_user(gone))
    return it.looks(repository, CLOUD)


@state(
    REMOTE,
    "iam-permissions",
    shows="403|Forbidden|AccessDenied",
    why="The bucket may be listed; what lies under the prefix of this remote may not be read, the policy allows another.",
)
def dvc_policy_of_another_prefix(it: Garden) -> Words:
    """The policy allows this user the objects of another team's prefix only; this is a fresh clone."""
    repository, store, keys = it.in_bucket()
    other = {**allow("dvc", keys, "s3:GetObject", "s3:PutObject"), "Resource": ["arn:aws:s3:::dvc/team-b/*"]}
    listing = {**allow("dvc", keys, "s3:ListBucket"), "Resource": ["arn:aws:s3:::dvc"]}
    store.policy("dvc", listing, other)
    repository.forget()
    return it.looks(repository, "fetch")


@state(
    REMOTE,
    Expect("missing-credentials", accept_undetermined=True),
    shows="[Ee]xpired",
    why="The remote's profile signs in by SSO, and the session that this home has kept says itself that it ended years ago.",
)
def dvc_session_expired(it: Garden) -> Words:
    """The SSO session of the remote's profile has ended."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc/data", endpointurl=store.url, region=store.region, profile="team")
    repository.commit("A profile for all")
    repository.settings = {"HOME": signed_in(it, "2024-03-01T08:00:00Z")}
    words = it.looks(repository)
    return Words(words.words, lambda: "dvc says last: " + repository.attempt(*CLOUD.split()).stderr[-700:], words.environment)


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="The profile has the key, and the store takes it.")
def dvc_key_of_a_profile(it: Garden) -> Words:
    """There is no key in the environment; the remote's profile has one, in a file that the environment names."""
    repository, store, keys = it.in_bucket()
    file = it.folder() / "credentials"
    file.write_text(f"[team]\naws_access_key_id = {keys.access}\naws_secret_access_key = {keys.secret}\n")
    repository.set_remote("store", "s3://dvc/data", endpointurl=store.url, region=store.region, profile="team")
    repository.commit("A profile for all")
    repository.settings = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    return it.looks(repository, CLOUD)


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="The store says which region it is in, and botocore asks again with that.")
def dvc_region_is_another(it: Garden) -> Words:
    """The remote's region is not the store's; botocore mends it."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc/data", endpointurl=store.url, region="us-east-1")
    repository.commit("The remote without a region")
    repository.settings |= {"AWS_DEFAULT_REGION": "us-east-1"}
    return it.looks(repository, CLOUD)


# a DVC pipeline


def staged(repository: Repository, name: str, **settings: object) -> None:
    """Let there be another stage, and run."""
    pipeline = repository.pipeline()
    pipeline["stages"][name] = settings
    repository.set_pipeline(pipeline)
    repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit(f"The stage {name}")


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The folder `queries` is a dependency, and .dvcignore leaves *.sql of it out: the query that the script reads has changed, and DVC does not see it.",
)
def pipe_dependency_is_ignored(it: Garden) -> Words:
    """What has changed lies in a folder that is a dependency, and .dvcignore leaves it out."""
    repository = it.repository()
    repository.write(".dvcignore", "*.sql\n")
    repository.write("queries/active.sql", "select 1\n")
    repository.write("queries/README.md", "Queries\n")
    repository.write("ask.py", "open('asked.csv', 'w').write(open('clean.csv').read() + open('queries/active.sql').read())\n")
    staged(repository, "ask", cmd="python ask.py", deps=["clean.csv", "ask.py", "queries"], outs=["asked.csv"])
    repository.write("queries/active.sql", "select 2\n")
    repository.commit("Another query")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The stage's command is run.sh, a dependency that is as it was; it runs steps/sum.py, which is none and has changed.",
)
def pipe_script_of_a_script(it: Garden) -> Words:
    """A stage runs a shell script, and that a program which has changed."""
    repository = it.repository()
    repository.write("steps/sum.py", "open('sum.txt', 'w').write(str(len(open('clean.csv').read())))\n")
    repository.write("run.sh", "set -e\npython steps/sum.py\n")
    staged(repository, "sum", cmd="sh run.sh", deps=["clean.csv", "run.sh"], outs=["sum.txt"])
    repository.write("steps/sum.py", "open('sum.txt', 'w').write(str(2 * len(open('clean.csv').read())))\n")
    repository.commit("Twice the sum")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    Expect("dependencies-not-tracked", accept=("stage-frozen",), accept_undetermined=True),
    shows="1.4.*status --json: 0 ({}|[^\n]*rates)|status --json: 0 .*1.4",
    why="rates.csv is an import, which DVC holds frozen until `dvc update`; where it is from there is another since.",
)
def pipe_import_not_updated(it: Garden) -> Words:
    """What was imported from another folder has changed there, and nobody has updated the import."""
    repository = it.repository()
    source = repository.folder / "shared" / "rates.csv"
    source.parent.mkdir()
    source.write_text("eur,1.1\n")
    repository.dvc("import-url", "--quiet", str(source), "rates.csv")
    repository.write("convert.py", "open('converted.csv', 'w').write(open('rates.csv').read() + open('clean.csv').read())\n")
    staged(repository, "convert", cmd="python convert.py", deps=["rates.csv", "clean.csv", "convert.py"], outs=["converted.csv"])
    source.write_text("eur,1.4\n")
    words = it.looks(repository, STATUS, REPRO)
    return Words(words.words, lambda: f"{source.read_text()}{words.look()}", words.environment)


@state(
    PIPELINE,
    Expect("cached-no-changes", accept_nothing=True),
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The script is, byte by byte, the one of the last run again.",
)
def pipe_changed_there_and_back(it: Garden) -> Words:
    """A change of a script was run, taken back, and DVC has taken the older result from its cache."""
    repository = it.repository()
    before = (repository.root / "prepare.py").read_text()
    repository.write("prepare.py", before + "Path('clean.csv').write_text('')\n")
    repository.dvc("repro", "--quiet")
    repository.commit("Nothing in it")
    repository.write("prepare.py", before)
    repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit("As it was")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, None, shows='"fetch": ."always changed"', why="It runs each time, as its author wants.")
def pipe_runs_each_time(it: Garden) -> Words:
    """A stage has always_changed, for it asks another system."""
    repository = it.repository()
    repository.write("fetch.py", "open('rates.txt', 'w').write('1.1')\n")
    staged(repository, "fetch", cmd="python fetch.py", deps=["fetch.py"], outs=["rates.txt"], always_changed=True)
    return it.looks(repository, STATUS)


@state(
    PIPELINE,
    None,
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The parameter that has changed is of a notebook; the stages read others, which are tracked.",
)
def pipe_parameter_of_somebody_else(it: Garden) -> Words:
    """In another file of parameters, which no stage reads, something has changed."""
    repository = it.repository()
    repository.write("explore/params.yaml", "colour: blue\n")
    repository.commit("Colours")
    repository.write("explore/params.yaml", "colour: green\n")
    repository.commit("Other colours")
    return it.looks(repository, STATUS, REPRO)
