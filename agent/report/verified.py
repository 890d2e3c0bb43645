"""The answer to `diagnose verify` for people: case by case, each condition with where it was seen, and what is left to do."""

from __future__ import annotations

from agent.report._clean import clean, mapped
from agent.report._layout import NOTHING, Page, Span, coloured, plain
from agent.report.json_ import encoded
from agent.verify import Case, Held, Verification
from rules._words import span_text, time_text

_WORDS = {"passed": ("PASSED", "bold green"), "failing": ("STILL FAILING", "bold red"), "cannot tell": ("CANNOT TELL", "bold yellow")}
_MARKS = {"holds": ("✓", "green"), "fails": ("✗", "red"), "cannot tell": ("?", "yellow")}


def render(found: Verification, *, width: int = 80, colour: bool = False) -> str:
    """Every case, the verdict first."""
    page = Page(width)
    found = mapped(found, clean)
    for case in found.cases:
        _write(case, found.now, page)
    return coloured(page.rows) if colour else plain(page.rows)


def _write(case: Case, now: float, page: Page) -> None:
    word, style = _WORDS[case.outcome]
    early = case.outcome == "cannot tell" and not case.why and bool(case.conditions) and all(held.outcome == "holds" for held in case.conditions)
    page.gap()
    page.put(Span(f"{word + ' YET' if early else word}  ", style), Span(case.title, "bold"), Span(f"[{case.id}]", "dim"))
    for held in case.conditions:
        mark, colour = _MARKS[held.outcome]
        page.pair(Span(f"  {mark} ", colour), Span(_words(held)), Span(held.seen, "dim"))
    if case.why:
        page.put(Span("  "), Span(case.why))
    if early:
        left = max(held.must_hold - held.held for held in case.conditions)
        page.put(Span("  "), Span(f"Nothing is wrong with it now. Ask again after {time_text(now + left, now)}, or let --wait do that."))
    if case.outcome != "passed":
        for text in case.by_hand:
            page.put(Span("  "), Span(f"by hand: {text}"), NOTHING)


def _words(held: Held) -> str:
    if held.outcome != "holds":
        return held.condition if held.outcome == "fails" else f"{held.condition}: nobody can tell"
    if held.passed:
        return f"{held.condition} has held for {span_text(max(held.held, held.must_hold))}"
    known = f", is known to have held for {span_text(held.held)}" if held.held >= 1 else ""
    return f"{held.condition} holds{known}; it must for {span_text(held.must_hold)}"


def to_json(found: Verification) -> str:
    """The same as JSON; characters that a terminal would act on are written as escapes."""
    return encoded(found).decode()
