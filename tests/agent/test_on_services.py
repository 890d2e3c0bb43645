"""A whole run on real MLflow, S3 and DVC: nothing is written, no secret comes out, and what may not be seen is named with what would open it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from probes._access import SAFE_POSTS
from tests.stack.dvc import Repository, copy
from tests.stack.mlflow import MLflow
from tests.stack.mlflow import mlflow as started
from tests.stack.process import Process
from tests.stack.recorder import Answer, Recorder, recorder
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

pytestmark = pytest.mark.services
FORMATS = ("text", "json", "markdown")


class Told(NamedTuple):
    """How a run ended, and each text that came of it by its name: stdout, stderr, FORMATS and bundle."""

    code: int
    texts: Mapping[str, str]

    @property
    def report(self) -> Any:
        return json.loads(self.texts["json"])

    def incidents(self, *of: str) -> set[tuple[str, tuple[str, ...]]]:
        return {(one["row"], tuple(one["named_ids"])) for one in self.report["incidents"] if one["row"].startswith(of)}


def told(folder: Path, *words: str, **environment: str) -> Told:
    """A run that is pointed at nothing but what the words name."""
    bundle = folder / "run.bundle"
    outputs = [word for name in FORMATS for word in ("-o", f"{name}={folder / name}")]
    command = [sys.executable, "-m", "agent.cli", "--docker", "none", "--kubernetes", "none", "--explain", "--save", str(bundle), *outputs, *words]
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DIAGNOSE_", "MLFLOW_")) and not name.lower().endswith("_proxy")}
    alone = {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", **environment}
    done = subprocess.run(command, capture_output=True, text=True, env={**mine, **alone}, check=False)
    files = {name: (folder / name).read_text() for name in FORMATS if (folder / name).exists()}
    saved = {"bundle": gzip.decompress(bundle.read_bytes()).decode()} if bundle.exists() else {}
    return Told(done.returncode, {"stdout": done.stdout, "stderr": done.stderr, **files, **saved})


class Team(NamedTuple):
    """What a team has: a server with a model, a repository whose remote is in S3, and who may do what there."""

    server: MLflow
    store: Store
    repository: Repository
    writer: Keys
    reader: Keys


@pytest.fixture(scope="module")
def keys(s3: Store) -> tuple[Keys, Keys]:
    writer, reader = s3.user("team-writer"), s3.user("team-reader")
    s3.bucket("team", allow("team", writer, *READ, *WRITE), allow("team", reader, *READ))
    return writer, reader


@pytest.fixture(scope="module")
def pushed(s3: Store, keys: tuple[Keys, Keys], first_dvc: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose remote is in S3, and has all of it."""
    repository = copy(first_dvc, tmp_path_factory.mktemp("pushed"))
    repository.settings = s3.settings(keys[0])
    repository.set_remote("shared", "s3://team/data")
    repository.commit("A remote in S3")
    repository.dvc("push", "--quiet")
    return repository


@pytest.fixture(scope="module")
def with_model(mlflow: MLflow) -> MLflow:
    """A server that has a model and its files."""
    run = mlflow.run()
    for file, data in {"MLmodel": b"flavors: {python_function: {model_path: model.pkl}}", "model.pkl": b"1"}.items():
        mlflow.upload(run, f"model/{file}", data)
    mlflow.post("registered-models/create", {"name": "of-team"})
    mlflow.post("model-versions/create", {"name": "of-team", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]})
    return mlflow


@pytest.fixture
def team(with_model: MLflow, s3: Store, keys: tuple[Keys, Keys], pushed: Repository, tmp_path: Path) -> Team:
    """The work tree is the test's own."""
    return Team(with_model, s3, copy(pushed, tmp_path / "dvc"), *keys)


# nothing is written


