"""Makes the states on real services.

python -m tests.faults.services.plant                  list them
python -m tests.faults.services.plant --check [ID …]   make each, print what the services answer, take it away
python -m tests.faults.services.plant ID               make one and keep it until Enter; the words for diagnose are printed
--set first|second|third                               those of one set only
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import urllib3

from tests.stack.build import programs
from tests.stack.dvc import Repository, first_repository
from tests.stack.dvc import copy as copied
from tests.stack.environments import environment as python_environment
from tests.stack.mlflow import API, MLflow
from tests.stack.mlflow import mlflow as started_mlflow
from tests.stack.postgres import Postgres
from tests.stack.postgres import postgres as started_postgres
from tests.stack.process import Process, ServiceError, free_port, own_environment, own_folder
from tests.stack.s3 import READ, WRITE, Keys, Store, allow
from tests.stack.s3 import s3 as started_s3

from .catalogue import SETS, State, named

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
ALONE = "SERVICES_ALONE"
ALWAYS = ("--docker", "none", "--kubernetes", "none")
WAIT_S = 90
SHOWN = 900
Entered = TypeVar("Entered")


class NotPlantedError(RuntimeError):
    """The services do not show what the state is told to be."""


@dataclass(frozen=True)
class Words:
    """What diagnose is run with, and what the services answer when one asks them the same."""

    words: tuple[str, ...]
    look: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Garden:
    """What states are made of; all that one of them has started ends with it."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self._stocks: dict[int, Path] = {}
        self._first: Repository | None = None
        self._stack = ExitStack()
        self._processes: list[Process] = []

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> Iterator[Garden]:
        """What is made once goes at the end."""
        it = cls()
        with it._kept:
            yield it

    @contextlib.contextmanager
    def planted(self, state: State) -> Iterator[Words]:
        """The state, once it shows as it is told. Raises NotPlantedError."""
        self._processes = []
        with ExitStack() as self._stack:
            try:
                words = state.make(self)
            except AssertionError as error:
                raise NotPlantedError(f"{state.id}: {error}") from error
            deadline = time.monotonic() + WAIT_S
            while not re.search(state.shows, seen := self.seen(words), re.DOTALL):
                if time.monotonic() > deadline:
                    raise NotPlantedError(f"{state.id}: no {state.shows!r} in\n{seen}")
                time.sleep(1)
            yield words

    def seen(self, words: Words) -> str:
        """What the services answer, and the last words of the programs that use them."""
        logs = [f"a program says: {one.tail().strip()[-SHOWN:]}" for one in self._processes]
        return "\n".join([words.look(), *logs])

    def enter(self, context: AbstractContextManager[Entered]) -> Entered:
        return self._stack.enter_context(context)

    def at_the_end(self, do: Callable[[], object]) -> None:
        self._stack.callback(do)

    def folder(self) -> Path:
        return self.enter(own_folder("state-"))

    # services

    def mlflow(self, version: int = 3, **settings: Any) -> MLflow:
        """The settings are those of `tests.stack.mlflow`."""
        return self.enter(started_mlflow(version, **settings))

    def stocked(self, version: int = 3, *, database: str = "") -> MLflow:
        """With an experiment of three runs, and the model of each as a version of `churn`; no stage, no alias."""
        if database:
            server = self.mlflow(version, database=database)
            _stock(server)
            return server
        folder = self.folder()
        shutil.copytree(self._stock_of(version), folder, dirs_exist_ok=True)
        return self.mlflow(version, database=f"sqlite:///{folder}/mlflow.db", artifacts=str(folder / "artifacts"))

    def postgres(self) -> Postgres:
        return self.enter(started_postgres())

    def s3(self, *, tls: bool = False) -> Store:
        return self.enter(started_s3(tls=tls))

    def team(self) -> tuple[MLflow, Postgres]:
        """MLflow 3 with PostgreSQL, and a run in it."""
        database = self.postgres()
        server = self.mlflow(database=database.uri)
        server.run(server.experiment("churn"))
        return server, database

    def stored(self, *, tls: bool = False) -> tuple[Store, Keys]:
        """A store with the bucket `models`, and the user `mlflow`, who may read and write in it."""
        store = self.s3(tls=tls)
        keys = store.user("mlflow")
        store.bucket("models", allow("models", keys, *READ, *WRITE))
        return store, keys

    def with_bucket(self, version: int = 3) -> tuple[MLflow, Store, Keys]:
        """MLflow whose artifacts go through it into the bucket `models`, as the user `mlflow`."""
        store, keys = self.stored()
        return self.mlflow(version, artifacts="s3://models", environment=store.settings(keys)), store, keys

    def repository(self) -> Repository:
        if self._first is None:
            self._first = self._kept.enter_context(first_repository())
        return copied(self._first, self.folder())

    def in_bucket(self, *, tls: bool = False) -> tuple[Repository, Store, Keys]:
        """A repository whose remote is the bucket `dvc`, where it is the user `dvc`; everything is pushed."""
        repository, store = self.repository(), self.s3(tls=tls)
        keys = store.user("dvc")
        store.bucket("dvc", allow("dvc", keys, *READ, *WRITE))
        repository.set_remote("store", "s3://dvc/data", endpointurl=store.url, region=store.region)
        repository.settings = store.settings(keys)
        repository.dvc("push", "--quiet")
        repository.commit("The remote is a bucket")
        return repository, store, keys

    # programs that use them

    def program(self, name: str, *words: str, **environment: str) -> Process:
        """One of `programs/`, run as a person would, with MLflow 3's own client at hand."""
        folder = self.folder()
        shutil.copy(PROGRAMS / f"{name}.py", folder)
        python = str(python_environment("mlflow3") / "bin/python")
        settings = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
        return self.command(folder, python, "-u", f"{name}.py", *words, **settings, **environment)

    def command(self, folder: Path, *command: str, **environment: str) -> Process:
        process = Process(folder, self.folder() / "log", list(command), own_environment(folder, **environment))
        self.at_the_end(process.kill)
        self._processes.append(process)
        return process

    def serving(self, url: str, model: str, **environment: str) -> Process:
        return self.program("serve", MLFLOW_TRACKING_URI=url, MODEL_URI=model, **environment)

    def training(self, url: str, *, used: bool = True) -> Process:
        """Where it is `used`, a run of it is there already."""
        process = self.program("train", MLFLOW_TRACKING_URI=url)
        if used:
            process.wait_until("a run", lambda: "a run is logged" in process.tail(), WAIT_S)
        return process

    # how diagnose is asked

    def asks(self, of: MLflow | str, *paths: str, **environment: str) -> Words:
        """Of a server; the paths are what else --check asks it."""
        url = of if isinstance(of, str) else of.url
        return Words(("--mlflow", url), lambda: _answers(url, paths, environment), environment)

    def looks(self, repository: Repository, *words: str) -> Words:
        """At a repository, in the shell of somebody who works there; --check runs these DVC commands."""
        asked = words or ("status --json",)

        def look() -> str:
            done = [(one, repository.attempt(*one.split())) for one in asked]
            return "\n".join(f"dvc {one}: {it.returncode} {it.stdout.strip()} {it.stderr.strip()}"[:SHOWN] for one, it in done)

        return Words(("--repo", str(repository.root)), look, {**repository.environment, **repository.settings})

    # what is made once

    def _stock_of(self, version: int) -> Path:
        if version not in self._stocks:
            folder = self._kept.enter_context(own_folder("stock-"))
            with started_mlflow(version, database=f"sqlite:///{folder}/mlflow.db", artifacts=str(folder / "artifacts")) as server:
                _stock(server)
            self._stocks[version] = folder
        return self._stocks[version]


