"""Reading from one Kubernetes API server: which one, how, and in which words it could not be read.

The official client gives configuration, credentials and the connection pool; answers are decoded into small structs, for its own models take 46 times the CPU.

cluster(access).decode("/version", Version).git_version   ->   "v1.36.3"
"""

from __future__ import annotations

import email.utils
import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from probes._access import Access, Unreachable
from probes._contract import Subject, Unavailable, Why
from probes._decoding import decoder

T = TypeVar("T")
Params = Mapping[str, str | int]
NONE: Params = {}

PAGE = 250
MOST_PAGE_BYTES = 64_000_000
IN_FLIGHT = 8
TRIES = 4
MOST_THROTTLED = 8
MOST_REQUESTS = 400
"""Requests a run, at most: the load that one look may put on an API server."""

ANSWER_S = 20.0
"""Seconds that one request may take; its probe's own limit and the run's deadline may be sooner."""

SKEW_S = 30.0
"""Clocks that differ by less are taken for equal: an answer's Date is a second coarse and some of its way old."""

REMEDIES: Mapping[Why, str] = {
    "not configured": "Name a context with --context, or let KUBECONFIG name a file.",
    "refused": "See whether `kubectl version` gets an answer in this context.",
    "timed out": "See whether `kubectl version` answers in this context, or give more time with --deadline.",
    "forbidden": "Give this identity the right to look: `kubectl auth can-i --list` shows what it may do.",
    "missing tool": "Install the program that the kubeconfig names, or use another context.",
    "garbled": "Let the context name a Kubernetes API server: `kubectl version` must answer there.",
    "not reached": "Name one namespace with --namespace.",
}


