"""MLflow is offline, or empty."""

from __future__ import annotations

import shutil
import time

import urllib3

from tests.faults.services.catalogue import LOADING, OFFLINE, REGISTERING, Expect, state
from tests.faults.services.plant import Garden, Words, closed_port
from tests.stack.mlflow import API, LIST, MLflow
from tests.stack.postgres import NAME
from tests.stack.process import free_port

NOBODY_LISTENS = Expect(undetermined=("server-not-running", "wrong-tracking-uri"), truth="server-not-running", accept_cause=True)
DIED = Expect(
    undetermined=("server-not-running", "wrong-tracking-uri"),
    truth="server-not-running",
    accept=("db-schema-out-of-date", "db-driver-missing"),
    accept_cause=True,
)
CREDENTIALS = Expect("database-credentials", accept=("database-offline",), accept_undetermined=True)
HANGS = Expect(undetermined=("database-offline", "db-pool-exhausted"), truth="database-offline", accept_cause=True)
REFUSED = r"health: NewConnectionError .*Connection refused"
NO_REGISTRY = {LOADING: ("mlflow-unreachable",), REGISTERING: ("registry-unavailable",)}


# nobody answers


@state(
    OFFLINE,
    NOBODY_LISTENS,
    shows=REFUSED,
    why="Nothing listens on the port, and no MLflow runs on this machine. That it ever was the right address is not to be seen.",
)
def server_killed(it: Garden) -> Words:
    """The server was killed."""
    server = it.mlflow()
    server.kill()
    return it.asks(server)


@state(
    OFFLINE,
    Expect("server-not-running", accept_undetermined=True),
    shows=REFUSED,
    why="Nothing listens, no MLflow runs on this machine, and two programs of different users of it are told the same address.",
)
def server_killed_under_two(it: Garden) -> Words:
    """The server was killed while two trainings used it."""
    server = it.mlflow()
    it.training(server.url)
    it.training(server.url)
    server.kill()
    return it.asks(server)


@state(
    OFFLINE,
    DIED,
    shows=REFUSED,
    why="The server has ended at once: its database is of an older MLflow. That stands in its log, which nobody shows us.",
)
def server_newer_than_its_database(it: Garden) -> Words:
    """The server was updated, its database was not migrated, and it ends at each start."""
    server, database = it.team()
    server.stop()
    it.enter(database.older_schema())
    server.start(wait=False)
    server.process.ended(60)
    return it.asks(server)


@state(
    OFFLINE,
    DIED,
    shows=REFUSED,
    why="The server has ended at once: the driver that its database's URI asks for is not installed. That stands in its log, which nobody shows us.",
)
def server_without_a_driver(it: Garden) -> Words:
    """A bare postgresql:// asks for a driver that is not installed."""
    server = it.mlflow(database="postgresql://mlflow:right@127.0.0.1:1/mlflow", wait=False)
    server.process.ended(60)
    return it.asks(server)


@state(
    OFFLINE,
    Expect(undetermined=("database-offline", "server-not-running"), truth="database-offline", accept_cause=True),
    shows=REFUSED,
    why="A process `mlflow server` with this port is there and does not listen; at the database's port of its command line nobody listens either. It may also have only just been started.",
)
def server_waits_for_its_database(it: Garden) -> Words:
    """The server was started again while PostgreSQL was down: it tries and tries, and does not listen."""
    server, database = it.team()
    server.stop()
    it.enter(database.stopped())
    server.start(wait=False)
    server.process.wait_until("its word", lambda: "Operation will be retried in" in server.process.tail(), 60)
    return it.asks(server)


@state(
    OFFLINE,
    Expect(undetermined=("server-not-running", "wrong-tracking-uri"), truth="server-not-running", accept=("db-pool-exhausted",), accept_cause=True),
    shows="health: ReadTimeoutError",
    why="Connections are taken and even /health has no answer: the process is stopped. From outside it may be busy, or not MLflow at all.",
)
def server_frozen(it: Garden) -> Words:
    """The server's processes were stopped by a signal."""
    server = it.mlflow()
    it.enter(server.frozen())
    return it.asks(server)


