"""Judging one clause on one subject: true, false, not applicable or cannot tell, and what would settle it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from probes._contract import Subject, Value
from rules._derivation import UNSEEN, Unseen
from rules._expr import Expression, Outcome, RuleBroken, cel_value
from rules._facts import Facts, Want
from rules._row import signal_name
from rules._words import bytes_text, span_text, time_text

_FILL_IN = re.compile(r"\{([a-z_]+(?:\.[a-z0-9_]+)?)\}")


class Judgement(msgspec.Struct, frozen=True):
    """What a clause came to, and, if nobody can tell, what was not looked at."""

    outcome: Outcome
    missing: tuple[Want, ...] = ()


class Bindings:
    """The names that expressions may use about one subject, bound once and shared by all its clauses."""

    def __init__(self, facts: Facts, subject: Subject, extra: Mapping[str, Value] | None = None) -> None:
        self.facts = facts
        self.subject = subject
        self._extra = extra or {}
        self._bound: dict[str, Any] = {}
        self._reason: dict[str, str] = {}
        self._wanted: dict[str, tuple[Want, ...]] = {}
        self._ready: Any = None
        self._ready_for = -1

    def judge(self, expression: Expression) -> Judgement:
        """Raises RuleBroken if the expression fails with everything bound."""
        for name in expression.needs:
            self._bind(name)
        value = expression.evaluate(self._activation(expression))
        if value is True:
            return self._true(expression)
        if value is False:
            return self._false(expression)
        return self._undecided(expression)

    def _true(self, expression: Expression) -> Judgement:
        """True, unless it is so only because of an absence in what its source may not have kept."""
        empty = [name for name in expression.needs if name in self._bound and not self._bound[name] and self._uncovered(name)]
        rest = {name: self._bound[name] for name in expression.needs if name in self._bound and name not in empty}
        if not empty or expression.value(rest) is True:
            return Judgement(Outcome.TRUE)
        return Judgement(Outcome.CANNOT_TELL, self._covers_missing(empty))

    def _false(self, expression: Expression) -> Judgement:
        """False, unless it is so only because of something that its source may not have kept."""
        open_names = [name for name in expression.needs if self._uncovered(name)]
        if not open_names:
            return Judgement(Outcome.FALSE)
        rest = {name: self._bound[name] for name in expression.needs if name in self._bound and name not in open_names}
        if expression.value(rest) is False:
            return Judgement(Outcome.FALSE)
        return Judgement(Outcome.CANNOT_TELL, self._covers_missing(open_names))

    def _undecided(self, expression: Expression) -> Judgement:
        reasons = {name: self._reason[name] for name in expression.needs if name in self._reason}
        unseen = [name for name, reason in reasons.items() if reason == "unseen"]
        if unseen:
            return Judgement(Outcome.CANNOT_TELL, self._missing(unseen))
        if "not applicable" in reasons.values():
            return Judgement(Outcome.NOT_APPLICABLE)
        if reasons:
            return self._false_for_nothing([name for name in reasons if self._uncovered(name)])
        raise RuleBroken(f"'{expression.text}' fails on {self.subject}.")

    def _false_for_nothing(self, open_names: list[str]) -> Judgement:
        """A bool, number or time that is not there makes the clause false, if its source would have had it."""
        if open_names:
            return Judgement(Outcome.CANNOT_TELL, self._covers_missing(open_names))
        return Judgement(Outcome.FALSE)

    def _bind(self, name: str) -> None:
        if name in self._bound or name in self._reason:
            return
        if name.startswith("cohort."):
            self._bind_cohort(name)
            return
        if name == "look.back":
            self._bound[name] = cel_value("span", self.facts.look_back)
            return
        owner, value = self.facts.read(self.subject, name)
        if isinstance(value, Unseen):
            self._reason[name] = "unseen"
        elif owner is None:
            self._reason[name] = "not applicable"
        else:
            bound = _bindable(self._type(owner, name), value)
            if bound is UNSEEN:
                self._reason[name] = "unseen"
            elif bound is None:
                self._reason[name] = "nothing"
            else:
                self._bound[name] = bound

    def _bind_cohort(self, name: str) -> None:
        if name in self._extra:
            self._bound[name] = self._extra[name]
        else:
            self._reason[name] = "unseen"

    def _type(self, owner: Subject, name: str) -> Any:
        local = f"{owner.kind}.{name.partition('.')[2]}"
        spec = self.facts.vocabulary.of(local)
        if local.endswith("_age") and spec.name != local:
            return "span"
        return "time" if spec.event and spec.name != local else spec.type

    def _activation(self, expression: Expression) -> Any:
        if self._ready_for != len(self._bound):
            self._ready = expression.activation(self._bound)
            self._ready_for = len(self._bound)
        return self._ready

    def _cover(self, name: str) -> tuple[Subject, str] | None:
        """Whose signal says whether this one's source kept everything, and which; None if that is no question."""
        owner = self.facts.reach(self.subject, name.partition(".")[0])
        if not isinstance(owner, Subject):
            return None
        spec = self.facts.vocabulary.specs.get(self.facts.vocabulary.base(f"{owner.kind}.{name.partition('.')[2]}"))
        return (owner, spec.covered_by) if spec is not None and spec.covered_by else None

    def _uncovered(self, name: str) -> bool:
        cover = self._cover(name)
        return cover is not None and self.facts.value(*cover) is not True

    def _covers_missing(self, names: Iterable[str]) -> tuple[Want, ...]:
        covers = [cover for name in names if (cover := self._cover(name)) is not None]
        return tuple(sorted({want for cover in covers for want in self.facts.missing(*cover)}))

    def _missing(self, names: Iterable[str]) -> tuple[Want, ...]:
        asked = [name for name in names if not name.startswith("cohort.")]
        self._wanted |= {name: self.facts.missing(self.subject, name) for name in asked if name not in self._wanted}
        return tuple(sorted({want for name in asked for want in self._wanted[name]}))


