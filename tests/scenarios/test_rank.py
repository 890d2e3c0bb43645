"""Weights to words: when a cause is diagnosed, likely or one of several, and that what nobody saw never makes it surer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rules._expr import Outcome
from rules._rank import DIAGNOSED, GROUP_CAP, LIKELY, MOST, SET_MASS, SUPPORT, TOTAL_CAP, Ranking, Weighed, rank
from rules._row import OTHER, Cause, Evidence, Fix, Group, Row, Verify

T, F, UNSEEN, ABSENT = Outcome.TRUE, Outcome.FALSE, Outcome.CANNOT_TELL, Outcome.NOT_APPLICABLE
GROUPS: tuple[Group, ...] = get_args(Group)


def _row(other: float = 0.05, **priors: float) -> Row:
    causes = tuple(Cause(id=id_, cause=id_, prior=prior) for id_, prior in priors.items())
    return Row(
        id="made/up", symptom="Made up", status="stable", triage=("look",), causes=causes, other=other,
        fix=(Fix(for_=tuple(priors), do="Mend it."),), verify=(Verify(do="Look."),), prevent=("Care.",),
    )  # fmt: skip


def _line(outcome: Outcome, group: Group, then: Mapping[str, float], else_: Mapping[str, float] | None = None, states: str = "") -> Weighed:
    return Weighed(Evidence(if_="made up", group=group, then=dict(then), else_=dict(else_ or {}), states=states), outcome)


def _numbered(*lines: Weighed) -> tuple[Weighed, ...]:
    return tuple(msgspec.structs.replace(line, number=number) for number, line in enumerate(lines))


def _said(row: Row, *lines: Weighed) -> tuple[str, tuple[str, ...]]:
    found = rank(row, _numbered(*lines))
    return found.band, tuple(sorted(found.candidates))


EVEN = _row(a=0.3, b=0.3, c=0.3)


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        (("diagnosed", ("a",)), (_line(T, "log", {"a": 15}), _line(T, "events", {"a": 5}))),
        (("likely", ("a",)), (_line(T, "log", {"a": 15}), _line(T, "events", {"a": 4.9}))),
        (("likely", ("a",)), (_line(T, "log", {"a": 25}),)),
        (("diagnosed", ("a",)), (_line(T, "status", {"a": 10}), _line(T, "log", {"a": 10}))),
        (("diagnosed", ("a",)), (_line(T, "status", {"a": 20}, states="a"),)),
        (("likely", ("a",)), (_line(T, "status", {"a": 5}, states="a"),)),
        (("undetermined", ("a", "b", "c")), (_line(T, "status", {"a": 6}),)),
        (("undetermined", ("a", "b")), (_line(T, "status", {"a": 25}),)),
        (("undetermined", ("a", "b", "c")), (_line(T, "log", {"a": 4}),)),
        (("undetermined", ("a", "b", "c")), (_line(F, "log", {"a": 25}),)),
        (("undetermined", ("a", "b", "c")), (_line(UNSEEN, "log", {"a": 25}),)),
        (("undetermined", ("a", "b", "c")), (_line(ABSENT, "log", {"a": 25}),)),
        (("none fits", ("other",)), (_line(F, "log", {}, {"a": -20, "b": -20, "c": -20}),)),
        (("undetermined", ("b", "c")), (_line(F, "log", {}, {"a": -20}),)),
    ],
)
def test_what_is_said_of_three_equal_causes(expected: tuple[str, tuple[str, ...]], lines: tuple[Weighed, ...]) -> None:
    assert expected == _said(EVEN, *lines)


def test_support_for_and_against_in_one_group_is_netted_before_it_counts() -> None:
    """Its log speaks for it (15) and against it (-11): a net of four is no support."""
    lines = (_line(T, "log", {"a": 15}), _line(F, "log", {}, {"a": -11, "b": -25, "c": -25}))

    assert "undetermined" == _said(EVEN, *lines)[0]


def test_only_the_strongest_for_and_the_strongest_against_of_a_group_count() -> None:
    many = [_line(T, "log", {"a": weight}) for weight in (3, 12, 7, 12)] + [_line(F, "log", {}, {"a": weight}) for weight in (-2, -5)]

    assert {"log": 7.0} == rank(EVEN, _numbered(*many)).support["a"]


def test_ten_lines_of_one_channel_weigh_no_more_than_one() -> None:
    one, many = (_line(T, "metrics", {"a": 8}),), tuple(_line(T, "metrics", {"a": 8}) for _ in range(10))

    assert rank(EVEN, _numbered(*one)).posteriors == rank(EVEN, _numbered(*many)).posteriors


def test_a_cause_that_is_stated_takes_the_largest_prior() -> None:
    """The rarest cause of the row, stated by the runtime itself, beats a common one."""
    row = _row(common=0.6, rare=0.01)
    plain, stated = (rank(row, _numbered(_line(T, "status", {"rare": 12}, states=states))) for states in ("", "rare"))

    assert (("common", "undetermined"), ("rare", "diagnosed")) == ((plain.lead, plain.band), (stated.lead, stated.band))


@pytest.mark.parametrize("outcome", [F, UNSEEN, ABSENT])
def test_a_statement_that_is_not_true_states_nothing(outcome: Outcome) -> None:
    row = _row(common=0.6, rare=0.01)
    plain = rank(row, ()).posteriors

    assert plain == rank(row, _numbered(_line(outcome, "status", {"rare": 12}, states="rare"))).posteriors


def test_priors_that_do_not_add_up_to_one_are_normalised() -> None:
    assert rank(_row(other=0.05, a=0.3, b=0.3), ()).posteriors == rank(_row(other=0.025, a=0.15, b=0.15), ()).posteriors


def test_no_posterior_is_ever_said_to_be_above_98_per_cent() -> None:
    assert max(value for _, value in rank(EVEN, _numbered(_line(T, "log", {"a": 25}), _line(T, "spec", {"a": 20}))).posteriors) == MOST


def test_an_undetermined_set_names_the_rival_that_one_look_could_put_in_front() -> None:
    """`a` leads with all but everything; the log, which nobody read, would put `c` in front."""
    lines = (_line(T, "status", {"a": 14}), _line(UNSEEN, "log", {"c": 20}))

    assert ("undetermined", ("a", "b", "c")) == _said(EVEN, *lines)


def test_an_undetermined_set_leaves_out_what_no_one_look_could_put_in_front() -> None:
    row = _row(a=0.5, b=0.2, c=0.02, d=0.02)
    lines = (_line(T, "status", {"a": 10}), _line(UNSEEN, "log", {"c": 5, "d": 24}))

    assert ("undetermined", ("a", "b", "d")) == _said(row, *lines)


def test_a_rival_that_an_unseen_statement_would_put_in_front_is_named() -> None:
    """The rarest cause of the row; if the log states it, it takes the row's largest prior and leads by 12 decibans."""
    row = _row(common=0.6, usual=0.3, rare=0.01)
    statement = _line(UNSEEN, "log", {"rare": 12}, states="rare")
    told = rank(row, _numbered(msgspec.structs.replace(statement, outcome=T)))
    unseen = rank(row, _numbered(statement))

    assert ("rare", True) == (told.lead, "rare" in unseen.candidates)


