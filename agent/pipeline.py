"""The whole story: plan, collect, derive and judge, look again, rank, report."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

import msgspec

from agent import __version__
from agent.bundle import Bundle, canonical
from agent.discover import Target
from agent.focus import Focus, Scope, names_needed, rows_needed
from agent.report.build import Builder
from agent.report.model import Report
from agent.settings import Settings
from probes._access import Access
from probes._contract import Observed, Probe, Subject, Unavailable
from probes._runner import Runner, Store, Visit, load_probes
from rules._book import Book, load_book
from rules._facts import Facts
from rules._judge import Judged, judge
from rules._rounds import Errand, errands
from rules._yaml import RowError

ROUNDS = 4
FLAGS = {"kubernetes": "--context NAME, or KUBECONFIG=FILE", "dvc": "--repo DIR, or start it in one", "s3": "--bucket s3://NAME"}
"""How to name a system that has no plain address."""

SYSTEMS = {"bucket": "s3", "repo": "dvc"}
"""Systems whose setting has another name."""

MOST_ERRANDS = 60
SMOKE_ERRANDS = 20
"""Looks at suspects in a smoke check, in its one round."""
FROM_EXAMPLES = ("both-ways", "examples", "whole")
"""Lints that mostly follow from other breaches, and so come last."""

M_ARENA_MAX = -8
"""malloc.h of glibc."""


EVERYTHING = Focus()
Work = list[tuple[Probe, tuple[Subject, ...]]]
Say = Callable[[str], None]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run: the report, and the bundle that replays to it."""

    report: Report
    bundle: Bundle


def load(mounted: str = "") -> tuple[tuple[Probe, ...], Book]:
    """Every probe, and the book that reads them. Raises RowError and ContractError."""
    probes = load_probes()
    return probes, _book(probes, mounted)


def _book(probes: Sequence[Probe], mounted: str) -> Book:
    """Our rows, and those of a folder, which must pass the lint that ours pass: nobody has judged by them before. Raises RowError."""
    book = load_book(probes, Path(mounted) if mounted else None)
    if mounted:
        from rules._lint import lint

        triage = frozenset(command for probe in probes for command in probe.stands_for)
        found = (problem for file in book.files if file.path.is_relative_to(mounted) for problem in lint(file, book, triage))
        problems = sorted(found, key=lambda one: (one.lint in FROM_EXAMPLES, one))
        if problems:
            more = f" (and {len(problems) - 1} more: diagnose rules lint {mounted})" if len(problems) > 1 else ""
            raise RowError(f"{problems[0]}{more}")
    return book


def diagnose(
    settings: Settings, targets: Sequence[Target], earlier: Observed | None = None, say: Say = lambda _text: None, focus: Focus = EVERYTHING
) -> Run:
    """Look at the targets in rounds, until everything that it is about is decided or the time is spent."""
    began = time.monotonic()
    _one_arena()
    probes = load_probes()
    access = Access(access_settings(targets), deadline=began + settings.seconds)
    access.named, access.since = focus.named, focus.since
    store = Store(access.now, access.redactor)
    runner = Runner(access, store)
    for probe, gap in _absent(probes, targets, left_out(settings)):
        store.put(probe, gap)
    here = probes_for(probes, targets, left_out(settings))
    book = _book(probes, settings.rules) if focus.rows else None
    if book is not None:
        here = _of_rows(here, book, focus)
    with _stopping(runner.stop):
        say("sweeping")
        sweep = runner.start([(probe, ()) for probe in here if probe.sweeps])
        book = book or _book(probes, settings.rules)  # while the sweep waits for its answers
        runner.wait(sweep)
        search = _Search(runner, here, lambda: _asked(book, Facts(store.snapshot(), book.vocabulary, earlier, focus.since), focus))
        if settings.smoke:
            search.look(say, 1, SMOKE_ERRANDS)
            search.leave_out()
        else:
            search.look(say, ROUNDS, MOST_ERRANDS)
        observed = store.seal()
        access.kill_children()
        bundle = Bundle(
            tool=__version__, rules=book.digest, targets=tuple(access.redactor.text(f"{one.system} {one.address}") for one in targets), observed=observed, earlier=earlier, focus=focus, visits=tuple(runner.visits),
            stopped=runner.stopped or time.monotonic() >= access.deadline,
        )  # fmt: skip
        return Run(report=report_of(bundle, book), bundle=bundle)


