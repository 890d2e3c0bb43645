"""Artifacts cannot be stored: by the server, or by a client that writes them itself.

Who only reads sees what a list shows, what the processes of this machine are told, and what a failed upload leaves behind: a model of MLflow 3 whose status is
LOGGED_MODEL_UPLOAD_FAILED.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
from collections.abc import Callable

from tests.faults.services.catalogue import UPLOAD, Expect, state
from tests.faults.services.plant import Garden, Words, closed_port
from tests.stack.mlflow import API, LIST, MLflow
from tests.stack.process import Process, free_port
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

STORED = "the artifact is stored"
FAILED = r"a program says: .*(Error|Exception)"
UPLOAD_FAILED = "a model: LOGGED_MODEL_UPLOAD_FAILED"
NO_TRACE = ("no-s3-permissions", "store-full", "checksum", "body-limit")
"""What keeps a write from the store and is not to be seen by a list that works."""


def unseen(truth: str, *more: str, named: bool = False, silence: bool = True) -> Expect:
    """A list works, and only a write would tell."""
    return Expect(undetermined=(*NO_TRACE, *more), truth=truth, accept_cause=named, accept_nothing=silence)


def uploading(it: Garden, url: str, **environment: str) -> Process:
    """A program that stores artifacts; in a hurry to say that it cannot."""
    return it.program("upload", MLFLOW_TRACKING_URI=url, **{"AWS_MAX_ATTEMPTS": "1", **environment})


def direct(it: Garden, store: Store, keys: Keys | None, **environment: str) -> MLflow:
    """A server that leaves the bucket `models` to its clients."""
    return it.mlflow(artifacts="s3://models", proxied=False, environment={**store.settings(keys), **environment})


def and_also(words: Words, *more: Callable[[], str], **environment: str) -> Words:
    return Words(words.words, lambda: "\n".join([words.look(), *(one() for one in more)]), {**words.environment, **environment})


def connecting(port: int) -> Callable[[], str]:
    def look() -> str:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError as error:
            return f"a connection to the store: {type(error).__name__} {error}"
        return "a connection to the store: made"

    return look


def dropped(it: Garden, port: int) -> None:
    """Packets to this port are dropped without a word."""
    rule = ["OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP"]
    subprocess.run(["iptables", "--append", *rule], check=True)
    it.at_the_end(lambda: subprocess.run(["iptables", "--delete", *rule], check=True))


def models(server: MLflow) -> Callable[[], str]:
    """The models that runs have logged, and whether their files came."""

    def look() -> str:
        said = server.post("logged-models/search", {"experiment_ids": ["0", "1"]}).json
        return "\n".join(f"a model: {one['info'].get('status')}" for one in said.get("models", []))

    return look


def logging(it: Garden, server: MLflow, url: str = "", **environment: str) -> Words:
    """A program has logged a model, and failed."""
    it.program("logmodel", MLFLOW_TRACKING_URI=url or server.url, AWS_MAX_ATTEMPTS="1", **environment)
    return and_also(it.asks(url or server, LIST), models(server))


# through the server


@state(
    UPLOAD,
    "bucket-doesnt-exist",
    shows=f"artifacts.path=: 404 .*bucket does not exist.*{FAILED}",
    why="The server's own list of its artifacts says that the bucket does not exist; its command line names `modles`.",
)
def up_bucket_misspelt(it: Garden) -> Words:
    """The server's destination names a bucket that was never made; a training stores artifacts through it."""
    store, keys = it.stored()
    server = it.mlflow(artifacts="s3://modles/mlflow", environment=store.settings(keys))
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("network-issue", accept_undetermined=True),
    shows=f"connection to the store: ConnectionRefusedError.*{FAILED}",
    why="The server cannot list, and nobody listens at the endpoint that its environment has.",
)
def up_store_stopped(it: Garden) -> Words:
    """MLflow 2, whose store was stopped."""
    server, store, _keys = it.with_bucket(2)
    it.enter(store.stopped())
    uploading(it, server.url)
    return and_also(it.asks(server, LIST), connecting(store.port))


