"""What a run was about, how that was understood, and what of it has no answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from agent.focus import Scope, names_needed, namesakes, nearest, rows_needed
from agent.report._say import names
from agent.report.model import Gap
from probes._contract import Unavailable
from probes._named import Named
from rules._book import Book
from rules._facts import Facts
from rules._row import Row

_MOST = 8


def all_well(book: Book, scope: Scope) -> str:
    """What is said where nothing was found: of everything, of the things named, of the rows asked for."""
    things = names((str(subject) for of in scope.meant.values() for subject in of), _MOST)
    rows = names((file.row.symptom for file in map(book.of, scope.focus.rows) if file is not None), _MOST)
    if rows:
        return f"No sign of {rows}" + (f" on {things}" if things else "")
    return "Nothing wrong" + (f" with {things}" if things else "")


def asked_lines(book: Book, scope: Scope, facts: Facts) -> tuple[str, ...]:
    """One line for each thing that was asked about, and what it was seen to depend on."""
    things = tuple(f"{names(map(str, of), _MOST)}." for of in scope.meant.values() if of)
    reach = names(map(str, scope.depends_on()), _MOST)
    files = [file for file in map(book.of, scope.focus.rows) if file is not None and not any(file.row.id in note for note in scope.focus.notes)]
    rows = tuple(f"{file.row.symptom} ({file.row.id}){'' if file.row.live else ', a draft'}." for file in files)
    also = tuple(
        f"'{word}' is also the name of {', '.join(found)}: diagnose {shlex.quote(found[0])} looks at that."
        for word in scope.focus.words
        if (found := namesakes(word, facts))
    )
    return (*scope.focus.notes, *also, *things, *((f"Looked at with it: {reach}.",) if reach else ()), *rows)


def told(book: Book, scope: Scope, facts: Facts) -> list[Unavailable]:
    """What could not be seen of what was asked about."""
    found: Iterable[Unavailable] = facts.unavailable
    if scope.focus.rows:
        needed = names_needed(book, rows_needed(book, scope.focus.rows))
        found = [gap for gap in found if not needed.isdisjoint(gap.names)]
    if scope.own:
        found = [gap for gap in found if gap.subject is None or facts.aliases.of(gap.subject) in scope.reach]
    return list(found)


def unanswered(book: Book, scope: Scope, facts: Facts) -> Iterator[Gap]:
    """Things that were not found, and rows that cannot be judged yet: what was asked for was not seen."""
    for one, of in scope.meant.items():
        if not of:
            yield _not_found(one, facts)
    for row_id in (*scope.focus.rows, *scope.focus.drafts):
        file = book.of(row_id)
        if file is None:
            yield _no_such_row(row_id)
        elif not file.row.live:
            detail = f"{file.row.symptom} is a draft: it holds the matrix's wording and no conditions, so nobody can judge it yet."
            remedy = f"`diagnose matrix {file.row.id}` shows its triage, causes and fixes, to be gone through by hand."
            yield Gap(file.row.id, "a draft", detail, remedy, asked=True)
        elif not anything_of(file.row, facts):
            yield _nothing_to_judge(file.row, facts)


def _no_such_row(row_id: str) -> Gap:
    """The rows that a bundle was made with may not be those that judge it now."""
    return Gap(row_id, "not judged", "There is no such row here.", "Name the folder that it lies in: --rules DIR.", asked=True)


def anything_of(row: Row, facts: Facts) -> bool:
    """Whether anything was looked at that the row is about; a list that is empty is a look, too."""
    return any(facts.subjects(kind) or any(sweep.kind == kind for sweep in facts.swept) for kind in row.kinds)


def _nothing_to_judge(row: Row, facts: Facts) -> Gap:
    gaps = [gap for gap in facts.unavailable if any(name.partition(".")[0] in row.kinds for name in (f"{gap.kind}.", *gap.names))]
    detail = f"It is judged on each {' and '.join(row.kinds)}, and none was looked at." + "".join(dict.fromkeys(f" {gap.detail}" for gap in gaps[:2]))
    return Gap(row.id, "not judged", detail, gaps[0].remedy if gaps else "See what may be looked at from here: diagnose access.", asked=True)


def _not_found(named: Named, facts: Facts) -> Gap:
    swept = any(sweep.kind in named.kinds for sweep in facts.swept)
    blind = [gap for gap in facts.unavailable if gap.kind in named.kinds and gap.asked]
    where = "" if swept else f" No list of {' or '.join(f'{kind}s' for kind in named.kinds)} was seen at all."
    detail = f"Nothing of this name was seen.{where}" + (f" {blind[0].detail}" if blind else "")
    close = nearest(named, facts)
    remedy = f"Did you mean {' or '.join(close)}?" if close else "See whether its name, its namespace (-n) and its cluster (--context) are right."
    return Gap(str(named), "not found", detail, remedy, asked=True)