def with_others(done: Run, places: Sequence[str], settings: Settings, targets: Sequence[Target], say: Say = lambda _text: None) -> Run:
    """The run judged again together with what other machines saw; they are waited for as long again as the run may take."""
    from agent import gather

    say("gathering what other machines saw")
    until = time.monotonic() + settings.deadline
    access = Access(access_settings(targets), deadline=until, now=done.bundle.observed.now)
    with _stopping(lambda: setattr(access, "deadline", time.monotonic())):
        found = gather.with_others(done.bundle, places, access)
    whole = canonical(msgspec.structs.replace(found, stopped=found.stopped or access.deadline < until))
    return Run(report=report_of(whole, _book(load_probes(), settings.rules)), bundle=whole)


def _one_arena() -> None:
    """glibc gives each thread an arena of its own, and each keeps what the pages of large lists leave behind: 14 MB on a cluster of 5,000 pods."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such setting
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def look_once(work: Work, targets: Sequence[Target], seconds: float) -> tuple[Observed, list[Visit]]:
    """What these probes alone say, without following up, and how each visit went."""
    access = Access(access_settings(targets), deadline=time.monotonic() + seconds)
    runner = Runner(access, Store(access.now, access.redactor))
    runner.send(work)
    observed = runner.store.seal()
    access.kill_children()
    return observed, runner.visits


def report_of(bundle: Bundle, book: Book) -> Report:
    """The report of a run, now or replayed: a pure function of what was seen."""
    facts = Facts(bundle.observed, book.vocabulary, bundle.earlier, bundle.focus.since)
    judged = judge(book, facts)
    return Builder(book, facts, judged, bundle.focus).report(
        tool=bundle.tool, targets=bundle.targets, visits=bundle.visits, stopped=bundle.stopped, kept=bundle.kept
    )


def access_settings(targets: Sequence[Target]) -> Mapping[str, str]:
    """What probes read of the settings: each system's address, and whether it was asked for."""
    found: dict[str, str] = {}
    for target in targets:
        found |= {target.system: target.address, f"{target.system}.asked": "true" if target.asked else "false"}
        found |= {f"{target.system}.{name}": value for name, value in target.options.items()}
    return found


def _of_rows(probes: Sequence[Probe], book: Book, focus: Focus) -> tuple[Probe, ...]:
    """The probes of each system that says anything which the rows asked for rest on."""
    names = names_needed(book, rows_needed(book, focus.rows))
    systems = {probe.name.partition(".")[0] for probe in probes if names.intersection((*(spec.name for spec in probe.gives), *probe.relations))}
    return tuple(probe for probe in probes if probe.name.partition(".")[0] in systems)


def _asked(book: Book, facts: Facts, focus: Focus) -> Judged:
    """The cases that what was asked about rests on."""
    scope = Scope(focus, facts)
    judged = scope.looked_for(judge(book, facts), rows_needed(book, focus.rows or [file.row.id for file in book.live]))
    return msgspec.structs.replace(judged, asked=scope.to_verify(book)) if focus.verify else judged


