"""Our rows keep to the lint, and every example beside them is answered as it says."""

from __future__ import annotations

import pytest

from agent.pipeline import load
from rules._examples import Result, run_examples
from rules._lint import LINTS, lint
from rules._row import RowFile

PROBES, BOOK = load()
TRIAGE = frozenset(command for probe in PROBES for command in probe.stands_for)
RESULTS = [(file.row.id, result) for file in BOOK.live for result in run_examples(file, BOOK)]


@pytest.mark.parametrize("file", BOOK.files, ids=lambda file: file.row.id)
def test_a_row_breaks_no_lint(file: RowFile) -> None:
    assert [] == [str(problem) for problem in lint(file, BOOK, TRIAGE)]


@pytest.mark.parametrize(("row", "result"), RESULTS, ids=[f"{row}: {result.example.name}" for row, result in RESULTS])
def test_an_example_is_answered_as_it_says(row: str, result: Result) -> None:
    assert not result.wrong, row


def test_every_lint_says_why_it_is_there() -> None:
    assert all(reason.endswith(".") for reason, _check in LINTS.values())


def test_so_many_of_thirty_seven_are_live() -> None:
    assert (12, 37) == (len(BOOK.live), len(BOOK.files))
