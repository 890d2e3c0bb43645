"""Plant faults on an engine and wait until Docker shows them.

python -m tests.faults.plant                     list them
python -m tests.faults.plant ID …                plant these, keep them until Enter, remove them
python -m tests.faults.plant --all               plant all of them
python -m tests.faults.plant --check [ID …]      plant in batches, print what Docker shows of each, remove them
"""

import argparse
import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .catalogue import CATALOGUE, Catalogue, Cgroup, Planting, Start, Step, Wait, load
from .engine import LABEL, Engine, EngineError, Listener, engine
from .images import build, build_bases

BATCH_SIZE = 8  # an engine remembers 256 events: more containers than this, restarting, push out each other's
_AT_ONCE = 8
_POLL_SECONDS = 0.4
_CGROUPS = Path("/sys/fs/cgroup")


class NotPlantedError(AssertionError):
    """Docker does not show what the fault tells."""


@dataclass
class Garden:
    """An engine with the images of a catalogue, in which its faults are planted."""

    engine: Engine
    catalogue: Catalogue = field(default_factory=load)
    _built: set[str] = field(default_factory=set)
    _listener: Listener | None = None

    def plant(self, plantings: Sequence[Planting]) -> None:
        """Plant all of these side by side and wait for each; an error tells of all that did not come up."""
        self.build(plantings)
        self._listener = self._listener or Listener(self.engine)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            mistakes = list(pool.map(self._plant_one, plantings))
        if any(mistakes):
            raise NotPlantedError("\n".join(filter(None, mistakes)))

    def build(self, plantings: Sequence[Planting]) -> None:
        """Make the images of these, those that were not made yet."""
        build_bases(self.engine)
        names = {image for planting in plantings for image in planting.images} & set(self.catalogue.images) - self._built
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: build(self.engine, name, self.catalogue.images[name]), sorted(names)))
        self._built |= names

    def weed(self) -> None:
        """Remove what was planted, helpers, networks and cgroups included."""
        self.engine.clean()
        if self._listener:
            self._listener.close()
            self._listener = None
        for planting in self.catalogue.all:
            if planting.cgroup:
                _remove_cgroup(planting.cgroup)

    @contextlib.contextmanager
    def planted(self, plantings: Sequence[Planting]) -> Iterator[None]:
        """Plant these, and remove them afterwards."""
        try:
            self.plant(plantings)
            yield
        finally:
            self.weed()

    def _plant_one(self, planting: Planting) -> str:
        """Everything up to the condition that it is waited for; what went otherwise than told is returned."""
        try:
            self._prepare(planting)
            self._start(planting.name, planting.start, leave=planting.never_started)
            self._take(planting, planting.steps)
        except (EngineError, NotPlantedError) as error:
            return f"{planting.id}: {error}"
        missing = self._wait(planting.name, planting.wait_for)
        return f"{planting.id}: {missing}" if missing else ""

    def _prepare(self, planting: Planting) -> None:
        for network in planting.networks:
            self.engine.docker("network", "create", "--label", f"{LABEL}=network", network)
        if planting.cgroup:
            _make_cgroup(planting.cgroup)
        for helper in planting.helpers:
            self.engine.docker("run", "-d", *helper.arguments(helper.name, f"{LABEL}=helper"))
            if helper.stopped:
                self.engine.docker("stop", "-t", "1", helper.name)

    def _start(self, name: str, start: Start, *, leave: bool = False) -> None:
        """A start that the engine refuses leaves a container that says so: that may be the fault."""
        self.engine.docker("create", *start.arguments(name, f"{LABEL}=planted"))
        if not leave:
            self.engine.attempt("start", name)

    def _take(self, planting: Planting, steps: Sequence[Step]) -> None:
        for step in steps:
            self._take_one(planting, step)

    def _take_one(self, planting: Planting, step: Step) -> None:
        if step.docker:
            self.engine.docker(*step.docker.format(name=planting.name).split())
        if step.signal:
            self._signal(planting, step.signal)
        if step.wait and (missing := self._wait(planting.name, step.wait)):
            raise NotPlantedError(f"half-way: {missing}")
        if step.recreate:
            self.engine.docker("stop", "-t", "1", planting.name)
            self.engine.docker("rm", planting.name)
            self._start(planting.name, step.recreate)
        for _ in range(step.repeat):
            self._take(planting, step.steps)

    def _signal(self, planting: Planting, signal: int) -> None:
        """From the machine, past the engine, until the engine sees it gone. Without a process its id reads 0, and that would be ourselves."""
        pid: int = self.inspect(planting.name)["State"]["Pid"]
        if pid <= 1:
            raise NotPlantedError("no process to signal")
        os.kill(pid, signal)
        while self.inspect(planting.name)["State"]["Pid"] == pid:
            time.sleep(_POLL_SECONDS / 10)

    def _wait(self, name: str, wanted: Wait) -> str:
        """Wait until Docker shows what is wanted; what it never showed is returned, an empty text when nothing."""
        deadline = time.monotonic() + wanted.timeout
        while missing := next(self.unmet(name, wanted), ""):
            if time.monotonic() > deadline:
                return missing
            time.sleep(_POLL_SECONDS)
        return ""

    def unmet(self, name: str, wanted: Wait) -> Iterator[str]:
        """What Docker does not show yet, the cheap looks first."""
        yield from _unmet_by_state(self.inspect(name), wanted)
        if wanted.died is not None or wanted.oom_events or wanted.no_oom_events or wanted.events:
            yield from _unmet_by_events(self.events(name), wanted)
        if wanted.log or wanted.no_log:
            yield from _unmet_by_log(self.log(name), wanted)

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of a container."""
        seen: dict[str, Any] = json.loads(self.engine.get(f"/containers/{name}/json"))
        return seen

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the engine told of a container's name since the first was planted."""
        return self._listener.events(name) if self._listener else []

    def log(self, name: str) -> str:
        """All that a container has printed; nothing where its log cannot be read."""
        return self.engine.attempt("logs", name, together=True).stdout.decode(errors="replace")


