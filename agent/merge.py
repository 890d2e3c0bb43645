"""How do the bundles of several machines become one run?

A look from each node sees what one Job cannot: its memory, pressure, disks and kernel log. What they saw is put together and judged as one; a disk, a
process or a plain container's name means something on its own machine alone, so it carries that machine's name; a machine and the Kubernetes node of its
name are joined by rules/derive/machine.py.

    -----BEGIN DIAGNOSE BUNDLE-----      a bundle as it goes through a log, in base64
"""

from __future__ import annotations

import base64
import binascii
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from agent.bundle import Bundle, BundleError, from_bytes, load, to_bytes
from probes._contract import Observed, Signal, Subject, Swept, Unavailable, Value
from probes._runner import load_probes

BEGIN, END = "-----BEGIN DIAGNOSE BUNDLE-----", "-----END DIAGNOSE BUNDLE-----"
APART_S = 900.0
"""Bundles that were made further apart do not show one state."""

_ARMOUR = re.compile(f"^{BEGIN}$\n(?P<text>[A-Za-z0-9+/=\n]+)^{END}$", re.MULTILINE)
_ON = re.compile(r" on ([\w.-]+)$")
_SHARED = frozenset({"host", "image", "account", "bucket", "service", "mlflow", "model"})
"""Kinds that a look from a machine gives under names which mean the same from everywhere."""

_LOCAL = frozenset({"workload", "network", "cgroup"})
"""Kinds of which only relations tell, and what is derived from a signal: a service of Compose, its network, a control group."""
_OF_CLUSTER = {"container": 1, "workload": 2}
"""From how many slashes on a name is one of Kubernetes, `ns/pod/container`, `ns/Kind/name`, and holds for every machine."""

Rename = Callable[[Subject], Subject]


def to_text(bundle: Bundle) -> str:
    """The bundle in lines that a log can hold."""
    return "\n".join((BEGIN, *textwrap.wrap(base64.b64encode(to_bytes(bundle)).decode(), 76), END)) + "\n"


def from_text(name: Path, text: str) -> Bundle:
    """The last bundle in a text, from anybody; errors call it by `name`. Raises BundleError."""
    found = list(_ARMOUR.finditer(text))
    if not found:
        raise BundleError(f"{name}: there is no bundle in this text. Make it with: diagnose --save -")
    try:
        data = base64.b64decode(found[-1]["text"].replace("\n", ""), validate=True)
    except binascii.Error:
        raise BundleError(f"{name}: the bundle in this text is damaged. Make it again with: diagnose --save -") from None
    return from_bytes(name, data)


def load_all(place: Path) -> list[Bundle]:
    """The bundles of a folder, by name, or the one in a file. Raises BundleError."""
    if not place.is_dir():
        return [load(place)]
    found = sorted(place.glob("*.bundle"))
    if not found:
        raise BundleError(f"{place}: there is no file *.bundle in this folder.")
    return [load(path) for path in found]


def merged(first: Bundle, others: Sequence[Bundle]) -> Bundle:
    """One run of several. `first` keeps its names and its earlier run, and counts alone for its machine; of another machine's bundles the newest does.

    Raises BundleError where one was made so far from `first` that they show no one state, or is of several machines itself.
    """
    here = machine(first)
    for one in others:
        of_one(one)
    kept = list(_newest(one for one in others if here is None or machine(one) != here))
    times = [one.observed.now for one in (first, *kept)]
    apart = max(abs(at - first.observed.now) for at in times)
    if apart > APART_S:
        raise BundleError(f"The bundles were made {apart / 60:.0f} min apart: they show no one state. Take those of one time.")
    looked = {visit.probe.partition(".")[0] for one in (first, *kept) for visit in one.visits}
    parts = [first.observed, *(_renamed(one.observed, _of_machine(machine(one))) for one in kept)]
    gaps = {
        _narrowed(gap, machine(one))
        for one, seen in zip((first, *kept), parts, strict=True)
        for gap in seen.unavailable
        if not _answered(gap, looked)
    }
    observed = Observed(
        now=max(times), signals=[one for part in parts for one in part.signals], coverage=[one for part in parts for one in part.coverage],
        relations=[one for part in parts for one in part.relations], unavailable=list(gaps),
        swept=_summed(one for part in parts for one in part.swept), census=[one for part in parts for one in part.census],
    )  # fmt: skip
    return msgspec.structs.replace(
        first, observed=observed, kept=first.kept and not kept, visits=tuple(visit for one in (first, *kept) for visit in one.visits),
        targets=tuple(dict.fromkeys(target for one in (first, *kept) for target in one.targets)), stopped=any(one.stopped for one in (first, *kept)),
    )  # fmt: skip