@state(
    UPLOAD,
    Expect("network-issue", accept_undetermined=True),
    shows="health: 200 .*artifacts.path=: ReadTimeoutError.*connection to the store: TimeoutError",
    why="The server's list hangs, all else of it is quick, and a connection to the endpoint of its environment is never made.",
)
def up_egress_dropped(it: Garden) -> Words:
    """A firewall drops what goes to the store."""
    server, store, _keys = it.with_bucket()
    dropped(it, store.port)
    uploading(it, server.url)
    return and_also(it.asks(server, LIST), connecting(store.port))


@state(
    UPLOAD,
    Expect("network-issue", accept_undetermined=True),
    shows=f"artifacts.path=: (500|ReadTimeout).*{FAILED}",
    why="The server cannot list, and the endpoint's name in its environment does not resolve.",
)
def up_endpoint_unknown(it: Garden) -> Words:
    """The server's endpoint is a name of a network that it is not in."""
    store, keys = it.stored()
    settings = {name: value.replace("127.0.0.1", "minio.storage") for name, value in store.settings(keys).items()}
    server = it.mlflow(artifacts="s3://models", environment={**settings, "AWS_MAX_ATTEMPTS": "1"})
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("missing-credentials", accept_undetermined=True),
    shows=f"artifacts.path=: 500 .*{FAILED}",
    why="The server cannot list; the store answers, and the server's process has no key: none in its environment, no file in its home.",
)
def up_server_without_key(it: Garden) -> Words:
    """The server was started again without its keys."""
    store, _keys = it.stored()
    server = it.mlflow(artifacts="s3://models", environment=store.settings())
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("wrong-keys", accept=("missing-credentials",), accept_undetermined=True),
    shows=f"artifacts.path=: 401 .*signature.*{FAILED}",
    why="The server hands on what the store says of its key: the signature does not match.",
)
def up_secret_of_old(it: Garden) -> Words:
    """The secret of the server's key was renewed, and the server was not told."""
    server, store, keys = it.with_bucket()
    it.enter(store.other_secret(keys))
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("wrong-keys", accept=("missing-credentials",), accept_undetermined=True),
    shows=f"artifacts.path=: 401 .*[Aa]ccess [Kk]ey.*{FAILED}",
    why="The server hands on what the store says: it has no such key.",
)
def up_key_is_a_placeholder(it: Garden) -> Words:
    """The server was given the placeholder of a template for a key."""
    store, _keys = it.stored()
    server = it.mlflow(artifacts="s3://models", environment=store.settings(Keys("CHANGE_ME", "CHANGE_ME_TOO")))
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("no-s3-permissions", accept_undetermined=True),
    shows=f"artifacts.path=: 403 .*{FAILED}",
    why="The server hands on what the store says of its list: this user may not. That it may not write either is likely, and not seen.",
)
def up_user_without_policy(it: Garden) -> Words:
    """The server's user is new, and no policy names it."""
    store, _keys = it.stored()
    server = it.mlflow(artifacts="s3://models", environment=store.settings(store.user("newcomer")))
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    unseen("no-s3-permissions", named=True, silence=False),
    shows=f"artifacts.path=: 200 .*{UPLOAD_FAILED}",
    why="A logged model says that its upload failed, and the server lists without trouble: the store is reached, the bucket is there, the key is good. What refused the write nobody who reads can tell.",
)
def up_policy_denies_put(it: Garden) -> Words:
    """The bucket's policy denies s3:PutObject to the server; a training logged a model."""
    server, store, keys = it.with_bucket()
    it.enter(store.denying("models", keys, "s3:PutObject"))
    return logging(it, server)


