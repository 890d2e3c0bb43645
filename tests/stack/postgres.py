"""A PostgreSQL server of its own, with one database and its user, and the ways in which it fails those who use it."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.stack.process import Process, Service, ServiceError, own_environment, own_folder

NAME = "mlflow"
"""The database and its user."""

PASSWORD = "right"  # noqa: S105  nobody else's
_ADMIN = "postgres"
_DEBIAN = Path("/usr/lib/postgresql")
_CONNECTIONS = 20
_RESERVED = 3
"""Of the connections, for superusers: PostgreSQL's default."""

_WAIT_S = 20
_STARTED = ("listen_addresses=127.0.0.1", f"max_connections={_CONNECTIONS}", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
_TRUSTED = "local all all trust\n"
_ASKED = f"{_TRUSTED}host all all 127.0.0.1/32 scram-sha-256\n"


class Postgres(Service):
    """A server with the database and its user."""

    stop_by = signal.SIGINT  # SIGTERM would wait for those who are connected

    def __init__(self, folder: Path, binaries: Path) -> None:
        super().__init__("postgres", folder)
        self._binaries = binaries
        self._data = folder / "data"

    @property
    def uri(self) -> str:
        """How SQLAlchemy reaches the database, by psycopg2."""
        return self.uri_with()

    def uri_with(self, user: str = NAME, password: str = PASSWORD, database: str = NAME) -> str:
        return f"postgresql+psycopg2://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, database: str = _ADMIN) -> str:
        """What a statement gives to the superuser, unaligned and without headers."""
        done = self._psql(text, database)
        if done.returncode:
            raise ServiceError(f"{text}: {done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def program(self) -> str:
        return str(self._binaries / "postgres")

    def command(self) -> list[str]:
        settings = (word for one in (*_STARTED, f"port={self.port}", f"unix_socket_directories={self.folder}") for word in ("-c", one))
        return [*_unprivileged(), self.program, "-D", str(self._data), *settings]

    def is_up(self) -> bool:
        return self._psql("select 1", _ADMIN).returncode == 0

    # the ways in which it fails, besides those of any service

    def disconnect(self) -> None:
        """End the connections that there are, as a restart or a firewall does; new ones are welcome."""
        others = "from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        self.sql(f"select pg_terminate_backend(pid) {others}")
        self.process.wait_until("the end of the connections", lambda: self.sql(f"select count(*) {others}") == "0", _WAIT_S)

    @contextlib.contextmanager
    def other_password(self) -> Iterator[None]:
        """The user has another password than those know who use it."""
        with self._altered(f"alter role {NAME} password 'other'", f"alter role {NAME} password '{PASSWORD}'"):
            yield

    @contextlib.contextmanager
    def without_table(self, name: str) -> Iterator[None]:
        """A table is not there."""
        with self._altered(f"alter table {name} rename to {name}_gone", f"alter table {name}_gone rename to {name}", NAME):
            yield

    @contextlib.contextmanager
    def without_database(self) -> Iterator[None]:
        """The database is not there."""
        with self._altered(f"alter database {NAME} rename to {NAME}_gone", f"alter database {NAME}_gone rename to {NAME}"):
            yield

    @contextlib.contextmanager
    def older_schema(self) -> Iterator[None]:
        """The tables say that an older MLflow made them last."""
        now = self.sql("select version_num from alembic_version", NAME)
        to = "update alembic_version set version_num = "
        with self._altered(f"{to}'c48cb773bb87'", f"{to}'{now}'", NAME):
            yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody may come in over the network any more, whatever the password."""
        self._admit(f"{_TRUSTED}host all all all reject\n")
        try:
            yield
        finally:
            self._admit(_ASKED)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Every connection that is not a superuser's is taken by somebody else."""
        self.disconnect()
        script = self.folder / "sleep.sql"
        script.write_text("select pg_sleep(3600);\n")
        free = _CONNECTIONS - _RESERVED
        taken = f"select count(*) >= {free} from pg_stat_activity where state = 'active' and query like '%pg_sleep(3600)%'"  # noqa: S608  our own number
        # as the superuser, whom our own looking on does not get in the way of
        with self._holding("pgbench", "-n", "-c", str(free), "-T", "3600", "-U", _ADMIN, "-f", str(script), NAME) as holder:
            holder.wait_until("the last connection", lambda: self.sql(taken) == "t", _WAIT_S)
            yield

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Somebody holds a lock on a table: whoever reads it waits."""
        statement = f"begin; lock table {table} in access exclusive mode; select pg_sleep(3600)"
        held = f"select count(*) > 0 from pg_locks where granted and mode = 'AccessExclusiveLock' and relation = '{table}'::regclass"  # noqa: S608  our own name
        with self._holding("psql", "-U", _ADMIN, "-c", statement, NAME) as holder:
            holder.wait_until("the lock", lambda: self.sql(held, NAME) == "t", _WAIT_S)
            yield

    # how it is made

    def make(self) -> None:
        """The cluster, the user and the database; the server runs then."""
        self._data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._data, _ADMIN, _ADMIN)
            shutil.chown(self.folder, _ADMIN, _ADMIN)
        command = [*_unprivileged(), str(self._binaries / "initdb"), "-D", str(self._data), "-U", _ADMIN, "--auth=trust", "--no-sync", "-E", "UTF8"]
        done = subprocess.run(command, env=own_environment(self.folder), cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceError(f"initdb: {done.stderr.strip()}")
        (self._data / "pg_hba.conf").write_text(_ASKED)
        self.start()
        self.sql(f"create role {NAME} login password '{PASSWORD}'")
        self.sql(f"create database {NAME} owner {NAME}")

    @contextlib.contextmanager
    def _altered(self, there: str, back: str, database: str = _ADMIN) -> Iterator[None]:
        self.disconnect()
        self.sql(there, database)
        try:
            yield
        finally:
            self.disconnect()
            self.sql(back, database)

    def _admit(self, rules: str) -> None:
        (self._data / "pg_hba.conf").write_text(rules)
        self.sql("select pg_reload_conf()")
        self.disconnect()

    @contextlib.contextmanager
    def _holding(self, tool: str, *words: str) -> Iterator[Process]:
        command = [str(self._binaries / tool), "-h", str(self.folder), "-p", str(self.port), *words]
        holder = Process(self.folder, self.folder / f"{tool}.log", command, own_environment(self.folder))
        try:
            yield holder
        finally:
            holder.kill()
            self.disconnect()  # a server notices only when it speaks that nobody listens any more

    def _psql(self, text: str, database: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(self._binaries / "psql"),
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.folder),
            "-p",
            str(self.port),
            "-U",
            _ADMIN,
            "-c",
            text,
            database,
        ]
        return subprocess.run(command, env=own_environment(self.folder), capture_output=True, text=True, check=False)


def missing() -> str:
    """What this machine lacks to start PostgreSQL: an empty text when nothing."""
    return "" if _binaries() else "not installed: postgresql"


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with an empty database for its user, and take it away again. Raises ServiceError."""
    binaries = _binaries()
    if binaries is None:
        raise ServiceError(missing())
    with own_folder("postgres-") as folder:
        it = Postgres(folder, binaries)
        try:
            it.make()
            yield it
        finally:
            it.kill()


def _binaries() -> Path | None:
    """Where the programs of the newest version are; Debian keeps them off PATH."""
    versions = sorted((path.parent for path in _DEBIAN.glob("*/bin/postgres")), key=lambda path: float(path.parent.name))
    if versions:
        return versions[-1]
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to be root's; the package comes with a user."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid", _ADMIN, "--regid", _ADMIN, "--clear-groups", "--pdeathsig", "KILL"]
