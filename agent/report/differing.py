"""What differs between two runs, for people: problems first, then what they are about."""

from __future__ import annotations

from itertools import groupby

from agent.diff import Change, Diff, Kind, Problem, counted
from agent.report._clean import clean, mapped
from agent.report._layout import Page, Span, coloured, plain
from agent.report._say import names
from rules._words import time_text

_STYLES = {"new": "bold red", "changed": "yellow", "unseen": "yellow", "gone": "green"}
_MOST = 12
_KINDS: tuple[tuple[Kind, str], ...] = (("new", "new"), ("gone", "gone"), ("changed", "other than before"), ("unseen", "not looked at again"))
_COUNTED = "What is well is only counted in a run, unless it is named: diagnose deploy/x --save good.bundle keeps it to be compared."


def render(found: Diff, *, width: int = 80, colour: bool = False) -> str:
    """The answer first, then every problem, then every subject with what is other."""
    page = Page(width)
    found = mapped(found, clean)
    page.put(Span(""), Span(_verdict(found), "bold"))
    page.put(Span("  "), Span(f"between {time_text(found.before)} and {time_text(found.after)}", "dim"))
    for problem in found.problems:
        if not _folded(problem, found):
            _problem(problem, page)
            _consequences(problem, found, page)
    for subject, changes in groupby(found.changes, key=lambda change: change.subject):
        _changes(subject, list(changes), page)
    for label, subjects in (("ONLY AFTER", found.appeared), ("ONLY BEFORE", found.disappeared)):
        if subjects:
            page.gap()
            page.put(Span(f"{label}  ", "bold"), Span(names(subjects, _MOST)))
    if found.appeared or found.disappeared:
        page.put(Span("  "), Span(_COUNTED, "dim"))
    return coloured(page.rows) if colour else plain(page.rows)


def _verdict(found: Diff) -> str:
    many = counted(found)
    told = [f"{many[kind]} {word}" for kind, word in _KINDS if many[kind]]
    same = f"{found.same} as before" if found.same else ""
    parts = [part for part in (*told, same) if part]
    return f"Problems: {', '.join(parts)}." if parts else "Neither run has a problem that the other has not."


def _problem(one: Problem, page: Page) -> None:
    page.gap()
    page.put(Span(f"{one.kind.upper()}  ", _STYLES[one.kind]), Span(one.title, "bold"), Span(f"[{one.id}]", "dim"))
    page.put(Span("  "), Span(f"cause: {one.cause}"), Span(one.severity))
    for text in one.changes:
        page.put(Span("  "), Span(text))


def _folded(one: Problem, found: Diff) -> bool:
    """Whether it is told with the problem that it follows from, which came or went with it."""
    return not one.changes and any(other.id == one.under and other.kind == one.kind for other in found.problems)


def _consequences(one: Problem, found: Diff, page: Page) -> None:
    titles = [other.title for other in found.problems if other.under == one.id and other.kind == one.kind and _folded(other, found)]
    if titles:
        page.put(Span("  "), Span(f"with {len(titles)} consequence{'' if len(titles) == 1 else 's'}: {names(titles, 3)}"))


def _changes(subject: str, changes: list[Change], page: Page) -> None:
    page.gap()
    page.put(Span("DIFFERS  ", "bold"), Span(subject, "bold"))
    widest = min(max(len(change.signal) for change in changes), 28)
    for change in changes:
        page.put(Span(f"  {change.signal:<{widest}}  "), Span(_words(change)))


def _words(change: Change) -> str:
    if not change.listed:
        return f"{change.before} -> {change.after}"
    return "; ".join(part for part in (f"no more: {change.before}" if change.before else "", f"new: {change.after}" if change.after else "") if part)
