"""What is said with one probe, one channel or one system taken away: less, or less surely, but nothing wrong."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._contract import Subject, Why
from rules._expr import Outcome
from rules._judge import Case
from rules._rank import Weighed
from rules._roots import Node
from tests.scenarios._platform import ORDERED_ONSETS, chain, pull_failures, two_roots
from tests.scenarios._specs import PROBES
from tests.scenarios._trees import incidents, judged
from tests.scenarios._world import World

CHANNELS = {
    "logs": ("kubernetes.logs", "mlflow.logs", "airflow.logs"),
    "events": ("kubernetes.events",),
    "metrics": ("prometheus.containers", "prometheus.workloads"),
    "MLflow": ("mlflow.server", "mlflow.logs", "mlflow.models"),
    "Kubernetes": tuple(probe.name for probe in PROBES if probe.name.startswith("kubernetes.")),
    "logs and metrics": ("kubernetes.logs", "mlflow.logs", "prometheus.containers", "prometheus.workloads"),
    "all that is followed up": tuple(probe.name for probe in PROBES if not probe.sweeps),
    **{probe.name: (probe.name,) for probe in PROBES},
}
WORLDS: dict[str, Callable[[], World]] = {
    "chain": chain,
    "chain with onsets": lambda: chain(ORDERED_ONSETS),
    "registry": lambda: pull_failures(pods=30),
    "two roots": two_roots,
}
Key = tuple[str, str]

everywhere = pytest.mark.parametrize("name", list(WORLDS))
REASONS: tuple[Why, ...] = ("refused", "not configured")
withdrawn = pytest.mark.parametrize("channel", [f"{channel}: {why}" for why in REASONS for channel in CHANNELS])
refused = pytest.mark.parametrize("channel", [f"{channel}: refused" for channel in CHANNELS])


@functools.cache
def _world(name: str) -> World:
    return WORLDS[name]()


@functools.cache
def _less(name: str, channel: str) -> World:
    """`channel` is written `logs: refused`."""
    what, _, why = channel.rpartition(": ")
    return _world(name).without(*CHANNELS[what], why=next(one for one in REASONS if one == why))


@functools.cache
def _truth(name: str) -> dict[Key, Case]:
    """What is said with everything seen, for each row and subject."""
    return _by_subject(_world(name))


def _by_subject(world: World) -> dict[Key, Case]:
    return {(case.row.id, str(subject)): case for case in judged(world).cases if case.here for subject in case.subjects}


@everywhere
@withdrawn
def test_what_is_named_is_what_is_named_with_everything_seen(name: str, channel: str) -> None:
    truth = _truth(name)
    wrong = [
        (key, case.ranking.band, case.ranking.lead)
        for key, case in _by_subject(_less(name, channel)).items()
        if case.ranking.named and case.ranking.lead != truth[key].ranking.lead
    ]

    assert wrong == []


@everywhere
@withdrawn
def test_what_is_left_holds_what_is_named_with_everything_seen(name: str, channel: str) -> None:
    truth = _truth(name)
    wrong = [
        (key, case.ranking.band, case.ranking.candidates)
        for key, case in _by_subject(_less(name, channel)).items()
        if truth[key].ranking.lead not in case.ranking.candidates
    ]

    assert wrong == []


@everywhere
@withdrawn
def test_no_symptom_appears_that_is_not_there_with_everything_seen(name: str, channel: str) -> None:
    assert _by_subject(_less(name, channel)).keys() <= _truth(name).keys()


@everywhere
@withdrawn
def test_a_symptom_that_is_no_longer_seen_is_open_or_was_never_reached(name: str, channel: str) -> None:
    """It is not said to be absent: nothing that is present with everything seen is judged `not there`."""
    presence = judged(_less(name, channel)).presence
    truth = judged(_world(name)).presence
    denied = [key for key, found in truth.items() if found.here and key in presence and presence[key].state is None]

    assert denied == []


@everywhere
@withdrawn
def test_nothing_hangs_under_what_it_does_not_hang_under_with_everything_seen(name: str, channel: str) -> None:
    """A link in the middle may be missing, so a case may hang under what is farther up."""
    above = _above(incidents(_world(name)))
    wrong = [
        (child, parent) for child, parents in _above(incidents(_less(name, channel))).items() for parent in parents if parent not in above[child]
    ]

    assert wrong == []


def _above(nodes: tuple[Node, ...]) -> dict[Key, set[Key]]:
    """For each row and subject: the rows and subjects that it hangs under, at any distance."""
    found: dict[Key, set[Key]] = {}
    for node, parents in _walk(nodes, ()):
        for subject in node.case.subjects:
            key = (node.case.row.id, str(subject))
            found.setdefault(key, set()).update((parent.row.id, str(one)) for parent in parents for one in parent.subjects)
    return found


def _walk(nodes: tuple[Node, ...], parents: tuple[Case, ...]) -> Iterator[tuple[Node, tuple[Case, ...]]]:
    for node in nodes:
        yield node, parents
        yield from _walk(node.consequences, (*parents, node.case))


def _outcomes(world: World) -> dict[tuple[str, str, int], Weighed]:
    """Each line of evidence of each subject that is a case's representative."""
    return {(case.row.id, str(case.representative), line.number): line for case in judged(world).cases if case.here for line in case.weighed}