def test_a_rival_that_an_unseen_statement_without_a_weight_would_put_in_front_is_named() -> None:
    """What states a cause lifts it by its prior alone, whatever weights the line has if it is false."""
    row = _row(common=0.3, usual=0.3, rare=0.01)
    lines = (_line(T, "status", {"rare": 6}), _line(UNSEEN, "log", {}, {"rare": -1}, states="rare"))

    assert "rare" in rank(row, _numbered(*lines)).candidates


def test_an_undetermined_set_of_a_row_with_one_cause_is_not_that_one_cause() -> None:
    """Nothing speaks for it, and something unknown may be it as well."""
    assert ("a",) != rank(_row(other=0.3, a=0.3), ()).candidates


# over random weights

CAUSES = ("a", "b", "c", "d")
weights = st.floats(-25, 25, allow_nan=False).map(lambda value: round(value, 1))
by_cause = st.dictionaries(st.sampled_from(CAUSES), weights, max_size=4)


@st.composite
def _rows(draw: st.DrawFn) -> Row:
    count = draw(st.integers(1, len(CAUSES)))
    priors = {cause: draw(st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.3, 0.5])) for cause in CAUSES[:count]}
    return _row(other=draw(st.sampled_from([0.02, 0.05, 0.2])), **priors)


@st.composite
def _lines(draw: st.DrawFn, groups: tuple[Group, ...] = GROUPS, *, statements: bool = True) -> Weighed:
    then, else_ = draw(by_cause), draw(by_cause)
    states = draw(st.sampled_from(["", *CAUSES])) if statements else ""
    return _line(draw(st.sampled_from([T, F, UNSEEN, ABSENT])), draw(st.sampled_from(groups)), then, else_, states)


