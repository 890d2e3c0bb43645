"""A team's platform in containers of one Docker network: PostgreSQL, an S3 store, MLflow, and workloads that use them by their names.

with stock() as made, platform(engine, made) as it:
    it.workload("api", LOADS, MODEL_URI="models:/churn/1")
    it.docker("stop", "postgres")
    it.diagnose("--mlflow", f"http://{it.address('mlflow')}:5000")

The containers run this machine's programs: its files are theirs, read-only, and what they write lies in one folder.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.engine import Engine
from tests.faults.images import BASES
from tests.stack import postgres as databases
from tests.stack.environments import environment as python_environment
from tests.stack.mlflow import mlflow as started_mlflow
from tests.stack.process import ServiceError, own_environment, own_folder
from tests.stack.s3 import READ, REGION, WRITE, Keys, allow
from tests.stack.s3 import s3 as started_s3

IMAGE = BASES["busybox"]
LABEL = "fixture"
BUCKET = "models"
POSTGRES, STORE, MLFLOW = "postgres", "store", "mlflow"
_ROOT = Path(__file__).parents[2]
_NET = "ml"
_STORE_PORT, _MLFLOW_PORT = 7070, 5000
_STOCK = (Path(__file__).parents[1] / "faults/services/programs/stock.py").read_text()
DIRECT = "direct"
"""An experiment whose artifacts each client writes into the bucket itself."""

_DIRECT = f'import mlflow; mlflow.create_experiment("{DIRECT}", artifact_location="s3://{BUCKET}/{DIRECT}")'


class Stock(NamedTuple):
    """What was made on this machine first: the programs, who may everything in the store, and who MLflow and its clients are there."""

    folder: Path
    postgres: str
    store: str
    root: Keys
    server: Keys
    client: Keys


class Platform:
    """`mlflow` is the server's address as the workloads write it, and `client` is who they are in the store."""

    mlflow = f"http://{MLFLOW}:{_MLFLOW_PORT}"
    endpoint = f"http://{STORE}:{_STORE_PORT}"

    def __init__(self, engine: Engine, folder: Path, stock: Stock) -> None:
        self.engine = engine
        self.folder = folder
        self.client = stock.client
        self._stock = stock
        self._python = str(python_environment("mlflow3") / "bin/python")
        names = folder / "resolv.conf"
        names.write_text("nameserver 127.0.0.11\noptions ndots:0 timeout:1 attempts:1\n")
        self._mounts = ["-v", "/:/host:ro", "-v", f"{folder}:/host{folder}", "-v", f"{names}:/host/etc/resolv.conf:ro"]

    def docker(self, *words: str) -> str:
        return self.engine.docker(*words)

    def container(self, name: str, *command: str, restart: str = "no", options: Sequence[str] = (), **environment: str) -> None:
        """Start a program of this machine in a container that others know by its name."""
        told = {"LANG": "C.UTF-8", "HOME": str(self.folder), "TMPDIR": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true", "MLFLOW_DISABLE_TELEMETRY": "true", **environment}
        words = [word for key, value in told.items() for word in ("-e", f"{key}={value}")]
        start = ["run", "-d", "--name", name, "--network", _NET, "--label", f"{LABEL}=platform", "--restart", restart, *self._mounts, *options, *words]
        self.docker(*start, IMAGE, "chroot", "/host", *command)

    def server(self, name: str, database: str) -> None:
        """An MLflow server on that database, which keeps artifacts in the bucket."""
        serve = ["server", "--host", "0.0.0.0", "--port", str(_MLFLOW_PORT), "--workers", "1", "--backend-store-uri", database]  # noqa: S104
        self.container(name, self._python, "-m", "mlflow", *serve, "--artifacts-destination", f"s3://{BUCKET}", "--allowed-hosts", "*",
                       MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_SQLALCHEMYSTORE_POOL_SIZE="4", **self.storing(self._stock.server))  # fmt: skip

    def workload(self, name: str, program: str, restart: str = "on-failure", **environment: str) -> None:
        """A Python program with MLflow's client, which knows the server; retries are few, so that it says soon what is wrong."""
        known = {"MLFLOW_TRACKING_URI": self.mlflow, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "GIT_PYTHON_REFRESH": "quiet"}
        self.container(name, self._python, "-c", program, restart=restart, **{**known, **environment})

    def storing(self, keys: Keys) -> dict[str, str]:
        """The environment of one who goes to the store itself."""
        who = {"AWS_ACCESS_KEY_ID": keys.access, "AWS_SECRET_ACCESS_KEY": keys.secret}
        return {"MLFLOW_S3_ENDPOINT_URL": self.endpoint, "AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": REGION, **who}

    @property
    def store(self) -> str:
        """The store's address as this machine can ask it, by `within`."""
        return f"http://{self.address(STORE)}:{_STORE_PORT}"

    # what else may stand there

    def sql(self, statement: str) -> None:
        """What an administrator does in MLflow's database."""
        place = ["-h", self.address(POSTGRES), "-U", databases.NAME, "-d", databases.NAME]
        done = self.within("psql", *place, "-c", statement, env={**own_environment(self.folder), "PGPASSWORD": databases.PASSWORD})
        self._must("the statement is carried out", done)

    def nginx(self, name: str, servers: str) -> None:
        """A proxy; what is between `http {` and `}` is given."""
        folder = self.folder / name
        folder.mkdir()
        folders = "".join(f"{one}_temp_path {folder}/{one}; " for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = f"daemon off; user root; error_log stderr; pid {folder}/pid; events {{}}"
        (folder / "nginx.conf").write_text(f"{main}\nhttp {{ access_log off; {folders}\n{servers}\n}}\n")
        self.container(name, "/usr/sbin/nginx", "-c", str(folder / "nginx.conf"))

    def full_store(self, name: str) -> None:
        """A store of 64 KiB with the client's key, filled until it refuses."""
        data = self.folder / name
        (data / BUCKET).mkdir(parents=True)
        root = {"ROOT_ACCESS_KEY": self.client.access, "ROOT_SECRET_KEY": self.client.secret}
        options = ["--tmpfs", f"/host{data}:size=64k"]
        fill = f"mkdir {data}/{BUCKET}; head -c 1M /dev/zero > {data}/{BUCKET}/old; exec {self._stock.store} --port :{_STORE_PORT} --region {REGION} posix {data}"
        self.container(name, "/bin/sh", "-c", fill, options=options, **root)

    # the ways in which it goes wrong

    def delete_bucket(self) -> None:
        (self.folder / "store/data" / BUCKET).rename(self.folder / "deleted")

    def rotate(self, keys: Keys) -> None:
        """The key is given another secret, and nobody is told."""
        who = {"ADMIN_ACCESS_KEY": self._stock.root.access, "ADMIN_SECRET_KEY": self._stock.root.secret, "ADMIN_REGION": REGION}
        environment = own_environment(self.folder, **who, ADMIN_ENDPOINT_URL=self.store, ADMIN_ALLOW_INSECURE="false")
        self._must("the key is rotated", self.within(self._stock.store, "admin", "update-user", "--access", keys.access, "--secret", "0" * 32, env=environment))

    def block_store(self, but: str = "") -> None:
        """Whoever goes to the store waits in vain, but for one address."""
        pid = self.docker("inspect", "-f", "{{.State.Pid}}", STORE).strip()
        sources = ["!", "-s", but] if but else []
        rule = ["iptables", "-I", "INPUT", "-p", "tcp", "--dport", str(_STORE_PORT), *sources, "-j", "DROP"]
        self._must("the store is cut off", subprocess.run(["nsenter", "-t", pid, "-n", *rule], capture_output=True, text=True, check=False))

    @property
    def gateway(self) -> str:
        """This machine, as containers see it."""
        return self.docker("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", _NET).strip()

    def start(self) -> None:
        """The three services, each once the one before answers."""
        stock = self._stock
        self.docker("network", "create", "--label", f"{LABEL}=platform", _NET)
        data = self.folder / "postgres/data"
        self.container(POSTGRES, "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", stock.postgres, "-D", str(data),
                       "-c", "listen_addresses=*", "-c", f"unix_socket_directories={data.parent}")  # fmt: skip
        place = self.folder / "store"
        users = ["--iam-dir", str(place / "iam"), "--iam-cache-disable", "--access-log", str(place / "access.log")]
        self.container(STORE, stock.store, *users, "--port", f":{_STORE_PORT}", "--region", REGION, "posix", str(place / "data"),
                       ROOT_ACCESS_KEY=stock.root.access, ROOT_SECRET_KEY=stock.root.secret)  # fmt: skip
        self.wait("PostgreSQL", lambda: self._listens(POSTGRES, 5432))
        self.server(MLFLOW, f"postgresql+psycopg2://{databases.NAME}:{databases.PASSWORD}@{POSTGRES}:5432/{databases.NAME}")
        self.wait("MLflow", lambda: self._listens(MLFLOW, _MLFLOW_PORT), 120)

    def clean(self) -> None:
        ours = ("--filter", f"label={LABEL}=platform")
        for containers in filter(None, [self.docker("ps", "-aq", *ours).split()]):
            self.docker("rm", "-fv", *containers)
        for networks in filter(None, [self.docker("network", "ls", "-q", *ours).split()]):
            self.docker("network", "rm", *networks)

    def address(self, name: str) -> str:
        return self.docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name).strip()

    def within(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command of this machine where the engine's networks are."""
        pid = self.engine.socket.with_name("pid").read_text().strip()
        return subprocess.run(["nsenter", "-t", pid, "-n", *words], capture_output=True, text=True, check=False, **more)

    def diagnose(self, *words: str, seconds: int = 60, **environment: str) -> dict[str, Any]:
        """The report of a run beside the engine."""
        command = [sys.executable, "-m", "agent.cli", "run", "--docker", self.engine.host, "--deadline", str(seconds), "-o", "json", *words]
        known = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.folder), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
        done = self.within(*command, cwd=_ROOT, env={**known, **environment})
        if not done.stdout:
            raise ServiceError(f"diagnose ended with {done.returncode}: {done.stderr[-1000:]}")
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def wait(self, what: str, look: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not look():
            if time.monotonic() > deadline:
                logs = "\n".join(f"{one}: {self.tail(one)}" for one in self.docker("ps", "-a", "--format", "{{.Names}}").split())
                raise ServiceError(f"{what} did not come in {seconds:.0f} s\n{logs}")
            time.sleep(0.3)

    def restarts(self, name: str) -> int:
        return int(self.docker("inspect", "-f", "{{.RestartCount}}", name))

    def ended(self, name: str) -> bool:
        return self.docker("inspect", "-f", "{{.State.Status}}", name).strip() == "exited"

    def says(self, name: str, words: str) -> bool:
        """Whether a container has written this."""
        return words in self.tail(name)

    def tail(self, name: str) -> str:
        return self.engine.attempt("logs", "--tail", "40", name, together=True).stdout.decode(errors="replace")

    def _must(self, what: str, done: subprocess.CompletedProcess[str]) -> None:
        if done.returncode:
            raise ServiceError(f"{what}: {done.stderr.strip() or done.stdout.strip()}")

    def _listens(self, name: str, port: int) -> bool:
        return self.within("bash", "-c", f"exec 3<>/dev/tcp/{self.address(name)}/{port}").returncode == 0


@contextlib.contextmanager
def stock() -> Iterator[Stock]:
    """Database and store as such a team has them: three runs and their models, the files in the bucket. Raises ServiceError."""
    with own_folder("stock-") as folder, databases.postgres() as database, started_s3() as store:
        server = store.user("mlflow")
        client = store.user("client")
        store.bucket(BUCKET, *(allow(BUCKET, one, *READ, *WRITE) for one in (server, client)))
        with started_mlflow(3, database=database.uri, artifacts=f"s3://{BUCKET}", environment=store.settings(server)) as it:
            for program in (_STOCK, _DIRECT):
                done = it.script(program)
                if done.returncode:
                    raise ServiceError(done.stderr)
        database.stop()
        store.stop()
        _keep(database.folder, folder / "postgres")
        _keep(store.folder, folder / "store")
        (folder / "postgres/data/pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
        yield Stock(folder, database.program, store.program, store.root, server, client)


@contextlib.contextmanager
def platform(engine: Engine, stock: Stock) -> Iterator[Platform]:
    """The services on a copy of that stock; all of it is taken away again. Raises ServiceError."""
    with own_folder("platform-") as folder:
        for name in ("postgres", "store"):
            _keep(stock.folder / name, folder / name)
        it = Platform(engine, folder, stock)
        try:
            it.start()
            yield it
        finally:
            it.clean()


def _keep(made: Path, place: Path) -> None:
    subprocess.run(["cp", "-a", str(made), str(place)], check=True)
