"""The accuracy table on real services: every state beside what diagnose says of it, also without the view of those who use them.

python -m tests.faults.services.table [ID …] [--keep FOLDER]       make, look, print
python -m tests.faults.services.table --replay FOLDER [ID …]       judge kept bundles again
python -m tests.faults.services.table --ledger FOLDER …            every cause of these rows, and the kept states in which it is told
--set first|second|third                                           those of one set only
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from agent import bundle as bundles
from agent import pipeline
from agent.report.model import Incident, Report
from tests.faults.withdrawal import without
from tests.stack.process import ServiceError, own_environment, own_folder

from .catalogue import CAUSES, SAME, SETS, Expect, State, named
from .plant import ALWAYS, Garden, NotPlantedError, Words, alone

Grade = Literal["right", "weaker", "WRONG NAME", "oversure", "missed", "SAID", "apart"]
View = Literal["all", "no workload"]
HIDDEN: dict[View, frozenset[str]] = {"all": frozenset(), "no workload": frozenset({"host.environment"})}
"""Probes that a view is without. Logs are in no state: nobody here has any that diagnose could read."""

ROOT = Path(__file__).parents[3]
CATEGORIES = ("mlflow/", "dvc/")
NAMED = ("diagnosed", "likely")


@dataclass(frozen=True)
class Said:
    """What a report says under the state's row, and what else it says that nothing explains."""

    band: str
    causes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.band} {', '.join(self.causes)}".strip() + (f" (+ {'; '.join(self.others)})" if self.others else "")


@dataclass(frozen=True)
class Line:
    state: State
    said: Said
    grade: Grade
    view: View = "all"


