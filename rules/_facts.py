"""Everything a run has seen, ready to be asked: values, windows, relations, aliases and derived signals.

Nothing here reads a clock or touches the world; the same observations give the same answers in any order of arrival.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from probes._contract import Census, Observed, Relation, Signal, Source, Subject, Unavailable, Value
from rules._alias import Aliases
from rules._derivation import UNSEEN, Derivation, Given, Relator, Unseen
from rules._vocabulary import Vocabulary

BEFORE_ATTEMPT_S = 15 * 60.0
LOOK_BACK_S = 60 * 60.0
_VANTAGES = ("itself", "node", "pod", "host")


class Want(msgspec.Struct, frozen=True, order=True):
    """A signal or a relation that nobody looked at and that would settle something."""

    subject: Subject
    name: str


class Facts:
    """The facts of a run under one vocabulary."""

    def __init__(self, observed: Observed, vocabulary: Vocabulary, earlier: Observed | None = None, since: float = 0.0) -> None:
        self.now = observed.now
        self._since = since
        """From when on somebody wants to be told of events, in seconds since 1970; 0 leaves it to each subject's window."""
        self.look_back = max(observed.now - since, 0.0) if since else LOOK_BACK_S
        """Seconds back to which what is over by now is told."""
        self.earlier = Facts(earlier, vocabulary) if earlier is not None else None
        """The facts of an earlier run, to see what changed since."""
        self.vocabulary = vocabulary
        self.aliases = Aliases(observed)
        self.conflicts: list[tuple[Signal, Signal]] = []
        self.broken: set[str] = set()
        """Derivations that failed: faults of ours, to be reported as such."""
        self._states: dict[tuple[Subject, str], Signal] = {}
        self._events: dict[tuple[Subject, str], list[Signal]] = defaultdict(list)
        self._covered: dict[tuple[Subject, str], float] = {}
        self._targets: dict[tuple[Subject, str], list[Subject]] = defaultdict(list)
        self._sources: dict[tuple[Subject, str], list[Subject]] = defaultdict(list)
        self._memory: dict[tuple[Subject, str], Value | Unseen] = {}
        self._busy: set[tuple[Subject, str]] = set()
        self._met_unseen: dict[tuple[Subject, str], list[tuple[Subject, str]]] = {}
        """For a derived signal that is unseen: what its function met unseen at other subjects."""
        self.unavailable = sorted(set(observed.unavailable), key=_gap_order)
        self.swept = sorted(set(observed.swept))
        self._take(observed)
        self.census = _counted(observed.census, self.aliases)
        self._relate(observed.relations)
        self._by_kind = self._kinds(observed.signals, observed.relations)
        drawn = [relation for relator in vocabulary.relators for relation in self._drawn(relator)]
        self._relate(drawn)
        self._by_kind = self._kinds(observed.signals, (*observed.relations, *drawn))

    # what there is

    def subjects(self, kind: str) -> list[Subject]:
        return self._by_kind.get(kind, [])

    def kinds(self) -> list[str]:
        return sorted(self._by_kind)

    def census_of(self, shared: Subject, kind: str) -> Census | None:
        return self.census.get((shared, kind))

    # values

    def value(self, subject: Subject, name: str) -> Value | Unseen:
        """A signal of this very subject: its value, None for "nothing there", or UNSEEN."""
        key = (subject, name)
        if key not in self._memory:
            if key in self._busy:
                return UNSEEN
            self._busy.add(key)
            self._memory[key] = self._find(subject, name)
            self._busy.discard(key)
        return self._memory[key]

    def _find(self, subject: Subject, name: str) -> Value | Unseen:
        base = self.vocabulary.base(name)
        spec = self.vocabulary.specs.get(base)
        if spec is None or spec.kind != subject.kind:
            return UNSEEN
        if spec.event:
            return self._event(subject, base, name)
        if name != base:
            at = self.value(subject, base)
            return self.now - at if isinstance(at, float | int) and not isinstance(at, bool) else at
        found = self._states.get((subject, name))
        if found is not None:
            return found.value
        derivation = self.vocabulary.derivations.get(name)
        return UNSEEN if derivation is None else self._derive(subject, derivation, name)

    def _event(self, subject: Subject, name: str, asked: str) -> Value | Unseen:
        """The latest event inside the subject's window: its value, its time (`_at`) or its age."""
        start = self.window_start(subject)
        inside = [event for event in self._events.get((subject, name), ()) if (start or 0.0) <= (event.at or 0.0) <= self.now]
        if inside:
            last = max(inside, key=lambda event: (event.at or 0.0, repr(event.value)))
            at = last.at or 0.0
            return {f"{name}_at": at, f"{name}_age": self.now - at}.get(asked, last.value)
        since = self._covered.get((subject, name))
        covered = since is not None and start is not None and (since <= start or start == 0.0)
        return None if covered else UNSEEN

    def window_start(self, subject: Subject) -> float | None:
        """When the subject's window opens: 15 minutes before its last attempt, or earlier if that is asked for, but not before it was made; None if nobody knows."""
        name = f"{subject.kind}.last_attempt_at"
        at = self.value(subject, name) if name in self.vocabulary.specs else None
        if isinstance(at, Unseen):
            return None
        created = self.value(subject, f"{subject.kind}.created_at")
        born = created if isinstance(created, float | int) else 0.0
        start = at - BEFORE_ATTEMPT_S if isinstance(at, float | int) else born
        return max(born, min(start, self._since) if self._since else start)

    def _derive(self, subject: Subject, derivation: Derivation, name: str) -> Value | Unseen:
        values = {need: self.read(subject, need)[1] for need in (*derivation.needs, *derivation.wants)}
        if any(isinstance(values[need], Unseen) for need in derivation.needs):
            return UNSEEN
        given = Given(self, subject, values)
        answer = self._answer(derivation, given)
        for spec in derivation.gives:
            self._memory[(subject, spec.name)] = answer.get(spec.name, UNSEEN)
            if spec.name not in answer:
                self._met_unseen[(subject, spec.name)] = given.unseen
        return answer.get(name, UNSEEN)

    def _answer(self, derivation: Derivation, given: Given) -> Mapping[str, Value]:
        """One derivation's answer; one that fails is named and gives nothing, and the others go on."""
        try:
            return derivation.function(given)
        except Exception as error:  # noqa: BLE001  # the one catch-all of the derive stage
            self.broken.add(f"{derivation.function.__module__} on {given.subject}: {type(error).__name__}: {error}")
            return {}

    def _drawn(self, relator: Relator) -> list[Relation]:
        """The relations that one relator draws; none if it fails, which is named."""
        try:
            return list(relator.function(self))
        except Exception as error:  # noqa: BLE001  # see _answer
            self.broken.add(f"{relator.function.__module__}: {type(error).__name__}: {error}")
            return []

    def read(self, subject: Subject, name: str) -> tuple[Subject | None, Value | Unseen]:
        """A signal as a row names it, along to-one relations: whose it is, and its value.

        (None, None) if the kind is not reached or does not have it; (None, UNSEEN) if a relation on the way could not be followed.
        """
        owner = self.reach(subject, name.partition(".")[0])
        if owner is None or isinstance(owner, Unseen):
            return None, None if owner is None else UNSEEN
        local = self._local(owner, name)
        return (None, None) if self._foreign(owner, local) else (owner, self.value(owner, local))

    def _foreign(self, owner: Subject, name: str) -> bool:
        """Whether the engine that runs this subject is known, and is one that has no such signal."""
        known = self.vocabulary.engines.get(self.vocabulary.base(name))
        engine = self.value(owner, f"{owner.kind}.engine") if known else None
        return known is not None and isinstance(engine, str) and engine not in known

    def source(self, subject: Subject, name: str) -> tuple[Source, ...]:
        """Where a value is from; for a derived one, where its seen inputs are from."""
        base = self.vocabulary.base(name)
        events = self._events.get((subject, base))
        if events:
            return (max(events, key=lambda event: event.at or 0.0).source,)
        if (subject, base) in self._states:
            return (self._states[(subject, base)].source,)
        derivation = self.vocabulary.derivations.get(base)
        valued: dict[Source, None] = {}
        empty: dict[Source, None] = {}
        for need in () if derivation is None else (*derivation.needs, *derivation.wants):
            owner, value = self.read(subject, need)
            if owner is not None and not isinstance(value, Unseen):
                found = valued if value is not None else empty
                found |= dict.fromkeys(self.source(owner, self._local(owner, need)))
        return tuple(valued or empty)

    def _local(self, owner: Subject, name: str) -> str:
        return f"{owner.kind}.{name.partition('.')[2]}"

    def missing(self, subject: Subject, name: str) -> tuple[Want, ...]:
        """What a probe would have to look at so that this name is seen."""
        owner = self.reach(subject, name.partition(".")[0])
        if isinstance(owner, Unseen):
            return (Want(subject, f"reach {name.partition('.')[0]}"),)
        if owner is None or self._foreign(owner, self._local(owner, name)):
            return ()
        base = self.vocabulary.base(self._local(owner, name))
        derivation = self.vocabulary.derivations.get(base)
        if derivation is None:
            return (Want(owner, base),)
        needs = (*derivation.needs, *derivation.wants)
        unseen = [need for need in needs if isinstance(self.read(owner, need)[1], Unseen)]
        found = [want for need in unseen if self.vocabulary.base(need) != base for want in self.missing(owner, need)]
        found += [want for other, its in self._met_unseen.get((owner, base), ()) for want in self.missing(other, its)]
        return tuple(sorted(set(found))) or (Want(owner, base),)

    # relations

    def reach(self, subject: Subject, kind: str) -> Subject | Unseen | None:
        """The one subject of this kind along to-one relations; None if there is none, UNSEEN if a relation could not be followed."""
        if kind == subject.kind:
            return subject
        unasked = False
        for path in self.vocabulary.paths.get((subject.kind, kind), ()):
            end = self._follow(subject, path)
            if isinstance(end, Unavailable):
                if end.why != "not configured" or end.asked:
                    return UNSEEN
                unasked = True
            elif end is not None:
                return end
        return UNSEEN if unasked else None

    def _follow(self, subject: Subject, path: tuple[str, ...]) -> Subject | Unavailable | None:
        """The end of one way, or why it could not be followed.

        Such a way is not replaced by a longer one; but a source that is merely not configured hides no way that another shows.
        """
        here = subject
        for relation in path:
            there = self._targets.get((here, relation))
            if not there:
                return self.blind(here, relation)
            here = there[0]
        return here

    def targets(self, subject: Subject, relation: str) -> list[Subject]:
        """What the subject stands in this relation to; a relation is written `container in pod`."""
        return self._targets.get((subject, relation), [])

    def sources(self, subject: Subject, relation: str) -> list[Subject]:
        """Who stands in this relation to the subject."""
        return self._sources.get((subject, relation), [])

    def blind(self, subject: Subject, name: str) -> Unavailable | None:
        """Why this signal or relation of the subject could not be looked at, if a probe said so."""
        for gap in self.unavailable:
            meant = name in gap.names if gap.names else gap.kind == subject.kind
            if meant and gap.subject in (None, subject):
                return gap
        return None

    def unread(self, subject: Subject, relation: str) -> tuple[Want, ...]:
        """What would have to be seen so that a relation that follows from signals could be drawn."""
        needs = {need for relator in self.vocabulary.relators if relation in relator.relations for need in relator.needs}
        unseen = [need for need in sorted(needs) if isinstance(self.read(subject, need)[1], Unseen)]
        return tuple(sorted({want for need in unseen for want in self.missing(subject, need)}))

    # building

    def _take(self, observed: Observed) -> None:
        for signal in sorted(observed.signals, key=_order):
            mine = msgspec.structs.replace(signal, subject=self.aliases.of(signal.subject))
            if mine.at is not None:
                self._events[(mine.subject, mine.name)].append(mine)
            else:
                self._state(mine)
        for cover in sorted(observed.coverage):
            key = (self.aliases.of(cover.subject), cover.name)
            self._covered[key] = min(cover.since, self._covered.get(key, cover.since))

    def _state(self, signal: Signal) -> None:
        """A value beats nothing; of two values the one seen nearest to the thing wins, and both are kept to be shown."""
        key = (signal.subject, signal.name)
        known = self._states.get(key)
        if known is None or known.value is None:
            self._states[key] = signal
            return
        if signal.value is None:
            return
        first, second = sorted((known, signal), key=lambda one: (_VANTAGES.index(one.source.vantage), _order(one)))
        self._states[key] = first
        if first.value != second.value:
            self.conflicts.append((first, second))

    def _relate(self, relations: Iterable[Relation]) -> None:
        for relation in sorted(set(relations)):
            if relation.name == "same_as":
                continue
            start, end = self.aliases.of(relation.from_), self.aliases.of(relation.to)
            name = f"{start.kind} {relation.name} {end.kind}"
            there = self._targets[(start, name)]
            if end not in there:
                there.append(end)
                self._sources[(end, name)].append(start)

    def _kinds(self, signals: Iterable[Signal], relations: Iterable[Relation]) -> Mapping[str, list[Subject]]:
        found: dict[str, set[Subject]] = defaultdict(set)
        looked = [signal.subject for signal in signals]
        ends = [end for relation in relations for end in (relation.from_, relation.to)]
        for subject in (*looked, *ends):
            found[subject.kind].add(self.aliases.of(subject))
        return {kind: sorted(subjects) for kind, subjects in found.items()}


def _counted(census: Iterable[Census], aliases: Aliases) -> dict[tuple[Subject, str], Census]:
    """The census of each shared thing; what was counted under several of its names is added up."""
    found: dict[tuple[Subject, str], Census] = {}
    for one in sorted(set(census)):
        key = (aliases.of(one.shared), one.kind)
        known = found.get(key)
        found[key] = one if known is None else Census(key[0], one.kind, known.members + one.members, known.succeeded + one.succeeded)
    return found


def _gap_order(gap: Unavailable) -> tuple[str, bool, tuple[str, str], str]:
    """A gap may be of no subject, which cannot be compared with one."""
    about = gap.subject or Subject("", "")
    return (gap.probe, gap.subject is not None, (about.kind, about.key), repr(gap))


def _order(signal: Signal) -> tuple[Subject, str, float, Source, str]:
    return (signal.subject, signal.name, signal.at or 0.0, signal.source, repr(signal.value))
