"""One MLflow server as it is asked: short requests without retries, and what each of its answers was.

opened(access, "http://mlflow:5000").search("experiments/search", {"max_results": 1})  ->  Answer(503, "TEMPORARILY_UNAVAILABLE", …)
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from probes._access import Access, Reply, Unreachable
from probes._address import base_url

API = "/api/2.0/mlflow"
QUICK_S = 3.0
"""For what touches no database."""
SLOW_S = 8.0
"""For what asks the database: the first search after a start takes seconds."""

MOST_EXPERIMENTS = 200
MOST_MODELS = 100
LONGEST = 400
"""Characters of an error's message; behind its first line stands the SQL."""


class Answer(NamedTuple):
    """What MLflow said: `code` and `words` are of its error, `data` is an object, {} where there is none."""

    status: int
    code: str
    words: str
    data: Mapping[str, Any]
    reply: Reply

    @property
    def good(self) -> bool:
        """200 with a JSON object: MLflow leaves out what is empty, so that `{}` is a good answer too."""
        return self.status == 200 and not self.code and self.is_json

    @property
    def is_json(self) -> bool:
        return isinstance(_json(self.reply.data), dict)


class Server:
    """A server at its base address."""

    def __init__(self, access: Access, url: str, headers: Mapping[str, str]) -> None:
        self.access = access
        self.url = url
        self._headers = headers

    @property
    def signed(self) -> bool:
        """A user, or a token, is sent along."""
        return bool(self._headers)

    def plain(self, path: str, limit: float = QUICK_S) -> Reply:
        """GET a path of the server. Raises Unreachable."""
        return self.access.get(f"{self.url}{path}", limit, self._headers)

    def health(self) -> Reply:
        """GET /health, once in a run for all who ask: a server that has one worker is not held up twice. Raises Unreachable."""
        return self.access.shared(f"health of {self.url}", lambda: self.plain("/health"))

    def get(self, path: str, /, **query: str | tuple[str, ...]) -> Answer:
        """GET a path of its REST interface. Raises Unreachable."""
        asked = f"?{urlencode(query, doseq=True, quote_via=quote)}" if query else ""
        return answer(self.plain(f"{API}/{path}{asked}", SLOW_S))

    def experiments(self) -> Answer:
        """Its active experiments, the cheapest call that needs the database; once in a run for all who ask. Raises Unreachable."""
        body = {"max_results": MOST_EXPERIMENTS, "view_type": "ACTIVE_ONLY"}
        return self.access.shared(f"experiments of {self.url}", lambda: self.search("experiments/search", body))

    def models(self) -> Answer:
        """Its first registered models, by name; likewise. Raises Unreachable."""
        return self.access.shared(f"models of {self.url}", lambda: self.get("registered-models/search", max_results=str(MOST_MODELS)))

    def search(self, path: str, body: Mapping[str, object], limit: float = SLOW_S) -> Answer:
        """POST one of the safe queries. Raises Unreachable."""
        return answer(self.access.query(f"{self.url}{API}/{path}", body, limit, self._headers))


def opened(access: Access, url: str) -> Server:
    """The server at this address; credentials of the setting go to the address of the setting alone."""
    own = base_url(access.settings.get("mlflow", "")) == url
    if own and access.settings.get("mlflow.password"):
        access.redactor.remember("password", access.settings["mlflow.password"])
    return Server(access, url, _authorization(access.settings) if own else {})


def configured(access: Access) -> str | None:
    """The address that a setting or the environment names, as subjects are called."""
    return base_url(access.settings.get("mlflow", ""))


def _authorization(settings: Mapping[str, str]) -> Mapping[str, str]:
    """MLflow's own client prefers a user to a token."""
    user, password, token = (settings.get(f"mlflow.{name}", "") for name in ("user", "password", "token"))
    if user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token else {}


def answer(reply: Reply) -> Answer:
    """The reply read as MLflow writes it; words of what is not JSON are the start of its text."""
    data = _json(reply.data)
    if not isinstance(data, dict):
        return Answer(reply.status, "", _start(reply.data), {}, reply)
    code, words = data.get("error_code"), data.get("message")
    return Answer(reply.status, code if isinstance(code, str) else "", words[:LONGEST] if isinstance(words, str) else "", data, reply)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _start(data: bytes) -> str:
    return " ".join(data[:2000].decode("utf-8", "replace").split())[:300]


def objects(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects in an answer; [] where it is left out or holds something else."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def moment(data: Mapping[str, Any], name: str) -> float | None:
    """Seconds since 1970 of a field in milliseconds; protobuf's JSON writes 64-bit numbers as text in some versions."""
    value = data.get(name)
    try:
        return float(value) / 1000 if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


__all__ = [
    "API",
    "MOST_EXPERIMENTS",
    "MOST_MODELS",
    "Answer",
    "Server",
    "Unreachable",
    "answer",
    "configured",
    "moment",
    "objects",
    "opened",
    "text",
]
