"""PostgreSQL loops, so MLflow cannot search, so a model cannot load, so the API answers 503: one incident, the database first."""

from __future__ import annotations

import msgspec
import pytest

from rules._expr import Outcome
from tests.scenarios._platform import (
    API,
    CHAIN,
    FRAUD,
    MODEL,
    ORDERED_ONSETS,
    TRACKING,
    UNSEEN_ONSETS,
    api,
    chain,
    database,
    model,
    tracking,
    two_roots,
)
from tests.scenarios._trees import Tree, outcome, trees
from tests.scenarios._world import World


@pytest.mark.parametrize(
    "onsets",
    [UNSEEN_ONSETS, ORDERED_ONSETS, (20, None, None, None), (None, 18, None, 10), (20, 20, 20, 20)],
    ids=["nobody saw an onset", "in the right order", "only the root's", "every other one", "all at once"],
)
def test_the_database_leads_one_incident_and_each_consequence_hangs_under_the_one_before(onsets: tuple[float | None, ...]) -> None:
    assert (CHAIN,) == trees(chain(onsets))


def test_a_parent_seen_to_begin_half_a_minute_later_still_counts() -> None:
    assert (CHAIN,) == trees(chain((20, 20.5, 20, 20)))


def test_what_is_known_to_have_begun_later_is_not_the_parent() -> None:
    """MLflow failed ten minutes before its database did."""
    found = trees(chain((20, 30, None, None)))

    assert [("kubernetes/container-loops", 0), ("mlflow/offline-or-empty", 1)] == [(tree.row, len(tree.under)) for tree in found]


def test_a_later_parent_speaks_for_no_cause() -> None:
    assert outcome(chain((20, 30, None, None)), "mlflow/offline-or-empty", "mlflow prod", "container-loops") is Outcome.FALSE


def test_a_later_parent_in_the_middle_cuts_the_chain_there() -> None:
    """The model failed ten minutes before MLflow did; the API after both, so it hangs under its model."""
    first, second = trees(chain((60, 20, 30, 10)))

    assert ("container postgres", ("mlflow prod",)) == (first.about, tuple(tree.about for tree in first.under))
    assert ("model churn", ("endpoint churn-api",)) == (second.about, tuple(tree.about for tree in second.under))


def test_one_database_explains_every_api_behind_it() -> None:
    world = api(chain(), "second-api", "churn")
    second = msgspec.structs.replace(API, about="endpoint second-api")
    under = msgspec.structs.replace(TRACKING, under=(msgspec.structs.replace(MODEL, under=(API, second)),))

    assert (msgspec.structs.replace(CHAIN, under=(under,)),) == trees(world)


def test_a_platform_without_the_database_leads_with_mlflow() -> None:
    """Nobody knows what MLflow keeps its data in: the log and the look at it are left."""
    world = api(
        model(World().saw("mlflow prod", health="OK", search_works=False).saw("mlflow prod", log_says="database"), "churn"), "churn-api", "churn"
    )

    assert (TRACKING,) == trees(world)


def test_a_healthy_database_is_no_parent() -> None:
    world = tracking(World().saw("container postgres", waiting_reason="", restart_count=0, oom_killed=False, state="running"))

    assert (Tree("mlflow/offline-or-empty", "mlflow prod", "diagnosed", ("database-offline",)),) == trees(world)


def test_two_unrelated_roots_are_two_incidents() -> None:
    """The model `fraud` stands in the MLflow that is offline, but its own trouble is that nobody set its alias."""
    assert (CHAIN, FRAUD) == trees(two_roots())


def test_two_roots_in_two_systems_are_two_incidents() -> None:
    world = database(World())
    world.saw("model fraud", load_failed=True, alias_exists=False, version_state="ready", error="not found").relate("model fraud in mlflow other")
    world.saw("mlflow other", health="OK", search_works=True)
    fraud = Tree("mlflow/model-cannot-load", "model fraud", "diagnosed", ("wrong-alias",))

    assert (Tree("kubernetes/container-loops", "container postgres", "diagnosed", ("disk-full",)), fraud) == trees(world)
