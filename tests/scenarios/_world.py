"""A made platform: what each made-up probe said about it, so that one probe's words can be taken away again.

world = World().saw("container postgres", waiting_reason="CrashLoopBackOff").relate("service svc:mlops/postgres of container postgres")
world.without("kubernetes.logs")      # as if that probe had been refused
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from typing import Self

import msgspec

from probes._contract import Census, Coverage, Observed, Probe, Relation, Signal, Source, Spec, Subject, Unavailable, Value, Vantage, Why, checked
from tests.scenarios._specs import GIVER, PROBES

NOW = 1_800_000_000.0
MINUTE = 60.0
Said = Signal | Coverage | Relation | Census | Unavailable


def ago(minutes: float) -> float:
    """A moment so many minutes before the look."""
    return NOW - minutes * MINUTE


def subject(text: str) -> Subject:
    """`container postgres` as a subject."""
    kind, _, key = text.partition(" ")
    return Subject(kind, key)


class Part(msgspec.Struct, frozen=True):
    """One thing said, and by which probe."""

    by: str
    said: Said


class World:
    """What was said; every method adds to it and gives it back."""

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self.parts: list[Part] = list(parts)

    def saw(self, who: str, *, by: str = "", vantage: Vantage = "host", **values: Value) -> Self:
        """State signals of one subject. Each probe that gives one of them gives `none` for the rest, as the contract asks."""
        return self.looked(who, values, by=by, vantage=vantage)

    def looked(self, who: str, values: Mapping[str, Value], *, by: str = "", vantage: Vantage = "host") -> Self:
        """As `saw`, from a table."""
        about = subject(who)
        for probe in dict.fromkeys(GIVER[f"{about.kind}.{name}"] for name in values):
            source = Source(by or probe.name, f"look at {who}", vantage)
            for spec in _states(probe, about.kind):
                value = checked(spec, values.get(spec.name.partition(".")[2]))
                self._add(probe.name, Signal(about, spec.name, value, source))
        return self

    def happened(self, who: str, name: str, value: Value, at: float) -> Self:
        """An event of one subject."""
        about = subject(who)
        probe = GIVER[f"{about.kind}.{name}"]
        return self._add(probe.name, Signal(about, f"{about.kind}.{name}", value, Source(probe.name, f"events of {who}"), at))

    def covered(self, who: str, since: float, *names: str) -> Self:
        """From then on, these events of the subject would have been seen."""
        about = subject(who)
        for name in names:
            self._add(GIVER[f"{about.kind}.{name}"].name, Coverage(about, f"{about.kind}.{name}", since))
        return self

    def relate(self, *lines: str) -> Self:
        """Relations, written `container a needs container b`."""
        for line in lines:
            kind, key, name, to_kind, to_key = line.split()
            self._add(GIVER[f"{kind} {name} {to_kind}"].name, Relation(name, Subject(kind, key), Subject(to_kind, to_key)))
        return self

    def same(self, kind: str, *keys: str) -> Self:
        """These names are one thing."""
        for key in keys[1:]:
            self._add("kubernetes.services", Relation("same_as", Subject(kind, keys[0]), Subject(kind, key)))
        return self

    def counted(self, shared: str, kind: str, members: int, succeeded: int) -> Self:
        """A census on a shared thing."""
        return self._add("kubernetes.census", Census(subject(shared), kind, members, succeeded))

    def blind(self, kind: str, *names: str, who: str = "", why: Why = "forbidden") -> Self:
        """A probe could not look at these signals or relations of a kind, or of one subject."""
        about = subject(who) if who else None
        return self._add("", Unavailable(kind=kind, subject=about, why=why, detail="", remedy="Grant it.", names=names))

    def without(self, *probes: str, why: Why = "refused") -> World:
        """This world with nothing from these probes, each of which says why, in the form that the runner gives such a gap."""
        kept = [part for part in self.parts if part.by not in probes]
        return World([*kept, *(Part("", _gap(probe, why)) for probe in PROBES if probe.name in probes)])

    def looks(self) -> list[tuple[str, Subject]]:
        """Each probe and each subject that it said something of."""
        return sorted({(part.by, about) for part in self.parts if (about := about_of(part.said)) is not None})

    def without_looks(self, looks: Collection[tuple[str, Subject]]) -> World:
        """This world as if these probes had been refused at these subjects."""
        kept = [part for part in self.parts if (part.by, about_of(part.said)) not in looks]
        gaps = [msgspec.structs.replace(_gap(probe, "refused"), subject=about) for probe in PROBES for by, about in looks if by == probe.name]
        return World([*kept, *(Part("", gap) for gap in gaps)])

    def forget(self, who: str, *names: str) -> Self:
        """Take back these state signals and relations of one subject, or everything that was said of it."""
        about = subject(who)
        full = {name if " " in name else f"{about.kind}.{name}" for name in names}
        self.parts = [part for part in self.parts if not _is_of(part.said, about, full)]
        return self

    def observed(self, order: random.Random | None = None) -> Observed:
        """As a run keeps it; in another order of arrival if asked."""
        said = [part.said for part in self.parts]
        if order is not None:
            order.shuffle(said)
        return Observed(
            now=NOW,
            signals=[one for one in said if isinstance(one, Signal)],
            coverage=[one for one in said if isinstance(one, Coverage)],
            relations=[one for one in said if isinstance(one, Relation)],
            unavailable=[one for one in said if isinstance(one, Unavailable)],
            census=[one for one in said if isinstance(one, Census)],
        )

    def _add(self, by: str, said: Said) -> Self:
        self.parts.append(Part(by, said))
        return self


def about_of(said: Said) -> Subject | None:
    """Whom it is about; of a relation, whose it is."""
    if isinstance(said, Relation):
        return said.from_
    if isinstance(said, Signal | Coverage):
        return said.subject
    return said.shared if isinstance(said, Census) else None


def _is_of(said: Said, about: Subject, names: set[str]) -> bool:
    if isinstance(said, Relation):
        return said.from_ == about and (not names or f"{said.from_.kind} {said.name} {said.to.kind}" in names)
    return isinstance(said, Signal) and said.subject == about and (not names or said.name in names)


def _states(probe: Probe, kind: str) -> list[Spec]:
    return [spec for spec in probe.gives if spec.kind == kind and not spec.event]


def _gap(probe: Probe, why: Why) -> Unavailable:
    names = (*(spec.name for spec in probe.gives), *probe.relations)
    return Unavailable(kind=probe.kind, why=why, detail=f"{probe.name} was {why}.", remedy="Give the address.", names=names, probe=probe.name)
