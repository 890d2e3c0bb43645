"""Two passes over the facts: which rows are present on which subjects, then evidence on one representative of each case."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

import msgspec

from probes._contract import Subject, Value
from rules._book import Book, Compiled
from rules._case import Group, grouped
from rules._clause import Bindings, Judgement
from rules._expr import Expression, Outcome, RuleBroken
from rules._facts import Facts, Want
from rules._rank import LATER_S, Ranking, Weighed, rank
from rules._row import Evidence, Row, Severity, signal_name

TOKEN = re.compile(r"‹redacted-([a-z-]+)-[0-9a-f]+›")
"""What stands for a secret; its digits are another run's in another run."""

State = Literal["now", "flapping", "recovered", "open"]


class Presence(msgspec.Struct, frozen=True):
    """A row judged on a subject: its state, or None if the row does not hold there."""

    state: State | None
    applicable: bool = True
    missing: tuple[Want, ...] = ()

    @property
    def here(self) -> bool:
        return self.state in ("now", "flapping")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The same trouble on one or many subjects, judged once."""

    id: str
    compiled: Compiled
    state: State
    subjects: tuple[Subject, ...]
    representative: Subject
    owner: Subject
    """What the subjects belong to: a workload, a control group, or the one subject itself."""
    head: Subject | None
    onset: float | None
    missing: tuple[Want, ...]
    weighed: tuple[Weighed, ...]
    ranking: Ranking
    parents: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """For each true parent clause, by its number: the cases it found."""

    @property
    def row(self) -> Row:
        return self.compiled.row

    @property
    def here(self) -> bool:
        return self.state in ("now", "flapping")


class Broken(msgspec.Struct, frozen=True, order=True):
    """A rule that failed although everything it needs was bound: a fault of the rule, to be reported as such."""

    row: str
    message: str


class Judged(msgspec.Struct, frozen=True):
    """Every case of a run, and how often each row was judged."""

    cases: tuple[Case, ...]
    presence: dict[tuple[str, Subject], Presence]
    broken: tuple[Broken, ...]
    blind: frozenset[Want] = frozenset()
    """What would settle something, but could not be looked at: nobody is sent for it again."""
    asked: frozenset[Want] = frozenset()
    """What somebody asked for besides, such as whether a repair has worked."""


class _Court:
    """One judging: the facts, the book and what was found so far."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self.book = book
        self.facts = facts
        self.presence: dict[tuple[str, Subject], Presence] = {}
        self.broken: set[Broken] = set()
        self.case_of: dict[tuple[str, Subject], str] = {}
        self.onsets: dict[tuple[str, Subject], float | None] = {}

    def judge(self) -> Judged:
        by_kind: dict[str, list[Compiled]] = defaultdict(list)
        for compiled in self.book.compiled:
            by_kind[compiled.kind].append(compiled)
        for kind, rows in by_kind.items():
            for subject in self.facts.subjects(kind):
                bindings = Bindings(self.facts, subject)
                for compiled in rows:
                    self.presence[(compiled.row.id, subject)] = self._presence(compiled, bindings)
        groups = [(compiled, state, group) for compiled in self.book.compiled for state, group in self._groups(compiled)]
        for compiled, state, group in groups:
            for subject in group.subjects:
                self.case_of[(compiled.row.id, subject)] = self._case_id(compiled, group, state)
                self.onsets[(compiled.row.id, subject)] = self._onset(compiled, (subject,))
        cases = [self._case(compiled, state, group) for compiled, state, group in groups]
        wants = {want for case in cases for want in (*case.missing, *(want for line in case.weighed for want in line.missing))}
        blind = frozenset(want for want in wants if self.facts.blind(want.subject, want.name) is not None)
        ordered = tuple(sorted(cases, key=lambda case: (case.row.id, case.representative)))
        return Judged(ordered, self.presence, tuple(sorted(self.broken)), blind)

    # first pass

    def _presence(self, compiled: Compiled, bindings: Bindings) -> Presence:
        now = self._any(compiled, compiled.present, bindings)
        if now.outcome is Outcome.TRUE:
            flaps = self._any(compiled, compiled.flaps, bindings).outcome is Outcome.TRUE
            return Presence("flapping" if flaps else "now")
        if now.outcome is Outcome.CANNOT_TELL:
            return Presence("open", missing=now.missing)
        if self._any(compiled, compiled.was, bindings).outcome is Outcome.TRUE:
            return Presence("recovered")
        return Presence(None, applicable=now.outcome is Outcome.FALSE)

    def _any(self, compiled: Compiled, expressions: Iterable[Expression], bindings: Bindings) -> Judgement:
        found = [self._judge(compiled, expression, bindings) for expression in expressions]
        for outcome in (Outcome.TRUE, Outcome.CANNOT_TELL, Outcome.FALSE):
            some = [one for one in found if one.outcome is outcome]
            if some:
                return Judgement(outcome, tuple(sorted({want for one in some for want in one.missing})))
        return Judgement(Outcome.NOT_APPLICABLE)

    def _judge(self, compiled: Compiled, expression: Expression, bindings: Bindings) -> Judgement:
        try:
            return bindings.judge(expression)
        except Exception as error:  # noqa: BLE001  # the one catch-all of the judging: a rule that breaks is named
            self.broken.add(Broken(compiled.row.id, str(error)))
            return Judgement(Outcome.CANNOT_TELL)

    # cases

    def _groups(self, compiled: Compiled) -> list[tuple[State, Group]]:
        states: dict[State, list[Subject]] = defaultdict(list)
        for subject in self.facts.subjects(compiled.kind):
            state = self.presence[(compiled.row.id, subject)].state
            if state is not None:
                states["now" if state == "flapping" else state].append(subject)
        return [(state, group) for state in sorted(states) for group in grouped(self.facts, compiled, states[state], cohorts=state == "now")]

    def _onset(self, compiled: Compiled, subjects: Iterable[Subject]) -> float | None:
        if not compiled.row.onset:
            return None
        name = signal_name(compiled.kind, compiled.row.onset)
        values = [self.facts.read(subject, name)[1] for subject in subjects]
        known = [value for value in values if isinstance(value, float | int) and not isinstance(value, bool)]
        return min(known) if known else None

    def _case_id(self, compiled: Compiled, group: Group, state: State) -> str:
        """The same in every run: of what a run names by a token of its own, such as an account's key, those who have it stand for it."""
        about = group.head or group.owner
        who = "|".join(str(one) for one in self._behind(about, group)) if TOKEN.search(about.key) else str(about)
        marks = TOKEN.sub(r"‹\1›", "|".join(group.marks))
        return hashlib.sha256(f"{compiled.row.id}|{compiled.kind}|{state}|{who}|{marks}".encode()).hexdigest()[:8]

    def _behind(self, about: Subject, group: Group) -> list[Subject]:
        if group.head is not None:
            return sorted(group.subjects)
        return sorted({user for kind in self.facts.kinds() for user in self.facts.sources(about, f"{kind} signs_as {about.kind}")})

    # second pass

    def _case(self, compiled: Compiled, state: State, group: Group) -> Case:
        subject = min(group.subjects)
        presences = [self.presence[(compiled.row.id, one)] for one in group.subjects]
        onset = self._onset(compiled, group.subjects)
        bindings = Bindings(self.facts, subject, _cohort(group))
        weighed, parents = [], []
        for number, (evidence, expression) in enumerate(compiled.evidence):
            if expression is None:
                outcome, cases, missing = self._parent(evidence, subject, onset, compiled.row.id)
                weighed.append(Weighed(evidence, outcome, missing, number))
                parents += [(number, cases)] if cases else []
            else:
                judgement = self._judge(compiled, expression, bindings)
                weighed.append(Weighed(evidence, judgement.outcome, judgement.missing, number, self._out_of_reach(judgement.missing)))
        return Case(
            id=self._case_id(compiled, group, state), compiled=compiled, subjects=group.subjects, representative=subject, owner=group.owner, head=group.head, onset=onset,
            state="flapping" if any(one.state == "flapping" for one in presences) else state,
            missing=tuple(sorted({want for one in presences for want in one.missing})),
            weighed=tuple(weighed), ranking=rank(compiled.row, weighed), parents=tuple(parents),
        )  # fmt: skip

    def _parent(self, evidence: Evidence, subject: Subject, onset: float | None, own: str) -> tuple[Outcome, tuple[str, ...], tuple[Want, ...]]:
        """Whether the row named is present on something reached along the relation, which cases those are, and what would settle it."""
        reached, missing = self._reached(evidence, subject)
        judged = [(one, self.presence.get((evidence.parent, one))) for one in reached]
        applicable = [(one, presence) for one, presence in judged if presence is not None and presence.applicable]
        present = [one for one, presence in applicable if presence.here and self._earlier(evidence.parent, one, onset)]
        cases = {self.case_of[(evidence.parent, one)] for one in present} - {self.case_of[(own, subject)]}
        if cases:
            return Outcome.TRUE, tuple(sorted(cases)), ()
        missing += tuple(want for _one, presence in applicable if presence.state == "open" for want in presence.missing)
        if missing or any(presence.state == "open" for _one, presence in applicable):
            return Outcome.CANNOT_TELL, (), tuple(sorted(set(missing)))
        return (Outcome.FALSE if applicable and not present else Outcome.NOT_APPLICABLE), (), ()

    def _out_of_reach(self, missing: tuple[Want, ...]) -> bool:
        """Whether everything that would settle it has no address here, and nobody asked for it."""
        gaps = (self.facts.blind(want.subject, want.name) for want in missing)
        return bool(missing) and all(gap is not None and gap.why == "not configured" and not gap.asked for gap in gaps)

    def _earlier(self, row_id: str, subject: Subject, onset: float | None) -> bool:
        """A parent counts unless its onset is known to be later than ours."""
        theirs = self.onsets.get((row_id, subject))
        return theirs is None or onset is None or theirs <= onset + LATER_S

    def _reached(self, evidence: Evidence, subject: Subject) -> tuple[list[Subject], tuple[Want, ...]]:
        """What the row named would be present on, and the relations on the way that could not be followed.

        A row of several kinds is asked of what the relation leads to, if that is one of them, and not of what lies farther on.
        """
        targets, missing = ([subject], ()) if evidence.along == "self" else self._along(evidence.along, subject)
        found: set[Subject] = set()
        kinds = self.book.kinds_of(evidence.parent)
        for target in targets:
            for kind in (target.kind,) if target.kind in kinds else kinds:
                end = self.facts.reach(target, kind)
                if isinstance(end, Subject):
                    found.add(end)
                elif end is not None:
                    missing += (Want(target, f"reach {kind}"),)
        return sorted(found), missing

    def _along(self, along: str, subject: Subject) -> tuple[list[Subject], tuple[Want, ...]]:
        """`it` at its start is the subject's own kind, as in conditions."""
        first, _, rest = along.partition(" ")
        start_kind = subject.kind if first == "it" else first
        along = f"{start_kind} {rest}"
        start = self.facts.reach(subject, start_kind)
        if not isinstance(start, Subject):
            return [], () if start is None else (Want(subject, f"reach {start_kind}"),)
        targets = self.facts.targets(start, along)
        if not targets and self.facts.blind(start, along) is not None:
            return [], (Want(start, along),)
        return targets, () if targets else self.facts.unread(start, along)


def _cohort(group: Group) -> dict[str, Value]:
    """What rows may read of the cohort; nothing where nobody counted."""
    if group.uncounted:
        return {}
    return {"cohort.kind": group.head.kind if group.head else "", "cohort.members": len(group.subjects) if group.head else 0}


def severity(facts: Facts, case: Case) -> Severity:
    """The first severity of the row whose condition holds; medium if none does."""
    bindings = Bindings(facts, case.representative)
    for line, expression in case.compiled.severity:
        if expression is None or _holds(bindings, expression):
            return line.is_
    return "medium"


def _holds(bindings: Bindings, expression: Expression) -> bool:
    try:
        return bindings.judge(expression).outcome is Outcome.TRUE
    except RuleBroken:
        return False


def judge(book: Book, facts: Facts) -> Judged:
    """Judge every live row on every subject."""
    return _Court(book, facts).judge()