class ClusterError(Unreachable):
    """The API server could not be read. `status` is its HTTP status, 0 where it gave none; `remedy` is the grant or setting that would open it."""

    def __init__(self, why: Why, detail: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(why, detail)
        self.status = status
        self.remedy = remedy or REMEDIES[why]


class Answer(NamedTuple):
    """An answer's status, body and headers; `cut`: the body was longer than asked for."""

    status: int
    data: bytes | bytearray
    headers: Mapping[str, str]
    cut: bool


class _Ask(NamedTuple):
    """One request."""

    path: str
    most: int
    params: Params = NONE
    accept: str = "application/json"
    body: bytes | None = None


class _Status(msgspec.Struct, gc=False):
    message: str = ""
    reason: str = ""


class Cluster:
    """One API server, read with GET only (and self access reviews, which keep nothing). Every method raises ClusterError."""

    def __init__(self, client: Any, deadline: float, *, gzip: bool = False) -> None:
        self.host: str = client.configuration.host.rstrip("/")
        self.skew = 0.0
        """Seconds that this machine's clock is ahead of the server's; every time read from the server is moved by it."""
        self.requests = 0
        self._configuration = client.configuration
        self._pool = client.rest_client.pool_manager
        self._deadline = deadline
        self._headers = {"User-Agent": "diagnose"} | ({"Accept-Encoding": "gzip"} if gzip else {})
        self._slots = threading.BoundedSemaphore(IN_FLIGHT)
        self._lock = threading.Lock()
        self._throttled = 0

    def decode(self, path: str, shape: type[T], params: Params = NONE, accept: str = "") -> T:
        """An answer's JSON in the shape asked for; unknown fields are passed over."""
        answer = self._good(_Ask(path, MOST_PAGE_BYTES, params, accept or "application/json"))
        if answer.cut:
            raise ClusterError("garbled", f"{path} is longer than {MOST_PAGE_BYTES:,} bytes.")
        return parsed(path, answer.data, shape)

    def text(self, path: str, most: int, params: Params = NONE) -> Answer:
        """At most `most` bytes of an answer that is not JSON: a log."""
        return self._good(_Ask(path, most, params, "*/*"))

    def review(self, path: str, body: Mapping[str, object], shape: type[T]) -> T:
        """The answer to a self access review: a question in the form of a POST that the server does not keep."""
        if not path.startswith("/apis/authorization.k8s.io/v1/self"):
            raise ValueError(f"{path} is not a self access review.")
        answer = self._good(_Ask(path, MOST_PAGE_BYTES, body=msgspec.json.encode(body)))
        return parsed(path, answer.data, shape)

    def pages(self, path: str, shape: type[T], most: int = 200, accept: str = "") -> Iterator[T]:
        """The pages of a list, one at a time; while one is read, the next is fetched."""

        def fetched(token: str) -> Any:
            return self.decode(path, shape, {"limit": PAGE} | ({"continue": token} if token else {}), accept)

        ahead = ThreadPoolExecutor(1)
        try:
            page = fetched("")
            for _ in range(most - 1):
                token = page.metadata.continue_
                following = ahead.submit(fetched, token) if token else None
                yield page
                del page  # no longer held when the next one is there
                if following is None:
                    return
                page = following.result()
            yield page
            if page.metadata.continue_:
                raise ClusterError("not reached", f"{path} has more than {most} pages of {PAGE}.")
        finally:
            ahead.shutdown(wait=False, cancel_futures=True)

    def _good(self, ask: _Ask) -> Answer:
        for _ in range(TRIES):
            answer = self._once(ask)
            if answer.status in (200, 201):
                return answer
            if answer.status != 429 or not self._waited(answer):
                break
        raise _unwelcome(answer, ask.path)

    def _waited(self, answer: Answer) -> bool:
        """Whether it is worth asking again after a 429, once its wait is over: not when the run has met several already."""
        with self._lock:
            self._throttled += 1
            many = self._throttled > MOST_THROTTLED
        wait = answer.headers.get("Retry-After", "")
        seconds = min(float(wait) if wait.isdigit() else 1.0, 5.0)
        if many or seconds >= self._left():
            return False
        time.sleep(seconds)
        return True

    def _once(self, ask: _Ask) -> Answer:
        self._count(ask.path)
        with self._slots:
            try:
                return self._request(ask)
            except ClusterError:
                raise
            except Exception as error:
                raise explained(error, f"{self.host}{ask.path}") from error

    def _count(self, path: str) -> None:
        with self._lock:
            self.requests += 1
            if self.requests > MOST_REQUESTS:
                raise ClusterError("not reached", f"{path}: a run sends at most {MOST_REQUESTS} requests to an API server.")

    def _request(self, ask: _Ask) -> Answer:
        import urllib3

        left = self._left()
        ends = time.monotonic() + left
        url = f"{self.host}{ask.path}" + (f"?{urlencode(ask.params)}" if ask.params else "")
        headers = self._headers | {"Accept": ask.accept} | ({"Content-Type": "application/json"} if ask.body else {}) | self._credentials()
        reply = self._pool.request(
            "POST" if ask.body else "GET", url, headers=headers, body=ask.body, timeout=urllib3.Timeout(total=left), retries=False, redirect=False,
            preload_content=False,
        )  # fmt: skip
        try:
            data, cut = _bytes(reply, ask.most, ends)
            self._notice_clock(reply.headers.get("Date", ""))
            if cut:
                reply.close()
            return Answer(reply.status, data, reply.headers, cut)
        finally:
            reply.release_conn()

    def _credentials(self) -> dict[str, str]:
        """Asked for anew each time: this is what renews a token that has run out."""
        found = self._configuration.auth_settings().get("BearerToken")
        return {"authorization": found["value"]} if found and found.get("value") else {}

    def _notice_clock(self, date: str) -> None:
        parts = email.utils.parsedate_tz(date)
        if parts is not None:
            skew = time.time() - email.utils.mktime_tz(parts)
            self.skew = skew if abs(skew) > SKEW_S else 0.0

    def _left(self) -> float:
        left = min(self._deadline - time.monotonic(), ANSWER_S)
        if left <= 0:
            raise ClusterError("timed out", "The API server used up all the time that this look has.")
        return left


def _bytes(reply: Any, most: int, ends: float) -> tuple[bytearray, bool]:
    """The body, in parts, so that a server that drips a byte a second meets the same end as a silent one; never twice in memory, for pages are large."""
    body = bytearray()
    while len(body) <= most:
        if time.monotonic() >= ends:
            raise ClusterError("timed out", "no whole answer in time.")
        part = reply.read1(262144, decode_content=True)
        if not part:
            return body, False
        body += part
    del body[most:]
    return body, True


def parsed(path: str, data: bytes | bytearray | msgspec.Raw, shape: type[T]) -> T:
    try:
        return decoder(shape).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ClusterError("garbled", f"{path} is not what a Kubernetes API server answers: {error}") from error


def _unwelcome(answer: Answer, path: str) -> ClusterError:
    why: Why = "forbidden" if answer.status in (401, 403) else "refused"
    remedies = {
        401: "Renew the credentials of this context: the server does not know them or they have expired.",
        403: f"Grant it: {grant(path)}.",
        429: "Run it again when the API server is less busy.",
    }
    detail = f"{path}: the API server answered {answer.status}: {_message(answer.data)}"
    return ClusterError(why, detail, status=answer.status, remedy=remedies.get(answer.status, "Read the API server's own log."))


def grant(path: str) -> str:
    """The rule that a role needs for a list at this path: `list pods.apps`, in a namespace or cluster-wide."""
    parts = path.strip("/").split("/")
    rest = parts[3:] if parts[0] == "apis" else parts[2:]
    group = parts[1] if parts[0] == "apis" and len(parts) > 1 else ""
    where = "cluster-wide"
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        where, rest = f"in namespace {rest[1]}", rest[2:]
    verb = "list" if len(rest) == 1 else "get"
    resource = "/".join([rest[0], *rest[2:3]]) if rest else path
    return f"verbs [{verb}] on {resource}{'.' + group if group else ''} {where}"


def _message(data: bytes | bytearray) -> str:
    try:
        return decoder(_Status).decode(data).message[:300]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return data[:200].decode("utf-8", "replace").strip()


def explained(error: Exception, what: str) -> ClusterError:
    """Which of the contract's reasons an exception from below means; the true one often lies deep in its causes."""
    chain = list(_causes(error))
    words = str(chain[-1]) or type(chain[-1]).__name__
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        remedy = "Let the kubeconfig name the authority that signed this server's certificate, or the server's right name."
        return ClusterError("refused", f"{what}: its certificate is not trusted: {words}", remedy=remedy)
    names = {type(cause).__name__ for cause in chain}
    if "NewConnectionError" in names or "NameResolutionError" in names or any(isinstance(cause, ConnectionError) for cause in chain):
        return ClusterError("refused", f"{what}: {words}")
    if any(isinstance(cause, TimeoutError) for cause in chain) or names & {"ReadTimeoutError", "ConnectTimeoutError", "TimeoutError"}:
        return ClusterError("timed out", f"{what}: no whole answer in time.")
    return ClusterError("garbled", f"{what}: {words}")


def _causes(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    yield error
    for cause in (error.__cause__ or error.__context__, *error.args, getattr(error, "reason", None)):
        if isinstance(cause, BaseException) and depth:
            yield from _causes(cause, depth - 1)


def cluster(access: Access) -> Cluster:
    """The cluster of this run, connected to once for all probes. Raises ClusterError."""
    found: Cluster = access.shared("kubernetes", lambda: _connected(access))
    return found


def _connected(access: Access) -> Cluster:
    if not access.settings.get("kubernetes"):
        raise ClusterError("not configured", "No cluster is named, and none was found.")
    heard = _Heard()
    logging.getLogger().addHandler(heard)
    try:
        client = _client(access.settings.get("kubernetes.context", ""), access.settings.get("kubernetes.config", ""))
    except ImportError as error:
        raise ClusterError("missing tool", f"The Python package kubernetes is not usable: {error}.") from error
    except Exception as error:
        raise ClusterError("refused", f"The configuration cannot be used: {error}", remedy="See what `kubectl config view` says.") from error
    finally:
        logging.getLogger().removeHandler(heard)
    if heard.words:
        detail = f"The context's credentials could not be had: {heard.words[-1]}"
        raise ClusterError("refused", detail, remedy="Run the command that the kubeconfig names under `exec` by hand, and see what it says.")
    return Cluster(client, access.deadline, gzip="kubernetes.context" in access.settings)


class _Heard(logging.Handler):
    """What the client merely logs: that a credential plugin failed. It would then go on without credentials."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage()[:300])


def _client(context: str, config: str) -> Any:
    """The official client: of the pod's own service account, or of a kubeconfig's context. A renewed token is not written back."""
    from kubernetes.client.api_client import ApiClient
    from kubernetes.client.configuration import Configuration

    configuration = Configuration()
    configuration.connection_pool_maxsize = IN_FLIGHT
    if context or config:
        from kubernetes.config.kube_config import load_kube_config

        load_kube_config(  # type: ignore[no-untyped-call]  # the client's own
            config_file=config or None, context=context or None, client_configuration=configuration, persist_config=False
        )
    else:
        from kubernetes.config.incluster_config import load_incluster_config

        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    return ApiClient(configuration)


def subject(access: Access) -> Subject:
    """The cluster itself: by its context's name, which stays the same from run to run."""
    return Subject("cluster", access.settings.get("kubernetes.context") or "this cluster")


def unavailable(error: Unreachable, access: Access, kind: str, subject: Subject | None = None, names: tuple[str, ...] = ()) -> Unavailable:
    """The answer for what could not be read."""
    asked = access.settings.get("kubernetes.asked") == "true"
    remedy = getattr(error, "remedy", "") or REMEDIES[error.why]
    return Unavailable(kind=kind, why=error.why, detail=error.detail, remedy=remedy, subject=subject, names=names, asked=asked)
