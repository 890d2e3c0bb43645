"""Sending probes out: threads under one deadline, every answer checked, redacted and stored, every failure named.

A probe that hangs is abandoned, never waited for; what it says later is dropped and counted.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import queue
import threading
import time
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, Literal

import msgspec

import probes
from probes._access import Access, Unreachable
from probes._contract import (
    RELATIONS,
    Answer,
    Census,
    ContractError,
    Coverage,
    Look,
    Observed,
    Probe,
    Relation,
    Signal,
    Source,
    Subject,
    Swept,
    Unavailable,
    Value,
    Why,
    checked,
    clean_text,
)
from probes._redact import Redactor

WORKERS = 8
Ended = Literal["done", "failed", "timed out"]


class Visit(msgspec.Struct, frozen=True, order=True):
    """One probe sent once: how long it took and how it ended."""

    probe: str
    subject: Subject | None
    seconds: float
    ended: Ended
    detail: str = ""


class Store:
    """What has been said so far. Once sealed it takes nothing more and names who came late."""

    def __init__(self, now: float, redactor: Redactor) -> None:
        self._lock = threading.Lock()
        self._observed = Observed(now=now)
        self._redactor = redactor
        self._closed: set[object] = set()
        self.late: set[str] = set()
        self.sealed = False

    def put(self, probe: Probe, answer: Answer, visit: object = None) -> None:
        """Check one answer against the probe's declaration and keep it. Raises ContractError."""
        parts = list(self._parts(probe, answer))
        with self._lock:
            if self.sealed or visit in self._closed:
                self.late.add(probe.name)
                return
            for part in parts:
                self._keep(part)

    def close(self, visit: object) -> None:
        """Take nothing more from this visit."""
        with self._lock:
            self._closed.add(visit)

    def seal(self) -> Observed:
        """Take nothing more; text is redacted once more, for a secret may have been learned after the text that holds it had come."""
        with self._lock:
            self.sealed = True
            self._observed.signals = [msgspec.structs.replace(signal, value=self._redacted(signal.value)) for signal in self._observed.signals]
            self._observed.unavailable = [self._withheld(gap) for gap in self._observed.unavailable]
            return self._observed

    def _redacted(self, value: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(self._redactor.text(item) for item in value)
        return self._redactor.text(value) if isinstance(value, str) else value

    def _withheld(self, gap: Unavailable) -> Unavailable:
        return msgspec.structs.replace(gap, detail=self._redactor.text(gap.detail), remedy=self._redactor.text(gap.remedy))

    def snapshot(self) -> Observed:
        """What is known at this moment, in lists of its own."""
        with self._lock:
            lists = {field: list(getattr(self._observed, field)) for field in Observed.__struct_fields__ if field != "now"}
            return Observed(now=self._observed.now, **lists)

    def _keep(self, part: Signal | Coverage | Relation | Unavailable | Swept | Census) -> None:
        known = self._observed
        places: dict[type, list[Any]] = {
            Signal: known.signals,
            Coverage: known.coverage,
            Relation: known.relations,
            Unavailable: known.unavailable,
            Swept: known.swept,
            Census: known.census,
        }
        places[type(part)].append(part)

    def _parts(self, probe: Probe, answer: Answer) -> Iterable[Signal | Coverage | Relation | Unavailable | Swept | Census]:
        if isinstance(answer, Look):
            return self._look(probe, answer)
        if isinstance(answer, Relation):
            return [_checked_relation(probe, answer)]
        if isinstance(answer, Unavailable):
            return [self._unavailable(probe, answer)]
        if isinstance(answer, Swept):
            return [msgspec.structs.replace(answer, probe=probe.name)]
        return [answer]

    def _look(self, probe: Probe, look: Look) -> list[Signal | Coverage]:
        states = {spec.name: spec for spec in probe.gives if not spec.event and spec.kind == look.subject.kind}
        events = {spec.name: spec for spec in probe.gives if spec.event and spec.kind == look.subject.kind}
        if look.values.keys() != states.keys():
            wrong = sorted(look.values.keys() ^ states.keys())
            raise ContractError(f"{probe.name} must give every signal it declares and no other; it differs in {', '.join(wrong)}.")
        if not states and not events:
            raise ContractError(f"{probe.name} looked at a {look.subject.kind}, but declares no signal of that kind.")
        source = Source(probe.name, self._redactor.text(look.command), look.vantage)
        found: list[Signal | Coverage] = [
            Signal(look.subject, name, self._redacted(checked(spec, look.values[name])), source) for name, spec in states.items()
        ]
        found += [Signal(look.subject, name, self._redacted(checked(events[name], value)), source, float(at)) for name, value, at in look.events]
        if look.covered_since is not None:
            found += [Coverage(look.subject, name, look.covered_since) for name in events]
        return found

    def _unavailable(self, probe: Probe, gap: Unavailable) -> Unavailable:
        names = gap.names or (*(spec.name for spec in probe.gives), *probe.relations)
        clean = self._withheld(msgspec.structs.replace(gap, detail=clean_text(gap.detail), remedy=clean_text(gap.remedy)))
        return msgspec.structs.replace(clean, probe=gap.probe or probe.name, names=names, detail=clean.detail[:400])


def _checked_relation(probe: Probe, relation: Relation) -> Relation:
    name = f"{relation.from_.kind} {relation.name} {relation.to.kind}"
    if relation.name != "same_as" and name not in probe.relations:
        raise ContractError(f"{probe.name} gives '{name}' but does not declare it.")
    return relation


class _Task(msgspec.Struct, frozen=False, eq=False):
    probe: Probe
    subjects: tuple[Subject, ...]
    began: float = 0.0
    ended: bool = False


class Runner:
    """Sends probes to work and comes back when they are done, or when their time is spent."""

    def __init__(self, access: Access, store: Store) -> None:
        self.access = access
        self.store = store
        self.visits: list[Visit] = []
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the waiting at once; safe to call from a signal handler."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def send(self, work: Sequence[tuple[Probe, tuple[Subject, ...]]]) -> None:
        """Do this work side by side; returns when all is done, abandoned, or the deadline is there."""
        self.wait(self.start(work))

    def start(self, work: Sequence[tuple[Probe, tuple[Subject, ...]]]) -> list[_Task]:
        """Begin this work side by side, to be waited for."""
        tasks = [_Task(probe, subjects) for probe, subjects in work]
        sweeps = sum(task.probe.sweeps for task in tasks)
        for task in tasks:
            self._tasks.put(task)
        for _ in range(max(sweeps, min(WORKERS, len(tasks)))):
            self._start_worker()
        return tasks

    def _start_worker(self) -> None:
        with contextlib.suppress(RuntimeError):  # no thread to be had: who is there does the work, the rest is named at the deadline
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if not task.ended and time.monotonic() < self.access.deadline:
                self._visit(task)

    def _visit(self, task: _Task) -> None:
        task.began = time.monotonic()
        why: Why | None = None
        detail = ""
        try:
            for answer in task.probe.look(self.access, task.subjects):
                self.store.put(task.probe, answer, task)
        except Unreachable as error:
            why, detail = error.why, error.detail
        except Exception as error:  # noqa: BLE001  # the one catch-all: one failing probe never costs the others anything
            why, detail = "garbled", f"{type(error).__name__}: {error}"
        self._end(task, why, detail)

    def _end(self, task: _Task, why: Why | None, detail: str) -> None:
        with self._changed:
            if task.ended:
                return
            task.ended = True
            if why is not None:
                self._gap(task, why, detail)
            seconds = time.monotonic() - task.began if task.began else 0.0
            ended: Ended = "done" if why is None else "timed out" if why == "timed out" else "failed"
            self.visits += [
                Visit(task.probe.name, subject, seconds, ended, self.access.redactor.text(detail)[:200]) for subject in task.subjects or (None,)
            ]
            self._changed.notify_all()

    def _gap(self, task: _Task, why: Why, detail: str) -> None:
        remedy = "Give more time with --deadline." if why == "timed out" else f"Run `diagnose probes run {task.probe.name}` to see this fault alone."
        for subject in task.subjects or (None,):
            asked = self.access.settings.get(f"{task.probe.name.partition('.')[0]}.asked") == "true"
            gap = Unavailable(kind=task.probe.kind, subject=subject, why=why, detail=detail, remedy=remedy, asked=asked)
            self.store.put(task.probe, gap)

    def wait(self, tasks: list[_Task]) -> None:
        """Until all of these are done, abandoned, or the deadline is there."""
        while not self._stop.is_set():
            now = time.monotonic()
            with self._changed:
                open_tasks = [task for task in tasks if not task.ended]
            for task in open_tasks:
                if now >= self.access.deadline or (task.began and now - task.began > task.probe.limit_s):
                    self._abandon(task)
            if not [task for task in open_tasks if not task.ended]:
                return
            with self._changed:
                self._changed.wait(0.05)
        for task in tasks:
            self._abandon(task, "The run was stopped.")

    def _abandon(self, task: _Task, because: str = "") -> None:
        self.store.close(task)
        waited = f"{time.monotonic() - task.began:.1f} s" if task.began else "its turn"
        self._end(task, "timed out", because or f"{task.probe.name} had not answered after {waited}.")
        if task.began and not self.stopped and time.monotonic() < self.access.deadline:
            self._start_worker()


def load_probes() -> tuple[Probe, ...]:
    """Every probe there is: PROBES of each module under `probes` without a leading underscore. Raises ContractError."""
    found = [probe for module in _modules(probes) for probe in getattr(module, "PROBES", ())]
    names = [probe.name for probe in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"Two probes are named {', '.join(twice)}.")
    known = {f"{arity.from_kind} {arity.name} {arity.to_kind}" for arity in RELATIONS}
    for probe in found:
        stray = [name for name in probe.relations if name not in known]
        if stray:
            raise ContractError(f"{probe.name} declares relations that the contract does not have: {', '.join(stray)}.")
    return tuple(sorted(found, key=lambda probe: probe.name))


def _modules(package: ModuleType) -> list[ModuleType]:
    names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [importlib.import_module(name) for name in names if not any(part.startswith("_") for part in name.split("."))]
