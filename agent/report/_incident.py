"""One incident on a page: since when, the root, the evidence, the repair, the check, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator

from agent.report import _say as say
from agent.report._layout import Page, Span, cut
from agent.report.model import Check, Incident, Line, Repair

_SEVERITIES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_BANDS = {"diagnosed": "bold green", "likely": "green", "undetermined": "yellow"}
_MARKS = {"true": "green", "false": "red", "unknown": "yellow"}
_EFFECTS = {"safe": "green", "restarts": "yellow", "destructive": "bold red"}
_MOST_CONSEQUENCES = 8
_MOST_LINES = 3
"""The most lines that one piece of evidence takes in the ordinary view."""


def label(text: str) -> Span:
    """What stands in front of a block."""
    return Span(f"{text:<5}  ", "bold")


def under(lead: Span) -> Span:
    """Nothing, as wide as what stands above."""
    return Span(" " * len(lead.text))


def tag(incident: Incident) -> Span:
    """How an incident is called in other commands."""
    return Span(f"[{incident.id}]", "dim")


def one_line(page: Page, lead: Span, text: Span, right: Span) -> None:
    """A line that is cut rather than wrapped."""
    room = page.width - len(lead.text) - len(right.text) - 2
    page.put(lead, Span(cut(text.text, room), text.style), right)


class IncidentWriter:
    """Writes incidents on one page."""

    def __init__(self, page: Page, now: float, *, explain: bool, kept: bool = False) -> None:
        self.page = page
        self.now = now
        self.kept = kept
        self.explain = explain

    def write(self, incident: Incident, *, below: bool = True) -> None:
        """Everything but the title; `below` with its consequences."""
        right = Span(f"severity: {incident.severity}", _SEVERITIES.get(incident.severity, ""))
        self.page.put(Span("  "), Span(say.since(incident, self.now)), right)
        if incident.known is not None:
            self.page.put(label("KNOWN"), Span(say.known(incident.known), "dim"))
        self._root(incident)
        for line in say.evidence(incident, explain=self.explain):
            self._line(incident, line)
        if self.explain and incident.candidates:
            self._candidates(incident)
        self._fixes(incident)
        self._checks(incident)
        if incident.prevent:
            self.page.put(label("PREVENT"), Span(say.sentences(incident.prevent)))
        if below and incident.consequences:
            self._consequences(incident)
        if incident.also:
            self.page.put(label("ALSO"), Span(f"also explained by {say.ids(incident.also)}"))

    def _root(self, incident: Incident) -> None:
        lead = label("ROOT")
        words, choices, sure = say.root(incident)
        self.page.put(lead, Span(words, "bold"), Span(sure, _BANDS.get(sure, "")))
        for choice in choices:
            self.page.put(under(lead), Span(choice, "bold"))
        if self.explain and incident.evidence:
            self.page.put(Span("  "), Span(say.DECIBANS, "dim"))

    def _line(self, incident: Incident, line: Line) -> None:
        weight = f"{say.weight(line):>5} {line.group:<8}" if self.explain else ""
        lead = Span(f"  {say.MARKS[line.mark]} {weight}", _MARKS[line.mark])
        words = say.words(line, incident, explain=self.explain)
        self.page.pair(lead, Span(words), Span(say.seen(line), "dim"), most=0 if self.explain else _MOST_LINES)

    def _candidates(self, incident: Incident) -> None:
        self.page.put(label("CAUSES"), Span("in per cent by expert weights; then decibans for and against, by group", "dim"))
        for one in incident.candidates:
            self.page.pair(Span(f"{one.posterior:7.1%}  "), Span(one.cause), Span(say.support(one), "dim"))

    def _fixes(self, incident: Incident) -> None:
        lead = label("FIX")
        for repair in incident.fix:
            self._fix(lead, repair, choice=len(incident.named) > 1)
            lead = under(lead)
        if not incident.fix:
            self.page.put(lead, Span(say.no_fix(incident)))

    def _fix(self, lead: Span, repair: Repair, *, choice: bool) -> None:
        effect = Span(f"({say.EFFECTS.get(repair.effect, repair.effect)})", _EFFECTS.get(repair.effect, ""))
        self.page.put(lead, Span(say.repair(repair, choice=choice)), effect)
        if repair.command:
            self.page.alone(len(lead.text), Span(repair.command, "cyan"))

    def _checks(self, incident: Incident) -> None:
        lead = label("CHECK")
        self.page.put(lead, Span(say.by_id(incident, kept=self.kept) or "diagnose, again:", "cyan"))
        for check in incident.verify:
            self._check(under(lead), check)

    def _check(self, lead: Span, check: Check) -> None:
        if check.condition:
            self.page.put(lead, Span(say.passes(check)))
        if check.do:
            self.page.put(lead, Span(f"by hand: {check.do}"))

    def _consequences(self, incident: Incident) -> None:
        found = list(below(incident))
        self.page.put(label("THEN"), Span(say.consequences(incident, len(found))))
        shown = found if self.explain else found[:_MOST_CONSEQUENCES]
        for depth, one in shown:
            self._consequence(depth, one, forward=not say.settled(incident))
        if len(found) > len(shown):
            self.page.put(Span("  "), Span(f"and {len(found) - len(shown)} more: --explain"))

    def _consequence(self, depth: int, one: Incident, *, forward: bool) -> None:
        """One line; all of it in --explain; with its own repair where the root is not settled."""
        lead = Span(f"{'  ' * depth}[{one.id}] ", "dim")
        if self.explain:
            self.page.gap()
            self.page.put(lead, Span(one.title, "bold"))
            self.write(one, below=False)
            return
        title = f"known: {one.title}" if one.known is not None else one.title
        one_line(self.page, lead, Span(title), Span(one.severity, _SEVERITIES.get(one.severity, "")))
        for repair in one.fix if forward else ():
            self._fix(under(lead), repair, choice=len(one.named) > 1)


def below(incident: Incident, depth: int = 1) -> Iterator[tuple[int, Incident]]:
    """Everything that hangs under an incident, with how deep it hangs."""
    for one in incident.consequences:
        yield depth, one
        yield from below(one, depth + 1)
