"""The evidence of a case as lines: what each clause came to, in words, and where to see it."""

from __future__ import annotations

from agent.report.model import Line, Mark
from probes._contract import Subject
from rules._clause import fill, shown
from rules._expr import ExpressionError, Outcome, names_in
from rules._facts import Facts
from rules._judge import Case
from rules._rank import Weighed, gain
from rules._row import signal_name

_MARKS: dict[Outcome, Mark] = {Outcome.TRUE: "true", Outcome.FALSE: "false", Outcome.CANNOT_TELL: "unknown"}
MOST_VALUE = 70


def evidence_lines(facts: Facts, case: Case) -> tuple[Line, ...]:
    """Every clause that came to something and has words for it: true ones first, the weightiest for the cause named first."""
    found = list({(line.mark, line.says): line for weighed in case.weighed if (line := _line(facts, case, weighed)) is not None}.values())
    order = {"true": 0, "false": 1, "unknown": 2}
    return tuple(sorted(found, key=lambda line: (order[line.mark], -line.weight if line.mark == "true" else -abs(line.weight))))


def _line(facts: Facts, case: Case, weighed: Weighed) -> Line | None:
    evidence, subject = weighed.evidence, case.representative
    mark = _MARKS.get(weighed.outcome)
    words = {"true": evidence.say, "false": evidence.say_not, "unknown": evidence.ask}.get(mark or "", "")
    if mark is None or not words:
        return None
    says = fill(words, facts, subject)
    if says is None:
        return None
    lead = case.ranking.lead
    weight = gain(weighed, case.ranking) if mark == "unknown" else weighed.weights.get(lead, _strongest(weighed))
    speaks = {} if mark == "unknown" else {cause: round(value, 1) for cause, value in sorted(weighed.weights.items()) if value}
    return Line(mark, says, _seen(facts, case, weighed), round(weight, 1), evidence.group, speaks)


def _strongest(weighed: Weighed) -> float:
    """For a clause that says nothing of the lead: minus a little of its strongest weight, so that it stands after those that do."""
    return -max((abs(weight) for weight in weighed.weights.values()), default=0.0) / 100


def _seen(facts: Facts, case: Case, weighed: Weighed) -> str:
    """`docker inspect trainer: oom_killed yes`, from the first two values that the clause read."""
    if weighed.outcome is Outcome.CANNOT_TELL:
        return ", ".join(dict.fromkeys(want.name for want in weighed.missing[:2]))
    if weighed.evidence.parent:
        found = "; ".join(f"[{parent[:4]}]" for number, parents in case.parents if number == weighed.number for parent in parents[:3])
        return found or f"row {weighed.evidence.parent}"
    commands, values = [], []
    for name in _names(case, weighed)[:2]:
        owner = facts.read(case.representative, name)[0]
        if isinstance(owner, Subject):
            local = f"{owner.kind}.{name.partition('.')[2]}"
            commands += [source.command for source in facts.source(owner, local)[:2]]
            values.append(f"{name.partition('.')[2]} {_short(shown(facts, case.representative, name))}")
    return ": ".join(part for part in (" + ".join(dict.fromkeys(commands)), ", ".join(values)) if part)


def shown_value(facts: Facts, subject: Subject, name: str) -> str:
    """`docker inspect trainer: memory_trouble none`: a signal as a condition names it, with its value and where that can be seen."""
    owner = facts.read(subject, name)[0]
    commands = [source.command for source in facts.source(owner, f"{owner.kind}.{name.partition('.')[2]}")[:2]] if isinstance(owner, Subject) else []
    told = f"{name.partition('.')[2]} {_short(shown(facts, subject, name))}"
    return ": ".join(part for part in (" + ".join(dict.fromkeys(commands)), told) if part)


def _short(value: str | None) -> str:
    text = " ".join((value or "none").split())
    return text if len(text) <= MOST_VALUE else text[: MOST_VALUE - 1] + "…"


def _names(case: Case, weighed: Weighed) -> tuple[str, ...]:
    try:
        names = names_in(weighed.evidence.if_)
    except ExpressionError:
        return ()
    return tuple(signal_name(case.compiled.kind, name) for name in names if not name.startswith("cohort."))