def _bindable(type_: Any, value: Value) -> Any:
    """The value for CEL; unseen if it cannot be one, such as a time beyond all calendars in a hostile bundle."""
    try:
        return cel_value(type_, value)
    except (OverflowError, ValueError, OSError, TypeError):
        return UNSEEN


def fill(template: str, facts: Facts, subject: Subject, wrap: Any = str) -> str | None:
    """A template with its fill-ins, or None if one of them is nothing or unseen; `wrap` is applied to each value's text."""
    holes = _FILL_IN.findall(template)
    values = {hole: shown(facts, subject, hole) for hole in holes}
    if any(value is None for value in values.values()):
        return None
    return _FILL_IN.sub(lambda match: wrap(values[match[1]]), template)


def fill_ins(template: str) -> tuple[str, ...]:
    """The names that a template asks for."""
    return tuple(dict.fromkeys(_FILL_IN.findall(template)))


def shown(facts: Facts, subject: Subject, name: str) -> str | None:
    """A fill-in for people: `it` is the subject's key, `KIND.name` a signal with its unit; None for nothing or unseen."""
    if name == "it":
        return subject.key
    name = signal_name(subject.kind, name)
    owner = facts.reach(subject, name.partition(".")[0])
    if not isinstance(owner, Subject):
        return None
    local = f"{owner.kind}.{name.partition('.')[2]}"
    if local == f"{owner.kind}.name" and local not in facts.vocabulary.specs:
        return owner.key
    value = facts.value(owner, local)
    if value is None or isinstance(value, Unseen) or value in ("", ()):
        return None
    return human(value, _unit(facts, local))


def _unit(facts: Facts, name: str) -> str:
    spec = facts.vocabulary.of(name)
    if spec.name != name:
        return "s" if name.endswith("_age") else "at"
    return {"span": "s", "time": "at"}.get(spec.type, spec.unit)


def human(value: Value, unit: str = "") -> str:
    """A value as people read it: bytes in binary units, spans in their largest two units, ratios in per cent, times in UTC."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, unit)
    return str(value)


def _number(value: float, unit: str) -> str:
    makers: dict[str, Callable[[float], str]] = {
        "bytes": bytes_text,
        "s": span_text,
        "at": time_text,
        "ratio": "{:.0%}".format,
        "cores": "{:g} cores".format,
    }
    if unit in makers:
        return makers[unit](float(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
