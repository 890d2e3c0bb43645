"""The accuracy table: every planted fault beside what diagnose says of it, also with logs and with events withdrawn.

    python -m tests.faults.table [ID …] [--keep FOLDER]       plant, look, print
    python -m tests.faults.table --replay FOLDER [ID …]       judge kept bundles again
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from agent import bundle as bundles
from agent import pipeline
from agent.bundle import Bundle
from agent.discover import Target
from agent.report.model import Incident, Report
from agent.settings import Settings
from probes._contract import Unavailable
from rules._book import Book

from .catalogue import CATALOGUE, Catalogue, Expect, Planting, Verdict, load
from .engine import Engine, engine
from .images import build_bases
from .plant import Garden, batches

Grade = Literal["right", "weaker", "WRONG NAME", "oversure", "missed", "SAID"]
View = Literal["all", "no logs", "no events"]
VIEWS: tuple[View, ...] = ("all", "no logs", "no events")
HIDES: dict[View, str] = {"no logs": "docker.logs", "no events": "docker.events"}
GOOD: frozenset[Grade] = frozenset({"right", "weaker"})


class Said(msgspec.Struct, frozen=True):
    """What a report says about one container under the row that was expected."""

    band: str
    causes: tuple[str, ...]
    others: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.band} {', '.join(self.causes)}".strip() + (f" (+ {', '.join(self.others)})" if self.others else "")


class Line(msgspec.Struct, frozen=True):
    """One planting seen in one view."""

    planting: Planting
    view: View
    said: Said
    grade: Grade


def look(it: Engine) -> Bundle:
    """One real run against the engine."""
    host = Target("host", "this machine", asked=True)
    targets = [host, Target("docker", f"unix://{it.socket}", asked=True)]
    return pipeline.diagnose(Settings(deadline=90.0), targets).bundle


def withdrawn(seen: Bundle, view: View) -> Bundle:
    """The run without one source, and with its absence named."""
    if view == "all":
        return seen
    hidden = HIDES[view]
    observed = seen.observed
    names = tuple(sorted({signal.name for signal in observed.signals if signal.source.probe == hidden}))
    gap = Unavailable(kind="container", why="forbidden", detail="withdrawn", remedy="Give it back.", names=names, probe=hidden)
    return msgspec.structs.replace(
        seen,
        observed=msgspec.structs.replace(
            observed,
            signals=[signal for signal in observed.signals if signal.source.probe != hidden],
            coverage=[cover for cover in observed.coverage if cover.name not in names],
            unavailable=[*observed.unavailable, gap],
        ),
    )


def said_about(report: Report, planting: Planting) -> Said:
    """What the report says about the planting's container: under the row expected, and otherwise."""
    subject = f"container {planting.name}"
    found = [incident for incident in _flat(report.incidents) if subject in incident.subjects]
    mine = [incident for incident in found if incident.row == planting.expect.row]
    others = tuple(f"{one.row.partition('/')[2]}: {one.band} {', '.join(one.named_ids)}" for one in found if one not in mine)
    if not mine:
        recovered = any(subject in incident.subjects for incident in report.recovered)
        return Said("recovered" if recovered else "nothing", (), others)
    return Said(mine[0].band, mine[0].named_ids, others)


def _flat(incidents: Iterable[Incident]) -> Iterator[Incident]:
    for incident in incidents:
        yield incident
        yield from _flat(incident.consequences)


def grade(planting: Planting, said: Said, view: View) -> Grade:
    """How good that is."""
    expect = planting.expect
    if planting.healthy:
        quiet = said.band in ("nothing", "recovered") and not said.others
        return "right" if quiet else "SAID"
    if view != "all":
        return _withdrawn_grade(expect, said, view)
    return _full_grade(expect, expect.planted_cause, said)


def _full_grade(expect: Expect | Verdict, truth: str, said: Said) -> Grade:
    named = said.band in ("diagnosed", "likely")
    if expect.cause:
        if named:
            return "right" if said.causes == (expect.cause,) else "WRONG NAME"
        accepted = isinstance(expect, Expect) and expect.accept_undetermined and expect.cause in said.causes
        return "right" if accepted else "missed"
    if named:
        return "oversure" if said.causes == (truth,) else "WRONG NAME"
    return "right" if said.band == "undetermined" and truth in said.causes else "missed"


