"""The accuracy table on a real Kubernetes node: every planted fault beside what diagnose says of it, also with logs and events withdrawn.

    python -m tests.faults.kubernetes.table [ID …] [--keep FOLDER]       plant, look, print
    python -m tests.faults.kubernetes.table --replay FOLDER [ID …]       judge kept bundles again
    python -m tests.faults.kubernetes.table --catalogue FILE …           another catalogue, e.g. second.yaml
"""

import argparse
import fnmatch
import re
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
from rules._book import Book
from tests.faults.catalogue import Verdict
from tests.faults.withdrawal import without
from tests.stack.node import Node, node

from .catalogue import CATALOGUE, FOLLOWS, Catalogue, Expect, Planting, load
from .plant import Garden, NotPlantedError, batches, filled

Grade = Literal["right", "weaker", "WRONG NAME", "oversure", "missed", "SAID"]
View = Literal["all", "no logs", "no events", "neither"]
VIEWS: tuple[View, ...] = ("all", "no logs", "no events", "neither")
HIDDEN: dict[View, frozenset[str]] = {
    "all": frozenset(), "no logs": frozenset({"kubernetes.logs"}), "no events": frozenset({"kubernetes.events"}), "neither": frozenset({"kubernetes.logs", "kubernetes.events"}),
}  # fmt: skip
FROM_EVENTS = frozenset({"node.warnings", "pod.claim_says"})
"""Signals of other probes that events gave."""

GOOD: frozenset[Grade] = frozenset({"right", "weaker"})


class Said(msgspec.Struct, frozen=True):
    """What a report says about one expected subject under its row, and what else it says about the namespace that nothing explains."""

    band: str
    causes: tuple[str, ...]
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.band} {', '.join(self.causes)}".strip() + (f" (+ {'; '.join(self.others)})" if self.others else "")


class Line(msgspec.Struct, frozen=True):
    """One verdict seen in one view; no verdict: a healthy planting."""

    planting: Planting
    expect: Expect | None
    view: View
    said: Said
    grade: Grade


def look(it: Node) -> Bundle:
    """One real run against the node's API server."""
    options = {"context": "admin", "config": str(it.kubeconfig), "namespace": "default"}
    return pipeline.diagnose(Settings(deadline=60.0), [Target("kubernetes", f"admin at {it.server}", True, options)]).bundle


def withdrawn(seen: Bundle, view: View) -> Bundle:
    """The run without some sources, and with their absence named."""
    hidden = HIDDEN[view]
    extra = FROM_EVENTS if "kubernetes.events" in hidden else frozenset()
    return without(seen, hidden, extra)


# what is said


def incidents(found: Iterable[Incident]) -> Iterator[Incident]:
    for one in found:
        yield one
        yield from incidents(one.consequences)


def about(planting: Planting, one: Incident) -> bool:
    """Whether it is about anything in the planting's namespaces."""
    places = tuple(f"{name}/" for name in planting.own_namespaces)
    return any(subject.split(" ", 1)[1].startswith(places) for subject in one.subjects if " " in subject)


def matches(planting: Planting, member: str, one: Incident) -> bool:
    whole = member if member.count("/") > 1 else f"{planting.id}/{member}"
    kind = "workload" if whole.split("/")[1][0].isupper() else "container"
    return any(fnmatch.fnmatchcase(subject, f"{kind} {whole}") for subject in one.subjects)


def said_about(report: Report, planting: Planting, expect: Expect) -> Said:
    """Under the row expected: of many members, all of one incident."""
    if expect.shared:
        return said_of_shared(report, planting, expect)
    here = [one for one in incidents(report.incidents) if about(planting, one)]
    mine = [one for one in here if one.row == expect.row and all(matches(planting, member, one) for member in expect.members)]
    some = [one for one in here if one.row == expect.row and any(matches(planting, member, one) for member in expect.members)]
    folded = {id(below) for one in here if expected(planting, one) for below in incidents(one.consequences)}
    others = tuple(
        f"{one.row.partition('/')[2]}: {one.band} {', '.join(one.named_ids)}"
        for one in here
        if one not in some and id(one) not in folded and not explained(planting, one)
    )
    if not mine:
        recovered = any(about(planting, one) for one in report.recovered)
        split = f"in {len(some)} incidents" if some else ""
        return Said(split or ("recovered" if recovered else "nothing"), (), others)
    return Said(mine[0].band, mine[0].named_ids, others)


