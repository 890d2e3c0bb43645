"""What a probe says and how it says it: the only part of `probes` that rules may import.

A probe yields answers; the runner checks each against the probe's own declaration, redacts its text and stores it:

    Look(Subject("container", "trainer"), {"container.exit_code": 137, …}, command="docker inspect trainer")
    Relation("on", Subject("container", "trainer"), Subject("host", "gpu-1"))
    Unavailable(kind="container", why="forbidden", detail="…", remedy="…")
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

Type = Literal["bool", "int", "double", "text", "texts", "time", "span"]
"""`time` is seconds since 1970 UTC, `span` is seconds; both are floats here and CEL timestamps and durations in rows."""

Value = bool | int | float | str | tuple[str, ...] | None
"""A signal's value; None means "looked, and there is nothing": never terminated, no limit set."""

Why = Literal["not configured", "refused", "timed out", "forbidden", "missing tool", "garbled", "not reached"]
"""Why a probe could not look. None of these ever means "nothing wrong"."""

Vantage = Literal["itself", "node", "pod", "host"]
"""From where a fact was seen, nearest to the thing first: the workload itself, its node, this pod, this host."""

Scalar = str | int | float | bool


class Subject(msgspec.Struct, frozen=True, order=True):
    """A thing observed, such as `container` `trainer`. Keys are stable between runs, so that two runs can be compared."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One signal that a probe or a derivation gives; the name begins with the subject's kind."""

    name: str
    type: Type
    doc: str
    unit: str = ""
    event: bool = False
    covered_by: str = ""
    """A bool signal of the same kind; a false outcome that rests on this one is "cannot tell" unless that is true."""

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]


class Source(msgspec.Struct, frozen=True, order=True):
    """Where a signal is from: the probe, the command a person would type to see the same, and the vantage."""

    probe: str
    command: str
    vantage: Vantage = "host"


class Signal(msgspec.Struct, frozen=True):
    """One typed fact about a subject. `at` is set on events: when it happened, in seconds since 1970 UTC."""

    subject: Subject
    name: str
    value: Value
    source: Source
    at: float | None = None


class Coverage(msgspec.Struct, frozen=True, order=True):
    """From `since` to the look, this source would have shown the event `name` of this subject."""

    subject: Subject
    name: str
    since: float


class Relation(msgspec.Struct, frozen=True, order=True):
    """`from_` stands in the relation `name` to `to`; names, kinds and arity are in RELATIONS."""

    name: str
    from_: Subject
    to: Subject


