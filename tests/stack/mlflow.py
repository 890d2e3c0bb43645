"""MLflow tracking servers of both major versions in use, each in a Python environment of its own.

with postgres() as database, mlflow(3, database=database.uri) as server:
    server.post("experiments/search", {"max_results": 1})
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from tests.stack.build import CannotBuildError
from tests.stack.environments import environment as python_environment
from tests.stack.process import Service, ServiceError, own_environment, own_folder

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
LIST = f"{PROXY}?path="
"""Of the artifacts that go through the server."""
_ANSWER_S = 60


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    kind: str
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class MLflow(Service):
    """A server; `url` is what MLFLOW_TRACKING_URI would be."""

    start_s = 120

    def __init__(self, folder: Path, home: Path, flags: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__("mlflow", folder)
        self.url = f"http://127.0.0.1:{self.port}"
        self._python = str(home / "bin/python")
        self._flags = flags
        self._environment = environment

    def command(self) -> list[str]:
        return [self._python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", *self._flags]

    def environment(self) -> dict[str, str]:
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        return own_environment(self.folder, **quiet, **self._environment)

    def is_up(self) -> bool:
        try:
            return self.ask("GET", "/health", seconds=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, seconds: float = _ANSWER_S) -> Answer:
        """Send bytes as they are and anything else as JSON. Raises what urllib3 does where nobody answers."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/octet-stream" if isinstance(body, bytes) else "application/json"}
        # a connection for each: after a failed upload MLflow 3 resets the one that it came by
        with urllib3.PoolManager(retries=False) as http:
            answer = http.request(method, f"{self.url}{path}", body=data, headers={**kind, **(headers or {})}, timeout=seconds)
        return Answer(answer.status, answer.headers.get("Content-Type", "").partition(";")[0], answer.data.decode(errors="replace"))

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        return self.ask("POST", f"{API}/{path}", body, **more)

    def get(self, path: str, **more: Any) -> Answer:
        return self.ask("GET", f"{API}/{path}", **more)

    def search(self, **more: Any) -> Answer:
        """The cheapest call that needs the database."""
        return self.post("experiments/search", {"max_results": 1}, **more)

    def experiment(self, name: str, **more: Any) -> str:
        """Make an experiment and give its id."""
        return str(self._made(self.post("experiments/create", {"name": name, **more}))["experiment_id"])

    def run(self, experiment: str = "0") -> dict[str, Any]:
        """Start a run and give what it is: run_id, artifact_uri and more."""
        made: dict[str, Any] = self._made(self.post("runs/create", {"experiment_id": experiment}))["run"]["info"]
        return made

    def upload(self, run: Mapping[str, Any], path: str, data: bytes) -> Answer:
        """Send an artifact of a run through the server."""
        return self.ask("PUT", f"{PROXY}/{run['experiment_id']}/{run['run_id']}/artifacts/{path}", data)

    def artifacts(self, run: Mapping[str, Any], path: str = "") -> Answer:
        return self.get(f"artifacts/list?run_id={run['run_id']}" + (f"&path={path}" if path else ""))

    def script(self, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What a program says that uses MLflow's own client, of the server's version."""
        settings = {
            "MLFLOW_TRACKING_URI": self.url,
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GIT_PYTHON_REFRESH": "quiet",
        }
        own = own_environment(self.folder, **settings, **environment)
        return subprocess.run([self._python, "-c", text], cwd=self.folder, env=own, capture_output=True, text=True, check=False)

    def _made(self, answer: Answer) -> Any:
        if answer.status != 200:
            raise ServiceError(f"MLflow refused: {answer}")
        return answer.json


@contextlib.contextmanager
def mlflow(  # noqa: PLR0913  as many as its settings have
    version: int = 3,
    *,
    database: str = "",
    artifacts: str = "",
    proxied: bool = True,
    flags: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    wait: bool = True,
) -> Iterator[MLflow]:
    """Start a server and take it away again. Raises ServiceError.

    Without a database it has SQLite's in its folder, without artifacts a folder there. Artifacts that are not proxied the clients write themselves.
    Without `wait` it has only just been started, as one that cannot come up.
    """
    try:
        home = python_environment(f"mlflow{version}")
    except CannotBuildError as error:
        raise ServiceError(str(error)) from error
    with own_folder("mlflow-") as folder:
        place = artifacts or str(folder / "artifacts")
        keeping = ["--serve-artifacts", "--artifacts-destination", place] if proxied else ["--no-serve-artifacts", "--default-artifact-root", place]
        stored = ["--backend-store-uri", database or f"sqlite:///{folder}/mlflow.db"]
        it = MLflow(folder, home, [*stored, *keeping, *flags], environment or {})
        try:
            it.start(wait=wait)
            yield it
        finally:
            it.kill()
