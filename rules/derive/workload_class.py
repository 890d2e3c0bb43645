"""What kind of work is it: training, notebook, batch, serving or database? The class that leads by 10 decibans, else unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

CLASSES = ("training", "notebook", "batch", "serving", "database")
LEAD_DB = 10.0

_TEXT: tuple[tuple[str, Mapping[str, float]], ...] = (
    (r"\b(?:torchrun|accelerate\s+launch|deepspeed|horovodrun|mpirun)\b", {"training": 15, "serving": -10}),
    (
        r"(?:^|[\s/._-])(?:train|fine[\s_-]?tune|pretrain|trainer|training)(?:[\w-]*)(?:\.py\b|\s|$)|\b(?:sft|rlhf)\b",
        {"training": 12, "serving": -10},
    ),
    (r"\bjupyter(?:-\w+|hub|lab)?\b|\bnotebook\b", {"notebook": 18}),
    (
        (
            r"\b(?:uvicorn|gunicorn|hypercorn|tritonserver|torchserve|vllm|bentoml|serve|(?<!redis-)server|api|predict(?:or)?|inference)\b"
            r"|\bmlflow\s+(?:models\s+serve|server)\b"
        ),
        {"serving": 12, "training": -8},
    ),
    (r"\b(?:postgres|postgresql|mysqld?|mariadbd?|redis(?:-server)?|mongod?|cassandra|clickhouse|etcd)\b", {"database": 18}),
    (
        r"\b(?:spark|dask|airflow|dbt|etl|batch(?![\s_-]?size)|cron|importer|export|score|scoring|ingest|aggregate|feature[\s_-]?build|nightly|job)\b",
        {"batch": 12},
    ),
)
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.]*://\S+", re.IGNORECASE)
"""What a program connects to is not what it is."""
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), weights) for pattern, weights in _TEXT)
_DISTRIBUTED = {"WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "TF_CONFIG", "NCCL_DEBUG", "PET_RDZV_ENDPOINT", "SM_TRAINING_ENV"}
_RUN = {"MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME"}
_OWNERS: Mapping[str, Mapping[str, float]] = {
    **{kind: {"training": 18} for kind in ("PyTorchJob", "TFJob", "MPIJob", "PaddleJob", "XGBoostJob", "TrainJob")},
    "Notebook": {"notebook": 18},
    "Revision": {"serving": 12},
}
"""What makes a pod tells what it is for: Kubeflow's kinds, Knative's Revision (KServe)."""

MOST_TEXT = 2000
SEEN_DB = 24.0
"""A log that shows an optimizer or the loss of a step tells more than a name, but does not make a trainer of what is called a server."""


def _text_scores(text: str) -> dict[str, float]:
    scores = dict.fromkeys(CLASSES, 0.0)
    bare = _ADDRESS.sub(" ", text[:MOST_TEXT])
    for pattern, weights in _PATTERNS:
        if pattern.search(bare):
            for name, weight in weights.items():
                scores[name] += weight
    return scores


def _leader(scores: Mapping[str, float]) -> str:
    first, second = sorted(scores.values(), reverse=True)[:2]
    best = max(CLASSES, key=lambda name: scores[name])
    return best if first >= LEAD_DB and first - second >= LEAD_DB else "unknown"


def _spoken(key: str) -> str:
    """The words of its name; of `namespace/pod/container` without the namespace, which many kinds of work share."""
    return key.split("/", key.count("/") - 1)[-1].replace("/", " ").replace("-", " ")


def _container(given: Given) -> Mapping[str, Value]:
    words = [given.text(name) for name in ("container.command", "container.compose_service")]
    scores = _text_scores(" ".join((_spoken(given.subject.key), *words)))
    folders, _, image = given.text("container.image").rpartition("/")
    for name, weight in _text_scores(image.replace(":", " ")).items():
        scores[name] += weight if name in ("database", "notebook", "serving") else weight / 2
    scores["training"] += max(0.0, _text_scores(folders.replace("/", " "))["training"]) / 2
    scores["notebook" if scores["notebook"] >= LEAD_DB else "training"] += SEEN_DB if _seen_training(given) else 0.0
    names = set(given.texts("container.env_names"))
    if names & _DISTRIBUTED:
        scores["training"] += 10
    if names & _RUN:
        scores["training"] += 8
    if given.texts("container.published_ports"):
        scores["serving"] += 6
    for name, weight in _OWNERS.get(given.text("pod.owner_kind"), {}).items():
        scores[name] += weight
    if given["container.gpus_asked"] is True:
        scores["training"] += 3
    return _said("container", _leader(scores), trains=_trains(scores))


def _seen_training(given: Given) -> bool:
    """What serves may tell of the training of its model, too."""
    traits = given.texts("container.log_traits")
    return "shows-training" in traits and "shows-serving" not in traits


def _process(given: Given) -> Mapping[str, Value]:
    scores = _text_scores(f"{given.text('process.command')} {given.text('process.name')}")
    return _said("process", _leader(scores), trains=_trains(scores))


def _trains(scores: Mapping[str, float]) -> bool:
    """Whether training or a notebook leads over all else; between the two nothing has to be decided for that."""
    own = max(scores["training"], scores["notebook"])
    return own >= LEAD_DB and own - max(scores["batch"], scores["serving"], scores["database"]) >= LEAD_DB


def _said(kind: str, name: str, *, trains: bool) -> Mapping[str, Value]:
    return {f"{kind}.class": name, f"{kind}.trains": trains}


def _gives(kind: str) -> tuple[Spec, ...]:
    return (
        Spec(name=f"{kind}.class", type="text", doc="training, notebook, batch, serving, database or unknown"),
        Spec(name=f"{kind}.trains", type="bool", doc="it is a training or a notebook"),
    )


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=_gives("container"),
        needs=("container.command", "container.image"),
        wants=(
            "container.compose_service",
            "container.env_names",
            "container.published_ports",
            "container.gpus_asked",
            "pod.owner_kind",
            "container.log_traits",
        ),
        function=_container,
    ),
    Derivation(
        kind="process",
        gives=_gives("process"),
        needs=("process.name",),
        wants=("process.command",),
        function=_process,
    ),
)
