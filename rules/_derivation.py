"""What a derivation is: a pure function from signals to signals, or from signals to relations, with declared inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from probes._contract import Relation, Spec, Subject, Value

if TYPE_CHECKING:
    from rules._facts import Facts


class Unseen:
    """Nobody looked at it: neither a value nor "nothing"."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = Unseen()


class Given:
    """The inputs of one derivation for one subject: `given["container.exit_code"]` is a value, or None for nothing or unseen."""

    def __init__(self, facts: Facts, subject: Subject, values: Mapping[str, Value | Unseen]) -> None:
        self.facts = facts
        self.subject = subject
        self._values = values
        self.unseen: list[tuple[Subject, str]] = []
        """What `of` was asked for and nobody has looked at."""

    def of(self, subject: Subject, name: str) -> Value | Unseen:
        """A signal of another subject, such as one that a to-many relation leads to; if it is unseen, it is looked for when this answer is wanted."""
        value = self.facts.value(subject, name)
        if isinstance(value, Unseen):
            self.unseen.append((subject, name))
        return value

    @property
    def now(self) -> float:
        return self.facts.now

    def seen(self, name: str) -> bool:
        return not isinstance(self._values[name], Unseen)

    def __getitem__(self, name: str) -> Value:
        value = self._values[name]
        return None if isinstance(value, Unseen) else value

    def text(self, name: str) -> str:
        """A text, "" for nothing or unseen."""
        value = self[name]
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self[name]
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> float | None:
        value = self[name]
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """Signals of one kind made from others.

    `needs` must all be seen, else everything it gives is unseen; `wants` may be unseen. A name of another kind is reached
    along to-one relations, as in rows. A name that the function leaves out of its answer is unseen.
    """

    kind: str
    gives: tuple[Spec, ...]
    function: Callable[[Given], Mapping[str, Value]]
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()


class Relator(msgspec.Struct, frozen=True, kw_only=True):
    """Relations that follow from signals, such as which container a host name in a log means."""

    relations: tuple[str, ...]
    needs: tuple[str, ...]
    function: Callable[[Facts], Iterable[Relation]]