def _stock(server: MLflow) -> None:
    done = server.script((PROGRAMS / "stock.py").read_text())
    if done.returncode:
        raise ServiceError(done.stderr)


def closed_port() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def _answers(url: str, paths: tuple[str, ...], environment: Mapping[str, str]) -> str:
    who = [environment.get(f"MLFLOW_TRACKING_{name}", "") for name in ("USERNAME", "PASSWORD")]
    headers = urllib3.make_headers(basic_auth=":".join(who)) if any(who) else {}
    asked = ["GET /health", f"POST {API}/experiments/search", f"GET {API}/registered-models/search", *(f"GET {path}" for path in paths)]
    return "\n".join(f"{one}: {_answer(url, one, headers)}"[:SHOWN] for one in asked)


def _answer(url: str, asked: str, headers: Mapping[str, str]) -> str:
    method, path = asked.split()
    body = {"max_results": 100} if method == "POST" else None
    try:
        answer = urllib3.request(method, f"{url}{path}", headers=dict(headers), retries=False, timeout=3, json=body)
    except urllib3.exceptions.HTTPError as error:
        return f"{type(error).__name__} {error}"
    return f"{answer.status} {' '.join(answer.data.decode(errors='replace').split())}"


def alone(module: str) -> None:
    """Go on with processes, ports and names of our own: what else runs on this machine is no part of a state. Needs root."""
    if os.environ.get(ALONE):
        return
    for name in ("mlflow2", "mlflow3", "dvc"):
        python_environment(name)
    programs("versitygw")
    set_up = "ip link set lo up; for file in hosts nsswitch.conf; do mount --bind $0/$file /etc/$file; done"
    apart = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"]
    os.environ[ALONE] = "1"
    os.execvp("unshare", [*apart, "sh", "-ec", f'{set_up}; exec "$@"', str(HERE / "etc"), sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--set", choices=SETS)
    options = parser.parse_args()
    if not options.ids and not options.check:
        for one in named(of=options.set):
            print(f"{one.row:33} {one.id:28} {one.expect or 'nothing'}")
        return
    alone("tests.faults.services.plant")
    sys.exit(_check(named(*options.ids, of=options.set), keep=not options.check))


def _check(states: list[State], *, keep: bool) -> int:
    failed = 0
    with Garden.opened() as garden:
        for one in states:
            began = time.monotonic()
            print(f"\n== {one.id} ({one.row}): {one.story}", flush=True)
            try:
                with garden.planted(one) as words:
                    print(f"   diagnose {shlex.join([*words.words, *ALWAYS])}   ({time.monotonic() - began:.0f} s)\n{garden.seen(words)}", flush=True)
                    if keep:
                        print(*(f"export {name}={shlex.quote(value)}" for name, value in words.environment.items()), sep="\n")
                        input("Enter takes it away: ")
            except (NotPlantedError, ServiceError) as error:
                failed += 1
                print(f"   NOT PLANTED: {error}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    main()