def _ranked(row: Row, lines: list[Weighed]) -> Ranking:
    """Weights of causes that the row does not have are dropped, as the lint would refuse them."""
    known = set(row.cause_ids)
    kept = [
        msgspec.structs.replace(
            line,
            evidence=msgspec.structs.replace(
                line.evidence,
                then={cause: value for cause, value in line.evidence.then.items() if cause in known},
                else_={cause: value for cause, value in line.evidence.else_.items() if cause in known},
                states=line.evidence.states if line.evidence.states in known else "",
            ),
        )
        for line in lines
    ]
    return rank(row, _numbered(*kept))


@given(_rows(), st.lists(_lines(("status",), statements=False), max_size=6))
def test_what_merely_restates_the_symptom_is_never_likely(row: Row, lines: list[Weighed]) -> None:
    assert _ranked(row, lines).band in ("undetermined", "none fits")


@given(_rows(), st.lists(_lines(), max_size=8))
def test_an_undetermined_set_never_is_one_name_alone(row: Row, lines: list[Weighed]) -> None:
    found = _ranked(row, lines)

    assert found.band != "undetermined" or len(found.candidates) != 1


@given(_rows(), st.lists(_lines(), max_size=8))
def test_an_undetermined_set_and_what_is_not_known_hold_the_mass(row: Row, lines: list[Weighed]) -> None:
    found = _ranked(row, lines)
    assume(found.band == "undetermined")

    assert sum(value for cause, value in found.posteriors if cause in (*found.candidates, OTHER)) >= SET_MASS - 1e-9


@given(_rows(), st.lists(_lines(), max_size=8))
def test_an_undetermined_set_holds_each_rival_that_one_look_would_put_in_front(row: Row, lines: list[Weighed]) -> None:
    """Checked by ranking again with each unseen clause true."""
    found = _ranked(row, lines)
    assume(found.band == "undetermined" and found.posteriors[0][1] >= LIKELY)
    unseen = [number for number, line in enumerate(lines) if line.outcome is UNSEEN]
    ahead = {
        _ranked(row, [msgspec.structs.replace(line, outcome=T) if at == number else line for at, line in enumerate(lines)]).lead for number in unseen
    }

    assert ahead - {OTHER} <= set(found.candidates)


@given(_rows(), st.lists(_lines(), max_size=8))
def test_the_words_keep_their_promise(row: Row, lines: list[Weighed]) -> None:
    found = _ranked(row, lines)
    lead, posterior = found.posteriors[0]
    strong = [group for group, value in found.support[lead].items() if value >= SUPPORT]
    stated = any(line.outcome is T and line.evidence.states == lead for line in lines)

    assert (found.band == "none fits") <= (lead == OTHER)
    assert (found.band == "diagnosed") <= (posterior >= DIAGNOSED and (stated or len(strong) >= 2))
    assert (found.band == "likely") <= (posterior >= LIKELY and (stated or any(group != "status" for group in strong)))


@given(_rows(), st.lists(_lines(), max_size=12))
def test_no_group_weighs_more_than_25_and_all_together_no_more_than_45(row: Row, lines: list[Weighed]) -> None:
    """Whatever is piled up, two causes of one prior are never further apart than 90 decibans."""
    found = _ranked(row, lines)

    assert all(abs(value) <= GROUP_CAP for groups in found.support.values() for value in groups.values())
    assert min(value for _, value in found.posteriors) >= 10 ** (-(2 * TOTAL_CAP + 10 * 2) / 10)


