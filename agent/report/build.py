"""From judged cases to the report: words, order, and what could not be seen."""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable

from agent.focus import Focus, Scope
from agent.report._asked import all_well, asked_lines, told, unanswered
from agent.report._gaps import gaps
from agent.report._lasting import fingerprint, thing
from agent.report._lines import evidence_lines
from agent.report.model import SEVERITIES, Candidate, Check, Gap, Incident, Looked, Repair, Report, RowJudged, RowState, wholly_known
from probes._contract import Subject, Swept
from probes._runner import Visit
from rules._book import Book
from rules._case import PARTS
from rules._clause import fill, fill_ins
from rules._facts import Facts
from rules._judge import TOKEN, Case, Judged, severity
from rules._roots import Node, roots
from rules._row import Fix, Severity

_HOSTILE = ("log_", "output", "message", "error", "container.dependency")
MOST_LISTED = 500
EVERYTHING = Focus()
_LOST = {"not found": "was not found", "a draft": "cannot be judged yet", "not judged": "could not be judged"}
SHORT = 4
"""Characters of a case's id that people see; more where two cases of a run would look alike."""


def short(ids: Iterable[str]) -> dict[str, str]:
    """The shortest beginning of each id, of at least SHORT characters, that no other begins with."""
    all_ids = sorted(set(ids))
    found: dict[str, str] = {}
    for place, one in enumerate(all_ids):
        beside = (*all_ids[max(0, place - 1) : place], *all_ids[place + 1 : place + 2])
        found[one] = next((one[:length] for length in range(SHORT, len(one)) if not any(other.startswith(one[:length]) for other in beside)), one)
    return found


