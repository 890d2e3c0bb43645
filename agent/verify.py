"""Did the repair work? Looks again at what a case was about, and holds the row's own conditions against it.

PASSED  [a3f9] container trainer is killed for memory
  ✓ it.memory_trouble == "" has held for 10 min      docker inspect trainer: memory_trouble none
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from agent import bundle as bundles
from agent import history
from agent.bundle import Bundle
from agent.focus import Focus
from agent.matrix import UsageError
from agent.merge import machine_in
from agent.report._lines import shown_value
from agent.report.model import SCHEMA, Incident, Report, every
from probes._contract import Subject
from probes._named import Named
from rules._book import Book, Compiled
from rules._clause import Bindings
from rules._expr import Expression, Outcome, RuleBroken
from rules._facts import Facts
from rules._judge import Judged, judge
from rules._row import Verify

State = Literal["passed", "failing", "cannot tell"]
Come = Literal["holds", "fails", "cannot tell"]
_WORST_FIRST: tuple[tuple[Outcome, Come], ...] = ((Outcome.FALSE, "fails"), (Outcome.CANNOT_TELL, "cannot tell"), (Outcome.TRUE, "holds"))
EXIT: Mapping[State, int] = {"passed": 0, "failing": 1, "cannot tell": 3}
EVERY_S = 30.0
"""Seconds between two looks, at most."""
_LEAST_S = 5.0
_HOLD = re.compile(r"(?:\d{1,4}[smh])?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_MOST_CASES = 50
_GZIP = b"\x1f\x8b"
SCHEMA_OF_THIS = "diagnose.verify/1"

Look = Callable[[Focus], Bundle]


class Held(msgspec.Struct, frozen=True):
    """One condition of a row: whether it holds now, for how long it is known to have held and must, in seconds, and where that was seen."""

    condition: str
    outcome: Come
    must_hold: float
    held: float
    seen: str = ""

    @property
    def passed(self) -> bool:
        return self.outcome == "holds" and self.held >= self.must_hold


class Case(msgspec.Struct, frozen=True):
    """One case: what was asked, and the answer."""

    id: str
    row: str
    title: str
    outcome: State
    conditions: tuple[Held, ...]
    by_hand: tuple[str, ...]
    why: str = ""
    """Why nobody can tell, where no condition says it."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `diagnose verify`."""

    schema: str = SCHEMA_OF_THIS
    now: float
    outcome: State
    cases: tuple[Case, ...]


class Asked(msgspec.Struct, frozen=True):
    """The cases to be verified, and the settings with which they were found."""

    incidents: tuple[Incident, ...]
    settings: dict[str, str]
    kept: bool = False


def find(words: Sequence[str], environ: Mapping[str, str], rules: str = "") -> Asked:
    """The cases meant: all of a report's file, one of it by its id, or one of the last runs; `rules` is a folder of rows that judge a bundle, too.

    Raises UsageError, BundleError.
    """
    is_file = os.path.isfile(words[0])  # noqa: PTH113  # this does not raise, however long the name
    if len(words) > 2 or (len(words) == 2 and not is_file):
        raise UsageError(f"verify {' '.join(words)}: give a report's file, an id, or a file and then an id of it.")
    if is_file:
        incidents = list(every(_report(Path(words[0]), rules).incidents))
        mine = _with_id(incidents, words[1]) if len(words) == 2 else incidents
        if not mine:
            raise UsageError(
                f"{words[0]}: there is no case {words[1]} in this report." if len(words) == 2 else f"{words[0]}: the report tells of no problem."
            )
        if len(mine) > _MOST_CASES:
            raise UsageError(
                f"{words[0]}: the report tells of {len(mine)} cases, and {_MOST_CASES} can be looked at again at once. Give the id of one."
            )
        return Asked(tuple(mine), {})
    for run in history.runs(environ):
        found = _with_id(every(run.report.incidents), words[0])
        if found:
            return Asked(tuple(found), run.settings, kept=True)
    raise UsageError(
        f"{words[0][:80]}: there is no such file, and none of the last {history.MOST} runs of {history.folder(environ) or 'nobody'} has a case of this id. "
        "Give the report that has it: diagnose -o json=report.json writes one."
    )


def _with_id(incidents: Iterable[Incident], id_: str) -> list[Incident]:
    wanted = id_.strip("[]").lower()
    return [one for one in incidents if one.id == wanted] or [one for one in incidents if len(wanted) >= len(one.id) and wanted.startswith(one.id)]