def batches(plantings: Sequence[Planting], size: int = BATCH_SIZE) -> Iterator[tuple[Planting, ...]]:
    """Groups so small that the engine still remembers the events of every member; the healthy, which make few, are one group."""
    faults = [planting for planting in plantings if not planting.healthy]
    for start in range(0, len(faults), size):
        yield tuple(faults[start : start + size])
    if healthy := tuple(planting for planting in plantings if planting.healthy):
        yield healthy


def _unmet_by_state(seen: dict[str, Any], wanted: Wait) -> Iterator[str]:
    state = seen["State"]
    if wanted.status and state["Status"] not in wanted.status:
        yield f"status is {state['Status']}, not {' or '.join(wanted.status)}"
    if wanted.exit_code is not None and state["ExitCode"] != wanted.exit_code:
        yield f"exit code is {state['ExitCode']}, not {wanted.exit_code}"
    if wanted.oom is not None and state["OOMKilled"] != wanted.oom:
        yield f"OOMKilled is {state['OOMKilled']}"
    if seen["RestartCount"] < wanted.restarts:
        yield f"{seen['RestartCount']} restarts, not {wanted.restarts}"
    if not re.search(wanted.error, state["Error"]):
        yield f"State.Error is {state['Error']!r}"
    if wanted.health and state.get("Health", {}).get("Status") != wanted.health:
        yield f"health is {state.get('Health', {}).get('Status')}"
    if wanted.running_for and (not state["Running"] or _age(state["StartedAt"]) < wanted.running_for):
        yield f"not running for {wanted.running_for} s"


