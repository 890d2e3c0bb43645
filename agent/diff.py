"""What differs between two saved runs that matters: problems that are new, gone or other than before, and what they are about.

1 problem is new, none is gone, none changed; 2 are as they were.
NEW    [a3f9] container trainer is killed for memory                          severity: high
DIFFERS  container trainer
  memory_limit_bytes   1 GiB -> 512 MiB
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from agent.bundle import Bundle
from agent.focus import Focus, Scope
from agent.report._asked import anything_of
from agent.report.build import Builder
from agent.report.model import SEVERITIES, Incident, every
from probes._contract import Signal, Spec, Subject, Value
from probes._named import Named
from rules._book import Book
from rules._clause import human
from rules._facts import Facts
from rules._judge import TOKEN, judge

SCHEMA = "diagnose.diff/1"
_FLEETING = re.compile(
    r"pid|id|image_id|uid|name|addresses|health_output|state|phase|message|running|processes|threads|exit_codes?|deaths|starts"
    r"|(?:log|last|usage|attempt|top|oom|memory_available|load)_?.*|.*(?:_says|_now)|.*(?:_used|_free|events).*"
)
"""Names, behind the kind, of signals that differ from look to look though nobody changed anything, or that an incident tells of by itself."""

_MOST_VALUE = 60
Kind = Literal["new", "gone", "changed", "unseen"]


class Problem(msgspec.Struct, frozen=True):
    """A problem that only one of the runs has, or that is another than before, and in what."""

    kind: Kind
    id: str
    row: str
    title: str
    severity: str
    cause: str
    changes: tuple[str, ...] = ()
    under: str = ""
    """The id of the problem that it follows from, in its run."""


class Change(msgspec.Struct, frozen=True, order=True):
    """One signal of a subject before and after, in words; of a list only what the other run has not."""

    subject: str
    signal: str
    before: str
    after: str
    listed: bool = False


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two runs."""

    schema: str = SCHEMA
    before: float
    """When the first run looked, in seconds since 1970 UTC."""
    after: float
    problems: tuple[Problem, ...]
    same: int
    """Problems that are as they were."""
    changes: tuple[Change, ...]
    appeared: tuple[str, ...]
    disappeared: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether a problem is new, or graver than before."""
        return any(one.kind == "new" or any(text.startswith("graver") for text in one.changes) for one in self.problems)


class _Run:
    """One run judged by the rules of today, with every case as an incident of its own."""

    def __init__(self, bundle: Bundle, book: Book, earlier: Bundle | None = None) -> None:
        self.facts = Facts(bundle.observed, book.vocabulary, earlier.observed if earlier is not None else bundle.earlier)
        report = Builder(book, self.facts, judge(book, self.facts)).report(
            tool=bundle.tool, targets=bundle.targets, visits=(), stopped=bundle.stopped
        )
        roots = {one.id: root.id for root in report.incidents for one in every(root.consequences)}
        self.incidents = tuple(every(report.incidents))
        self.root_of = roots
        self.states = _states(bundle.observed.signals, self.facts)

    def concerned(self) -> set[Subject]:
        """Everything that its problems are about, with what that depends on."""
        texts = {text for one in self.incidents for text in (*one.subjects, one.head) if text}
        named = tuple(Named(*text.split(" ", 1)) for text in sorted(texts))
        own = {Subject(one.kind, one.key) for one in named}
        return own | Scope(Focus(named=named), self.facts).reach


def _states(signals: Iterable[Signal], facts: Facts) -> dict[Subject, dict[str, Value]]:
    found: dict[Subject, dict[str, Value]] = defaultdict(dict)
    for one in signals:
        if one.at is None:
            subject = facts.aliases.of(one.subject)
            value = facts.value(subject, one.name)
            if value is None or isinstance(value, bool | int | float | str | tuple):
                found[subject][one.name] = value
    return found


def diff(good: Bundle, bad: Bundle, book: Book) -> Diff:
    """What is other in the second run than in the first; the second is judged with the first for what changed before it failed."""
    before, after = _Run(good, book), _Run(bad, book, good)
    pairs = _paired(before.incidents, after.incidents)
    told = [(_problem(old, new, after, book), before if new is None else after) for old, new in pairs]
    problems = [msgspec.structs.replace(one, under=run.root_of.get(one.id, "")) for one, run in told if one is not None]
    places = _places(before, after)
    changes = [change for one in places for change in _changes(one, before, after, book)]
    return Diff(
        before=good.observed.now,
        after=bad.observed.now,
        problems=tuple(sorted(problems, key=_order)),
        same=sum(old is not None and new is not None for old, new in pairs) - sum(one.kind == "changed" for one in problems),
        changes=tuple(sorted(set(changes))),
        appeared=tuple(sorted(str(new) for old, new in places if old is None)),
        disappeared=tuple(sorted(str(old) for old, new in places if new is None)),
    )


# problems


def _paired(before: Iterable[Incident], after: Iterable[Incident]) -> list[tuple[Incident | None, Incident | None]]:
    """Each problem with what it was before: of the same row, about the same things, workload or head."""
    left = list(before)
    pairs: list[tuple[Incident | None, Incident | None]] = []
    for new in after:
        old = next((one for one in left if one.row == new.row and not _about(one).isdisjoint(_about(new))), None)
        if old is not None:
            left.remove(old)
        pairs.append((old, new))
    return pairs + [(old, None) for old in left]


def _about(incident: Incident) -> set[str]:
    return {text for text in (*incident.subjects, incident.head, incident.owner) if text and not TOKEN.search(text)}


def _problem(old: Incident | None, new: Incident | None, after: _Run, book: Book) -> Problem | None:
    """What is told of a pair. A problem of things that nobody looked at in the second run is not gone."""
    told = new or old
    if told is None:
        return None
    file = book.of(told.row)
    left: Kind = "gone" if file is None or anything_of(file.row, after.facts) else "unseen"
    kind: Kind = "new" if old is None else left if new is None else "changed"
    changes = _other(old, new) if old is not None and new is not None else ()
    if kind == "changed" and not changes:
        return None
    return Problem(kind, told.id, told.row, told.title, told.severity, _cause(told), changes)


def _cause(incident: Incident) -> str:
    if incident.band in ("diagnosed", "likely"):
        return f"{'; '.join(incident.named)} ({incident.band})"
    return f"one of: {'; '.join(incident.named)}" if incident.band == "undetermined" else "none of the known causes"


def _other(old: Incident, new: Incident) -> tuple[str, ...]:
    told = []
    if set(old.named_ids) != set(new.named_ids) or (old.band == "none fits") != (new.band == "none fits"):
        told.append(f"the cause was {_cause(old)}")
    if old.severity != new.severity:
        graver = SEVERITIES.index(new.severity) < SEVERITIES.index(old.severity)
        told.append(f"{'graver' if graver else 'less grave'}: {old.severity} -> {new.severity}")
    if old.affected != new.affected:
        told.append(f"affects {new.affected}, before {old.affected}")
    return tuple(told)


def _order(one: Problem) -> tuple[int, int, str]:
    return ("new", "changed", "unseen", "gone").index(one.kind), SEVERITIES.index(one.severity), one.id


# what they are about


_Pair = tuple[Subject | None, Subject | None]


def _places(before: _Run, after: _Run) -> list[_Pair]:
    """What the problems of either run are about, in both: under its name, or, for the parts of a workload, by their place in it."""
    old, new = (_by_place(run) for run in (before, after))
    concerned = {_place(one, run.facts) for run in (before, after) for one in run.concerned()}
    wanted = concerned or {*old, *new}
    return [(old.get(place), new.get(place)) for place in sorted(wanted) if place in old or place in new]


def _by_place(run: _Run) -> dict[tuple[str, str], Subject]:
    found: dict[tuple[str, str], Subject] = {}
    for subject in sorted(run.states):
        found.setdefault(_place(subject, run.facts), subject)
    return found


def _place(subject: Subject, facts: Facts) -> tuple[str, str]:
    owner = facts.reach(subject, "workload") if subject.kind in ("container", "pod") and "/" in subject.key else None
    if not isinstance(owner, Subject):
        return subject.kind, subject.key
    return subject.kind, f"{owner.key}/{subject.key.rpartition('/')[2] if subject.kind == 'container' else ''}"


def _changes(pair: _Pair, before: _Run, after: _Run, book: Book) -> Iterator[Change]:
    old, new = pair
    if old is None or new is None:
        return
    was, now = before.states[old], after.states[new]
    for name in sorted(was.keys() & now.keys()):
        spec = book.vocabulary.specs.get(name)
        if spec is not None and _lasting(spec) and _plain(was[name]) != _plain(now[name]):
            yield Change(str(new), name.partition(".")[2], *_worded(was[name], now[name], spec))


def _lasting(spec: Spec) -> bool:
    """Whether a signal tells how a thing is set up, and not how it is at the moment."""
    return spec.type in ("bool", "int", "text", "texts") and not _FLEETING.fullmatch(spec.name.partition(".")[2])


def _plain(value: Value) -> Any:
    """Tokens of two runs differ for one secret."""
    if isinstance(value, tuple):
        return sorted(TOKEN.sub(r"‹\1›", text) for text in value)
    return TOKEN.sub(r"‹\1›", value) if isinstance(value, str) else value


def _worded(was: Value, now: Value, spec: Spec) -> tuple[str, str, bool]:
    """Of lists only what each has and the other has not."""
    if spec.type == "texts":
        return _short(_lacking(was, now)), _short(_lacking(now, was)), True
    before, after = ("none" if value is None else _short([human(value, spec.unit)]) for value in (was, now))
    return before, after, False


def _lacking(value: Value, other: Value) -> list[str]:
    known = set(_plain(other)) if isinstance(other, tuple) else set()
    return [text for text in value if TOKEN.sub(r"‹\1›", text) not in known] if isinstance(value, tuple) else []


def _short(items: list[str]) -> str:
    text = " ".join(", ".join(items).split())
    return text if len(text) <= _MOST_VALUE else f"{text[: _MOST_VALUE - 1]}…"


def counted(found: Diff) -> Mapping[Kind, int]:
    """How many problems are new, gone, changed and unseen."""
    return {kind: sum(one.kind == kind for one in found.problems) for kind in ("new", "gone", "changed", "unseen")}
