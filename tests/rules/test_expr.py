"""What a condition may be, and what it comes to."""

from __future__ import annotations

import pytest

from rules._expr import Environment, ExpressionError, cel_value, declared, names_in

ENV = Environment(declared([("c.code", "int"), ("c.ratio", "double"), ("c.died_at", "time"), ("c.says", "texts"), ("c.state", "text"), ("c.oom", "bool")]))


def test_the_names_of_an_expression_are_those_an_empty_environment_does_not_know() -> None:
    assert names_in('c.code == 3 && c.says.exists(x, x == "a") || up.state != ""') == ("c.code", "c.says", "up.state")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("c.code + 1", "not a condition"),
        ('c.code == "a"', "Column 8: found no matching overload"),
        ("c.code ==", "Column 10: Syntax error"),
        ("c.nosuch == 1", "No probe and no derivation gives c.nosuch"),
        ("c.code > 2.5", "no matching overload"),
        ("c.code == 1" + " || c.code == 1" * 20, "at most 120 are allowed"),
        ("(" * 50 + "c.oom" + ")" * 50, "Expression recursion limit"),
        ("[[1,2],[3,4]].map(x, x)", "not a condition"),
    ],
)
def test_what_is_not_a_typed_condition_is_refused_with_its_column(text: str, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        ENV.compile(text)

    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("expected", "text", "bound"),
    [
        (True, "c.code == 137", {"c.code": 137}),
        (False, 'c.code == 137 && c.state == "x"', {"c.code": 1}),
        (True, 'c.code == 137 || c.state == "x"', {"c.code": 137}),
        (None, 'c.code == 137 && c.state == "x"', {"c.code": 137}),
        (True, 'c.died_age < duration("15m")', {"c.died_age": cel_value("span", 60.0)}),
        (True, '"b" in c.says', {"c.says": ["a", "b"]}),
        (None, "c.ratio > 0.5", {}),
    ],
)
def test_an_expression_uses_what_is_bound_and_is_undecided_without_the_rest(expected: bool | None, text: str, bound: dict[str, object]) -> None:
    assert expected is ENV.compile(text).value(bound)


def test_a_loop_over_a_long_list_stops_and_decides_nothing() -> None:
    bomb = "c.says.all(a, c.says.all(b, c.says.all(d, a != b || b != d || true)))"

    assert ENV.compile(bomb).value({"c.says": ["x"] * 400}) is None


def test_nothing_binds_as_empty_for_texts_and_not_at_all_for_numbers() -> None:
    assert ("", [], None, None, None) == tuple(cel_value(type_, None) for type_ in ("text", "texts", "int", "bool", "time"))