@given(_rows(), st.lists(_lines(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_nothing(row: Row, lines: list[Weighed], random: object) -> None:
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = _ranked(row, lines), _ranked(row, mixed)

    assert (one.band, one.candidates) == (other.band, other.candidates)
    assert [pytest.approx(value) for _, value in one.posteriors] == [value for _, value in other.posteriors]


# what nobody saw


@st.composite
def _plain_lines(draw: st.DrawFn) -> Weighed:
    """A line as rows have them: for one cause if true, against it and perhaps against another one."""
    cause, rival = draw(st.sampled_from(CAUSES)), draw(st.sampled_from(CAUSES))
    then = {rival: -draw(st.integers(0, 15)), cause: draw(st.integers(3, 20))}
    return _line(draw(st.sampled_from([T, F])), draw(st.sampled_from(GROUPS)), then, {cause: -draw(st.integers(0, 20))})


FOUR = _row(a=0.3, b=0.2, c=0.1, d=0.1)
_masks = st.lists(st.booleans(), min_size=7, max_size=7)


def _withdrawn(lines: list[Weighed], masks: list[bool]) -> list[Weighed]:
    return [msgspec.structs.replace(line, outcome=UNSEEN) if masked else line for line, masked in zip(lines, masks, strict=False)]


@settings(max_examples=300, deadline=None)
@given(st.lists(_plain_lines(), min_size=1, max_size=7), _masks)
def test_withdrawn_evidence_never_makes_a_wrong_cause_diagnosed(lines: list[Weighed], masks: list[bool]) -> None:
    """Wrong is what is not the best with everything seen."""
    full, blind = _ranked(FOUR, lines), _ranked(FOUR, _withdrawn(lines, masks))

    assert blind.band != "diagnosed" or blind.lead == full.lead


@settings(max_examples=300, deadline=None)
@given(st.lists(_plain_lines(), min_size=1, max_size=7), st.integers(0, 6))
def test_one_withdrawn_line_never_names_a_wrong_cause(lines: list[Weighed], place: int) -> None:
    """Neither diagnosed nor likely: what the one line would say if it were seen, true or false, is known from its weights."""
    full, blind = _ranked(FOUR, lines), _ranked(FOUR, _withdrawn(lines, [at == place for at in range(7)]))

    assert not blind.named or blind.lead == full.lead


def test_a_cause_is_not_named_while_one_unseen_clause_would_refute_it_if_false() -> None:
    """`b` leads; the spec, which nobody saw, would speak against it with 20 decibans if it does not say what `b` needs."""
    seen = (_line(T, "log", {"b": 12}), _line(T, "metrics", {"a": 6}))

    assert "a" == rank(FOUR, _numbered(*seen, _line(F, "spec", {"b": 3}, {"b": -20}))).lead
    assert not rank(FOUR, _numbered(*seen, _line(UNSEEN, "spec", {"b": 3}, {"b": -20}))).named


def test_a_cause_is_not_diagnosed_while_two_unseen_clauses_together_would_put_another_in_front() -> None:
    """Neither the log nor the metrics alone would be enough for `a`."""
    seen = (_line(T, "active", {"b": 8}), _line(T, "change", {"b": 8}))

    assert "a" == rank(FOUR, _numbered(*seen, _line(T, "log", {"a": 12}), _line(T, "metrics", {"a": 12}))).lead
    assert "diagnosed" != rank(FOUR, _numbered(*seen, _line(UNSEEN, "log", {"a": 12}), _line(UNSEEN, "metrics", {"a": 12}))).band


def test_a_cause_that_the_system_itself_states_is_diagnosed_whatever_is_unseen() -> None:
    lines = (_line(T, "status", {"b": 20}, states="b"), _line(UNSEEN, "log", {"a": 25}))

    assert ("diagnosed", ("b",)) == _said(FOUR, *lines)


def test_a_cause_is_not_diagnosed_while_one_unseen_clause_would_put_another_in_front() -> None:
    """The smallest case: two channels speak for `b`, one nobody saw speaks louder for `a`."""
    for_b = (_line(T, "metrics", {"b": 6}), _line(T, "spec", {"b": 6, "a": -6, "c": -6}))

    assert "a" == rank(FOUR, _numbered(*for_b, _line(T, "log", {"a": 25}))).lead
    assert "diagnosed" != rank(FOUR, _numbered(*for_b, _line(UNSEEN, "log", {"a": 25}))).band


@settings(max_examples=300, deadline=None)
@given(st.lists(_plain_lines(), min_size=1, max_size=7), _masks)
def test_withdrawn_evidence_that_decides_nothing_leaves_the_word_as_it_is(lines: list[Weighed], masks: list[bool]) -> None:
    """What weighs for no cause may be seen or not."""
    empty = [_line(UNSEEN if masked else T, "log", {}) for masked in masks]

    assert _ranked(FOUR, lines).band == _ranked(FOUR, [*lines, *empty]).band
