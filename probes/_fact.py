"""A fact: one signal, beside the way to read it from the API's answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from probes._contract import Spec, Type, Value

T = TypeVar("T")
Fact = tuple[Spec, Callable[[T], Value]]


def fact(name: str, type_: Type, take: Callable[[T], Value], doc: str, unit: str = "", covered_by: str = "") -> Fact[T]:  # noqa: PLR0913, PLR0917  # one line a fact
    return Spec(name=name, type=type_, doc=doc, unit=unit, covered_by=covered_by), take


def taken(facts: Iterable[Fact[T]], it: T) -> dict[str, Value]:
    """The value of each fact in one answer."""
    return {spec.name: take(it) for spec, take in facts}


def limit(number: int | None) -> int | None:
    """A limit that is one: 0 and -1 are how the API writes "none"."""
    return number if number is not None and number > 0 else None


def shell(words: Sequence[str] | None) -> str | None:
    """One line that a shell would split into these words again; None for no words."""
    return shlex.join(words) if words else None