def _report(path: Path, rules: str) -> Report:
    """A report from a JSON file, which may come from anybody, or that of a bundle. Raises UsageError, BundleError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(history.MOST_BYTES)
        if data.startswith(_GZIP):
            from agent import pipeline

            return pipeline.report_of(bundles.load(path), pipeline.load(rules)[1])
        report = msgspec.json.decode(data, type=Report)
        wrong = next((one.id for one in every(report.incidents) if not _sound(one)), None)
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be read: {error.strerror}.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: this is no JSON report: {str(error)[:200].rstrip('.')}. `diagnose -o json={path.name}` writes one.") from None
    if report.schema != SCHEMA:
        raise UsageError(f"{path}: the report is a {report.schema[:40]}; this program reads {SCHEMA}.")
    if wrong is not None:
        raise UsageError(f"{path}: case {wrong[:40]} of the report is no case of ours: a subject is `KIND NAME`, a time to hold `10m`.")
    return report


def _sound(incident: Incident) -> bool:
    """Whether its subjects and times can be read."""
    return all(" " in text for text in (*incident.subjects, incident.owner or " ")) and all(_HOLD.fullmatch(one.hold) for one in incident.verify)


def focus_of(asked: Asked) -> Focus:
    """What has to be looked at: the subjects of the cases and their workloads, for what their rows rest on."""
    texts = dict.fromkeys(name for one in asked.incidents for text in (*one.subjects, one.owner) if text for name in (text, _bare(text)))
    return Focus(
        named=tuple(Named(*text.split(" ", 1)) for text in texts), rows=tuple(dict.fromkeys(one.row for one in asked.incidents)), verify=True
    )


def _bare(text: str) -> str:
    """A thing by the name that it has on its own machine."""
    machine = machine_in(text)
    return text.removesuffix(f" on {machine}") if machine else text


class Pace(msgspec.Struct, frozen=True):
    """Whether to wait for what must hold for a while, and by which clock, in seconds."""

    waits: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def longest(asked: Asked) -> float:
    """Seconds that waiting may take: twice what the longest condition must hold for, and two minutes for the repair to take effect."""
    return 2 * max((_seconds(check.hold) for one in asked.incidents for check in one.verify if check.condition), default=0.0) + 120


def wait(asked: Asked, book: Book, look: Look, say: Callable[[str], None], pace: Pace) -> Verification:
    """Look until every condition has held for as long as its row asks, or the time for that is over; once, if nobody waits."""
    until = pace.clock() + longest(asked)
    pause = min(EVERY_S, max(_LEAST_S, longest(asked) / 20))
    since: dict[tuple[str, str], float] = {}
    while True:
        seen = look(focus_of(asked))
        found = verified(asked, book, seen, since)
        since = _still(found, since)
        if not pace.waits or found.outcome == "passed" or seen.stopped or until - pace.clock() <= pause:
            return found
        say(_progress(found))
        try:
            pace.sleep(pause)
        except KeyboardInterrupt:
            return found


def verified(asked: Asked, book: Book, bundle: Bundle, held_since: Mapping[tuple[str, str], float]) -> Verification:
    """The answer of one look; `held_since` says since when conditions were seen to hold, look after look, by case and condition."""
    facts = Facts(bundle.observed, book.vocabulary, bundle.earlier, bundle.focus.since)
    looked = _Looked(book, facts, judge(book, facts), held_since)
    cases = tuple(looked.case(one) for one in asked.incidents)
    return Verification(now=facts.now, outcome=_worst(case.outcome for case in cases), cases=cases)


def _still(found: Verification, since: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Since when each condition has held at every look."""
    holding = [(case.id, held.condition) for case in found.cases for held in case.conditions if held.outcome == "holds"]
    return {key: since.get(key, found.now) for key in holding}


def _progress(found: Verification) -> str:
    conditions = [held for case in found.cases for held in case.conditions]
    holding = [held for held in conditions if held.outcome == "holds"]
    if len(holding) < len(conditions):
        return f"{len(holding)} of {len(conditions)} conditions hold"
    slowest = min(holding, key=lambda held: held.held - held.must_hold)
    return f"all conditions hold, for {slowest.held:.0f} s of {slowest.must_hold:.0f} s"