def _age(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def _unmet_by_events(events: list[dict[str, Any]], wanted: Wait) -> Iterator[str]:
    actions = [event["Action"] for event in events]
    codes = {event["Actor"]["Attributes"].get("exitCode") for event in events if event["Action"] == "die"}
    if wanted.died is not None and str(wanted.died) not in codes:
        yield f"died with {', '.join(sorted(filter(None, codes)))}, not {wanted.died}"
    if actions.count("oom") < wanted.oom_events:
        yield f"{actions.count('oom')} oom events, not {wanted.oom_events}"
    if wanted.no_oom_events and "oom" in actions:
        yield "an oom event"
    for action, count in wanted.events.items():
        if actions.count(action) < count:
            yield f"{actions.count(action)} times {action}, not {count}"


def _unmet_by_log(log: str, wanted: Wait) -> Iterator[str]:
    if wanted.no_log and log.strip():
        yield f"a log: {log[:80]!r}"
    if not re.search(wanted.log, log):
        yield f"no {wanted.log!r} in the log: …{log[-300:]!r}"


def _make_cgroup(cgroup: Cgroup) -> None:
    """By hand, as the owner of a machine does; version 1 and 2 keep the limit in different files."""
    legacy = _CGROUPS / "memory"
    path, limit = (legacy / cgroup.name, "memory.limit_in_bytes") if legacy.is_dir() else (_CGROUPS / cgroup.name, "memory.max")
    path.mkdir(exist_ok=True)
    (path / limit).write_text(str(cgroup.memory_mb << 20))


def _remove_cgroup(cgroup: Cgroup) -> None:
    for path in (*_CGROUPS.glob(f"*/{cgroup.name}"), _CGROUPS / cgroup.name):
        with contextlib.suppress(OSError):
            path.rmdir()


# the command


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plant", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--all", action="store_true", help="every fault and look-alike, side by side on one engine")
    parser.add_argument("--check", action="store_true", help="plant in batches and print what Docker shows")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="FILE", help="another catalogue, e.g. docker_heldout.yaml")
    options = parser.parse_args()
    catalogue = load(options.catalogue)
    chosen = catalogue.named(*options.ids) if options.ids else catalogue.all
    if options.check:
        _check(catalogue, chosen)
    elif options.ids or options.all:
        _keep(catalogue, chosen)
    else:
        _list(catalogue)


def _list(catalogue: Catalogue) -> None:
    for planting in catalogue.all:
        verdict = planting.expect.cause or " | ".join(planting.expect.undetermined) or "nothing may be said"
        print(f"{planting.id:22} {planting.mechanism:5} {planting.expect.row or 'healthy':28} {verdict}")


def _keep(catalogue: Catalogue, chosen: Sequence[Planting]) -> None:
    with engine() as it:
        garden = Garden(it, catalogue)
        began = time.monotonic()
        with garden.planted(chosen):
            print(f"DOCKER_HOST={it.host}   {len(chosen)} planted in {time.monotonic() - began:.0f} s")
            input("Enter removes them. ")


def _check(catalogue: Catalogue, chosen: Sequence[Planting]) -> None:
    failed = []
    with engine() as it:
        garden = Garden(it, catalogue)
        for batch in batches(chosen):
            began = time.time()
            try:
                garden.plant(batch)
            except NotPlantedError as error:
                failed.append(str(error))
            print(f"--- {len(batch)} in {time.time() - began:.1f} s")
            for planting in batch:
                _show(garden, planting)
            garden.weed()
    print("\n".join(failed) or "all as told")
    sys.exit(1 if failed else 0)


def _show(garden: Garden, planting: Planting) -> None:
    seen = garden.inspect(planting.name)
    state = {key: value for key, value in seen["State"].items() if value and key in {"Status", "OOMKilled", "ExitCode", "Error", "Paused"}}
    health = seen["State"].get("Health", {}).get("Status", "")
    actions = [_told(event) for event in garden.events(planting.name)]
    print(f"{planting.id}: {state} restarts {seen['RestartCount']} {health}")
    print(f"    events {' '.join(actions)}"[:400])
    for line in garden.log(planting.name).splitlines()[-4:]:
        print(f"    | {line[:200]}")


def _told(event: dict[str, Any]) -> str:
    detail = event["Actor"]["Attributes"]
    action: str = event["Action"]
    return action + (f"({detail['exitCode']})" if "exitCode" in detail else f"({detail['signal']})" if "signal" in detail else "")


if __name__ == "__main__":
    main()