def said_of_shared(report: Report, planting: Planting, expect: Expect) -> Said:
    """Of what many members share: the one incident that holds all of them, itself or in its consequences, under the row expected and with its name."""
    apart = [other for other in planting.expect if other is not expect and not other.consequence]
    mine = [one for one in report.incidents if touches(planting, expect, apart, one)]
    if len(mine) != 1:
        return Said(f"in {len(mine)} incidents" if mine else "nothing", ())
    lead, tree = mine[0], list(incidents(mine))
    strangers = tuple(f"{one.row.partition('/')[2]}: under it, and does not belong there" for one in tree if any(tells(planting, other, one) for other in apart))
    if missing := [member for member in expect.members if not any(matches(planting, member, one) for one in tree)]:
        return Said(f"without {', '.join(missing)}", (), strangers)
    if lead.row != expect.row or filled(expect.shared, {}) not in words_of(lead):
        return Said(f"led by {lead.row.partition('/')[2]}, {', '.join(lead.named_ids)}", (), strangers)
    return Said(lead.band, lead.named_ids, strangers)


def touches(planting: Planting, expect: Expect, apart: Sequence[Expect], one: Incident) -> bool:
    """Whether it has to do with a member, or is itself about anything of the planting that no verdict tells apart."""
    mine = any(matches(planting, member, each) for each in incidents([one]) for member in expect.members)
    return mine or (about(planting, one) and not any(matches(planting, member, one) for other in apart for member in other.members))


def tells(planting: Planting, expect: Expect, one: Incident) -> bool:
    return one.row == expect.row and any(matches(planting, member, one) for member in expect.members)


def words_of(one: Incident) -> str:
    """All that an incident says by itself."""
    return msgspec.json.encode(msgspec.structs.replace(one, consequences=[])).decode()


def expected(planting: Planting, one: Incident) -> bool:
    """Whether a verdict of the planting is about this very row and subject."""
    wanted = [*planting.expect, *planting.also]
    return any(tells(planting, other, one) for other in wanted)


def explained(planting: Planting, one: Incident) -> bool:
    """Whether it is expected as well, may be said, or follows from what is expected."""
    if one.band not in ("diagnosed", "likely"):
        return True
    if expected(planting, one):
        return True
    wanted = [*planting.expect, *planting.also]
    return any((one.row, cause) in FOLLOWS.get(other.row, ()) for other in wanted for cause in one.named_ids)


# how good that is


def grade(expect: Expect, said: Said, view: View) -> Grade:
    if said.others:
        return "SAID"
    full = full_grade(expect, expect.planted_cause, said, expect)
    if view == "all":
        return full
    wanted = {"no logs": expect.without_logs, "no events": expect.without_events, "neither": expect.without_both}[view]
    if wanted == "silent":
        return "right" if said.band in ("nothing", "recovered") else "SAID"
    if isinstance(wanted, Verdict):
        written = full_grade(wanted, wanted.truth or expect.planted_cause, said, expect)
        return written if written != "missed" or full not in GOOD else full
    if full in ("right", "WRONG NAME", "oversure") or wanted == "same":
        return full
    return "weaker" if said.band != "undetermined" or expect.planted_cause in said.causes else "missed"


def full_grade(verdict: Expect | Verdict, truth: str, said: Said, expect: Expect) -> Grade:
    named = said.band in ("diagnosed", "likely")
    if verdict.cause:
        good = {verdict.cause, *expect.accept}
        if named:
            return "right" if set(said.causes) <= good else "WRONG NAME"
        return "right" if expect.accept_undetermined and good & set(said.causes) else "missed"
    if named:
        true = set(said.causes) <= {truth, *expect.accept}
        return ("right" if expect.accept_cause else "oversure") if true else "WRONG NAME"
    return "right" if said.band == "undetermined" and truth in said.causes else "missed"