class Builder:
    """Puts one run into words."""

    def __init__(self, book: Book, facts: Facts, judged: Judged, focus: Focus = EVERYTHING) -> None:
        self.book = book
        self.facts = facts
        self.judged = judged
        self.scope = Scope(focus, facts)
        self._ids = short(case.id for case in judged.cases)

    def report(self, *, tool: str, targets: Iterable[str], visits: Iterable[Visit], stopped: bool, kept: bool = False) -> Report:
        nodes = roots(case for case in self.judged.cases if case.here)
        mine = [node for node in nodes if self.scope.holds(node)]
        incidents = tuple(sorted((self._incident(node) for node in mine), key=_order))
        recovered = tuple(self._incident(Node(case)) for case in self.judged.cases if case.state == "recovered" and self.scope.holds_case(case))
        found = tuple(sorted((*unanswered(self.book, self.scope, self.facts), *gaps(self.book, self.facts, told(self.book, self.scope, self.facts)))))
        opened = self._open()
        broken = tuple(sorted({*(f"{one.row}: {one.message}" for one in self.judged.broken), *self.facts.broken}))
        return Report(
            tool=tool, rules=self.book.digest, now=self.facts.now, targets=tuple(targets),
            verdict=verdict(incidents, recovered, _seen(self.facts.swept), found, unjudged=len(opened) + len(broken), well=(well := all_well(self.book, self.scope))), incidents=incidents, recovered=recovered, open=opened,
            gaps=found, looked=_looked(visits), seen=_seen(self.facts.swept), rows=self._rows(), live_rows=len(self.book.live), all_rows=len(self.book.files),
            broken=broken, conflicts=self._conflicts(), stopped=stopped, kept=kept, well=well, asked=asked_lines(self.book, self.scope, self.facts), elsewhere=len(nodes) - len(mine),
        )  # fmt: skip

    def _incident(self, node: Node) -> Incident:
        case = node.case
        children = [(not self.scope.holds(child), self._incident(child)) for child in node.consequences]
        below = tuple(one for _aside, one in sorted(children, key=lambda pair: (pair[0], _order(pair[1]))))
        named = case.ranking.candidates if case.ranking.band != "none fits" else ()
        return Incident(
            id=self._ids[case.id], fingerprint=fingerprint(case, self.facts), thing=thing(case, self.facts), row=case.row.id, symptom=case.row.symptom, title=self._title(case), state=case.state, severity=_gravest(severity(self.facts, case), below),
            subjects=tuple(str(one) for one in case.subjects[:MOST_LISTED]), affected=len(case.subjects), head=str(case.head or ""), owner=self._owner(case),
            onset=case.onset, onset_known=case.onset is not None, band=case.ranking.band,
            named=tuple(case.row.cause_text(cause) for cause in named), named_ids=named, evidence=evidence_lines(self.facts, case),
            fix=self._fixes(case, named), verify=self._checks(case), prevent=case.row.prevent,
            candidates=tuple(
                Candidate(cause, case.row.cause_text(cause), round(posterior, 4), dict(sorted(case.ranking.support[cause].items())))
                for cause, posterior in case.ranking.posteriors
            ),
            consequences=below, also=tuple(self._ids[one] for one in node.also),
        )  # fmt: skip

    def _owner(self, case: Case) -> str:
        owner = self.facts.reach(case.representative, "workload") if case.representative.kind in PARTS else None
        return str(owner) if isinstance(owner, Subject) else ""

    def _title(self, case: Case) -> str:
        one = fill(case.row.title, self.facts, case.representative) if case.row.title else None
        title = _without_token(one or f"{case.representative}: {case.row.symptom}")
        if case.head is not None:
            shared = _without_token(f"{case.head.kind} {case.head.key.removeprefix('svc:')}")
            return f"{len(case.subjects)} {case.compiled.kind}s that share {shared}: {case.row.symptom}"
        more = len(case.subjects) - 1
        return f"{title} (and {more} more of the same)" if more else title

    def _fixes(self, case: Case, named: tuple[str, ...]) -> tuple[Repair, ...]:
        """For each cause named, the first fix whose fill-ins are all bound."""
        found: list[Repair] = []
        for cause in named:
            for line in case.row.fix:
                repair = self._fix(case, cause, line) if cause in line.for_ else None
                if repair is not None and repair.do not in [one.do for one in found]:
                    found.append(repair)
                    break
        return tuple(found)

    def _fix(self, case: Case, cause: str, line: Fix) -> Repair | None:
        do = fill(line.do, self.facts, case.representative)
        if do is None or any(hostile in name for name in fill_ins(line.command) for hostile in _HOSTILE):
            return None
        command = fill(line.command, self.facts, case.representative, wrap=shlex.quote) if line.command else ""
        return None if command is None else Repair(case.row.cause_text(cause), do, command, line.effect)

    def _checks(self, case: Case) -> tuple[Check, ...]:
        found = []
        for line in case.row.verify:
            do = fill(line.do or line.command, self.facts, case.representative)
            if do or line.if_:
                found.append(Check(do or "", line.if_, line.hold if line.if_ else ""))
        return tuple(found)

    def _open(self) -> tuple[str, ...]:
        """Rows that nobody could judge, one line a row."""
        found = []
        for file in self.book.live:
            cases = [case for case in self.judged.cases if case.row.id == file.row.id and case.state == "open" and self.scope.holds_case(case)]
            names = sorted({want.name for case in cases for want in case.missing})
            count = sum(len(case.subjects) for case in cases)
            if cases:
                found.append(
                    f"{file.row.symptom}: cannot tell for {count} {_plural(cases[0].compiled.kind, count)}; unseen: {', '.join(names[:4]) or 'nothing'}."
                )
        return tuple(found)

    def _rows(self) -> tuple[RowJudged, ...]:
        """Every live row, and what it came to."""
        states: dict[str, Counter[str]] = defaultdict(Counter)
        for (row, _subject), presence in self.judged.presence.items():
            if presence.applicable or presence.state:
                states[row]["found" if presence.here else presence.state or "not there"] += 1
        return tuple(
            RowJudged(
                file.row.id, file.row.symptom, _worst(states[file.row.id]), states[file.row.id].total(), tuple(one.cause for one in file.row.causes), file.row.prevent
            )
            for file in self.book.live
        )  # fmt: skip

    def _conflicts(self) -> tuple[str, ...]:
        return tuple(
            f"{first.subject} {first.name}: {first.source.command} says {first.value!r}, {second.source.command} says {second.value!r}."
            for first, second in self.facts.conflicts
        )


