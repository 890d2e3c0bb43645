"""What a probe is handed to touch the world with: files, the clock, child processes and read-only HTTP.

Tests hand a probe the same object pointed at scripted services or another root folder; nothing here writes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from probes._contract import Subject, Why
from probes._named import Named
from probes._redact import Redactor

T = TypeVar("T")

_GIT = ("git", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-C", "{folder}")
"""Nothing of what a repository's own settings may start, and no network: a partial clone would fetch what it lacks."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "dmesg": ("dmesg", "--time-format", "iso", "--color=never"),
    "git-commits": (*_GIT, "log", "--max-count=40", "--no-show-signature", "--format=%H %ct", "--", "{path}"),
    "git-file": (*_GIT, "cat-file", "blob", "{commit}:./{path}"),
    "git-tree": (*_GIT, "ls-tree", "-r", "-z", "{commit}"),
    "git-listed": (*_GIT, "ls-files", "-z", "--", "{path}"),
    "git-is-shallow": (*_GIT, "rev-parse", "--is-shallow-repository"),
}
"""The only child processes that may be started, by name; never through a shell. Words in braces are filled in by the caller."""

MOST_OUTPUT = 4_000_000
"""Bytes of a file, an answer or a child's output that are read; more is cut, and the probe can see that it was."""


