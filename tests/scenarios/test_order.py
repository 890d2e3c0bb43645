"""The order in which probes answer changes nothing that is said."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from rules._facts import Facts
from rules._judge import Judged, judge
from rules._roots import roots
from tests.scenarios._platform import ORDERED_ONSETS, chain, loop, pull_failures, two_roots
from tests.scenarios._trees import book, facts_of
from tests.scenarios._world import World, ago

SHUFFLES, FEWER = 1000, 200


def _circle() -> World:
    world = World()
    for name, needed in zip("abcde", "bcdea", strict=True):
        loop(world, name, needed)
    return world


def _names() -> World:
    """Three names of one service, five sources that disagree, three events at one moment, two censuses."""
    world = World().same("service", "10.0.0.7", "svc:mlops/mlflow", "http://mlflow.mlops:5000").same("service", "mlflow.mlops", "10.0.0.7")
    for by, vantage, port in (("a", "host", 1), ("b", "node", 2), ("c", "host", 3), ("d", "itself", 4), ("e", "itself", 5), ("f", "pod", None)):
        world.saw("service 10.0.0.7", by=by, vantage=vantage, port=port, answers=False)  # type: ignore[arg-type]
    for said in ("no space", "disk full", ""):
        world.happened("container db", "volume_event", said, ago(3))
    world.saw("container db", waiting_reason="CrashLoopBackOff", last_attempt_at=ago(4), oom_killed=False)
    return world.counted("registry r", "container", 5, 0).counted("registry r", "container", 5, 1)


WORLDS: dict[str, tuple[Callable[[], World], int]] = {
    "chain": (chain, SHUFFLES),
    "chain with onsets": (lambda: chain(ORDERED_ONSETS), SHUFFLES),
    "two roots": (two_roots, SHUFFLES),
    "circle": (_circle, FEWER),
    "names": (_names, SHUFFLES),
    "registry": (lambda: pull_failures(pods=60), FEWER // 2),
    "blind": (lambda: two_roots().without("kubernetes.logs", "mlflow.models", "kubernetes.services"), FEWER),
}


def _present(found: Judged) -> object:
    return roots(case for case in found.cases if case.here)


@pytest.mark.parametrize("name", list(WORLDS))
def test_any_order_of_arrival_gives_the_same_cases_and_the_same_incidents(name: str) -> None:
    make, times = WORLDS[name]
    world, order = make(), random.Random(7)  # noqa: S311  # any order will do
    first = judge(book(), Facts(world.observed(), book().vocabulary))
    for _ in range(times):
        again = judge(book(), Facts(world.observed(order), book().vocabulary))
        assert first == again
        assert _present(first) == _present(again)


def test_a_thousand_orders_of_arrival_give_the_same_conflicts_in_the_same_order() -> None:
    world, order = _names(), random.Random(7)  # noqa: S311  # any order will do
    first = facts_of(world).conflicts

    assert all(first == Facts(world.observed(order), book().vocabulary).conflicts for _ in range(SHUFFLES))


@pytest.mark.parametrize("name", list(WORLDS))
def test_the_order_of_the_cases_changes_no_incident(name: str) -> None:
    make, _ = WORLDS[name]
    cases = [case for case in judge(book(), facts_of(make())).cases if case.here]
    order, first = random.Random(7), roots(cases)  # noqa: S311  # any order will do
    for _ in range(50):
        order.shuffle(cases)
        assert first == roots(cases)


@pytest.mark.parametrize("name", list(WORLDS))
def test_judging_the_same_facts_twice_gives_the_same(name: str) -> None:
    """Values are derived once and kept; asking for them in another order must not show."""
    make, _ = WORLDS[name]
    facts = facts_of(make())

    assert judge(book(), facts) == judge(book(), facts)
