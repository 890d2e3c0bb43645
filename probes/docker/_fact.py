"""A fact: one signal of an inspected container, beside the way to read it from the API's answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from probes._contract import Spec, Type, Value
from probes.docker._shapes import Container

Take = Callable[[Container], Value]
Fact = tuple[Spec, Take]


def fact(name: str, type_: Type, take: Take, doc: str, unit: str = "") -> Fact:
    return Spec(name=f"container.{name}", type=type_, doc=doc, unit=unit), take


def limit(number: int | None) -> int | None:
    """A limit that is one: 0 and -1 are how the API writes "none"."""
    return number if number is not None and number > 0 else None


def shell(words: Sequence[str] | None) -> str | None:
    """One line that a shell would split into these words again; None for no words."""
    return shlex.join(words) if words else None