@state(
    UPLOAD,
    unseen("no-s3-permissions"),
    shows=f"artifacts.path=: 200 .*{FAILED}",
    why="Lists work, runs are logged, and none has an artifact. That they should have some stands in the program's code and log only.",
)
def up_reader_writes(it: Garden) -> Words:
    """The server's user may only read; a training stores texts, of which nothing stays."""
    store = it.s3()
    reader = store.user("reader")
    store.bucket("models", allow("models", reader, *READ))
    server = it.mlflow(artifacts="s3://models", environment=store.settings(reader))
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("tls", accept=("network-issue",), accept_undetermined=True),
    shows=f"artifacts.path=: (500|ReadTimeout).*{FAILED}",
    why="The server cannot list, and at the endpoint of its environment, which says https, somebody speaks plain HTTP.",
)
def up_https_to_plain(it: Garden) -> Words:
    """The server's endpoint says https; the store speaks http."""
    store, keys = it.stored()
    settings = {name: value.replace("http:", "https:") for name, value in store.settings(keys).items()}
    server = it.mlflow(2, artifacts="s3://models", environment={**settings, "AWS_MAX_ATTEMPTS": "1"})
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    Expect("tls", accept=("network-issue",), accept_undetermined=True),
    shows=f"artifacts.path=: (500|ReadTimeout).*{FAILED}",
    why="The server cannot list; the store's certificate is of an authority that this machine does not know, and the server's environment names none.",
)
def up_authority_unknown(it: Garden) -> Words:
    """The store got a certificate of the company's authority, and the server was not told."""
    store, keys = it.stored(tls=True)
    settings = store.settings(keys)
    del settings["AWS_CA_BUNDLE"]
    server = it.mlflow(artifacts="s3://models", environment={**settings, "AWS_MAX_ATTEMPTS": "1"})
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    "not-served",
    shows="artifacts.path=: 503 .*no-serve-artifacts.*too many 503",
    why="The experiment's place is mlflow-artifacts:, which only the server can write, and the server says that it serves no artifacts.",
)
def up_serving_turned_off(it: Garden) -> Words:
    """The server was started again with --no-serve-artifacts; its experiments are of the time before."""
    folder = it.folder()
    database = f"sqlite:///{folder}/mlflow.db"
    before = it.mlflow(database=database, artifacts=str(folder / "artifacts"))
    before.run(before.experiment("churn"))
    before.stop()
    server = it.mlflow(database=database, artifacts=str(folder / "artifacts"), proxied=False)
    uploading(it, server.url)
    return it.asks(server, LIST, f"{API}/experiments/get?experiment_id=1")


@state(
    UPLOAD,
    unseen("body-limit"),
    shows=r"artifacts.path=: 200 .*a program says: .*(413|Too Large)",
    why="All that one reads through the gateway is well. That it refuses large bodies only a large body tells.",
)
def up_gateway_limits_bodies(it: Garden) -> Words:
    """Before the server is a gateway that refuses bodies above a megabyte; the training stores a larger one."""
    server = it.mlflow()
    port = free_port()
    it.program("between", str(port), str(server.port), "large")
    uploading(it, f"http://127.0.0.1:{port}", TIMES="1000000")
    return it.asks(f"http://127.0.0.1:{port}", LIST)


@state(
    UPLOAD,
    unseen("checksum", named=True, silence=False),
    shows=f"artifacts.path=: 200 .*{UPLOAD_FAILED}",
    why="A logged model says that its upload failed, and the server lists without trouble. An older store is one way to that, of several.",
)
def up_store_without_checksums(it: Garden) -> Words:
    """The store is one that does not know the checksums that boto3 sends since 1.36."""
    store, keys = it.stored()
    port = free_port()
    it.program("between", str(port), str(store.port), "checksum")
    settings = {name: value.replace(str(store.port), str(port)) for name, value in store.settings(keys).items()}
    return logging(it, it.mlflow(artifacts="s3://models", environment=settings))


