"""The words that rows may use: every signal that probes and derivations can give, and every way from one kind to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from probes._contract import RELATIONS, Probe, Spec
from rules._derivation import Derivation, Relator

LONGEST_PATH = 4


class Vocabulary:
    """Every signal and relation that probes and derivations can give."""

    def __init__(
        self,
        specs: Iterable[Spec],
        derivations: Iterable[Derivation],
        relators: Iterable[Relator] = (),
        engines: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.specs: dict[str, Spec] = {}
        self.engines = dict(engines or {})
        """Of each signal that only some of several engines know, or that is made from such a one: which ones."""
        self.derivations: dict[str, Derivation] = {}
        self.relators = tuple(relators)
        for spec in specs:
            self._add(spec)
        for derivation in derivations:
            for spec in derivation.gives:
                self._add(spec)
                self.derivations[spec.name] = derivation
                self._narrow(spec.name, derivation)
        self.paths = _paths()

    def _add(self, spec: Spec) -> None:
        """Several probes may give one signal, each from a field of its own system: only what the words say of that may differ."""
        known = self.specs.setdefault(spec.name, spec)
        if msgspec.structs.replace(spec, doc=known.doc) != known:
            raise ValueError(f"The signal {spec.name} is declared twice and differently.")

    def _narrow(self, name: str, derivation: Derivation) -> None:
        for need in derivation.needs:
            if need in self.engines:
                self.engines[name] = self.engines.get(name, self.engines[need]) & self.engines[need]

    def of(self, name: str) -> Spec:
        """The Spec behind a name as rows write it: `_age` of a time, `_at` of an event, a neighbour's relation for its kind."""
        return self.specs[self.base(name)]

    def base(self, name: str) -> str:
        if name in self.specs:
            return name
        plain = name.removesuffix("_age").removesuffix("_at")
        for stem in (f"{plain}_at", plain) if name.endswith(("_age", "_at")) else ():
            if stem in self.specs:
                return stem
        return name


def engines(probes: Iterable[Probe]) -> dict[str, frozenset[str]]:
    """Of each signal that some engines give and others do not, which give it; an engine is a system that gives `KIND.engine`.

    A container of Docker has no waiting reason: that is not unseen of it, it does not apply.
    """
    givers: dict[str, set[str]] = defaultdict(set)
    for probe in probes:
        for spec in probe.gives:
            givers[spec.name].add(probe.name.partition(".")[0])
    rivals = {name.partition(".")[0]: of for name, of in givers.items() if name.endswith(".engine")}
    return {name: frozenset(of) for name, of in givers.items() if of < rivals.get(name.partition(".")[0], set())}


def _paths() -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    """For each pair of kinds, every way between them along to-one relations, shortest first."""
    steps: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for arity in RELATIONS:
        if arity.one and arity.from_kind != arity.to_kind:
            steps[arity.from_kind].append((f"{arity.from_kind} {arity.name} {arity.to_kind}", arity.to_kind))
    found: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for start in sorted(steps):
        frontier: list[tuple[str, tuple[str, ...], frozenset[str]]] = [(start, (), frozenset({start}))]
        for _ in range(LONGEST_PATH):
            frontier = [
                (kind, (*path, name), seen | {kind}) for here, path, seen in frontier for name, kind in sorted(steps[here]) if kind not in seen
            ]
            for kind, path, _seen in frontier:
                found[(start, kind)].append(path)
    for arity in RELATIONS:
        if arity.one and arity.from_kind == arity.to_kind:
            found[(arity.from_kind, arity.name)].append((f"{arity.from_kind} {arity.name} {arity.to_kind}",))
    return {pair: tuple(paths) for pair, paths in found.items()}