@state(
    OFFLINE,
    Expect(undetermined=("server-not-running", "wrong-tracking-uri"), truth="server-not-running", accept_cause=True),
    shows="health: 502 .*nginx",
    why="A gateway answers, and says that it does not reach what is behind it. Whether MLflow was ever there it does not say.",
)
def gateway_without_server(it: Garden) -> Words:
    """A reverse proxy stands before a server that was killed."""
    server = it.mlflow()
    server.kill()
    port = free_port()
    it.program("gateway", str(port), str(server.port))
    return it.asks(f"http://127.0.0.1:{port}")


def prefixed(it: Garden) -> MLflow:
    """A server that serves under /ml; not even its /health is elsewhere."""
    server = it.mlflow(flags=("--static-prefix", "/ml"), wait=False)

    def is_up() -> bool:
        try:
            return server.ask("GET", "/ml/health").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    server.process.wait_until("an answer", is_up, server.start_s)
    return server


# somebody else answers, or nobody because it is elsewhere


@state(
    OFFLINE,
    Expect("wrong-tracking-uri", accept_undetermined=True),
    shows=REFUSED,
    why="Nothing listens on this port, and an MLflow server of this machine listens on another and is well.",
)
def other_port(it: Garden) -> Words:
    """A training is told port of yesterday; the server listens on another."""
    it.mlflow()
    url = closed_port()
    it.training(url, used=False)
    return it.asks(url)