@state(
    UPLOAD,
    Expect("overloaded", accept=("network-issue",), accept_undetermined=True),
    shows=f"store: 503 .*SlowDown.*{FAILED}",
    why="The server hands on what the store says to its list, to reduce the rate of requests; whoever asks at the endpoint of its environment is told SlowDown.",
)
def up_store_says_slow_down(it: Garden) -> Words:
    """The store answers everything with 503 SlowDown."""
    store, keys = it.stored()
    port = free_port()
    it.program("between", str(port), str(store.port), "busy")
    settings = {name: value.replace(str(store.port), str(port)) for name, value in store.settings(keys).items()}
    server = it.mlflow(artifacts="s3://models", environment={**settings, "AWS_MAX_ATTEMPTS": "1"})
    uploading(it, server.url)
    return and_also(it.asks(server, LIST), lambda: "store: " + said_by(f"http://127.0.0.1:{port}/models"))


def said_by(url: str) -> str:
    done = subprocess.run(["curl", "--silent", "--max-time", "3", "--write-out", " %{http_code}", url], capture_output=True, text=True, check=False)
    body, _, status = done.stdout.rpartition(" ")
    return f"{status} {body}"


@state(
    UPLOAD,
    unseen("store-full", named=True, silence=False),
    shows=f"artifacts.path=: 200 .*{UPLOAD_FAILED}.*store's disk: 0 free",
    why="A logged model says that its upload failed, and the server lists without trouble. Who also looks at the store's disk, which is of this machine, sees that it is full.",
)
def up_store_full(it: Garden) -> Words:
    """The disk of the store is full."""
    store = it.s3()
    store.stop()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "full", str(store.data)], check=True)
    it.at_the_end(lambda: subprocess.run(["umount", "--lazy", str(store.data)], check=True))
    store.start()
    keys = store.user("mlflow")
    store.bucket("models", allow("models", keys, *READ, *WRITE))
    server = it.mlflow(artifacts="s3://models", environment=store.settings(keys))
    filler = store.data / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1k", "count=1000"], check=False, capture_output=True)
    words = logging(it, server)
    return and_also(words, lambda: f"store's disk: {shutil.disk_usage(store.data).free} free")


# by the client


@state(
    UPLOAD,
    Expect("missing-credentials", accept_undetermined=True),
    shows="Unable to locate credentials|NoCredentialsError",
    why="The experiment's place is in the bucket, which the client writes by itself; the client's process has the endpoint and no key at all.",
)
def up_client_without_key(it: Garden) -> Words:
    """Clients write to the bucket themselves, and this training has no key."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    uploading(it, server.url, **store.settings())
    return it.asks(server, f"{API}/experiments/get?experiment_id=1")


@state(
    UPLOAD,
    Expect("endpoint-unset", accept_undetermined=True),
    shows=r"Could not connect to the endpoint URL: \S*amazonaws",
    why="The experiment's place is in the bucket; the server's process is told the store's endpoint, the training's is not, and goes to AWS with the key of another store.",
)
def up_client_without_endpoint(it: Garden) -> Words:
    """Clients write to the bucket themselves; this training has the key and not the endpoint."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    uploading(it, server.url, AWS_ACCESS_KEY_ID=keys.access, AWS_SECRET_ACCESS_KEY=keys.secret, AWS_DEFAULT_REGION=store.region)
    return it.asks(server, f"{API}/experiments/get?experiment_id=1")


