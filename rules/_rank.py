"""Ranking: weights in decibans to posteriors, bands and undetermined sets. Every number of the engine stands in this file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from rules._expr import Outcome
from rules._facts import Want
from rules._row import OTHER, Evidence, Row

GROUP_CAP = 25.0
TOTAL_CAP = 45.0
DIAGNOSED = 0.85
LIKELY = 0.5
SUPPORT = 5.0
MOST = 0.98
SET_MASS = 0.85
OPEN_GAIN = 10.0
LATER_S = 60.0
COHORT_SIZE = 3

Band = Literal["diagnosed", "likely", "undetermined", "none fits"]
_Groups = dict[str, tuple[float, float]]


class Weighed(msgspec.Struct, frozen=True):
    """One line of evidence, what it came to, and what would settle it."""

    evidence: Evidence
    outcome: Outcome
    missing: tuple[Want, ...] = ()
    number: int = 0
    out_of_reach: bool = False
    """What would settle it is merely not configured here: that is no blindness, and holds no verdict back."""

    @property
    def weights(self) -> Mapping[str, float]:
        if self.outcome is Outcome.TRUE:
            return self.evidence.then
        return self.evidence.else_ if self.outcome is Outcome.FALSE else {}


class Ranking(msgspec.Struct, frozen=True):
    """The causes of a case, likeliest first, and how far that carries."""

    posteriors: tuple[tuple[str, float], ...]
    band: Band
    candidates: tuple[str, ...]
    """The one cause of a diagnosed or likely case; of an undetermined one the set that is left."""
    support: Mapping[str, Mapping[str, float]]
    """Net decibans by cause and group."""

    @property
    def lead(self) -> str:
        return self.posteriors[0][0]

    def posterior(self, cause: str) -> float:
        return dict(self.posteriors).get(cause, 0.0)

    @property
    def named(self) -> bool:
        """Whether one cause is named."""
        return self.band in ("diagnosed", "likely")


class _Tally(msgspec.Struct, frozen=True):
    """The lines added up."""

    ordered: tuple[tuple[str, float], ...]
    stated: frozenset[str]
    support: Mapping[str, Mapping[str, float]]

    @property
    def lead(self) -> str:
        return self.ordered[0][0]


def rank(row: Row, weighed: Iterable[Weighed]) -> Ranking:
    """Rank a row's causes by the evidence weighed.

    What nobody could see holds a verdict back where it could put another cause in front: blindness never names a wrong one.
    What the system itself states needs no such care.
    """
    lines = tuple(weighed)
    tally = _tally(row, lines)
    unseen = _overtakers(row, lines)
    rivals = frozenset().union(*unseen.values()) - {tally.lead}
    in_reach = frozenset().union(*(leads for number, leads in unseen.items() if not lines[number].out_of_reach)) - {tally.lead}
    band = _band(tally)
    if band == "none fits" and rivals - {OTHER}:
        band = "undetermined"
    if band in ("diagnosed", "likely") and tally.lead not in tally.stated:
        band = _held_back(band, overturns=bool(in_reach), together=_overturned(row, lines, tally.lead))
    candidates = (tally.lead,) if band != "undetermined" else _candidates(tally.ordered, rivals)
    return Ranking(tuple((cause, min(value, MOST)) for cause, value in tally.ordered), band, candidates, tally.support)


def _held_back(band: Band, *, overturns: bool, together: bool) -> Band:
    """Nothing is named that a single look could overturn, and nothing is diagnosed that all looks together could."""
    if overturns:
        return "undetermined"
    return "likely" if together else band


def _tally(row: Row, lines: Sequence[Weighed]) -> _Tally:
    stated = _stated(lines)
    support = {cause: _net(groups) for cause, groups in _strongest(row.cause_ids, lines).items()}
    posteriors = _softmax(_scores(_priors(row, stated), support))
    ordered = tuple(sorted(posteriors.items(), key=lambda pair: (-pair[1], pair[0] == OTHER, pair[0])))
    return _Tally(ordered, stated, support)


def _stated(lines: Iterable[Weighed]) -> frozenset[str]:
    return frozenset(line.evidence.states for line in lines if line.outcome is Outcome.TRUE and line.evidence.states)


def _overtakers(row: Row, lines: Sequence[Weighed]) -> dict[int, frozenset[str]]:
    """The causes that each line which nobody could see would put in front, by being true or by being false; by its place.

    A line moves only the causes that it speaks for, so nothing else is added up anew.
    """
    stated, strongest = _stated(lines), _strongest(row.cause_ids, lines)
    priors = _priors(row, stated)
    scores = _scores(priors, {cause: _net(groups) for cause, groups in strongest.items()})

    def lead(line: Weighed) -> str:
        states = line.evidence.states if line.outcome is Outcome.TRUE else ""
        moved = {cause: _net(_with(strongest[cause], line, cause)) for cause in line.weights.keys() & strongest.keys()}
        if states:
            every = {cause: moved.get(cause, _net(groups)) for cause, groups in strongest.items()}
            return _first(_scores(_priors(row, stated | {states}), every))
        return _first(scores | _scores({cause: priors[cause] for cause in moved}, moved))

    found: dict[int, frozenset[str]] = {}
    for place, line in enumerate(lines):
        if line.outcome is Outcome.CANNOT_TELL:
            seen = [msgspec.structs.replace(line, outcome=outcome) for outcome in (Outcome.TRUE, Outcome.FALSE)]
            speaks = [one for one in seen if one.weights or (one.outcome is Outcome.TRUE and one.evidence.states)]
            found[place] = frozenset(map(lead, speaks))
    return found


def _first(scores: Mapping[str, float]) -> str:
    return min(scores, key=lambda cause: (-scores[cause], cause == OTHER, cause))


def _overturned(row: Row, lines: tuple[Weighed, ...], lead: str) -> bool:
    """Whether another cause would lead if everything that nobody could see went its way."""
    return any(_tally(row, tuple(_for(line, cause, lead) for line in lines)).lead != lead for cause in row.cause_ids if cause not in (lead, OTHER))


def _for(line: Weighed, cause: str, lead: str) -> Weighed:
    """The line as it would be best for one cause against another; as it is, if it was seen."""
    if line.outcome is not Outcome.CANNOT_TELL or line.out_of_reach:
        return line
    choices = [msgspec.structs.replace(line, outcome=outcome) for outcome in (Outcome.CANNOT_TELL, Outcome.TRUE, Outcome.FALSE)]
    return max(choices, key=lambda choice: choice.weights.get(cause, 0.0) - choice.weights.get(lead, 0.0))


def _strongest(causes: Iterable[str], lines: Sequence[Weighed]) -> dict[str, _Groups]:
    """By cause and group the strongest for and the strongest against."""
    best: dict[str, _Groups] = {cause: {} for cause in causes}
    for line in lines:
        for cause in line.weights.keys() & best.keys():
            best[cause] = _with(best[cause], line, cause)
    return best


def _with(groups: _Groups, line: Weighed, cause: str) -> _Groups:
    weight = line.weights[cause]
    up, down = groups.get(line.evidence.group, (0.0, 0.0))
    return groups | {line.evidence.group: (max(up, weight), min(down, weight))}


def _net(groups: _Groups) -> dict[str, float]:
    """Net decibans by group."""
    return {group: max(-GROUP_CAP, min(GROUP_CAP, up + down)) for group, (up, down) in groups.items() if up or down}


def _priors(row: Row, stated: frozenset[str]) -> dict[str, float]:
    """Decibans of each cause before any evidence; what is stated starts where the likeliest does."""
    priors = {cause.id: cause.prior for cause in row.causes} | {OTHER: row.other}
    largest = max(priors.values())
    priors |= dict.fromkeys(stated & set(priors), largest)
    total = sum(priors.values())
    return {cause: 10 * math.log10(prior / total) for cause, prior in priors.items()}


def _scores(priors: Mapping[str, float], support: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {cause: prior + max(-TOTAL_CAP, min(TOTAL_CAP, sum(support[cause].values()))) for cause, prior in priors.items()}


def _softmax(scores: Mapping[str, float]) -> dict[str, float]:
    top = max(scores.values())
    odds = {cause: 10 ** ((score - top) / 10) for cause, score in scores.items()}
    total = sum(odds.values())
    return {cause: value / total for cause, value in odds.items()}


def _band(tally: _Tally) -> Band:
    cause, posterior = tally.ordered[0]
    if cause == OTHER:
        return "none fits"
    groups = tally.support[cause]
    if posterior >= DIAGNOSED and (cause in tally.stated or sum(value >= SUPPORT for value in groups.values()) >= 2):
        return "diagnosed"
    if posterior >= LIKELY and (cause in tally.stated or any(value >= SUPPORT for group, value in groups.items() if group != "status")):
        return "likely"
    return "undetermined"


def _candidates(ordered: tuple[tuple[str, float], ...], rivals: frozenset[str]) -> tuple[str, ...]:
    """What is left: the causes that make up most of the mass, and rivals that one look could put in front; never one name alone."""
    left: list[str] = []
    mass = 0.0
    for cause, posterior in ordered:
        if mass >= SET_MASS and len([one for one in left if one != OTHER]) > 1:
            break
        left.append(cause)
        mass += posterior
    left += [cause for cause, _ in ordered if cause in rivals and cause not in left]
    named = tuple(cause for cause in left if cause != OTHER)
    return named if len(named) > 1 else (*named, OTHER)


def gain(line: Weighed, ranking: Ranking) -> float:
    """How much looking at this line could move the ranking: the posterior-weighted distance between its two outcomes."""
    causes = set(line.evidence.then) | set(line.evidence.else_)
    distance = {cause: abs(line.evidence.then.get(cause, 0.0) - line.evidence.else_.get(cause, 0.0)) for cause in causes}
    return sum(ranking.posterior(cause) * value for cause, value in distance.items())