def _withdrawn_grade(expect: Expect, said: Said, view: View) -> Grade:
    wanted = expect.without_logs if view == "no logs" else expect.without_events
    truth = expect.planted_cause
    if wanted == "silent":
        return "right" if said.band in ("nothing", "recovered") else "SAID"
    if isinstance(wanted, Verdict):
        return _full_grade(wanted, wanted.truth or truth, said)
    full = _full_grade(expect, truth, said)
    if full in ("right", "WRONG NAME") or wanted == "same":
        return full
    if full == "oversure":
        return "oversure"
    return "weaker" if said.band != "undetermined" or truth in said.causes else "missed"


def judge(seen: Bundle, plantings: Sequence[Planting], book: Book) -> Iterator[Line]:
    """Every planting of one run, in every view."""
    for view in VIEWS:
        report = pipeline.report_of(withdrawn(seen, view), book)
        for planting in plantings:
            said = said_about(report, planting)
            yield Line(planting, view, said, grade(planting, said, view))


def print_table(lines: Sequence[Line]) -> bool:
    """The table, its sums and the calibration; True if nothing wrong was named and nothing said about the healthy."""
    for line in lines:
        if line.view == "all" or line.grade not in GOOD:
            expect = line.planting.expect
            want = expect.cause or ("{" + ", ".join(expect.undetermined) + "}" if expect.undetermined else "nothing")
            print(f"{line.grade:10} {line.view:9} {line.planting.id:28} want {want}\n{'':21} said {line.said}")
    for view in VIEWS:
        _sums([line for line in lines if line.view == view], view)
    _calibration([line for line in lines if line.view == "all"])
    return not any(line.grade in ("WRONG NAME", "SAID") for line in lines)


def _sums(lines: Sequence[Line], view: View) -> None:
    faults = [line for line in lines if not line.planting.healthy]
    healthy = [line for line in lines if line.planting.healthy]
    named = [line for line in faults if line.planting.expect.cause]
    right = sum(line.grade == "right" for line in named)
    sets = [line for line in faults if not line.planting.expect.cause]
    exact = sum(set(line.said.causes) == set(line.planting.expect.undetermined) for line in sets)
    print(
        f"{view:9}: top cause {right}/{len(named)}, {_good(named) - right} weaker but true; undetermined sets {_good(sets)}/{len(sets)} hold the truth, {exact} exact; "
        f"nothing said about {_good(healthy)}/{len(healthy)} healthy; grades {dict(Counter(line.grade for line in faults))}"
    )


def _good(lines: Iterable[Line]) -> int:
    return sum(line.grade in GOOD for line in lines)


def _calibration(lines: Sequence[Line]) -> None:
    for band in ("diagnosed", "likely", "undetermined", "none fits"):
        of = [line for line in lines if line.said.band == band and not line.planting.healthy]
        truth = sum(line.planting.expect.planted_cause in line.said.causes for line in of)
        print(f"said {band:12}: {len(of):2} times, held the truth {truth}")


def run(catalogue: Catalogue, chosen: Sequence[Planting], keep: Path | None) -> list[Line]:
    """Plant in batches and look at each."""
    _probes, book = pipeline.load()
    lines: list[Line] = []
    with engine() as it:
        build_bases(it)
        garden = Garden(it, catalogue)
        for number, batch in enumerate(batches(chosen)):
            began = time.monotonic()
            with garden.planted(batch):
                planted = time.monotonic()
                seen = look(it)
            print(f"# batch {number}: planted in {planted - began:.0f} s, looked in {time.monotonic() - planted:.1f} s", file=sys.stderr)
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                bundles.save(keep / f"{number}.bundle", seen)
            lines += judge(seen, batch, book)
    return lines


def replay(folder: Path, chosen: Sequence[Planting]) -> list[Line]:
    """Judge bundles that were kept."""
    _probes, book = pipeline.load()
    lines: list[Line] = []
    for path in sorted(folder.glob("*.bundle")):
        seen = bundles.load(path)
        names = {signal.subject.key for signal in seen.observed.signals if signal.name == "container.state"}
        lines += judge(seen, [planting for planting in chosen if planting.name in names], book)
    return lines


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    parser.add_argument("--replay", type=Path)
    options = parser.parse_args()
    catalogue = load(options.catalogue)
    chosen = catalogue.named(*options.ids) if options.ids else catalogue.all
    lines = replay(options.replay, chosen) if options.replay else run(catalogue, chosen, options.keep)
    sys.exit(0 if print_table(lines) else 1)


if __name__ == "__main__":
    main()