def _files(*folders: Path) -> dict[str, tuple[Any, ...]]:
    """Everything that is there: its kind and rights, when it and its entry were changed last, and what it holds."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in (one for folder in folders for one in (folder, *folder.rglob("*"))):
        about = path.lstat()
        held = str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (about.st_mode, about.st_ino, about.st_mtime_ns, about.st_ctime_ns, held)
    return found


@contextlib.contextmanager
def _locked(it: Repository) -> Iterator[None]:
    """Another command holds the lock."""
    hold = "import time; from dvc.repo import Repo\nwith Repo('.').lock: print('held', flush=True); open('../held', 'w').close(); time.sleep(120)"
    python = shutil.which("python", path=it.environment["PATH"])
    assert python is not None
    process = Process(it.root, it.folder / "hold.log", [python, "-c", hold], it.environment)
    try:
        process.wait_until("the lock", (it.folder / "held").exists, 30)
        yield
    finally:
        process.kill()


def _stale(it: Repository) -> AbstractContextManager[None]:
    """dvc.lock tells of another program, and Git of another work tree than there is."""
    it.write("prepare.py", (it.root / "prepare.py").read_text() + "# more\n")
    it.write("data/raw.csv", "id,x,y\n")
    return nullcontext()


def _without_git(it: Repository) -> AbstractContextManager[None]:
    shutil.rmtree(it.root / ".git")
    return nullcontext()


def _touched(it: Repository) -> AbstractContextManager[None]:
    """`git status` would write its index anew."""
    for path in it.root.glob("*.py"):
        path.touch()
    return nullcontext()


STATES: Mapping[str, Callable[[Repository], AbstractContextManager[None]]] = {
    "as it should be": lambda _it: nullcontext(),
    "the lock is held": _locked,
    "dvc.lock is stale": _stale,
    "Git's index is stale": _touched,
    "no Git": _without_git,
}


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_written_to_a_work_tree_its_history_its_caches_and_its_remote(team: Team, tmp_path: Path, state: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with STATES[state](team.repository):
        before = _files(team.repository.folder, team.store.data / "team")
        it = told(home, "--repo", str(team.repository.root), **team.store.settings(team.writer))
        after = _files(team.repository.folder, team.store.data / "team")

    assert before == after
    assert {*FORMATS, "run.bundle"} == {path.name for path in home.iterdir()}
    assert any(one["probe"] == "dvc.status" for one in it.report["looked"])


@pytest.fixture
def on_the_wire(team: Team) -> Iterator[tuple[Recorder, Recorder]]:
    """Ways to MLflow and to S3 that write down what goes through."""
    with recorder(team.server.url) as server, recorder(team.store.url) as store:
        yield server, store


@pytest.mark.parametrize("state", ["well", "ill"])
def test_what_is_asked_of_mlflow_and_s3_only_reads(team: Team, on_the_wire: tuple[Recorder, Recorder], tmp_path: Path, state: str) -> None:
    server, store = on_the_wire
    if state == "ill":
        _stale(team.repository)
        team.repository.write("dvc.lock", (team.repository.root / "dvc.lock").read_text().replace("md5: ", "md5: 0"))  # of objects that nobody has pushed
        team.server.post("registered-models/create", {"name": "of-nobody"})
        team.server.post("model-versions/create", {"name": "of-nobody", "source": f"runs:/{'0' * 32}/model", "run_id": "0" * 32})
    kept = team.store.operations()
    words = ("--mlflow", server.url, "--repo", str(team.repository.root))
    told(tmp_path, *words, **{**team.store.settings(team.writer), "AWS_ENDPOINT_URL": store.url})
    operations = team.store.operations()[len(kept) :]

    posts = [urlsplit(one.path).path for one in server.asked if one.method == "POST"]
    assert server.methods <= {"GET", "HEAD", "POST"}
    assert posts
    assert [] == [path for path in posts if not path.endswith(SAFE_POSTS)]
    assert store.asked
    assert store.methods <= {"GET", "HEAD"}
    assert [] == [one for one in operations if not one.startswith(("List", "Head", "Get"))]


# no secret comes out

SIGNATURE = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
PRESIGNED = f"https://team.s3.amazonaws.com/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261125%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature={SIGNATURE}"
REQUEST = "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
TO_SIGN = f"AWS4-HMAC-SHA256&#10;20261125T000000Z&#10;20261125/eu-central-1/s3/aws4_request&#10;{REQUEST}"
PASSWORD = "hunter2xyz!kept"  # noqa: S105  # planted
TOKEN = "FwoGZXIvYXdzEBYaDPlantedSessionTokenThatIsLong0123456789"  # noqa: S105  # planted
PLANTED = (SIGNATURE, REQUEST, "AKIAIOSFODNN7EXAMPLE", PASSWORD, TOKEN, "cGxhbnRlZC1wYXNzd29yZA")


def _of_s3(code: str, message: str) -> Answer:
    """As AWS writes an error: what was signed, and what would have been, are in it."""
    more = f"<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId><StringToSign>{TO_SIGN}</StringToSign><SignatureProvided>{SIGNATURE}</SignatureProvided><CanonicalRequest>GET&#10;/&#10;X-Amz-Security-Token:{TOKEN}</CanonicalRequest>"
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{more}<RequestId>1</RequestId></Error>"
    return Answer(403, {"Content-Type": "application/xml", "x-amz-request-id": "1"}, body.encode())


S3_ERRORS = {
    "what was signed beside the message": _of_s3("SignatureDoesNotMatch", "The request signature we calculated does not match."),
    "a presigned address in the message": _of_s3("AccessDenied", PRESIGNED.replace("&", "&amp;")),
    "a token in the message": _of_s3("ExpiredToken", f"The provided token has expired: X-Amz-Security-Token={TOKEN}"),
    "what was signed in the message": _of_s3("AccessDenied", f"StringToSign: {TO_SIGN}"),
    "a signature in the message": _of_s3("AccessDenied", f"Signature={SIGNATURE} is not that of AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"),
    "a header in the message": _of_s3("AccessDenied", f"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261125/eu-central-1/s3/aws4_request, Signature={SIGNATURE}"),
    "a page": Answer(502, {"Content-Type": "text/html"}, f"<html><a href='{PRESIGNED}'>moved</a> x-amz-security-token: {TOKEN}</html>".encode()),
}


@pytest.mark.parametrize("error", S3_ERRORS)
def test_what_a_store_s_error_says_of_keys_and_signatures_stays_there(team: Team, tmp_path: Path, error: str) -> None:
    with recorder(team.store.url, lambda _method, _path: S3_ERRORS[error]) as store:
        who = {**team.store.settings(team.reader), "AWS_ENDPOINT_URL": store.url, "AWS_SESSION_TOKEN": TOKEN}
        it = told(tmp_path, "--repo", str(team.repository.root), **who)

    assert store.asked
    assert {*FORMATS, "stdout", "stderr", "bundle"} == it.texts.keys()
    assert [] == _leaks(it, *PLANTED, team.reader.secret)


def _leaks(it: Told, *secrets: str) -> list[tuple[str, str]]:
    return [(secret[:12], name) for secret in secrets for name, text in it.texts.items() if secret in text]


def _of_mlflow(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps({"error_code": code, "message": message}).encode())


DSN = f"postgresql://ml:{PASSWORD}@db:5432/mlflow"
MLFLOW_ERRORS: Mapping[str, tuple[str, Answer]] = {
    "a database's address": ("experiments/search", _of_mlflow(503, "TEMPORARILY_UNAVAILABLE", f"(psycopg2.OperationalError) {DSN} connection refused")),
    "a driver's words": ("experiments/search", _of_mlflow(500, "INTERNAL_ERROR", f"invalid dsn: host=db user=ml password={PASSWORD} dbname=mlflow")),
    "a page with an address": ("experiments/search", Answer(500, {"Content-Type": "text/html"}, f"<pre>sqlalchemy.exc.OperationalError: {DSN}</pre>".encode())),
    "the registry's": ("registered-models/search", _of_mlflow(500, "INTERNAL_ERROR", f"mysql+pymysql://ml:{PASSWORD}@db/mlflow gone away")),
    "a presigned address": ("artifacts/list", _of_mlflow(500, "INTERNAL_ERROR", f"Failed to list {PRESIGNED} with token={TOKEN}")),
    "a version's": ("model-versions/search", _of_mlflow(500, "INTERNAL_ERROR", f"{PRESIGNED} Authorization: Basic cGxhbnRlZC1wYXNzd29yZA==")),
    "a header": ("/health", Answer(200, {"Server": f"gunicorn {DSN}", "Content-Type": "text/plain"}, b"OK")),
}


@pytest.mark.parametrize("error", MLFLOW_ERRORS)
def test_what_an_error_of_mlflow_says_of_passwords_and_signatures_stays_there(team: Team, tmp_path: Path, error: str) -> None:
    path, answer = MLFLOW_ERRORS[error]
    no_model = Answer(404, {"Content-Type": "text/plain"}, b"")  # else the folder would not be listed

    def instead(_method: str, asked: str) -> Answer | None:
        return answer if urlsplit(asked).path.endswith(path) else no_model if "get-artifact" in asked else None

    with recorder(team.server.url, instead) as server:
        own = {"MLFLOW_TRACKING_USERNAME": "team", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
        it = told(tmp_path, "--mlflow", server.url, **own)

    assert any(urlsplit(one.path).path.endswith(path) for one in server.asked)
    assert {*FORMATS, "stdout", "stderr", "bundle"} == it.texts.keys()
    assert [] == _leaks(it, *PLANTED)


def test_a_password_in_the_address_is_used_and_not_told(team: Team, tmp_path: Path) -> None:
    with recorder(team.server.url) as server:
        it = told(tmp_path, "--mlflow", server.url.replace("://", f"://team:{PASSWORD.replace('!', '%21')}@"))

    assert {"Basic dGVhbTpodW50ZXIyeHl6IWtlcHQ="} == {one.headers.get("Authorization") for one in server.asked}
    assert [] == _leaks(it, PASSWORD, PASSWORD.replace("!", "%21"), "dGVhbTpodW50ZXIyeHl6IWtlcHQ")


# who may not see says what would let them


def gaps(it: Told, system: str) -> list[tuple[str, str, str]]:
    """What a report names as not seen of a system that was asked for: why, what, and what would open it."""
    return [(one["why"], one["detail"], one["remedy"]) for one in it.report["gaps"] if one["asked"] and one["what"].startswith(system)]


ADMIN = "not the one of old"  # its own, of these tests


def _sign(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def with_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflow]:
    """A server that knows admin, `outsider`, who has no permission, and `half`, who may read a model and not the experiment of its run."""
    folder = tmp_path_factory.mktemp("login")
    settings = {"default_permission": "NO_PERMISSIONS", "database_uri": f"sqlite:///{folder}/users.db", "admin_username": "admin"}
    settings["authorization_function"] = "mlflow.server.auth:authenticate_request_basic_auth"
    config = folder / "auth.ini"
    config.write_text("\n".join(["[mlflow]", *(f"{name} = {value}" for name, value in settings.items())]))
    environment = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "a" * 32, "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN, "MLFLOW_AUTH_CONFIG_PATH": str(config)}
    with started(3, flags=["--app-name", "basic-auth"], environment=environment) as server:
        signed: dict[str, Any] = {"headers": _sign("admin", ADMIN)}
        for user in ("outsider", "half"):
            server.post("users/create", {"username": user, "password": f"password of {user}"}, **signed)
        run = server.post("runs/create", {"experiment_id": "0"}, **signed).json["run"]["info"]
        server.ask("PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/{run['run_id']}/artifacts/model/MLmodel", b"flavors: {mine: {}}", **signed)
        server.post("registered-models/create", {"name": "churn"}, **signed)
        server.post("model-versions/create", {"name": "churn", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}, **signed)
        grant = {"resource_type": "registered_model", "resource_id": "churn", "username": "half", "permission": "READ"}
        assert server.ask("POST", "/api/3.0/mlflow/users/permissions/grant", grant, **signed).status == 200
        yield server


LOGINS: Mapping[str, tuple[str, str, str, str]] = {
    "nobody": ("", "", "answered 401 (authentication)", "Name a user of this MLflow: MLFLOW_TRACKING_USERNAME"),
    "a wrong password": ("admin", "x", "answered 401 (authentication)", "It does not accept the user and password"),
    "no permission": ("outsider", "password of outsider", "lists no experiment and refuses Default", "give this user the permission READ"),
    "a model alone": ("half", "password of half", "shows a model, and refuses run ", "give this user the permission READ"),
}


@pytest.mark.parametrize("login", LOGINS)
def test_what_mlflow_s_login_hides_is_named_with_the_permission_that_would_show_it(with_login: MLflow, tmp_path: Path, login: str) -> None:
    user, password, hidden, remedy = LOGINS[login]
    own = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password} if user else {}
    it = told(tmp_path, "--mlflow", with_login.url, **own)

    ((why, detail, opens),) = gaps(it, "mlflow")
    assert ("forbidden", True, True, True) == (why, hidden in detail, remedy in opens, "READ" in opens)
    assert set() == it.incidents("mlflow")
    assert it.code in (1, 3)


def test_who_may_read_all_is_told_of_all(with_login: MLflow, tmp_path: Path) -> None:
    it = told(tmp_path, "--mlflow", with_login.url, MLFLOW_TRACKING_USERNAME="admin", MLFLOW_TRACKING_PASSWORD=ADMIN)

    assert (set(), []) == (it.incidents("mlflow"), gaps(it, "mlflow"))


@pytest.fixture(scope="module")
def strangers(s3: Store, keys: tuple[Keys, Keys]) -> Mapping[str, dict[str, str]]:
    """Who asks S3, as the environment says."""
    outsider, reader = s3.user("team-outsider"), keys[1]
    return {
        "nobody": {},
        "half a key": {"AWS_ACCESS_KEY_ID": reader.access},
        "a profile that is nowhere": {"AWS_PROFILE": "nowhere"},
        "an unknown key": {"AWS_ACCESS_KEY_ID": "stranger", "AWS_SECRET_ACCESS_KEY": reader.secret},
        "a wrong secret": {"AWS_ACCESS_KEY_ID": reader.access, "AWS_SECRET_ACCESS_KEY": outsider.secret},
        "no right": {"AWS_ACCESS_KEY_ID": outsider.access, "AWS_SECRET_ACCESS_KEY": outsider.secret},
    }


S3_CAUSES: Mapping[str, tuple[str, str]] = {
    "nobody": ("missing-credentials", "Give who runs this keys or a role"),
    "half a key": ("missing-credentials", "Give who runs this a whole key"),
    "a profile that is nowhere": ("missing-credentials", "Name a profile that is in ~/.aws/credentials"),
    "an unknown key": ("wrong-keys", "Name a key that this store knows"),
    "a wrong secret": ("wrong-keys", "Name the secret that belongs to the key"),
    "no right": ("iam-permissions", "Let this identity have"),
}


@pytest.mark.parametrize("who", S3_CAUSES)
def test_what_a_store_hides_is_named_with_the_actions_that_would_show_it(
    team: Team, strangers: Mapping[str, dict[str, str]], tmp_path: Path, who: str
) -> None:
    cause, remedy = S3_CAUSES[who]
    home = tmp_path / "home"
    home.mkdir()
    it = told(home, "--repo", str(team.repository.root), **team.store.settings(), **strangers[who])

    ((why, detail, opens),) = gaps(it, "dvc")
    needed = "s3:ListBucket on arn:aws:s3:::team and s3:GetObject on arn:aws:s3:::team/data/*."
    assert ("forbidden", True, True) == (why, opens.startswith(remedy), opens.endswith(needed)), opens
    assert "s3://team/data" in detail
    assert {("dvc/remote-access-denied", (cause,))} == it.incidents("dvc")
    assert 1 == it.code


def test_an_expired_session_is_named_as_aws_says_it(team: Team, tmp_path: Path) -> None:
    """The store here gives no sessions; AWS answers so: 400 ExpiredToken, and 400 without a body to HEAD."""
    body = b"<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
    said = Answer(400, {"Content-Type": "application/xml", "x-amz-request-id": "1"}, body)
    home = tmp_path / "home"
    home.mkdir()
    with recorder(team.store.url, lambda _method, _path: said) as store:
        who = {**team.store.settings(team.reader), "AWS_ENDPOINT_URL": store.url, "AWS_SESSION_TOKEN": TOKEN}
        it = told(home, "--repo", str(team.repository.root), **who)

    assert {("dvc/remote-access-denied", ("credentials-expired",))} == it.incidents("dvc")
    assert [True] == [remedy.startswith("Renew the session") and "s3:ListBucket" in remedy for _why, _detail, remedy in gaps(it, "dvc")]


def test_who_may_only_read_is_told_of_all(team: Team, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    it = told(home, "--repo", str(team.repository.root), **team.store.settings(team.reader))

    assert (set(), []) == (it.incidents("dvc"), gaps(it, "dvc"))
