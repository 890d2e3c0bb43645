"""How much memory this machine has left, whether processes wait for it, and whether the kernel has killed for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept, Value
from probes.host import _cgroup
from probes.host._clock import booted_at
from probes.host._proc import host, meminfo, number_in, ratio, table, text_or_empty

GIVES = (
    Spec(name="host.memory_total_bytes", type="int", unit="bytes", doc="Memory that the kernel can use."),
    Spec(name="host.memory_available_bytes", type="int", unit="bytes", doc="Memory that new work can get without swapping (MemAvailable)."),
    Spec(name="host.memory_available_ratio", type="double", doc="Available memory as a part of all memory."),
    Spec(name="host.swap_total_bytes", type="int", unit="bytes", doc="Size of all swap areas; 0 without swap."),
    Spec(name="host.swap_used_bytes", type="int", unit="bytes", doc="Swap in use."),
    Spec(name="host.has_swap", type="bool", doc="Whether any swap area is on."),
    Spec(
        name="host.memory_stall_ratio", type="double", doc="Part of the last minute in which all work stood still for memory; none where PSI is off."
    ),
    Spec(name="host.memory_wait_ratio", type="double", doc="Part of the last minute in which some work waited for memory; none where PSI is off."),
    Spec(name="host.io_stall_ratio", type="double", doc="Part of the last minute in which all work stood still for a disk; none where PSI is off."),
    Spec(name="host.io_wait_ratio_psi", type="double", doc="Part of the last minute in which some work waited for a disk; none where PSI is off."),
    Spec(name="host.cpu_wait_ratio", type="double", doc="Part of the last minute in which some work waited for a CPU; none where PSI is off."),
    Spec(
        name="host.oom_kills", type="int", doc="Processes that the kernel has killed for memory since boot; kills at a container's limit count too."
    ),
    Spec(name="host.booted_at", type="time", doc="When this machine was started."),
    Spec(name="host.overcommit_mode", type="int", doc="vm.overcommit_memory: 0 guess, 1 always grant, 2 refuse beyond the commit limit."),
    Spec(name="host.cgroup_version", type="text", doc='The version of control groups that counts memory: "1" or "2".'),
    Spec(name="host.own_memory_limit_bytes", type="int", unit="bytes", doc="The tightest memory limit on this process; none without a limit."),
    Spec(name="host.own_memory_used_bytes", type="int", unit="bytes", doc="Memory used under that limit, without cache that can be dropped."),
    Spec(name="host.in_container", type="bool", doc="Whether diagnose itself runs in a container and may see that instead of the machine."),
)

_PRESSURE = (
    ("host.memory_stall_ratio", "memory", "full"),
    ("host.memory_wait_ratio", "memory", "some"),
    ("host.io_stall_ratio", "io", "full"),
    ("host.io_wait_ratio_psi", "io", "some"),
    ("host.cpu_wait_ratio", "cpu", "some"),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """One look at the host. OSError if /proc is not there."""
    subject = host(access)
    values = {**_memory(meminfo(access)), **_pressure(access), **_kernel(access), **_own(access)}
    yield Look(subject=subject, values=values, command="free -m; cat /proc/pressure/*; grep oom_kill /proc/vmstat")
    yield Swept(kind="host", scope=subject.key, count=1)


def _memory(info: Mapping[str, int]) -> dict[str, Value]:
    total, available, swap = info.get("MemTotal"), info.get("MemAvailable"), info.get("SwapTotal")
    return {
        "host.memory_total_bytes": total,
        "host.memory_available_bytes": available,
        "host.memory_available_ratio": ratio(available, total),
        "host.swap_total_bytes": swap,
        "host.swap_used_bytes": None if swap is None or "SwapFree" not in info else swap - info["SwapFree"],
        "host.has_swap": None if swap is None else swap > 0,
    }


def _pressure(access: Access) -> dict[str, Value]:
    """PSI (Documentation/accounting/psi.rst): per cent of the last 60 s. The files are missing, or refuse to be read, where PSI is off."""
    return {name: _average(text_or_empty(access, f"/proc/pressure/{source}"), line) for name, source, line in _PRESSURE}


def _average(text: str, line: str) -> float | None:
    found = re.search(rf"^{line} .*\bavg60=(\d+\.?\d*)", text, re.MULTILINE)
    return ratio(float(found[1]), 100) if found else None


def _kernel(access: Access) -> dict[str, Value]:
    return {
        "host.oom_kills": table(text_or_empty(access, "/proc/vmstat")).get("oom_kill"),
        "host.booted_at": booted_at(access),
        "host.overcommit_mode": number_in(access, "/proc/sys/vm/overcommit_memory"),
    }


def _own(access: Access) -> dict[str, Value]:
    own = _cgroup.own_memory(access)
    return {
        "host.cgroup_version": _cgroup.version(access),
        "host.own_memory_limit_bytes": own.limit,
        "host.own_memory_used_bytes": own.used,
        "host.in_container": _cgroup.in_container(access),
    }


PROBES = (
    Probe(
        name="host.memory",
        kind="host",
        doc="Memory, swap, pressure and kills on this machine.",
        gives=GIVES,
        look=look,
        stands_for=("free -m", "htop", "Check memory usage", "cat /proc/pressure/memory", "swapon --show"),
    ),
)
