"""The planted faults as data: read, checked, handed out."""

import shlex
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from .images import BASES, Image

CATALOGUE = Path(__file__).with_name("docker_faults.yaml")

TRAINING = "training/training-oom"
BATCH = "cost/batch-job-oom"
CRASH = "kubernetes/crashloopbackoff"
CAUSES = {
    TRAINING: frozenset({
        "batch-size-too-large", "model-too-big", "memory-leak", "dataset-in-memory", "loader-workers", "shm-too-small", "limit-too-low",
        "machine-out-of-memory", "killed-from-outside", "gpu-memory-shared", "fragmentation", "checkpoint-spike",
    }),
    BATCH: frozenset({
        "batch-too-large", "memory-leak", "large-model", "limit-too-low", "machine-out-of-memory", "killed-from-outside", "parallel-workers",
        "jvm-heap", "shm-too-small",
    }),
    CRASH: frozenset({
        "app-crashes-on-start", "wrong-command", "missing-dependencies", "out-of-memory", "missing-config", "dependency-unreachable", "port-in-use",
        "permission", "wrong-architecture", "disk-full", "health-check-kills", "exits-zero", "killed-from-outside", "bad-model-artifact",
        "gpu-or-driver", "cpu-lacks-instruction",
    }),
}  # fmt: skip


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said: one cause, or the set that honestly remains. `truth` is what was really planted."""

    cause: str = ""
    undetermined: list[str] = []
    truth: str = ""


Withdrawn = Literal["weaker", "same", "silent"] | Verdict


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verdict of a truthful expert, with everything at hand and with the log texts or the engine's events withdrawn. No row: healthy."""

    row: str | None
    cause: str = ""
    undetermined: list[str] = []
    truth: str = ""
    accept_undetermined: bool = False
    accept_recovered: bool = False
    without_logs: Withdrawn = "weaker"
    without_events: Withdrawn = "weaker"

    @property
    def planted_cause(self) -> str:
        """What was really planted, also where nature leaves no trace of it."""
        return self.cause or self.truth


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What Docker must show: all of it at once, before the container counts as planted."""

    status: list[str] = []
    exit_code: int | None = None
    died: int | None = None
    restarts: int = 0
    oom: bool | None = None
    oom_events: int = 0
    no_oom_events: bool = False
    error: str = ""
    health: str = ""
    running_for: float = 0
    log: str = ""
    no_log: bool = False
    events: dict[str, int] = {}
    timeout: float = 60


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A container as one would start it: flags of `docker run`, an image, a command."""

    image: str
    run: str = ""
    command: str = ""

    def arguments(self, name: str, label: str) -> list[str]:
        return ["--name", name, "--label", label, *shlex.split(self.run), self.image, *shlex.split(self.command)]


class Helper(Start, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A container that a fault needs beside it."""

    name: str
    stopped: bool = False


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing done after the start: a docker command, a signal from the machine, a wait, a recreation; `repeat` does `steps` again and again."""

    docker: str = ""
    signal: int = 0
    wait: Wait | None = None
    recreate: Start | None = None
    repeat: int = 0
    steps: list["Step"] = []


class Cgroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cgroup with a memory limit that the machine's owner put around containers."""

    name: str
    memory_mb: int


class Planting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One container with its story, how it is planted, and the verdict that is expected."""

    id: str
    story: str
    mechanism: Literal["real", "told"]
    image: str
    run: str = ""
    command: str = ""
    networks: list[str] = []
    helpers: list[Helper] = []
    cgroup: Cgroup | None = None
    never_started: bool = False
    steps: list[Step] = []
    wait_for: Wait
    expect: Expect
    why: str

    @property
    def name(self) -> str:
        """The name of its container."""
        return f"f-{self.id}"

    @property
    def healthy(self) -> bool:
        return self.expect.row is None

    @property
    def start(self) -> Start:
        return Start(image=self.image, run=self.run, command=self.command)

    @property
    def images(self) -> set[str]:
        """All images that it is made of."""
        starts = [self.start, *self.helpers, *(step.recreate for step in self.steps if step.recreate)]
        return {start.image for start in starts}


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    images: dict[str, Image]
    faults: list[Planting]
    healthy: list[Planting]

    @property
    def all(self) -> list[Planting]:
        return [*self.faults, *self.healthy]

    def named(self, *ids: str) -> list[Planting]:
        """Those with the ids given, in the file's order; an unknown id is an error."""
        if unknown := set(ids) - {planting.id for planting in self.all}:
            raise KeyError(f"no such fault: {', '.join(sorted(unknown))}")
        return [planting for planting in self.all if planting.id in ids]


def load(path: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue; what is misspelt in it is refused."""
    raw: Any = yaml.safe_load(path.read_text())
    catalogue = msgspec.convert(raw, Catalogue)
    if mistakes := list(_mistakes(catalogue)):
        raise ValueError(f"{path.name}: " + "; ".join(mistakes))
    return catalogue


def _mistakes(catalogue: Catalogue) -> list[str]:
    ids = [planting.id for planting in catalogue.all]
    found = [f"{name} twice" for name in set(ids) if ids.count(name) > 1]
    for planting in catalogue.all:
        found += [f"{planting.id}: no image {image}" for image in planting.images - set(catalogue.images) - set(BASES.values())]
        found += [f"{planting.id}: {mistake}" for mistake in _verdict_mistakes(planting.expect)]
    found += [f"{planting.id}: a fault without a row" for planting in catalogue.faults if planting.healthy]
    found += [f"{planting.id}: healthy, and a row" for planting in catalogue.healthy if not planting.healthy]
    return found


def _verdict_mistakes(expect: Expect) -> list[str]:
    if expect.row is None:
        return []
    if expect.row not in CAUSES:
        return [f"no row {expect.row}"]
    withdrawn = [part for part in (expect.without_logs, expect.without_events) if isinstance(part, Verdict)]
    verdicts = [Verdict(expect.cause, expect.undetermined, expect.truth), *withdrawn]
    return [mistake for verdict in verdicts for mistake in _cause_mistakes(verdict, expect)]


def _cause_mistakes(verdict: Verdict, expect: Expect) -> list[str]:
    named = {verdict.cause, verdict.truth, *verdict.undetermined} - {""}
    found = [f"no cause {cause}" for cause in named - CAUSES[expect.row or ""]]
    if bool(verdict.cause) == bool(verdict.undetermined):
        found.append("either a cause or an undetermined set")
    if verdict.undetermined and (len(verdict.undetermined) < 2 or expect.planted_cause not in verdict.undetermined):
        found.append("an undetermined set has at least two causes, the truth among them")
    return found
