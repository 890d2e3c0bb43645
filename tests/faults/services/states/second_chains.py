"""One fault with consequences in several rows: one incident, the fault first, what follows under it."""

from __future__ import annotations

from tests.faults.services.catalogue import LOADING, OFFLINE, REGISTERING, REMOTE, UPLOAD, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.faults.services.states.second_rest import in_bucket
from tests.faults.services.states.second_upload import FAILED, and_also, connecting, dropped, uploading
from tests.stack.dvc import Repository
from tests.stack.mlflow import API, LIST, MLflow
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

CLOUD = ("status", "--cloud", "--json")


def of_one_store(it: Garden) -> tuple[MLflow, Repository, Store, Keys]:
    """MLflow and a DVC repository, each with a bucket of one store, and with one key for both."""
    repository, store, keys = it.in_bucket()
    store.bucket("models", allow("models", keys, *READ, *WRITE))
    server = it.mlflow(artifacts="s3://models", environment=store.settings(keys))
    return server, repository, store, keys


def both(words: Words, repository: Repository) -> Words:
    """Asked for the server and the repository at once, in the shell of who works there."""
    return Words((*words.words, "--repo", str(repository.root)), words.look, {**repository.environment, **repository.settings})


def cloud(repository: Repository) -> str:
    said = repository.attempt(*CLOUD)
    return f"dvc status --cloud: {said.returncode} {said.stdout.strip()} {said.stderr.strip()[-500:]}"


@state(
    OFFLINE,
    "database-offline",
    shows=r"health: 200 .*experiments/search: 503 .*Connection refused.*a program says: .*503",
    why="The database leads: /health is 200, every search says 503 in the driver's own words, and so a model that a process of this machine is told cannot be loaded, which is all that is wrong with it.",
    also={LOADING: ("mlflow-unreachable",), REGISTERING: ("registry-unavailable",)},
    under=(LOADING,),
)
def chain_database_and_a_model(it: Garden) -> Words:
    """PostgreSQL is down: MLflow answers /health and no search, and a program that starts now cannot load its model."""
    database = it.postgres()
    server = it.stocked(database=database.uri)
    it.enter(database.stopped())
    it.serving(server.url, "models:/churn/2")
    return it.asks(server)


@state(
    UPLOAD,
    Expect("network-issue", accept_undetermined=True),
    shows="artifacts.path=: ReadTimeoutError.*a connection to the store: TimeoutError",
    why="One store, which neither MLflow nor DVC reaches any more: connections time out. The network is the cause of both, and either row may lead.",
    also={REMOTE: ("network",), LOADING: ("artifact-gone",)},
    under=(REMOTE,),
    in_any_order=True,
)
def chain_egress_dropped(it: Garden) -> Words:
    """A firewall drops what goes to the store, of which MLflow has a bucket and DVC another."""
    server, repository, store, _keys = of_one_store(it)
    server.run(server.experiment("churn"))
    dropped(it, store.port)
    uploading(it, server.url)
    return both(and_also(it.asks(server, LIST), connecting(store.port)), repository)


@state(
    UPLOAD,
    Expect("wrong-keys", accept=("missing-credentials",), accept_undetermined=True),
    shows=f"artifacts.path=: 401 .*signature.*dvc status --cloud: 255 .*(SignatureDoesNotMatch|Forbidden).*{FAILED}",
    why="The store refuses the secret of the server and that of this shell, which are one key's, at once: it was renewed. Either row may lead.",
    also={REMOTE: ("missing-credentials", "iam-permissions"), LOADING: ("artifact-gone",)},
    under=(REMOTE,),
    in_any_order=True,
)
def chain_secret_renewed(it: Garden) -> Words:
    """The secret of the key that MLflow and DVC share was renewed in the store, and nobody was told."""
    server, repository, store, keys = of_one_store(it)
    it.enter(store.other_secret(keys))
    uploading(it, server.url)
    return both(and_also(it.asks(server, LIST), lambda: cloud(repository)), repository)


@state(
    UPLOAD,
    "bucket-doesnt-exist",
    shows=r"READY.*artifacts.path=: 404 .*bucket does not exist.*a program says: .*(Error|Exception)",
    why="The bucket leads: the server's list says that it does not exist. So nothing can be stored, and the model that a process is told, whose version is READY, has no files any more.",
    also={LOADING: ("artifact-gone",), REGISTERING: ("artifact-missing",)},
    under=(LOADING,),
)
def chain_bucket_deleted(it: Garden) -> Words:
    """The bucket was deleted: a training cannot store its artifacts, and a program that starts now cannot load its model."""
    server, store, _keys = in_bucket(it)
    it.enter(store.without_bucket("models"))
    uploading(it, server.url)
    it.serving(server.url, "models:/churn/1")
    return it.asks(server, f"{API}/model-versions/search", LIST)


@state(
    OFFLINE,
    Expect("server-not-running", accept=("wrong-tracking-uri",), accept_undetermined=True),
    shows=r"health: NewConnectionError .*Connection refused.*a program says: .*(Error|Exception)",
    why="Nobody listens at the address, which a training of this machine is told as well. That it stores artifacts too follows from that and is no incident of its own.",
    also={UPLOAD: ("server-down",)},
)
def chain_server_killed_under_uploads(it: Garden) -> Words:
    """The server was killed under a training that stores artifacts through it."""
    server = it.mlflow()
    first = uploading(it, server.url)
    first.wait_until("an artifact", lambda: "the artifact is stored" in first.tail(), 60)
    server.kill()
    return it.asks(server)