class _Looked:
    """One look, and what it says of a case."""

    def __init__(self, book: Book, facts: Facts, judged: Judged, held_since: Mapping[tuple[str, str], float]) -> None:
        self._book = book
        self._facts = facts
        self._judged = judged
        self._held_since = held_since

    def case(self, incident: Incident) -> Case:
        outcome, conditions, why = self._answer(incident)
        by_hand = tuple(check.do for check in incident.verify if check.do)
        return Case(incident.id, incident.row, incident.title, outcome, conditions, by_hand, why)

    def _answer(self, incident: Incident) -> tuple[State, tuple[Held, ...], str]:
        members = self._members(incident)
        compiled = {one.kind: one for one in self._book.compiled if one.row.id == incident.row}
        if not compiled:
            return "cannot tell", (), f"There is no row {incident.row} that can be judged; mount the rows that found it with --rules."
        away = self._away(incident)
        if not members:
            return "cannot tell", (), away or f"Nothing of it was seen: {', '.join(incident.subjects[:3])}."
        conditions = tuple(self._held(incident.id, pair, compiled, members) for pair in _conditions(compiled))
        here = [one for one in members if (found := self._judged.presence.get((incident.row, one))) is not None and found.here]
        if here:
            return "failing", conditions, f"The symptom is still there: {incident.symptom} on {here[0]}."
        if away or not conditions:
            return "cannot tell", conditions, away or "The row has no condition that can be looked at; see by hand."
        return _state(conditions), conditions, ""

    def _away(self, incident: Incident) -> str:
        """On which machines of a merged run it was that this look did not see; nothing if there are none."""
        named = {machine_in(text) for text in incident.subjects} - {"", *(host.key for host in self._facts.subjects("host"))}
        return f"It was on {', '.join(sorted(named)[:5])}, where this look did not go. Run diagnose there and merge the runs again." if named else ""

    def _members(self, incident: Incident) -> list[Subject]:
        """Who the case was about, and who stands in their place: a repaired workload has new pods."""
        facts = self._facts
        hosts = {host.key for host in facts.subjects("host")}
        texts = [_bare(text) if machine_in(text) in hosts else text for text in incident.subjects]
        meant = [Subject(*text.split(" ", 1)) for text in texts]
        there = {facts.aliases.of(one) for one in meant if facts.aliases.of(one) in facts.subjects(one.kind)}
        if incident.owner and meant:
            owner, kind = facts.aliases.of(Subject(*incident.owner.split(" ", 1))), meant[0].kind
            there |= set(facts.sources(owner, f"{kind} in {owner.kind}"))
        return sorted(there)

    def _held(self, case_id: str, condition: tuple[int, Verify], compiled: Mapping[str, Compiled], members: Sequence[Subject]) -> Held:
        number, line = condition
        found = [(one, *self._judge(compiled[one.kind].verify[number][1], one)) for one in members if one.kind in compiled]
        must = _seconds(line.hold)
        for outcome, word in _WORST_FIRST:
            mine = [(one, seen) for one, came, seen in found if came is outcome]
            if mine:
                held = self._held_for((case_id, line.if_), [one for one, _seen in mine]) if word == "holds" else 0.0
                return Held(line.if_, word, must, held, f"{mine[0][0]}: {mine[0][1]}")
        return Held(line.if_, "cannot tell", must, 0.0, "it does not apply to what is there now")

    def _judge(self, expression: Expression | None, subject: Subject) -> tuple[Outcome, str]:
        """What the condition comes to on one subject, and where that can be seen."""
        if expression is None:
            return Outcome.NOT_APPLICABLE, ""
        try:
            judgement = Bindings(self._facts, subject).judge(expression)
        except RuleBroken as error:
            return Outcome.CANNOT_TELL, str(error)
        if judgement.outcome is Outcome.CANNOT_TELL:
            return judgement.outcome, f"not seen: {', '.join(want.name for want in judgement.missing[:3]) or 'what it rests on'}"
        return judgement.outcome, "; ".join(shown_value(self._facts, subject, name) for name in expression.needs[:2])

    def _held_for(self, key: tuple[str, str], members: Sequence[Subject]) -> float:
        """Seconds: look after look, or since the last attempt of each began, for what holds of an attempt has held since then."""
        now = self._facts.now
        return max(now - self._held_since.get(key, now), min(map(self._undisturbed, members)))

    def _undisturbed(self, subject: Subject) -> float:
        name = f"{subject.kind}.last_attempt_at"
        at = self._facts.value(subject, name) if name in self._facts.vocabulary.specs else None
        return max(0.0, self._facts.now - at) if isinstance(at, float | int) and not isinstance(at, bool) else 0.0


def _state(conditions: Sequence[Held]) -> State:
    if any(one.outcome == "fails" for one in conditions):
        return "failing"
    return "passed" if all(one.passed for one in conditions) else "cannot tell"


def _worst(outcomes: Iterable[State]) -> State:
    found = set(outcomes)
    order: tuple[State, ...] = ("failing", "cannot tell", "passed")
    return next(state for state in order if state in found)


def _conditions(compiled: Mapping[str, Compiled]) -> list[tuple[int, Verify]]:
    first = next(iter(compiled.values()))
    return [(number, line) for number, (line, expression) in enumerate(first.verify) if expression is not None]


def _seconds(hold: str) -> float:
    return float(hold[:-1]) * _SECONDS[hold[-1]] if hold else 0.0