def machine(bundle: Bundle) -> Subject | None:
    """The machine that a bundle was made on; None if nothing of it was seen."""
    return next((signal.subject for signal in bundle.observed.signals if signal.subject.kind == "host"), None)


def of_one(bundle: Bundle) -> None:
    """Raises BundleError for what was merged before: names in it that mean one machine cannot be told from those that carry theirs."""
    found = sorted({signal.subject.key for signal in bundle.observed.signals if signal.subject.kind == "host"})
    if len(found) > 1:
        raise BundleError(f"A bundle is of {len(found)} machines already ({', '.join(found[:3])}). Give it first, or merge those of each machine.")


def machine_in(name: str) -> str:
    """The machine whose name merging has put behind that of a thing; nothing if there is none.

    >>> machine_in("process python3 (pid 7) on node-b"), machine_in("container trainer")
    ('node-b', '')
    """
    found = _ON.search(name)
    return found[1] if found else ""


def _newest(bundles: Iterable[Bundle]) -> Iterator[Bundle]:
    """In the order of their machines' names, so that nobody's order of reading shows."""
    by_machine: dict[Subject | None, list[Bundle]] = {}
    for one in bundles:
        by_machine.setdefault(machine(one), []).append(one)
    for name, of in sorted(by_machine.items(), key=lambda pair: pair[0] or Subject("", "")):
        yield from of if name is None else [max(of, key=lambda one: one.observed.now)]


def _of_machine(host: Subject | None) -> Rename:
    """How subjects of a bundle are called among others'. A Kubernetes container has its namespace in its name."""
    local = {spec.kind for probe in load_probes() if probe.name.startswith(("host.", "docker.")) for spec in probe.gives} - _SHARED | _LOCAL

    def renamed(subject: Subject) -> Subject:
        of_cluster = subject.key.count("/") >= _OF_CLUSTER.get(subject.kind, len(subject.key) + 1)
        return subject if host is None or of_cluster or subject.kind not in local else Subject(subject.kind, f"{subject.key} on {host.key}")

    return renamed


def _renamed(seen: Observed, rename: Rename) -> Observed:
    names = {subject: rename(subject) for subject in {signal.subject for signal in seen.signals}}
    change = msgspec.structs.replace
    return Observed(
        now=seen.now,
        signals=[change(one, subject=names[one.subject], value=_value(one, rename)) for one in seen.signals],
        coverage=[change(one, subject=rename(one.subject)) for one in seen.coverage],
        relations=[change(one, from_=rename(one.from_), to=rename(one.to)) for one in seen.relations],
        unavailable=[change(one, subject=rename(one.subject)) if one.subject else one for one in seen.unavailable],
        swept=seen.swept,
        census=[change(one, shared=rename(one.shared)) for one in seen.census],
    )


def _value(signal: Signal, rename: Rename) -> Value:
    """A control group's path joins the processes of one machine, and not those of every machine that has such a path."""
    if signal.name == "process.kill_cgroup" and isinstance(signal.value, str) and signal.value not in ("", "/"):
        return rename(Subject("cgroup", signal.value)).key
    return signal.value


def _answered(gap: Unavailable, looked: set[str]) -> bool:
    """A system that one machine has no address of is no gap if another looked at it."""
    return gap.why == "not configured" and gap.subject is None and gap.probe in looked


def _narrowed(gap: Unavailable, host: Subject | None) -> Unavailable:
    """What one machine could not see of itself is open for that machine alone."""
    return msgspec.structs.replace(gap, subject=host) if gap.subject is None and gap.probe.startswith("host.") and host is not None else gap


def _summed(found: Iterable[Swept]) -> list[Swept]:
    """The same sweep of several machines as one."""
    by_probe: dict[tuple[str, str], list[Swept]] = {}
    for one in found:
        by_probe.setdefault((one.kind, one.probe), []).append(one)
    return [
        of[0]
        if len(of) == 1
        else Swept(kind, f"{len(of)} looks", sum(one.count for one in of), complete=all(one.complete for one in of), probe=probe)
        for (kind, probe), of in sorted(by_probe.items())
    ]


__all__ = ["BundleError", "from_text", "load_all", "machine", "machine_in", "merged", "of_one", "to_text"]
