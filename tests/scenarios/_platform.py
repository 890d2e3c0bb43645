"""The platform of the scenarios: PostgreSQL behind MLflow, a model in it, an API that serves the model, and who pulls from which registry.

What began when is said in minutes before the look; None means that nobody saw it.
"""

from __future__ import annotations

from tests.scenarios._trees import Tree
from tests.scenarios._world import World, ago

SERVICE = "svc:mlops/postgres"
UNSEEN_ONSETS: tuple[float | None, ...] = (None, None, None, None)
ORDERED_ONSETS: tuple[float | None, ...] = (20, 18, 15, 10)


def _moment(minutes: float | None) -> float | None:
    return None if minutes is None else ago(minutes)


def database(world: World, onset: float | None = None) -> World:
    """PostgreSQL's container loops: its disk is full, as its log, the metrics and an event say."""
    who = "container postgres"
    world.saw(
        who, role="database", waiting_reason="CrashLoopBackOff", restart_count=9, last_exit_code=1, last_finished_at=ago(2),
        first_failure_at=_moment(onset), last_attempt_at=ago(2), oom_killed=False,
    )  # fmt: skip
    world.saw(who, log_tail="FATAL: could not write: No space left on device", log_complete=True)
    world.saw(who, volume_used_ratio=0.99).saw(who, callees=0)
    world.happened(who, "volume_event", "no space", ago(3)).covered(who, ago(60), "volume_event", "pull_said", "kill_code")
    return world.relate("container postgres in workload mlops/postgres")


def tracking(world: World, onset: float | None = None) -> World:
    """MLflow answers /health and cannot search; its store is the PostgreSQL service."""
    world.saw("mlflow prod", health="OK", search_works=False, first_failure_at=_moment(onset)).saw("mlflow prod", log_says="database")
    world.saw(f"service {SERVICE}", port=5432, answers=None)
    return world.relate(f"mlflow prod uses service {SERVICE}", f"service {SERVICE} of container postgres")


def model(world: World, name: str, onset: float | None = None) -> World:
    """A model that exists and cannot be loaded, for its loader cannot connect."""
    world.saw(
        f"model {name}", load_failed=True, alias_exists=True, version_state="ready", error="connection", first_failure_at=_moment(onset)
    )  # fmt: skip
    return world.relate(f"model {name} in mlflow prod")


def renamed_model(world: World, name: str) -> World:
    """A model that cannot be loaded because nobody set the alias that its API asks for."""
    world.saw(f"model {name}", load_failed=True, alias_exists=False, version_state="ready", error="not found", first_failure_at=None)
    return world.relate(f"model {name} in mlflow prod")


def api(  # noqa: PLR0913  # each is one thing that scenarios vary
    world: World, name: str, of_model: str, onset: float | None = None, *, says: str = "model", memory: float = 0.4
) -> World:
    """An API that answers 503 and serves a model."""
    world.saw(f"endpoint {name}", status_code=503, ready_says=says, first_failure_at=_moment(onset))
    world.saw(f"workload ml/{name}", pods_ready=0, pods_wanted=2, tracking_uri_set=True).saw(f"workload ml/{name}", memory_ratio=memory)
    return world.relate(f"endpoint {name} serves model {of_model}", f"endpoint {name} of workload ml/{name}", f"workload ml/{name} uses mlflow prod")


def chain(onsets: tuple[float | None, ...] = UNSEEN_ONSETS) -> World:
    """The database loops; MLflow, the model and the API follow."""
    first, second, third, fourth = onsets
    world = tracking(database(World(), first), second)
    return api(model(world, "churn", third), "churn-api", "churn", fourth)


def two_roots() -> World:
    """The chain, and beside it a model whose alias is wrong, with the API that serves it."""
    return api(renamed_model(chain(), "fraud"), "fraud-api", "fraud")


PODS, WORKLOADS = 300, 40
HARBOR = "registry harbor.example"


def pull_failures(pods: int = PODS, succeeded: int | None = 0, errors: tuple[str, ...] = ("timeout",)) -> World:
    """Pods of 40 workloads that cannot pull from one registry, which does not answer; and one memory kill that has nothing to do with it."""
    world = World().saw(HARBOR, answers=False).saw("node n1", network_ready=True)
    for number in range(pods):
        _pull_failure(world, number, errors[number % len(errors)])
    for number in range(min(pods, WORKLOADS)):
        world.saw(f"image img-{number:02}", tag="1").relate(f"image img-{number:02} in {HARBOR}")
    if succeeded is not None:
        world.counted(HARBOR, "container", pods + succeeded, succeeded)
    return memory_kill(world)


def _pull_failure(world: World, number: int, error: str) -> None:
    who, pod, workload = f"container app-{number:03}", f"pod app-{number:03}", f"workload ml/app-{number % WORKLOADS:02}"
    world.saw(who, waiting_reason="ImagePullBackOff", pull_error=error, restart_count=0, oom_killed=False, first_failure_at=ago(30))
    world.saw(pod, phase="Pending").saw(workload, pods_ready=0, pods_wanted=8)
    world.relate(f"{who} in {pod}", f"{pod} in {workload}", f"{pod} on node n{number % 9}", f"{who} uses image img-{number % WORKLOADS:02}")


def memory_kill(world: World) -> World:
    """A trainer killed at a limit of 512 MiB, flat until then."""
    who = "container trainer"
    world.saw(
        who, oom_killed=True, last_exit_code=137, restart_count=1, last_finished_at=ago(40), has_memory_limit=True, memory_limit_bytes=512 * 2**20,
        waiting_reason="",
    )  # fmt: skip
    world.saw(who, memory_peak_ratio=1.0, memory_slope=0.0)
    world.saw("image trainer", tag="2").saw("registry docker.io", answers=True)
    return world.relate(f"{who} in workload ml/trainer", f"{who} uses image trainer", "image trainer in registry docker.io")


def loop(world: World, name: str, *needs: str, onset: float | None = None) -> World:
    """A container that loops because what it needs is not there, as its log says."""
    who = f"container {name}"
    world.saw(
        who, waiting_reason="CrashLoopBackOff", restart_count=5, last_exit_code=1, last_finished_at=ago(1), last_attempt_at=ago(1), oom_killed=False,
        first_failure_at=_moment(onset),
    )  # fmt: skip
    world.saw(who, log_tail="could not translate host name", log_complete=True).saw(who, callees=len(needs))
    return world.relate(*(f"{who} needs container {other}" for other in needs))


TRAINER = Tree("training/memory-kill", "container trainer", "diagnosed", ("limit-too-low",))
FRAUD = Tree(
    "mlflow/model-cannot-load", "model fraud", "diagnosed", ("wrong-alias",),
    under=(Tree("serving/api-503", "endpoint fraud-api", "diagnosed", ("model-failed-to-load",)),),
)  # fmt: skip
API = Tree("serving/api-503", "endpoint churn-api", "diagnosed", ("model-failed-to-load",))
MODEL = Tree("mlflow/model-cannot-load", "model churn", "diagnosed", ("store-unreachable",), under=(API,))
TRACKING = Tree("mlflow/offline-or-empty", "mlflow prod", "diagnosed", ("database-offline",), under=(MODEL,))
CHAIN = Tree("kubernetes/container-loops", "container postgres", "diagnosed", ("disk-full",), under=(TRACKING,))