def _worst(states: Counter[str]) -> RowState:
    """What is there beats what nobody can tell, and that what is not there any more."""
    if states["found"]:
        return "found"
    if states["open"]:
        return "cannot tell"
    if states["recovered"]:
        return "recovered"
    return "not there" if states["not there"] else "nothing to judge"


def _without_token(title: str) -> str:
    """A token in the place of a secret is no name to read.

    >>> _without_token("account ‹redacted-key-1a2b3c›")
    'one access key'
    """
    return TOKEN.sub("a withheld value", re.sub(f"(?:account )?{TOKEN.pattern.replace('([a-z-]+)', 'key')}", "one access key", title))


def _gravest(own: Severity, below: Iterable[Incident]) -> str:
    """An incident is as grave as the gravest of what follows from it."""
    return min((own, *(one.severity for one in below)), key=SEVERITIES.index)


def _order(incident: Incident) -> tuple[int, int, float, str]:
    return SEVERITIES.index(incident.severity), -incident.affected, incident.onset or float("inf"), incident.id


def verdict(  # noqa: PLR0913  # as many as the answer rests on
    incidents: tuple[Incident, ...],
    recovered: tuple[Incident, ...],
    swept: Iterable[str],
    gaps_: tuple[Gap, ...],
    *,
    unjudged: int = 0,
    well: str = "Nothing wrong",
) -> str:
    """The first line: the answer; what is known stands behind it."""
    fresh = [one for one in incidents if not wholly_known(one)]
    known = len(incidents) - len(fresh)
    also = f" {known} known problem{'' if known == 1 else 's'}." if known else ""
    if fresh:
        more = len(fresh) - 1
        problems = f"{len(fresh)} problem{'s' if more else ''}"
        return f"{problems}: {fresh[0].title}{f'; and {more} more' if more else ''}.{also}"
    lost = [gap for gap in gaps_ if gap.why in _LOST]
    if lost:
        return f"{'; '.join(f'{gap.what} {_LOST[gap.why]}' for gap in lost[:3])}: nothing can be said of {'it' if len(lost) == 1 else 'them'}."
    seen = ", ".join(swept)
    blind = ", ".join(dict.fromkeys(gap.what.partition(" ")[0] for gap in gaps_)) or "nothing that was asked for"
    if not seen:
        return f"I could see nothing, so I cannot say whether anything is wrong. Not looked at: {blind}."
    before = f" {len(recovered)} recovered." if recovered else ""
    open_rows = f" {unjudged} row{'' if unjudged == 1 else 's'} could not be judged." if unjudged else ""
    fine = well.replace("Nothing wrong", "Nothing new").replace("No sign", "No new sign") if known else well
    return f"{fine} in what I could see: {seen}.{also}{before}{open_rows} Not looked at: {blind}."


def _seen(swept: Iterable[Swept]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    partial: set[str] = set()
    for sweep in swept:
        counts[sweep.kind] = max(sweep.count, counts.get(sweep.kind, 0))
        partial |= set() if sweep.complete else {sweep.kind}
    return tuple(f"{count} {_plural(kind, count)}{' (not all)' if kind in partial else ''}" for kind, count in sorted(counts.items()))


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}es" if word.endswith("s") else f"{word}s"


def _looked(visits: Iterable[Visit]) -> tuple[Looked, ...]:
    by_probe: dict[str, list[Visit]] = {}
    for visit in visits:
        by_probe.setdefault(visit.probe, []).append(visit)
    rank = {"timed out": 2, "failed": 1, "done": 0}
    return tuple(
        Looked(probe, len(of), round(max(visit.seconds for visit in of), 3), max((visit.ended for visit in of), key=lambda ended: rank[ended]))
        for probe, of in sorted(by_probe.items())
    )
