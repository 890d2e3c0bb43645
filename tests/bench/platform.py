"""A team's MLflow, S3 and DVC, all well, and how they grow: runs and models, objects in the bucket, files in the repository.

with platform() as it:
    it.fill(runs=100, models=20)
    it.grow(runs=10_000, models=1_000)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from itertools import count

from tests.stack.dvc import Repository, first_repository
from tests.stack.mlflow import PROXY, MLflow, mlflow
from tests.stack.postgres import NAME, Postgres, postgres
from tests.stack.s3 import READ, WRITE, Keys, Store, allow, s3

MODEL = b"flavors:\n  python_function: {loader_module: mine, model_path: model.pkl}\n"
MOST_S = 180
"""Seconds that the objects of a large bucket may take."""

_GROWN = """
insert into runs select (jsonb_populate_record(r, jsonb_build_object('run_uuid', md5(i::text), 'name', 'grown-' || i))).*
    from runs r, generate_series(1, {runs}) i where r.run_uuid = '{run}';
insert into params select (jsonb_populate_record(p, jsonb_build_object('run_uuid', md5(i::text)))).*
    from params p, generate_series(1, {runs}) i where p.run_uuid = '{run}';
insert into latest_metrics select (jsonb_populate_record(m, jsonb_build_object('run_uuid', md5(i::text)))).*
    from latest_metrics m, generate_series(1, {runs}) i where m.run_uuid = '{run}';
insert into registered_models select (jsonb_populate_record(m, jsonb_build_object('name', 'grown-' || i))).*
    from registered_models m, generate_series(1, {models}) i where m.name = '{model}';
insert into model_versions select (jsonb_populate_record(v, jsonb_build_object('name', 'grown-' || i))).*
    from model_versions v, generate_series(1, {models}) i where v.name = '{model}';
insert into registered_model_aliases select (jsonb_populate_record(a, jsonb_build_object('name', 'grown-' || i))).*
    from registered_model_aliases a, generate_series(1, {models}) i where a.name = '{model}';
"""
"""Rows like one that MLflow itself has written, whatever columns its version has."""


class Platform:
    """What runs, and who may read the bucket of the repository."""

    def __init__(self, server: MLflow, database: Postgres, store: Store, repository: Repository) -> None:
        self.server, self.database, self.store, self.repository = server, database, store, repository
        self.reader: Keys = store.user("reader")
        self._writer = store.user("writer")
        store.bucket("dvc", allow("dvc", self.reader, *READ), allow("dvc", self._writer, *READ, *WRITE))
        self._first = ""

    def fill(self, runs: int, models: int) -> None:
        """Runs with parameters and metrics; models of two versions, one half as MLflow 3 logs them, one half among a run's artifacts; and what DVC tracks, pushed."""
        made = [self._run(number) for number in range(runs)]
        self._first = made[0]
        for number in range(models):
            self._model(f"model-{number:02}", made[number], logged=number % 2 == 1)
        self.repository.settings = self.store.settings(self._writer)
        self.repository.set_remote("shared", "s3://dvc/data")
        self.repository.commit("A remote in S3")
        self.repository.dvc("push", "--quiet")

    def grow(self, runs: int, models: int) -> None:
        """So many more; their files are those of the first model."""
        self.database.sql(_GROWN.format(runs=runs, models=models, run=self._first, model="model-00"), NAME)
        self.database.sql("analyze", NAME)

    def grow_bucket(self, objects: int) -> int:
        """Objects beside those of the remote and of the artifacts, made as files as the store keeps them; gives how many there was time for."""
        began, made = time.monotonic(), count()
        places = [self.store.data / "dvc/data/files/md5", self.store.data / "mlflow/grown"]
        for folder in (place / f"{number:02x}" for place in places for number in range(256)):
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(objects // 512):
                os.close(os.open(folder / f"{number:030x}", os.O_CREAT | os.O_WRONLY))
                next(made)
            if time.monotonic() - began > MOST_S:
                break
        return next(made)

    def grow_repository(self, files: int) -> None:
        """A folder of so many, tracked, and a dependency of the first stage."""
        it = self.repository
        for number in range(files):
            it.write(f"images/{number % 100:02}/{number}.txt", f"{number}\n" * 20)
        it.dvc("add", "--quiet", "images")
        pipeline = it.pipeline()
        pipeline["stages"]["prepare"]["deps"].append("images")
        it.set_pipeline(pipeline)
        it.dvc("repro", "--quiet")
        it.commit("Images")
        shutil.copytree(it.root / ".dvc/cache/files", self.store.data / "dvc/data/files", dirs_exist_ok=True)

    def _run(self, number: int) -> str:
        run: str = self.server.run()["run_id"]
        metrics = [{"key": f"metric-{one}", "value": number + one, "timestamp": 1, "step": 1} for one in range(10)]
        params = [{"key": f"param-{one}", "value": str(number)} for one in range(10)]
        self._must("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": metrics, "params": params})
        self._must("POST", "/api/2.0/mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": int(time.time() * 1000)})
        return run

    def _model(self, name: str, run: str, *, logged: bool) -> None:
        folder = self._logged(name, run) if logged else f"0/{run}/artifacts/model"
        source = {"source": f"mlflow-artifacts:/{folder}"}
        for file, data in (("MLmodel", MODEL), ("model.pkl", b"1")):
            self._must("PUT", f"{PROXY}/{folder}/{file}", data)
        if logged:
            one = folder.split("/")[2]
            source = {"source": f"models:/{one}", "model_id": one}
            self._must("PATCH", f"/api/2.0/mlflow/logged-models/{one}", {"model_id": one, "status": "LOGGED_MODEL_READY"})
        self._must("POST", "/api/2.0/mlflow/registered-models/create", {"name": name})
        for _ in range(2):
            self._must("POST", "/api/2.0/mlflow/model-versions/create", {"name": name, "run_id": run, **source})
        self._must("POST", "/api/2.0/mlflow/registered-models/alias", {"name": name, "alias": "champion", "version": "2"})

    def _logged(self, name: str, run: str) -> str:
        """The folder of a new logged model."""
        made = self.server.post("logged-models", {"experiment_id": "0", "name": name, "source_run_id": run})
        return f"0/models/{made.json['model']['info']['model_id']}/artifacts"

    def _must(self, method: str, path: str, body: object) -> None:
        answer = self.server.ask(method, path, body)
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer}")


@contextlib.contextmanager
def platform() -> Iterator[Platform]:
    """Start it all and take it away again. Raises ServiceError."""
    with postgres() as database, s3() as store, first_repository() as repository:
        keys = store.user("mlflow")
        bucket = store.bucket("mlflow", allow("mlflow", keys, *READ, *WRITE))
        with mlflow(3, database=database.uri, artifacts=f"s3://{bucket}", environment=store.settings(keys)) as server:
            yield Platform(server, database, store, repository)


