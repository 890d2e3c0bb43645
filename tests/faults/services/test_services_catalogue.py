"""The catalogue of states of real services."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.stack.process import ServiceError

from .catalogue import CAUSES, LOADING, OFFLINE, REMOTE, SETS, UPLOAD, Expect, State, load, named
from .plant import PROGRAMS, Garden
from .table import Grade, Line, Said, grade, together, weaker


@pytest.fixture(scope="module")
def states() -> list[State]:
    return load()


def test_there_are_enough_broken_and_healthy_ones_in_every_row(states: list[State]) -> None:
    broken = Counter(one.row for one in states if one.expect)
    healthy = Counter(one.row for one in states if not one.expect)

    assert set(CAUSES) == set(broken) == set(healthy)
    assert min(broken.values()) >= 10
    assert min(healthy.values()) >= 3


def test_ids_are_there_once(states: list[State]) -> None:
    assert [] == [name for name, times in Counter(one.id for one in states).items() if times > 1]


def test_every_cause_is_the_truth_of_a_state(states: list[State]) -> None:
    true = {(one.row, cause) for one in states if one.expect for cause in one.expect.true}
    true |= {(row, cause) for one in states for row, causes in one.also.items() for cause in causes}

    assert {(row, cause) for row, causes in CAUSES.items() for cause in causes} - true == set()


def test_every_program_is_used() -> None:
    used = "".join(path.read_text() for path in PROGRAMS.parent.rglob("*.py"))

    assert [] == [path.name for path in PROGRAMS.iterdir() if path.suffix == ".py" and f'"{path.stem}"' not in used and path.name not in used]


ONE = Expect("a", accept=("b",))
MANY = Expect(undetermined=("a", "b"), truth="a")


@pytest.mark.parametrize(
    ("expect", "said", "expected"),
    [
        (ONE, Said("likely", ("b",)), "right"),
        (ONE, Said("diagnosed", ("c",)), "WRONG NAME"),
        (ONE, Said("undetermined", ("a", "c")), "missed"),
        (ONE, Said("nothing"), "missed"),
        (ONE, Said("likely", ("a",), ("other/row: likely c",)), "SAID"),
        (Expect("a", accept_undetermined=True, accept_nothing=True), Said("undetermined", ("a", "c")), "right"),
        (Expect("a", accept_undetermined=True, accept_nothing=True), Said("nothing"), "right"),
        (MANY, Said("undetermined", ("a", "c")), "right"),
        (MANY, Said("undetermined", ("b", "c")), "missed"),
        (MANY, Said("likely", ("a",)), "oversure"),
        (MANY, Said("likely", ("b",)), "WRONG NAME"),
        (MANY, Said("none fits"), "missed"),
        (None, Said("nothing"), "right"),
        (None, Said("nothing", (), ("a/row: undetermined a, b",)), "SAID"),
    ],
)
def test_what_is_said_is_graded(expect: Expect | None, said: Said, expected: str) -> None:
    assert expected == grade(expect, said)


@pytest.mark.parametrize(
    ("said", "was", "expected"),
    [
        (Said("nothing"), "missed", "weaker"),
        (Said("undetermined", ("a", "c")), "missed", "weaker"),
        (Said("undetermined", ("c", "d")), "missed", "missed"),
        (Said("likely", ("c",)), "WRONG NAME", "WRONG NAME"),
        (Said("nothing", (), ("other/row: likely c",)), "SAID", "SAID"),
    ],
)
def test_with_less_to_see_only_what_is_honest_passes(states: list[State], said: Said, was: Grade, expected: Grade) -> None:
    line = Line(replace(states[0], expect=ONE), said, was, "no workload")

    assert expected == weaker(line).grade


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_chosen_by_its_name(states: list[State], name: str) -> None:
    chosen = named(of=name)

    assert {name} == {one.set for one in chosen}
    assert len(chosen) == sum(one.set == name for one in states)


def test_every_state_is_of_a_set(states: list[State]) -> None:
    assert set(SETS) == {one.set for one in states}


@pytest.mark.parametrize(
    ("id_", "incidents", "expected"),
    [
        ("chain-database-and-a-model", [(OFFLINE, {OFFLINE, LOADING})], True),
        ("chain-database-and-a-model", [(OFFLINE, {OFFLINE, LOADING}), (REMOTE, {REMOTE})], True),
        ("chain-database-and-a-model", [(LOADING, {OFFLINE, LOADING})], False),
        ("chain-database-and-a-model", [(OFFLINE, {OFFLINE}), (LOADING, {LOADING})], False),
        ("chain-database-and-a-model", [(OFFLINE, {OFFLINE})], False),
        ("chain-egress-dropped", [(REMOTE, {UPLOAD, REMOTE})], True),
        ("chain-egress-dropped", [(REMOTE, {REMOTE}), (UPLOAD, {UPLOAD})], False),
        ("helper-changed", [], True),
    ],
)
def test_what_follows_is_told_under_its_cause(states: list[State], id_: str, incidents: list[tuple[str, set[str]]], *, expected: bool) -> None:
    (one,) = (one for one in states if one.id == id_)

    assert expected == together(one, incidents)


@pytest.mark.services
def test_a_state_shows_as_it_is_told(states: list[State]) -> None:
    (one,) = (one for one in states if one.id == "helper-changed")
    with Garden.opened() as garden:
        try:
            with garden.planted(one) as words:
                asked = words.words[0]
        except ServiceError as error:
            pytest.skip(str(error))

    assert "--repo" == asked