@state(
    UPLOAD,
    Expect("network-issue", accept=("endpoint-unset",), accept_undetermined=True),
    shows=r"artifacts/list[^\n]*: 200 .*Could not connect to the endpoint URL",
    why="Nobody listens at the endpoint that the training's process is told; the server's process is told another, where the store is and is well.",
)
def up_client_at_the_old_endpoint(it: Garden) -> Words:
    """The store has moved to another port; the server was told, the training was not."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    run = server.run(server.experiment("churn"))
    old = closed_port()
    uploading(it, server.url, **{**store.settings(keys), "AWS_ENDPOINT_URL": old, "MLFLOW_S3_ENDPOINT_URL": old})
    return it.asks(server, f"{API}/artifacts/list?run_id={run['run_id']}")


@state(
    UPLOAD,
    Expect("wrong-keys", accept=("missing-credentials",), accept_undetermined=True),
    shows=r"artifacts/list[^\n]*: 200 .*InvalidAccessKeyId",
    why="The shell has the training's key and the endpoint: what it signs the store refuses, as a key that it does not have. The server's own key is good.",
)
def up_key_of_this_shell_deleted(it: Garden) -> Words:
    """Clients write to the bucket themselves; the key of this shell, which its training has as well, was deleted."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    mine = store.user("dana")
    run = server.run(server.experiment("churn"))
    it.enter(store.without_user(mine))
    uploading(it, server.url, **store.settings(mine))
    return and_also(it.asks(server, f"{API}/artifacts/list?run_id={run['run_id']}"), **store.settings(mine))


@state(
    UPLOAD,
    Expect(undetermined=("no-s3-permissions", "wrong-keys", "store-full", "checksum"), truth="wrong-keys", accept_cause=True, accept_nothing=True),
    shows=r"artifacts/list[^\n]*: 200 .*SignatureDoesNotMatch",
    why="The training's process has an endpoint that answers and a key. Whether the store takes it only who signs with it can tell; the server's own key, which the list uses, is another and is good.",
)
def up_key_of_the_training_is_old(it: Garden) -> Words:
    """Clients write to the bucket themselves; the secret of this training's key was renewed."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    theirs = store.user("trainer")
    store.policy("models", allow("models", keys, *READ), allow("models", theirs, *READ, *WRITE))
    run = server.run(server.experiment("churn"))
    it.enter(store.other_secret(theirs))
    uploading(it, server.url, **store.settings(theirs))
    return it.asks(server, f"{API}/artifacts/list?run_id={run['run_id']}")


@state(
    UPLOAD,
    Expect("credentials-expired", accept=("missing-credentials",), accept_undetermined=True),
    shows="[Ee]xpired",
    why="The training's profile signs in by SSO, and the session that its home has kept says itself that it ended years ago.",
)
def up_session_expired(it: Garden) -> Words:
    """Clients write to the bucket themselves; this training's SSO session has ended."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    home = signed_in(it, "2024-03-01T08:00:00Z")
    settings = {name: value for name, value in store.settings().items() if not name.endswith("REGION")}
    uploading(it, server.url, HOME=home, AWS_PROFILE="team", **settings)
    return it.asks(server, f"{API}/experiments/get?experiment_id=1")


def signed_in(it: Garden, until: str) -> str:
    """A home whose profile `team` signs in by SSO, with what `aws sso login` has left."""
    home = it.folder()
    (home / ".aws/sso/cache").mkdir(parents=True)
    (home / ".aws/config").write_text(
        "[sso-session company]\nsso_start_url = https://company.awsapps.com/start\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n\n"
        "[profile team]\nsso_session = company\nsso_account_id = 111122223333\nsso_role_name = Trainer\nregion = eu-central-1\n"
    )
    kept = {"startUrl": "https://company.awsapps.com/start", "region": "eu-central-1", "accessToken": "of-old", "expiresAt": until}
    name = hashlib.sha1(b"company", usedforsecurity=False).hexdigest()  # so it is called by the AWS tools
    (home / f".aws/sso/cache/{name}.json").write_text(json.dumps(kept))
    return str(home)