@state(
    OFFLINE,
    "wrong-tracking-uri",
    shows="health: 404 .*experiments/search: 501 ",
    why="What answers is Python's file server: 404 for /health, 501 for a POST.",
)
def file_server_answers(it: Garden) -> Words:
    """Another program has the port."""
    port, folder = free_port(), it.folder()
    it.command(folder, "python3", "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return it.asks(f"http://127.0.0.1:{port}")


@state(
    OFFLINE,
    "wrong-tracking-uri",
    shows="experiments/search: 40. .*<Error>",
    why="S3's XML answers an MLflow call: this is the artifact store's address.",
)
def store_answers(it: Garden) -> Words:
    """The address given is that of the artifact store."""
    return it.asks(it.s3().url)


@state(
    OFFLINE,
    "wrong-tracking-uri",
    shows="experiments/search: 404 ",
    why="/ml/health answers OK and /health does not: the server has a prefix, and the address lacks it.",
)
def prefix_left_out(it: Garden) -> Words:
    """The server serves under /ml, and the address is without."""
    server = prefixed(it)
    return it.asks(server, "/ml/health", f"/ml{API}/registered-models/search")


@state(OFFLINE, "wrong-tracking-uri", shows="experiments/search: 404 ", why="The same address without its path is a well MLflow.")
def prefix_that_is_not(it: Garden) -> Words:
    """The address has a path that the server does not have."""
    return it.asks(f"{it.mlflow().url}/mlflow")


@state(
    OFFLINE,
    Expect("wrong-tracking-uri", accept_undetermined=True),
    shows="SSLError|WRONG_VERSION_NUMBER|record layer failure",
    why="The port speaks plain HTTP, where there is an MLflow, and the address says https.",
)
def https_to_plain(it: Garden) -> Words:
    """The address says https, the server speaks http."""
    return it.asks(it.mlflow().url.replace("http:", "https:"))


@state(OFFLINE, Expect("wrong-tracking-uri", accept_undetermined=True), shows="NameResolutionError", why="The name does not resolve from here.")
def name_of_another_place(it: Garden) -> Words:
    """The name is one of a cluster that is gone."""
    return it.asks("http://mlflow.staging:5000")


# it answers, and its database does not


@state(
    OFFLINE,
    "database-offline",
    shows="health: 200 .*experiments/search: 503 .*Connection refused",
    why="503, and the driver's own words.",
    also=NO_REGISTRY,
)
def postgres_stopped(it: Garden) -> Words:
    """PostgreSQL was stopped under the server."""
    server, database = it.team()
    it.enter(database.stopped())
    return it.asks(server)


@state(
    OFFLINE,
    CREDENTIALS,
    shows="experiments/search: 503 .*password authentication failed",
    why="The database is there and refuses the password.",
    also=NO_REGISTRY,
)
def postgres_other_password(it: Garden) -> Words:
    """The password of the database's user was changed."""
    server, database = it.team()
    it.enter(database.other_password())
    return it.asks(server)


@state(
    OFFLINE,
    CREDENTIALS,
    shows="experiments/search: 503 .*pg_hba.conf rejects",
    why="The database is there and lets nobody in from this address.",
    also=NO_REGISTRY,
)
def postgres_lets_nobody_in(it: Garden) -> Words:
    """pg_hba.conf rejects every host."""
    server, database = it.team()
    it.enter(database.refusing())
    return it.asks(server)


@state(
    OFFLINE,
    Expect("database-offline", accept=("new-or-lost-store",), accept_undetermined=True),
    shows="experiments/search: 503 .*database .{1,2}mlflow.{1,2} does not exist",
    why="The server of the database answers that there is no such database.",
    also=NO_REGISTRY,
)
def postgres_without_the_database(it: Garden) -> Words:
    """The database was dropped (renamed)."""
    server, database = it.team()
    it.enter(database.without_database())
    return it.asks(server)


@state(
    OFFLINE,
    "db-pool-exhausted",
    shows="experiments/search: 503 .*remaining connection slots are reserved",
    why="The database says that all its connections are taken.",
    also=NO_REGISTRY,
)
def postgres_full(it: Garden) -> Words:
    """Somebody else has all of PostgreSQL's connections."""
    server, database = it.team()
    it.enter(database.full())
    return it.asks(server)


@state(
    OFFLINE,
    HANGS,
    shows="health: 200 .*experiments/search: ReadTimeoutError",
    why="/health is quick and whatever needs the database hangs.",
    also=NO_REGISTRY,
)
def postgres_frozen(it: Garden) -> Words:
    """PostgreSQL's processes were stopped by a signal: connections stand, nobody speaks."""
    server, database = it.team()
    server.search()
    it.enter(database.frozen())
    return it.asks(server)


@state(
    OFFLINE,
    Expect(undetermined=("database-offline", "db-pool-exhausted"), truth="db-pool-exhausted", accept_cause=True),
    shows="health: 200 .*experiments/search: ReadTimeoutError",
    why="/health is quick and whatever needs the database hangs: two connections, and on both somebody waits. That PostgreSQL itself is well is not to be seen.",
    also=NO_REGISTRY,
)
def two_connections_and_they_wait(it: Garden) -> Words:
    """The pool has two connections, on which searches wait for a lock."""
    database = it.postgres()
    server = it.mlflow(database=database.uri, environment={"MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "1", "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "1"})
    server.run(server.experiment("churn"))
    it.enter(database.locked("runs"))
    search = ["curl", "-s", "-H", "Content-Type: application/json", "-d", '{"experiment_ids":["1"]}', f"{server.url}{API}/runs/search"]
    for _ in range(2):
        it.command(it.folder(), *search)
    it.at_the_end(server.kill)  # before the lock goes: it would connect again and again
    return it.asks(server)


@state(
    OFFLINE,
    Expect(undetermined=("db-schema-out-of-date", "new-or-lost-store"), truth="db-schema-out-of-date", accept_cause=True),
    shows="experiments/search: 400 .*relation .{1,2}experiments.{1,2} does not exist",
    why="A table is not there: dropped, never made, or another database than before.",
    also=NO_REGISTRY,
)
def table_dropped(it: Garden) -> Words:
    """The table of the experiments was dropped (renamed)."""
    server, database = it.team()
    it.enter(database.without_table("experiments"))
    return it.asks(server)


@state(
    OFFLINE,
    "db-schema-out-of-date",
    shows="experiments/search: [45]0. .*UndefinedColumn",
    why="The server asks for a column that the table does not have: the tables are of another version than the server.",
    also=NO_REGISTRY,
)
def older_tables(it: Garden) -> Words:
    """Under the running server the tables were taken back to those of an older version: they lack what has come since."""
    server, database = it.team()
    database.sql("alter table experiments drop column workspace cascade", NAME)
    return it.asks(server)


# it minds who asks


@state(
    OFFLINE,
    "host-header-rejected",
    shows="health: 200 .*experiments/search: 403 Invalid Host header",
    why="The server says so; by its address it answers.",
    also=NO_REGISTRY,
)
def called_by_its_service_name(it: Garden) -> Words:
    """MLflow 3 as it comes, called by the name of its Service."""
    return it.asks(f"http://mlflow.mlops:{it.mlflow().port}")


@state(
    OFFLINE,
    "host-header-rejected",
    shows="health: 200 .*experiments/search: 403 Invalid Host header",
    why="The server says so; the name lacks its port in the list.",
    also=NO_REGISTRY,
)
def allowed_without_its_port(it: Garden) -> Words:
    """The list of allowed hosts has the name without the port."""
    server = it.mlflow(flags=("--allowed-hosts", "mlflow.mlops,localhost:*"))
    return it.asks(f"http://mlflow.mlops:{server.port}")


# it answers, and is empty


def emptied(server: MLflow) -> None:
    """Its database is lost, and a new one is made at the start."""
    server.stop()
    (server.folder / "mlflow.db").unlink()
    server.start()


@state(
    OFFLINE,
    "new-or-lost-store",
    shows=r"experiments/search: 200 [^\n]*Default(?![^\n]*churn).*artifacts\?path=: 200 [^\n]*\"path\": \"1\"",
    why="There is but the Default experiment, seconds old, and the artifact store has folders of an experiment that the database does not know.",
)
def sqlite_lost(it: Garden) -> Words:
    """The server was started again without its SQLite file; the artifacts are there."""
    server = it.mlflow()
    run = server.run(server.experiment("churn"))
    server.upload(run, "model/MLmodel", b"flavors: {}")
    emptied(server)
    return it.asks(server, LIST)


@state(
    OFFLINE,
    Expect(undetermined=("new-or-lost-store", "wrong-tracking-uri"), truth="new-or-lost-store", accept_cause=True, accept_nothing=True),
    shows=r"experiments/search: 200 [^\n]*Default.*a program says: .*does not exist in the tracking server",
    why="A program that uses this server is older than the server's first experiment. What it logged may be elsewhere, or lost.",
)
def sqlite_lost_under_a_training(it: Garden) -> Words:
    """While a training runs, the server is started again without its SQLite file; nothing else tells."""
    server = it.mlflow()
    experiment = server.experiment("churn")
    training = it.program("train", MLFLOW_TRACKING_URI=server.url, MLFLOW_EXPERIMENT_ID=experiment)
    training.wait_until("a run", lambda: "a run is logged" in training.tail(), 60)
    emptied(server)
    shutil.rmtree(server.folder / "artifacts", ignore_errors=True)
    return it.asks(server)


@state(
    OFFLINE,
    "filtered-or-deleted",
    shows=r"experiments/search: 200 (?![^\n]*churn).*name=churn: 200 .*\"deleted\"",
    why="A search for deleted experiments finds all three.",
)
def experiments_deleted(it: Garden) -> Words:
    """Somebody has deleted the experiments, with their runs."""
    server = it.mlflow()
    for name in ("churn", "fraud", "ranking"):
        experiment = server.experiment(name)
        server.run(experiment)
        server.post("experiments/delete", {"experiment_id": experiment})
    return it.asks(server, f"{API}/experiments/get-by-name?experiment_name=churn&name=churn")


SECRET = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "a" * 32, "MLFLOW_AUTH_ADMIN_PASSWORD": "not the one of old"}
ADMIN = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "not the one of old"}
BASIC = ("--app-name", "basic-auth")