@everywhere
@withdrawn
def test_no_clause_turns_from_true_to_false_or_back(name: str, channel: str) -> None:
    before, after = _outcomes(_world(name)), _outcomes(_less(name, channel))
    decided = {Outcome.TRUE, Outcome.FALSE}
    turned = [
        (key, line.evidence.if_ or line.evidence.parent, before[key].outcome, line.outcome)
        for key, line in after.items()
        if key in before and {before[key].outcome, line.outcome} == decided
    ]

    assert turned == []


@everywhere
@refused
def test_a_clause_that_was_decided_and_is_no_longer_cannot_be_told(name: str, channel: str) -> None:
    """It does not become `not applicable`: something is there that nobody could see."""
    before, after = _outcomes(_world(name)), _outcomes(_less(name, channel))
    dropped = [
        (key, line.evidence.if_ or line.evidence.parent)
        for key, line in after.items()
        if key in before and before[key].outcome in (Outcome.TRUE, Outcome.FALSE) and line.outcome is Outcome.NOT_APPLICABLE
    ]

    assert dropped == []


@everywhere
@withdrawn
def test_every_clause_that_cannot_be_told_says_what_would_settle_it(name: str, channel: str) -> None:
    silent = [
        (case.row.id, str(case.representative), line.evidence.if_ or line.evidence.parent)
        for case in judged(_less(name, channel)).cases
        for line in case.weighed
        if line.outcome is Outcome.CANNOT_TELL and not line.missing and "cohort." not in line.evidence.if_
    ]

    assert silent == []


# any looks taken away, one by one

LOOKS = {name: _world(name).looks() for name in ("chain", "two roots")}


def _random_looks(name: str) -> st.SearchStrategy[set[tuple[str, Subject]]]:
    return st.sets(st.sampled_from(LOOKS[name]))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(LOOKS)))
def test_whatever_looks_are_refused_no_clause_turns_and_no_symptom_is_denied(data: st.DataObject, name: str) -> None:
    less = _world(name).without_looks(data.draw(_random_looks(name)))
    before, after = _outcomes(_world(name)), _outcomes(less)
    decided = {Outcome.TRUE, Outcome.FALSE}
    presence = judged(less).presence

    assert [] == [key for key, line in after.items() if key in before and {before[key].outcome, line.outcome} == decided]
    assert [] == [key for key, found in judged(_world(name)).presence.items() if found.here and key in presence and presence[key].state is None]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(LOOKS)))
def test_whatever_looks_are_refused_nothing_wrong_is_diagnosed(data: st.DataObject, name: str) -> None:
    truth = _truth(name)
    less = _by_subject(_world(name).without_looks(data.draw(_random_looks(name))))

    assert [] == [key for key, case in less.items() if case.ranking.band == "diagnosed" and case.ranking.lead != truth[key].ranking.lead]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(LOOKS)))
def test_whatever_looks_are_refused_the_truth_is_named_or_among_what_is_left(data: st.DataObject, name: str) -> None:
    truth = _truth(name)
    less = _by_subject(_world(name).without_looks(data.draw(_random_looks(name))))

    assert [] == [(key, case.ranking.band) for key, case in less.items() if truth[key].ranking.lead not in case.ranking.candidates]
