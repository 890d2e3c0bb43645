"""What to look at next: the looks that could move an open question most, for their price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from probes._contract import Probe, Subject
from rules._facts import Want
from rules._judge import Case, Judged
from rules._rank import OPEN_GAIN, Weighed, gain


class Errand(msgspec.Struct, frozen=True):
    """One probe sent to one subject, and what that could be worth."""

    probe: str
    subject: Subject
    gain: float


def wanted(judged: Judged) -> dict[Want, float]:
    """Every unseen signal that would move something, with its gain in decibans."""
    gains: dict[Want, float] = defaultdict(float, dict.fromkeys(judged.asked, OPEN_GAIN))
    for case in judged.cases:
        for want in case.missing:
            gains[want] += OPEN_GAIN
        for line in case.weighed:
            if case.ranking.band != "diagnosed" or _leads_up(line, case):
                for want in line.missing:
                    gains[want] += gain(line, case.ranking)
    return {want: value for want, value in gains.items() if value > 0 and want not in judged.blind}


def _leads_up(line: Weighed, case: Case) -> bool:
    """A parent that would explain the cause already named: the case is settled, but where it hangs is not."""
    return bool(line.evidence.parent) and line.evidence.then.get(case.ranking.lead, 0.0) > 0


def errands(judged: Judged, probes: Iterable[Probe], done: Mapping[tuple[str, Subject], object]) -> list[Errand]:
    """The next round's work, most informative for its price first; each probe goes to a subject once."""
    giving: dict[str, list[Probe]] = defaultdict(list)
    for probe in probes:
        if not probe.sweeps:
            for name in (*(spec.name for spec in probe.gives), *probe.relations):
                giving[name].append(probe)
    worth: dict[tuple[str, Subject], float] = defaultdict(float)
    for want, value in wanted(judged).items():
        for probe in giving.get(want.name, ()):
            if probe.kind == want.subject.kind and (probe.name, want.subject) not in done:
                worth[(probe.name, want.subject)] += value / probe.cost
    ordered = sorted(worth.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Errand(probe, subject, value) for (probe, subject), value in ordered]
