"""Facts from plain tables, in the words of the product itself: a signal that no probe and no derivation gives is refused.

found = facts({"container trainer": {"state": "exited", "exit_code": 137}})
{"death": "killed"} == told(found, "container trainer", "death")
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from agent.pipeline import load
from probes._contract import Observed, Relation, Signal, Source, Subject, Value, checked
from rules._book import Book
from rules._derivation import Unseen
from rules._facts import Facts

NOW = 1_800_000_000.0
Table = Mapping[str, Mapping[str, Value]]
"""`{"container trainer": {"exit_code": 137}}`; an event is written with `_at` and when it happened."""


@functools.cache
def book() -> Book:
    """The rows and words that come with the program."""
    return load()[1]


def subject(text: str) -> Subject:
    kind, _, key = text.partition(" ")
    return Subject(kind, key)


def seen(table: Table, relations: Iterable[str] = ()) -> Observed:
    """What a run saw. Raises KeyError for a signal that is in nobody's vocabulary."""
    signals = [_signal(subject(who), f"{subject(who).kind}.{name}", value) for who, values in table.items() for name, value in values.items()]
    return Observed(now=NOW, signals=signals, relations=[_relation(line) for line in relations])


def facts(table: Table, relations: Iterable[str] = (), earlier: Table | None = None) -> Facts:
    """What is known of it; `earlier` is what an earlier run saw."""
    return Facts(seen(table, relations), book().vocabulary, None if earlier is None else seen(earlier, relations))


def told(found: Facts, who: str, *names: str) -> dict[str, Value]:
    """Signals of one subject; "unseen" where nobody looked."""
    values = {name: found.value(subject(who), f"{subject(who).kind}.{name}") for name in names}
    assert not found.broken
    return {name: "unseen" if isinstance(value, Unseen) else value for name, value in values.items()}


def _signal(who: Subject, name: str, value: Value) -> Signal:
    spec = book().vocabulary.of(name)
    if spec.event:
        return Signal(who, spec.name, True, Source("test", "test"), float(str(value)))
    return Signal(who, name, checked(spec, value), Source("test", "test"))


def _relation(line: str) -> Relation:
    kind, key, name, to_kind, to_key = line.split(" ")
    return Relation(name, Subject(kind, key), Subject(to_kind, to_key))