class Unreachable(Exception):  # noqa: N818  # it is a finding, not a fault of ours
    """A source refused, timed out or is not there; `why` is one of the contract's reasons."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why
        self.detail = detail


SAFE_POSTS = (
    "/api/2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/runs/search",
    "/api/2.0/mlflow/logged-models/search",
)
"""Queries that are sent by POST and change nothing, by the end of their paths; no other POST leaves this program."""


class Reply(NamedTuple):
    """An HTTP answer: its status, its body, at most MOST_OUTPUT bytes of it, and its headers, whose names are read in any case."""

    status: int
    data: bytes
    headers: Mapping[str, str] = {}


class Access:
    """Read-only hands for one run: `settings` are the targets in force, `deadline` is on the monotonic clock, `root` stands for /."""

    def __init__(
        self, settings: Mapping[str, str], *, deadline: float, root: Path = Path("/"), now: float | None = None, redactor: Redactor | None = None
    ) -> None:
        self.settings = settings
        self.named: tuple[Named, ...] = ()
        """What somebody asked about: a sweep tells of it in full, however well it may be."""
        self.since = 0.0
        """From when on somebody wants to be told of what happened, in seconds since 1970; 0 leaves it to each probe."""
        self.redactor = redactor or Redactor()
        """Takes secrets out of what a probe is about to give; it is the store's own, so that equal secrets have equal tokens."""
        self.deadline = deadline
        self.root = root
        self._children: set[Any] = set()
        self._shared: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        self.now = time.time() if now is None else now
        """Seconds since 1970 UTC; one value for the whole run."""

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """What all probes of a run share, such as a list that several read: made by the first who asks, while the others wait.

        Raises what making it raised, to each.
        """
        with self._lock:
            first = name not in self._shared
            made = self._shared.setdefault(name, Future())
        if first:
            try:
                made.set_result(make())
            except BaseException as error:
                made.set_exception(error)
                raise
        result: T = made.result()
        return result

    def asked_about(self, kind: str, key: str) -> bool:
        """Whether somebody named this very thing."""
        return any(one.means(Subject(kind, key)) for one in self.named)

    def back(self, usual: float) -> float:
        """How many seconds back a probe looks: what it usually does, or farther if somebody asked for that."""
        return max(usual, self.now - self.since) if self.since else usual

    def remaining(self, limit: float) -> float:
        """Seconds that a call may still take: `limit`, or what is left of the run; at least a tenth of a second."""
        return max(0.1, min(limit, self.deadline - time.monotonic()))

    def path(self, absolute: str) -> Path:
        return self.root / absolute.lstrip("/")

    def text(self, absolute: str, most: int = MOST_OUTPUT) -> str:
        """The start of a file as text. Raises FileNotFoundError, PermissionError and other OSErrors as they come."""
        with self.path(absolute).open("rb") as file:
            return file.read(most).decode("utf-8", "replace")

    def run(self, name: str, limit: float = 5.0, **words: str) -> str:
        """Standard output of one of COMMANDS. Raises Unreachable with the reason: missing tool, refused, timed out."""
        program, *rest = COMMANDS[name]
        vector = [program, *(word.format(**words) if "{" in word else word for word in rest)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        try:
            done = subprocess.run(  # noqa: S603  # a fixed list of argument vectors, never a shell
                vector, capture_output=True, timeout=self.remaining(limit), check=False, stdin=subprocess.DEVNULL, env=environment
            )
        except FileNotFoundError as error:
            raise Unreachable("missing tool", f"{program} is not installed.") from error
        except subprocess.TimeoutExpired as error:
            raise Unreachable("timed out", f"{program} did not answer in time.") from error
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip()[:200]
            raise Unreachable("refused", f"{program} ended with code {done.returncode}: {reason}")
        return done.stdout[:MOST_OUTPUT].decode("utf-8", "replace")

    def in_child(self, function: Callable[..., Any], *arguments: Any, limit: float = 3.0) -> Any:
        """Call a module-level function in a spawned process that is killed at the limit: for what may hang in the kernel.

        Raises Unreachable ("timed out", or "garbled" if the child failed).
        """
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_call, args=(theirs, function, arguments), daemon=True)
        child.start()
        self._children.add(child)
        theirs.close()
        try:
            if not ours.poll(self.remaining(limit)):
                raise Unreachable("timed out", f"{function.__name__} did not come back from the kernel in {limit:g} s.")
            good, answer = ours.recv()
        except EOFError as error:
            raise Unreachable("garbled", f"the child process for {function.__name__} died.") from error
        finally:
            child.kill()
            self._children.discard(child)
        if not good:
            raise Unreachable("garbled", str(answer))
        return answer

    def kill_children(self) -> None:
        """End every child process of ours that is still there, such as one that hangs in the kernel."""
        for child in tuple(self._children):
            child.kill()

    def get(self, url: str, limit: float = 5.0, headers: Mapping[str, str] | None = None) -> Reply:
        """GET one URL without retries or redirects; the body is cut at MOST_OUTPUT. Raises Unreachable."""
        return self._request("GET", url, limit, headers)

    def head(self, url: str, limit: float = 5.0, headers: Mapping[str, str] | None = None) -> Reply:
        """HEAD one URL likewise. Raises Unreachable."""
        return self._request("HEAD", url, limit, headers)

    def query(self, url: str, body: Mapping[str, object], limit: float = 5.0, headers: Mapping[str, str] | None = None) -> Reply:
        """One of SAFE_POSTS, with a JSON body. Raises Unreachable, and ValueError for any other path."""
        if not urlsplit(url).path.endswith(SAFE_POSTS):
            raise ValueError(f"{url} is not among the queries that may be sent by POST.")
        return self._request("POST", url, limit, {**(headers or {}), "Content-Type": "application/json"}, json.dumps(body).encode())

    def _request(self, verb: str, url: str, limit: float, headers: Mapping[str, str] | None, body: bytes | None = None) -> Reply:
        import urllib3

        pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=self.remaining(limit)))
        try:
            answer = pool.request(verb, url, headers={"User-Agent": "diagnose", **(headers or {})}, body=body, redirect=False, preload_content=False)
            return Reply(answer.status, answer.read(MOST_OUTPUT, decode_content=True), answer.headers)
        except urllib3.exceptions.NameResolutionError as error:
            raise Unreachable("refused", f"{url}: its host name does not resolve: {error}") from error
        except urllib3.exceptions.NewConnectionError as error:  # it calls itself a time-out, too
            raise Unreachable("refused", f"{url}: nothing listens there: {error}") from error
        except urllib3.exceptions.TimeoutError as error:
            raise Unreachable("timed out", f"{url} did not answer in {limit:g} s.") from error
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable("refused", f"{url}: {error}") from error


def _call(pipe: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        pipe.send((True, function(*arguments)))
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent names it
        pipe.send((False, f"{type(error).__name__}: {error}"))
