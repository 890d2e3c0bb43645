"""What is a signal of a subject as a text, as texts or as a number, where nothing and unseen come to one?"""

from __future__ import annotations

from probes._contract import Subject
from rules._facts import Facts


def text(facts: Facts, subject: Subject, name: str) -> str:
    value = facts.value(subject, name)
    return value if isinstance(value, str) else ""


def texts(facts: Facts, subject: Subject, name: str) -> tuple[str, ...]:
    value = facts.value(subject, name)
    return value if isinstance(value, tuple) else ()


def number(facts: Facts, subject: Subject, name: str) -> float | None:
    value = facts.value(subject, name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