class _Search:
    """What is looked at after the sweep: the suspects, in rounds, each probe once to a subject."""

    def __init__(self, runner: Runner, probes: Sequence[Probe], judged: Callable[[], Judged]) -> None:
        self._runner = runner
        self._probes = probes
        self._judged = judged
        self._done: dict[tuple[str, Subject], None] = {}

    def look(self, say: Say, rounds: int, most: int) -> None:
        """At most `most` looks a round, until nothing would decide anything, or the time is spent."""
        for number in range(rounds):
            work = _bounded(self._wanted(), self._probes, self._done, self._runner.store, most)
            if not work:
                return
            self._done |= {(probe.name, subject): None for probe, subjects in work for subject in subjects}
            say(f"looking closer at {len({subject for _probe, subjects in work for subject in subjects})} suspects, round {number + 1}")
            self._runner.send(work)

    def leave_out(self) -> None:
        """Name what a smoke check would look at next if it were none."""
        by_name = {probe.name: probe for probe in self._probes}
        for errand in self._wanted():
            detail = f"A smoke check looks closer once, at {SMOKE_ERRANDS} suspects at most."
            probe = by_name[errand.probe]
            gap = Unavailable(kind=probe.kind, subject=errand.subject, why="not reached", detail=detail, remedy="Run diagnose without --smoke.")
            self._runner.store.put(probe, gap)

    def _wanted(self) -> list[Errand]:
        if self._runner.stopped or time.monotonic() >= self._runner.access.deadline:
            return []
        return errands(self._judged(), self._probes, self._done)


def probes_for(probes: Sequence[Probe], targets: Sequence[Target], without: frozenset[str] = frozenset()) -> tuple[Probe, ...]:
    """The probes of the systems that are there, and those that look at what others name, but for systems that are left out."""
    here = {target.system for target in targets}
    return tuple(probe for probe in probes if (system := probe.name.partition(".")[0]) in here or (probe.elsewhere and system not in without))


def left_out(settings: Settings) -> frozenset[str]:
    """The systems that a setting says to leave out."""
    return frozenset(SYSTEMS.get(name, name) for name in settings.__struct_fields__ if getattr(settings, name) == "none")


def _absent(probes: Sequence[Probe], targets: Sequence[Target], without: frozenset[str] = frozenset()) -> Iterator[tuple[Probe, Unavailable]]:
    """For each system that has no address here: what nobody else gives was not looked at, and how to point at it."""
    here = {target.system for target in targets}
    given = {name for probe in probes_for(probes, targets, without) for name in (*(spec.name for spec in probe.gives), *probe.relations)}
    systems: dict[str, list[Probe]] = {}
    for probe in probes:
        systems.setdefault(probe.name.partition(".")[0], []).append(probe)
    for system, of in sorted(systems.items()):
        if system not in here:
            names = tuple(sorted({name for probe in of for name in (*(spec.name for spec in probe.gives), *probe.relations)} - given))
            remedy = f"Point me at it: {FLAGS.get(system) or f'--{system} URL, or DIAGNOSE_{system.upper()}=URL'}."
            gap = Unavailable(
                kind=of[0].kind, why="not configured", detail=f"There is no address for {system}.", remedy=remedy, names=names, probe=system
            )
            yield of[0], gap


def _bounded(wanted: Sequence[Errand], probes: Sequence[Probe], done: Mapping[tuple[str, Subject], None], store: Store, most: int) -> Work:
    """The errands that this round may do: each probe to its most subjects in a run; the rest is named as not reached."""
    by_name = {probe.name: probe for probe in probes}
    used = {name: sum(probe == name for probe, _subject in done) for name in by_name}
    work: Work = []
    for errand in wanted:
        probe = by_name[errand.probe]
        if used[probe.name] < probe.most and len(work) < most:
            used[probe.name] += 1
            work.append((probe, (errand.subject,)))
        elif used[probe.name] >= probe.most:
            detail = f"{probe.name} follows up at most {probe.most} subjects a run."
            remedy = f"Name it: diagnose {shlex.quote(f'{errand.subject.kind}/{errand.subject.key}')}."
            store.put(probe, Unavailable(kind=probe.kind, subject=errand.subject, why="not reached", detail=detail, remedy=remedy))
    return work


class _stopping:  # noqa: N801  # it reads as `with stopping(what to end)`
    """SIGINT and SIGTERM end the collecting, not the report."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._end = stop

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._end()


def leave(code: int) -> None:
    """End the process at once: threads that hang in a driver or the kernel must not hold it."""
    os._exit(code)


__all__ = ["Run", "Visit", "diagnose", "leave", "load", "report_of"]