@state(
    UPLOAD,
    Expect("local-path", accept_undetermined=True),
    shows="Read-only file system",
    why="The experiment's place is a folder of the server's machine, and the training, which writes it by itself, is in another mount namespace, where this folder is not the server's.",
)
def up_folder_of_the_server(it: Garden) -> Words:
    """Artifacts lie in a folder that clients write themselves; the training is in a container that does not have it."""
    folder = it.folder() / "mlruns"
    folder.mkdir()
    server = it.mlflow(artifacts=str(folder), proxied=False)
    run = it.folder()
    shutil.copy("tests/faults/services/programs/upload.py", run)
    python = server.command()[0]
    inside = f"mount -t tmpfs -o ro container {folder}; exec {python} -u upload.py"
    quick = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    it.command(run, "unshare", "--mount", "sh", "-ec", inside, MLFLOW_TRACKING_URI=server.url, **quick)
    return it.asks(server, f"{API}/experiments/get?experiment_id=1")


# healthy


@state(UPLOAD, None, shows=f"artifacts.path=: 200 .*{STORED}", why="The bucket takes what the server is given.")
def up_through_the_server(it: Garden) -> Words:
    """A training stores artifacts through the server into the bucket."""
    server, _store, _keys = it.with_bucket()
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(UPLOAD, None, shows=f"artifacts.path=: 503 .*{STORED}", why="The client writes by itself, with a key that may.")
def up_by_the_client(it: Garden) -> Words:
    """Clients write to the bucket themselves, and the server has no key of the bucket at all."""
    store, keys = it.stored()
    server = direct(it, store, None)
    uploading(it, server.url, **store.settings(keys))
    return it.asks(server, LIST)


@state(UPLOAD, None, shows=f'experiments/get[^\n]*: 200 [^\n]*"artifact_location": "(file:)?/.*{STORED}', why="The folder is one for both of them.")
def up_into_a_folder_of_both(it: Garden) -> Words:
    """Artifacts lie in a folder that clients write themselves, and the training is on the server's machine."""
    server = it.mlflow(proxied=False)
    uploading(it, server.url)
    return it.asks(server, f"{API}/experiments/get?experiment_id=1")


@state(UPLOAD, None, shows=STORED, why="The store says which region it is in, and boto3 asks again with that.")
def up_region_is_another(it: Garden) -> Words:
    """The client's region is not the store's; boto3 mends it."""
    store, keys = it.stored()
    server = direct(it, store, keys)
    uploading(it, server.url, **{**store.settings(keys), "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "3"})
    return it.asks(server)


@state(UPLOAD, None, shows="artifacts.path=: 200 .*a run is logged", why="The runs log metrics only: that the bucket is empty is as it should be.")
def up_metrics_alone(it: Garden) -> Words:
    """A training logs metrics and no artifact; the bucket is empty."""
    server, _store, _keys = it.with_bucket()
    it.training(server.url)
    return it.asks(server, LIST)


@state(UPLOAD, None, shows=f"artifacts.path=: 200 .*{STORED}", why="The key is in a file that the server's environment names.")
def up_key_in_a_file(it: Garden) -> Words:
    """The server has no key in its environment and the profile of a credentials file."""
    store, keys = it.stored()
    file = it.folder() / "credentials"
    file.write_text(f"[mlflow]\naws_access_key_id = {keys.access}\naws_secret_access_key = {keys.secret}\n")
    settings = {**store.settings(), "AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "mlflow"}
    server = it.mlflow(artifacts="s3://models", environment=settings)
    uploading(it, server.url)
    return it.asks(server, LIST)


@state(
    UPLOAD,
    None,
    shows=f"artifacts.path=: 200 .*{STORED}",
    why="What it stores goes through the server: the key and the endpoint of old are not used.",
)
def up_settings_of_old(it: Garden) -> Words:
    """The training's environment has a dead endpoint and a placeholder for a key, of the time before the server wrote."""
    server, _store, _keys = it.with_bucket()
    old = closed_port()
    uploading(it, server.url, MLFLOW_S3_ENDPOINT_URL=old, AWS_ENDPOINT_URL=old, AWS_ACCESS_KEY_ID="CHANGE_ME", AWS_SECRET_ACCESS_KEY="CHANGE_ME_TOO")
    return it.asks(server, LIST)