def look(words: Words, bundle: Path) -> None:
    """One real run, in the shell that the words are said in. Raises ServiceError."""
    command = [sys.executable, "-m", "agent.cli", "run", *words.words, *ALWAYS, "--deadline", "60", "--save", str(bundle.absolute())]
    with own_folder("shell-") as folder:
        environment = {**own_environment(folder), **words.environment, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if not bundle.exists():
        raise ServiceError(f"diagnose ended with {done.returncode}: {done.stderr[-1000:]}")


def judge(state: State, report: Report) -> Line:
    """The first incident of the row counts; what else is named must be expected as well."""
    found = [one for one in _flat(report.incidents) if one.row.startswith(CATEGORIES)]
    found = [msgspec.structs.replace(one, named_ids=called(state, one)) for one in found]
    mine = [one for one in found if one.row == state.row and state.expect]
    others = tuple(f"{one.row}: {one.band} {', '.join(one.named_ids)}" for one in found if one not in mine[:1] and not _explained(state, one))
    said = Said(mine[0].band, mine[0].named_ids, others) if mine else Said("nothing", (), others)
    graded = grade(state.expect, said)
    return Line(state, said, "apart" if graded == "right" and not together(state, told(report)) else graded)


def told(report: Report) -> list[tuple[str, set[str]]]:
    """Of each incident the row that leads it, and all rows in it."""
    return [(one.row, {of.row for of in _flat([one])}) for one in report.incidents]


def together(state: State, incidents: Iterable[tuple[str, set[str]]]) -> bool:
    """Whether what the state says to follow is told with its row, in one incident that its row leads."""
    rows = {state.row, *state.under}
    of_it = [(lead, all_of) for lead, all_of in incidents if rows & all_of]
    return not state.under or (len(of_it) == 1 and rows <= of_it[0][1] and (of_it[0][0] == state.row or state.in_any_order))


def called(state: State, one: Incident) -> tuple[str, ...]:
    """An incident's ids in the catalogue's words; of several words for a finer id, those that are true of the state."""
    true = state.expect.true if state.expect and one.row == state.row else frozenset(state.also.get(one.row, ()))
    words = [SAME.get(one.row, {}).get(id_, {id_}) for id_ in one.named_ids]
    return tuple(dict.fromkeys(word for of in words for word in sorted(of & true) or sorted(of)[:1]))


def _flat(incidents: Iterable[Incident]) -> Iterator[Incident]:
    for one in incidents:
        yield one
        yield from _flat(one.consequences)


def _explained(state: State, one: Incident) -> bool:
    """Whether it may stand beside the verdict; of a healthy state nothing may."""
    if state.expect is None:
        return False
    if one.band not in NAMED:
        return True
    may = state.expect.true if one.row == state.row else frozenset(state.also.get(one.row, ()))
    return set(one.named_ids) <= may


def grade(expect: Expect | None, said: Said) -> Grade:
    if said.others:
        return "SAID"
    if expect is None:
        return "right"
    if said.band == "nothing":
        return "right" if expect.accept_nothing else "missed"
    holds = bool(expect.true & set(said.causes))
    if said.band not in NAMED:
        good = expect.accept_undetermined or bool(expect.undetermined)
        return "right" if said.band == "undetermined" and holds and good else "missed"
    if not set(said.causes) <= expect.true:
        return "WRONG NAME"
    return "right" if expect.cause or expect.accept_cause else "oversure"


def weaker(line: Line) -> Line:
    """What is graded as missed with less to see: silence, and a set that still holds the truth, are honest there."""
    expect = line.state.expect
    honest = line.said.band == "nothing" or (expect is not None and bool(expect.true & set(line.said.causes)))
    return replace(line, grade="weaker") if line.grade in ("missed", "apart") and honest else line


def print_table(lines: Sequence[Line]) -> bool:
    """The table and its sums by row; True if nothing wrong was named and nothing said of the healthy. Of other views, what is no better than honest."""
    whole = [line for line in lines if line.view == "all"]
    for line in whole:
        print(f"{line.grade:10} {line.state.id:34} want {line.state.expect or 'nothing'}\n{'':45} said {line.said}")
    for line in lines:
        if line.view != "all" and line.grade not in ("right", "weaker"):
            print(f"{line.grade:10} {line.view}: {line.state.id:22} want {line.state.expect or 'nothing'}\n{'':45} said {line.said}")
    for row in [*CAUSES, ""]:
        _sums(row or "all", [line for line in whole if row in ("", line.state.row)])
    for view in HIDDEN:
        mine = [line for line in lines if line.view == view]
        print(f"{view:12}: {dict(Counter(line.grade for line in mine))}")
    return not any(line.grade in ("WRONG NAME", "SAID") for line in lines)


def _sums(name: str, lines: Sequence[Line]) -> None:
    healthy = [line for line in lines if line.state.expect is None]
    top = [line for line in lines if line.state.expect and line.state.expect.cause]
    sets = [line for line in lines if line.state.expect and line.state.expect.undetermined]
    right = [sum(line.grade == "right" for line in some) for some in (top, sets, healthy)]
    exact = sum(line.state.expect is not None and set(line.said.causes) == set(line.state.expect.undetermined) for line in sets)
    wrong = sum(line.grade == "WRONG NAME" or (line.grade == "SAID" and line.state.expect is not None) for line in lines)
    oversure = sum(line.grade == "oversure" for line in lines)
    print(
        f"{name:33}: top cause {right[0]}/{len(top)}; undetermined sets {right[1]}/{len(sets)}, {exact} exact; wrong names {wrong}, oversure {oversure}; "
        f"nothing said of {right[2]}/{len(healthy)} healthy"
    )


def run(states: Sequence[State], keep: Path) -> None:
    """Make each and look at it; what does not show as it is told is named and left out."""
    keep.mkdir(parents=True, exist_ok=True)
    with Garden.opened() as garden:
        for one in states:
            began = time.monotonic()
            try:
                with garden.planted(one) as words:
                    ready = time.monotonic()
                    look(words, keep / f"{one.id}.bundle")
                    print(f"# {one.id}: made in {ready - began:.0f} s, looked in {time.monotonic() - ready:.1f} s", file=sys.stderr)
            except (NotPlantedError, ServiceError) as error:
                print(f"# NOT PLANTED: {one.id}: {str(error)[:600]}", file=sys.stderr)


def replay(folder: Path, states: Sequence[State]) -> list[Line]:
    """Judge bundles that were kept."""
    _probes, book = pipeline.load()
    kept = [(one, bundles.load(path)) for one in states if (path := folder / f"{one.id}.bundle").exists()]
    lines = [judge(one, pipeline.report_of(seen, book)) for one, seen in kept]
    blinder = ((view, one, without(seen, HIDDEN[view])) for view in HIDDEN if view != "all" for one, seen in kept)
    return lines + [weaker(replace(judge(one, pipeline.report_of(seen, book)), view=view)) for view, one, seen in blinder]


def print_ledger(folders: Iterable[Path], rows: Iterable[str]) -> None:
    """Of each cause: how often it was named, or was one of a set, on something real. Where never, its rule has examples alone."""
    _probes, book = pipeline.load()
    told_of: dict[tuple[str, str], dict[str, list[str]]] = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*.bundle"))):
        for one in _flat(pipeline.report_of(bundles.load(path), book).incidents):
            how = "named" if one.band in NAMED else "in a set"
            for cause in one.named_ids:
                told_of.setdefault((one.row, cause), {}).setdefault(how, []).append(path.stem)
    for row in rows:
        causes = next(file.row.causes for file in book.files if file.row.id == row)
        print(f"\n{row}: {sum((row, one.id) in told_of for one in causes)} of {len(causes)} causes told")
        for cause_of in causes:
            found = told_of.get((row, cause_of.id), {})
            counts = ", ".join(f"{how} {len(set(of))}" for how, of in sorted(found.items(), reverse=True))
            print(f"  {cause_of.id:26} {counts or 'never: examples alone':24} {next(iter(found.values()), [''])[0]}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--ledger", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--set", choices=SETS)
    options = parser.parse_args()
    if options.ledger:
        print_ledger(options.ledger, CAUSES)
        return
    states = named(*options.ids, of=options.set)
    if options.replay:
        lines = replay(options.replay, states)
    else:
        alone("tests.faults.services.table")
        with own_folder("bundles-") as folder:
            keep = options.keep or folder
            run(states, keep)
            lines = replay(keep, states)
    sys.exit(0 if print_table(lines) else 1)


if __name__ == "__main__":
    main()
