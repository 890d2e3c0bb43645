"""The screen: what is wrong, since when, why, how that is known, how to mend it and how to check that; then what nobody could see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report._incident import IncidentWriter, label, one_line, tag, under
from agent.report._layout import NOTHING, Page, Span, coloured, plain
from agent.report.model import Incident, Report, wholly_known

MOST_LISTED = 6
MOST_LINES = 5
"""The most lines that the verdict or a title takes."""
_ASCII = str.maketrans({"✓": "+", "✗": "x", "…": "~", "—": "-", "–": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "·": "-"})


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """The report for a person; `explain` adds every line of evidence with its weight, the causes rejected, timings and conflicts."""
    page = Page(width)
    _write(cleaned(report), page, explain=explain)
    return coloured(page.rows) if colour else plain(page.rows)


def printable(text: str, encoding: str) -> str:
    """The text as a stream of this encoding can show it: the marks become ASCII where they must."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    except LookupError:
        return text.translate(_ASCII).encode("ascii", "replace").decode()
    return text


def _write(report: Report, page: Page, *, explain: bool) -> None:
    writer = IncidentWriter(page, report.now, explain=explain, kept=report.kept)
    most = 0 if explain else MOST_LINES
    fresh = report.incidents if explain else [one for one in report.incidents if not wholly_known(one)]
    page.put(NOTHING, Span(report.verdict, "bold"), tag(fresh[0]) if fresh else NOTHING, most)
    if report.stopped:
        page.put(Span("  "), Span(say.CUT_SHORT, "yellow"))
    number = 1
    for incident, *alike in [[one] for one in fresh] if explain else folded(fresh):
        if number > 1:
            page.gap()
            page.put(Span(f"{number}. ", "bold"), Span(incident.title, "bold"), tag(incident), most)
        elif incident.title not in report.verdict:
            page.put(Span("  "), Span(incident.title, "bold"), most=most)
        writer.write(incident)
        _alike(page, alike)
        number += 1 + len(alike)
    page.gap()
    for one in () if explain else report.incidents:
        if one.known is not None and wholly_known(one):
            one_line(page, label("KNOWN"), Span(one.title), tag(one))
            page.put(under(label("KNOWN")), Span(say.known(one.known), "dim"))
    for one in report.recovered:
        one_line(page, label("RECOVERED"), Span(one.title), tag(one))
    _block(page, "KNOWN ISSUES", report.known_issues)
    _block(page, "ASKED", say.asked(report))
    _block(page, "NOT COUNTED", filter(None, [say.not_counted(report)]))
    _block(page, "NOT SEEN", say.not_seen(report.gaps, explain=explain))
    _block(page, "NOT JUDGED", say.shortened(report.open, MOST_LISTED, explain=explain))
    _block(page, "BROKEN", say.broken(report, explain=explain))
    if explain:
        _block(page, "CONFLICTS", report.conflicts)
        _block(page, "PROBES", say.timing(report))
    page.put(NOTHING, Span(say.looked(report), "dim"))
    page.put(NOTHING, Span(f"{say.rows(report)}{'' if explain else ' Details: --explain'}", "dim"))


def folded(incidents: Iterable[Incident]) -> list[list[Incident]]:
    """Incidents that would read the same but for their titles together, where the first of them stands: they are read once."""
    groups: dict[object, list[Incident]] = {}
    for one in incidents:
        told = tuple((line.mark, line.says) for line in one.evidence)
        same = (one.row, one.severity, one.band, one.named_ids, told, one.fix, one.known)
        groups.setdefault(one.id if one.consequences else same, []).append(one)
    return list(groups.values())


def _alike(page: Page, alike: Sequence[Incident]) -> None:
    if not alike:
        return
    page.put(label("ALIKE"), Span(f"{len(alike)} more with the same cause, evidence and fix:"))
    for one in alike[:MOST_LISTED]:
        one_line(page, Span("  "), Span(one.title), tag(one))
    if len(alike) > MOST_LISTED:
        page.put(Span("  "), Span(f"and {len(alike) - MOST_LISTED} more: --explain"))


def _block(page: Page, name: str, lines: Iterable[str]) -> None:
    lead = label(name)
    for line in lines:
        page.put(lead, Span(line))
        lead = under(lead)