@state(
    OFFLINE,
    Expect("filtered-or-deleted", accept_undetermined=True),
    shows=r"experiments/search: 200 (?![^\n]*(Default|churn))",
    why="The server asks for a password and shows not even the Default experiment, which every server has: what this user may not read is left out.",
)
def user_who_may_read_nothing(it: Garden) -> Words:
    """A server with users; ours may read no experiment."""
    config = it.folder() / "auth.ini"
    config.write_text(
        f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{config.parent}/auth.db\nadmin_username = admin\n"
        f"admin_password = {SECRET['MLFLOW_AUTH_ADMIN_PASSWORD']}\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    server = it.mlflow(flags=BASIC, environment={"MLFLOW_AUTH_CONFIG_PATH": str(config), **SECRET})
    made = server.script(
        "import mlflow\nfrom mlflow.server import get_app_client\n"
        "mlflow.set_experiment('churn')\nmlflow.start_run()\n"
        f"get_app_client('basic-auth', tracking_uri='{server.url}').create_user('dana', 'a long password')",
        **ADMIN,
    )
    assert made.returncode == 0, made.stderr
    return it.asks(server, MLFLOW_TRACKING_USERNAME="dana", MLFLOW_TRACKING_PASSWORD="a long password")


# healthy


@state(OFFLINE, None, shows="experiments/search: 200 .*Default", why="New, and nobody has used it: that nothing is in it is as it should be.")
def new_and_unused(it: Garden) -> Words:
    """A server of today that nobody has used yet."""
    return it.asks(it.mlflow())


@state(OFFLINE, None, shows="experiments/search: 200 .*churn", why="All is there, for who has the password.")
def password_that_is_right(it: Garden) -> Words:
    """A server with users, and we are one of them."""
    server = it.mlflow(flags=BASIC, environment=SECRET)
    made = server.script("import mlflow\nmlflow.set_experiment('churn')\nmlflow.start_run()", **ADMIN)
    assert made.returncode == 0, made.stderr
    return it.asks(server, **ADMIN)


@state(
    OFFLINE,
    None,
    shows="health: 200 .*experiments/search: 401",
    why="It is well and does not let us in: that is our own matter, and nothing may be said of it.",
)
def password_not_given(it: Garden) -> Words:
    """A server with users, and we are none of them."""
    return it.asks(it.mlflow(flags=BASIC, environment=SECRET))


@state(
    OFFLINE,
    None,
    shows="experiments/search: 200 .*churn.*registered-models/search: 200 .*churn",
    why="An old server with all its experiments and versions.",
)
def second_version(it: Garden) -> Words:
    """MLflow 2, in use."""
    server = it.stocked(2)
    it.training(server.url)
    return it.asks(server)


@state(OFFLINE, None, shows="experiments/search: 200 .*churn", why="By its prefix it answers.")
def prefix_as_it_should_be(it: Garden) -> Words:
    """The server serves under /ml, and so says the address."""
    server = prefixed(it)
    made = server.script(f"import mlflow\nmlflow.set_tracking_uri('{server.url}/ml')\nmlflow.set_experiment('churn')\nmlflow.start_run()")
    assert made.returncode == 0, made.stderr
    return it.asks(f"{server.url}/ml")


@state(OFFLINE, None, shows="experiments/search: 200 .*fraud", why="One experiment was deleted, as people do; the others are there.")
def one_experiment_deleted(it: Garden) -> Words:
    """Of three experiments one is deleted."""
    server, _database = it.team()
    for name in ("fraud", "scratch"):
        server.run(server.experiment(name))
    server.post("experiments/delete", {"experiment_id": "3"})
    return it.asks(server)


@state(
    OFFLINE, None, shows="experiments/search: 200 .*Default.*runs/get.*200", why="All runs are of the Default experiment, as of who never names one."
)
def all_in_default(it: Garden) -> Words:
    """The server has one experiment, Default, with the runs of a training."""
    server = it.mlflow()
    it.training(server.url)
    run = server.run()
    return it.asks(server, f"{API}/runs/get?run_id={run['run_id']}")


@state(OFFLINE, None, shows="experiments/search: 200 .*churn", why="The pool was in need of a new connection for a moment, and has it.")
def database_was_away(it: Garden) -> Words:
    """PostgreSQL was started anew a moment ago; the server has found it again."""
    server, database = it.team()
    with database.stopped():
        time.sleep(2)
    return it.asks(server)


@state(
    OFFLINE,
    None,
    shows="experiments/search: 200 .*artifacts\\?path=: 503",
    why="It leaves artifacts to its clients, and says 503 of them because it was told to.",
)
def leaves_artifacts_to_clients(it: Garden) -> Words:
    """A server with --no-serve-artifacts, in use."""
    server = it.mlflow(proxied=False)
    it.training(server.url)
    return it.asks(server, LIST)