class Unavailable(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A probe could not look: at a whole kind (subject is None) or at one subject; `names` narrows it to signals or relations."""

    kind: str
    why: Why
    detail: str
    remedy: str
    """The exact grant or setting that would open it; a full sentence."""
    subject: Subject | None = None
    names: tuple[str, ...] = ()
    probe: str = ""
    asked: bool = False
    """True where a flag, setting, the environment or the cluster named this source; blindness then counts in the exit code."""


class Swept(msgspec.Struct, frozen=True, order=True):
    """A sweep listed `count` subjects of this kind in this scope; incomplete if a limit cut it short."""

    kind: str
    scope: str
    count: int
    complete: bool = True
    probe: str = ""


class Census(msgspec.Struct, frozen=True, order=True):
    """Of what a suspect shares (an image, a node, a network): its members, and how many succeeded since the first failure."""

    shared: Subject
    kind: str
    members: int
    succeeded: int


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one subject: a value or None for every state signal of the probe's Spec, and the events found.

    `covered_since` says from when on the source would have shown this probe's events; None if it cannot know.
    """

    subject: Subject
    values: Mapping[str, Value]
    command: str
    vantage: Vantage = "host"
    events: tuple[tuple[str, Value, float], ...] = ()
    covered_since: float | None = None


Answer = Look | Relation | Unavailable | Swept | Census


class Observed(msgspec.Struct, kw_only=True):
    """Everything that the probes of a run have said; what a bundle keeps and what rules read."""

    now: float
    signals: list[Signal] = []
    coverage: list[Coverage] = []
    relations: list[Relation] = []
    unavailable: list[Unavailable] = []
    swept: list[Swept] = []
    census: list[Census] = []


class Arity(msgspec.Struct, frozen=True):
    """The kinds a relation joins, and whether one `from_` has at most one `to`."""

    name: str
    from_kind: str
    to_kind: str
    one: bool


def _relations() -> tuple[Arity, ...]:
    one = [
        "process in container",
        "process in cgroup",
        "container in pod",
        "container in workload",
        "pod in workload",
        "pod on node",
        "process on host",
        "container on host",
        "container on engine",
        "disk on host",
        "container uses image",
        "pod in ns",
        "workload in ns",
        "workload uses mlflow",
        "container uses mlflow",
        "process uses mlflow",
        "workload uses bucket",
        "workload uses account",
        "mlflow uses service",
        "mlflow uses bucket",
        "mlflow in workload",
        "model in mlflow",
        "run in mlflow",
        "endpoint serves model",
        "endpoint of workload",
        "endpoint uses service",
        "service of workload",
        "service of container",
        "target of service",
        "panel of target",
        "task in dag",
        "dag in airflow",
        "airflow uses service",
        "image in registry",
        "task upstream task",
        "node in cluster",
        "host in cluster",
        "repo uses bucket",
        "mlflow keeps_in bucket",
        "container writes_to bucket",
        "process writes_to bucket",
        "container writes_through mlflow",
        "process writes_through mlflow",
        "container signs_as account",
        "process signs_as account",
        "mlflow signs_as account",
        "repo signs_as account",
        "dataset in repo",
        "dataset made_by stage",
        "dataset needs repo",
        "stage in repo",
        "gpu on host",
        "gpu on node",
        "container listens port",
        "ns in cluster",
        "workload_mlflow of workload",
        "workload_mlflow at mlflow",
        "workload_bucket of workload",
        "workload_bucket at bucket",
        "workload stopped_by webhook",
        "workload stopped_by quota",
        "workload stopped_by node",
        "workload lacks object",
        "container lacks object",
        "container needs service",
        "webhook uses service",
        "quota in ns",
    ]
    many = [
        "container uses service",
        "workload runs container",
        "workload runs pod",
        "workload uses claim",
        "workload uses service",
        "workload uses model",
        "container joins network",
        "container mounts volume",
        "container needs container",
        "workload needs container",
        "container loads model",
        "process loads model",
        "container loads_from mlflow",
        "container needs mlflow",
        "process loads_from mlflow",
        "mlflow served_by container",
        "repo cut_off_like bucket",
        "mlflow served_by process",
        "mlflow needs container",
        "bucket served_by container",
        "service selects pod",
        "dataset made_from dataset",
    ]
    split = [(line.split(), True) for line in one] + [(line.split(), False) for line in many]
    return tuple(Arity(name, from_kind, to_kind, single) for (from_kind, name, to_kind), single in split)


RELATIONS: tuple[Arity, ...] = _relations()
SAME_AS = "same_as"
"""The one relation between any two subjects of one kind: they are one thing under two names."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A way to look: what it gives, what it needs, and the generator that does it.

    `look(access, subjects)` yields answers; a sweep gets no subjects. It may raise: the runner names that and goes on.
    """

    name: str
    kind: str
    doc: str
    gives: tuple[Spec, ...]
    look: Callable[[Any, tuple[Subject, ...]], Iterable[Answer]]
    stands_for: tuple[str, ...]
    """The triage commands of the matrix, or what a person would type, that this look replaces."""
    relations: tuple[str, ...] = ()
    """`from_kind name to_kind`, each in RELATIONS."""
    sweeps: bool = True
    """False: follows up on the subjects it is given."""
    permissions: tuple[str, ...] = ()
    cost: Literal[1, 2, 4, 8] = 1
    """1 a list already paid for, 2 a request a subject, 4 a look that takes about a second, 8 several seconds."""
    limit_s: float = 10.0
    elsewhere: bool = False
    """It looks at subjects that other systems name, and so needs no address of its own."""
    most: int = 20
    """The largest number of subjects that one run follows up."""


class ContractError(ValueError):
    """A probe said something that its own declaration does not allow."""


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "double": (float, int),
    "text": (str,),
    "texts": (tuple, list),
    "time": (float, int),
    "span": (float, int),
}


def checked(spec: Spec, value: object) -> Value:
    """Give the value in the form its Spec asks for, or raise ContractError. NaN is None; text becomes valid UTF-8."""
    if value is None:
        return None
    if not isinstance(value, _PYTHON[spec.type]) or (isinstance(value, bool) and spec.type != "bool"):
        raise ContractError(f"{spec.name} is declared {spec.type}, but the probe gave {type(value).__name__}.")
    if spec.type == "text":
        return clean_text(str(value))
    if isinstance(value, list | tuple):
        return tuple(clean_text(str(item)) for item in value)
    if spec.type in ("double", "time", "span"):
        number = float(value)  # type: ignore[arg-type]  # the isinstance above leaves int and float only
        return None if math.isnan(number) else number
    if spec.type == "int" and not -(2**63) <= int(value) < 2**63:  # type: ignore[call-overload]
        raise ContractError(f"{spec.name} does not fit 64 bits.")
    return value  # type: ignore[return-value]


def clean_text(text: str) -> str:
    """Replace lone surrogates and NUL, which neither JSON nor CEL can carry."""
    return text.encode("utf-8", "replace").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
