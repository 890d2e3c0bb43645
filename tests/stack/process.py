"""Programs that tests start, each with a folder and a log; nothing of them outlives the test run, also where that is killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

import psutil

_ROOT = Path(__file__).parents[2]
_TAIL = 2000
_Seen = TypeVar("_Seen")


class ServiceError(RuntimeError):
    """A service could not be had, or refused what was asked of it; the message says what it wrote last."""


@contextlib.contextmanager
def own_folder(prefix: str) -> Iterator[Path]:
    """A folder for what a service writes; it goes when the block ends, or the test run."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)  # a service may be another user's
    with _guard({}, None, "remove", str(folder)):
        yield folder


def own_environment(folder: Path, **more: str) -> dict[str, str]:
    """What a service sees of ours: where programs are, and nothing of the person's settings, proxies or credentials."""
    alone = {"AWS_EC2_METADATA_DISABLED": "true"}  # else who has no credentials asks the network for some
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **alone, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A running program with all that it has started; `pid` is its own process id."""

    def __init__(self, folder: Path, log: Path, command: list[str], environment: Mapping[str, str]) -> None:
        self.log = log
        self._guard = _guard(environment, log, "run", str(folder), *command)
        said = self._guard.stdout.readline() if self._guard.stdout else ""
        if not said:
            raise ServiceError(f"{command[0]} does not start: {self.tail()}")
        self.pid = int(said)

    @property
    def running(self) -> bool:
        return self._guard.poll() is None

    def tail(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-_TAIL:]

    def wait_until(self, what: str, look: Callable[[], _Seen], seconds: float) -> _Seen:
        """Look until something true is seen. Raises ServiceError with what it wrote last, after so many seconds or when it has ended."""
        deadline = time.monotonic() + seconds
        while not (seen := look()):
            if not self.running:
                raise ServiceError(f"{what} did not come, it ended with {self.ended()}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{what} did not come in {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.05)
        return seen

    def ended(self, seconds: float = 10) -> int:
        """What it ended with. Raises ServiceError where it does not end in time."""
        try:
            return self._guard.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ServiceError(f"it still runs after {seconds:.0f} s\n{self.tail()}") from error

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """Ask it to end; where it does not in time, make it."""
        self._signal(how)
        try:
            self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and all that it has started, at once."""
        self._guard.communicate()

    def freeze(self) -> None:
        """Let it and all that it has started stand still: connections are taken by the kernel, and nobody speaks."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        first = psutil.Process(self.pid)
        for one in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(what)

    def _signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.running:
                os.kill(self.pid, how)


class Service:
    """What listens on a port of this machine, and may be stopped and started again; `folder` has all that it writes."""

    start_s: ClassVar[float] = 30
    stop_by: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / f"{name}.log"
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise ServiceError("it was never started")
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return own_environment(self.folder)

    def is_up(self) -> bool:
        raise NotImplementedError

    def start(self, *, wait: bool = True) -> None:
        self._process = Process(self.folder, self.log, self.command(), self.environment())
        if wait:
            self._process.wait_until(f"an answer of {self.log.stem}", self.is_up, self.start_s)

    def stop(self) -> None:
        """End in order; what it has stored is there at the next start."""
        self.process.stop(self.stop_by)

    def kill(self) -> None:
        """End at once, where it runs."""
        if self._process:
            self._process.kill()

    def freeze(self) -> None:
        """Take connections, and never speak."""
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Nobody listens on the port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections are taken, and nobody speaks."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()


def _guard(environment: Mapping[str, str], log: Path | None, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.stack.guard", *words]
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("ab")) if log else None
        # a session of its own: Ctrl-C is for the tests, which then end it in order
        return subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=_ROOT,
            start_new_session=True,
        )