def judge(seen: Bundle, plantings: Sequence[Planting], book: Book) -> Iterator[Line]:
    """Every planting of one run, in every view."""
    for view in VIEWS:
        report = pipeline.report_of(withdrawn(seen, view), book)
        for planting in plantings:
            if planting.healthy:
                found = [f"{one.row.partition('/')[2]}: {one.band} {', '.join(one.named_ids)}" for one in incidents(report.incidents) if about(planting, one)]
                yield Line(planting, None, view, Said("nothing", (), tuple(found)), "SAID" if found else "right")
            for expect in planting.expect:
                said = said_about(report, planting, expect)
                yield Line(planting, expect, view, said, grade(expect, said, view))


def print_table(lines: Sequence[Line]) -> bool:
    """The table, its sums and the calibration; True if nothing wrong was named and nothing said about the healthy."""
    for line in lines:
        if line.view == "all" or line.grade not in GOOD:
            want = "nothing" if line.expect is None else f"{line.expect.row.partition('/')[2]} {line.expect.cause or '{' + ', '.join(line.expect.undetermined) + '}'}"
            print(f"{line.grade:10} {line.view:9} {line.planting.id:26} want {want}\n{'':21} said {line.said}")
    for view in VIEWS:
        mine = [line for line in lines if line.view == view]
        faults, healthy = [line for line in mine if line.expect], [line for line in mine if not line.expect]
        good = [sum(line.grade in GOOD for line in some) for some in (faults, healthy)]
        print(f"{view:9}: {good[0]}/{len(faults)} verdicts good ({dict(Counter(line.grade for line in faults))}); nothing said about {good[1]}/{len(healthy)} healthy")
    for band in ("diagnosed", "likely", "undetermined", "none fits"):
        of = [line for line in lines if line.view == "all" and line.expect and line.said.band == band]
        truth = sum(bool({line.expect.planted_cause, *line.expect.accept} & set(line.said.causes)) for line in of if line.expect)
        print(f"said {band:12}: {len(of):2} times, held the truth {truth}")
    return not any(line.grade in ("WRONG NAME", "SAID") for line in lines)


def run(catalogue: Catalogue, chosen: Sequence[Planting], keep: Path | None) -> list[Line]:
    """Plant in batches and look at each; what does not show as told is named and left out."""
    _probes, book = pipeline.load()
    lines: list[Line] = []
    with node() as it, Garden(it, catalogue) as garden:
        for number, batch in enumerate(batches(chosen)):
            planted, seen = _seen(it, garden, batch)
            if seen is None:
                continue
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                bundles.save(keep / f"{number:02}.bundle", seen)
                (keep / f"{number:02}.ids").write_text("\n".join(planting.id for planting in planted))
            lines += judge(seen, planted, book)
    return lines


def _seen(it: Node, garden: Garden, batch: Sequence[Planting]) -> tuple[Sequence[Planting], Bundle | None]:
    """A batch and a look at it; again without those of it that do not show as they are told."""
    left = list(batch)
    while left:
        began = time.monotonic()
        try:
            with garden.planted(left):
                ready = time.monotonic()
                seen = look(it)
        except NotPlantedError as error:
            words = str(error)
            print(f"# NOT PLANTED: {words[:600]}", file=sys.stderr)
            failed = [planting for planting in left if re.search(rf"^{re.escape(planting.id)}: ", words, re.MULTILINE)]
            left = [planting for planting in left if planting not in failed] if failed else []
        else:
            print(f"# {', '.join(planting.id for planting in left)}: planted in {ready - began:.0f} s, looked in {time.monotonic() - ready:.1f} s", file=sys.stderr)
            return left, seen
    return [], None


def replay(folder: Path, chosen: Sequence[Planting]) -> list[Line]:
    """Judge bundles that were kept."""
    _probes, book = pipeline.load()
    lines: list[Line] = []
    for path in sorted(folder.glob("*.bundle")):
        ids = path.with_suffix(".ids").read_text().split()
        lines += judge(bundles.load(path), [planting for planting in chosen if planting.id in ids], book)
    return lines


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    options = parser.parse_args()
    catalogue = load(options.catalogue)
    chosen = catalogue.named(*options.ids) if options.ids else catalogue.all
    lines = replay(options.replay, chosen) if options.replay else run(catalogue, chosen, options.keep)
    sys.exit(0 if print_table(lines) else 1)


if __name__ == "__main__":
    main()
