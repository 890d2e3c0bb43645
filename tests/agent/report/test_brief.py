"""The few lines for a termination message: what matters first, and never more than is kept."""

from __future__ import annotations

import msgspec
import pytest

from agent.report.brief import MOST_BYTES, render
from agent.report.model import Gap, Report

from . import examples


def _many(count: int, **changed: object) -> Report:
    one = examples.rich().incidents[0]
    return msgspec.structs.replace(examples.rich(), incidents=tuple(msgspec.structs.replace(one, id=f"{number:04x}", **changed) for number in range(count)))


def test_the_first_problem_is_told_with_cause_repair_and_command() -> None:
    first = examples.rich().incidents[0]
    said = render(examples.rich())

    assert said.startswith(examples.rich().verdict[:40])
    assert f"1. {first.title[:40]}" in said
    assert first.named[0] in said
    assert first.fix[0].command in said


@pytest.mark.parametrize("name", examples.GOLDEN)
def test_every_report_fits(name: str) -> None:
    assert len(render(examples.GOLDEN[name]()).encode()) <= MOST_BYTES


def test_of_many_problems_the_gravest_are_told_and_the_rest_are_counted() -> None:
    said = render(_many(60))
    told = sum(line[:1].isdigit() and ". " in line for line in said.splitlines()[1:-1])

    assert len(said.encode()) <= MOST_BYTES
    assert 1 < told < 60
    assert f"{60 - told} more problems." in said.splitlines()[-1]


@pytest.mark.parametrize("text", ["模型" * 2000, "x" * 9000, "a " * 4000])
def test_even_one_endless_problem_fits(text: str) -> None:
    report = msgspec.structs.replace(_many(3, title=text, named=(text,)), verdict=text)
    said = render(report)

    assert len(said.encode()) <= MOST_BYTES
    assert "1. " in said


def test_what_was_asked_for_and_not_seen_stands_below_also_when_problems_fill_the_room() -> None:
    gap = Gap(what="kubernetes.nodes", why="forbidden", detail="403", remedy="Grant it.", asked=True)
    said = render(msgspec.structs.replace(_many(60), gaps=(gap, msgspec.structs.replace(gap, what="kubernetes.quotas"))))

    assert "NOT SEEN kubernetes.nodes: not allowed; kubernetes.quotas: not allowed" in said.splitlines()[-2]


def test_what_is_known_is_counted_in_the_verdict_alone() -> None:
    said = render(examples.known())

    assert (True, False) == ("1 known problem." in said, "\n2. " in said)


def test_nothing_found_is_not_called_healthy() -> None:
    said = render(examples.nothing())

    assert said.startswith("Nothing wrong in what I could see")
    assert "healthy" not in said
