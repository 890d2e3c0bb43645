"""Judged worlds as trees that can be compared: row, subject, band, causes, how many, and what hangs under it."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from probes._contract import Subject
from rules._book import Book, compile_book, read_folder
from rules._expr import Outcome
from rules._facts import Facts
from rules._judge import Case, Judged, judge
from rules._rank import Weighed
from rules._roots import Node, roots
from tests.scenarios._specs import vocabulary
from tests.scenarios._world import World, subject

BOOK_FOLDER = Path(__file__).parent / "book"


class Tree(msgspec.Struct, frozen=True):
    """One case and what hangs under it; `about` is the shared thing that heads it, or its representative."""

    row: str
    about: str
    band: str
    causes: tuple[str, ...]
    under: tuple[Tree, ...] = ()
    count: int = 1


@functools.cache
def book() -> Book:
    """The test book, compiled alone."""
    return compile_book(read_folder(BOOK_FOLDER), vocabulary())


def facts_of(world: World) -> Facts:
    return Facts(world.observed(), book().vocabulary)


def judged(world: World) -> Judged:
    """Every case of a world. A rule that breaks is never part of a scenario."""
    found = judge(book(), facts_of(world))
    assert found.broken == ()
    return found


def incidents(world: World) -> tuple[Node, ...]:
    return roots(case for case in judged(world).cases if case.here)


def trees(world: World) -> tuple[Tree, ...]:
    """The incidents of a world, in the order of row and subject."""
    return _sorted(incidents(world))


def _sorted(nodes: tuple[Node, ...]) -> tuple[Tree, ...]:
    return tuple(sorted((_tree(node) for node in nodes), key=lambda tree: (tree.row, tree.about)))


def _tree(node: Node) -> Tree:
    case = node.case
    causes = tuple(sorted(case.ranking.candidates))
    return Tree(case.row.id, str(case.head or case.representative), case.ranking.band, causes, _sorted(node.consequences), len(case.subjects))


def shape(tree: Tree) -> tuple[object, ...]:
    """Who hangs under whom, without the bands."""
    return (tree.about, *(shape(child) for child in tree.under))


def case_of(found: Judged, row: str, who: str) -> Case:
    """The one case of a row that this subject is in."""
    about: Subject = subject(who)
    (case,) = [case for case in found.cases if case.row.id == row and about in case.subjects]
    return case


def line_of(case: Case, part: str) -> Weighed:
    """The line of evidence whose condition or parent holds this text."""
    (line,) = [line for line in case.weighed if part in (line.evidence.if_ or f"{line.evidence.parent} along {line.evidence.along}")]
    return line


def outcome(world: World, row: str, who: str, part: str) -> Outcome:
    """What one line of evidence came to."""
    return line_of(case_of(judged(world), row, who), part).outcome
