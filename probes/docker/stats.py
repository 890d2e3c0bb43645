"""How much memory and processor time does a container use, and against which limit?

container trainer  memory_used_bytes=498073600  memory_used_ratio=0.93  cpu_used=1.98  cpu_throttled_ratio=0.6
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Type, Value
from probes._fact import Fact, fact, limit, taken
from probes.docker._engine import Engine, EngineError, on_engine, opened, unavailable
from probes.docker._shapes import Container
from probes.docker._times import seconds

AT_ONCE = 8
"""One sample takes the engine one to two seconds of waiting."""


class Throttling(msgspec.Struct, frozen=True):
    """throttling_data, since the start of the attempt."""

    periods: int = 0
    throttled_periods: int = 0


class CpuUsage(msgspec.Struct, frozen=True):
    """cpu_usage, in nanoseconds since the start of the attempt."""

    total_usage: int = 0


class Cpu(msgspec.Struct, frozen=True):
    """cpu_stats, or precpu_stats of the sample a second before."""

    cpu_usage: CpuUsage = CpuUsage()
    throttling_data: Throttling = Throttling()


class Memory(msgspec.Struct, frozen=True):
    """memory_stats: empty while nothing runs; max_usage is control groups version 1 only."""

    usage: int | None = None
    max_usage: int | None = None
    stats: dict[str, int] | None = None


class Pids(msgspec.Struct, frozen=True):
    """pids_stats."""

    current: int | None = None


class Stats(msgspec.Struct, frozen=True):
    """GET /containers/{id}/stats?stream=false."""

    read: str = ""
    preread: str = ""
    cpu_stats: Cpu = Cpu()
    precpu_stats: Cpu = Cpu()
    memory_stats: Memory = Memory()
    pids_stats: Pids = Pids()


class Use(msgspec.Struct, frozen=True):
    """A sample, and the container's own memory limit in bytes; None without one."""

    stats: Stats
    limit: int | None

    def memory(self, *names: str) -> int | None:
        """The first of these counters that memory_stats.stats has: version 1 says total_rss where version 2 says anon."""
        counters = self.stats.memory_stats.stats or {}
        return next((counters[name] for name in names if name in counters), None)


def _used(it: Use) -> int | None:
    """As `docker stats` counts: without the file cache that the kernel drops first."""
    usage = it.stats.memory_stats.usage
    return None if usage is None else max(0, usage - (it.memory("total_inactive_file", "inactive_file") or 0))


def _of_limit(number: int | None, it: Use) -> float | None:
    return None if number is None or it.limit is None else number / it.limit


def _cpu_used(it: Use) -> float | None:
    begin, end = seconds(it.stats.preread), seconds(it.stats.read)
    if begin is None or end is None or end <= begin:
        return None
    return max(0, it.stats.cpu_stats.cpu_usage.total_usage - it.stats.precpu_stats.cpu_usage.total_usage) / 1e9 / (end - begin)


def _throttled(it: Use) -> float | None:
    now, before = it.stats.cpu_stats.throttling_data, it.stats.precpu_stats.throttling_data
    periods = now.periods - before.periods
    sampled = seconds(it.stats.preread) is not None and periods > 0
    return (now.throttled_periods - before.throttled_periods) / periods if sampled else None


def _fact(name: str, type_: Type, take: Callable[[Use], Value], doc: str, unit: str = "") -> Fact[Use]:
    return fact(f"container.{name}", type_, take, f"{doc} None while nothing runs.", unit)


_FACTS: tuple[Fact[Use], ...] = (
    _fact("memory_used_bytes", "int", _used, "memory_stats.usage less inactive_file (v2) or total_inactive_file (v1).", "bytes"),
    _fact("memory_anon_bytes", "int", lambda it: it.memory("total_rss", "anon"), "memory_stats.stats: anon (v2) or total_rss (v1).", "bytes"),
    _fact("memory_cache_bytes", "int", lambda it: it.memory("total_cache", "file"), "memory_stats.stats: file (v2) or total_cache (v1).", "bytes"),
    _fact("memory_shmem_bytes", "int", lambda it: it.memory("total_shmem", "shmem"), "memory_stats.stats.shmem: /dev/shm, tmpfs; v2 only.", "bytes"),
    _fact("memory_peak_bytes", "int", lambda it: it.stats.memory_stats.max_usage, "memory_stats.max_usage, cache included; v1 only.", "bytes"),
    _fact("memory_used_ratio", "double", lambda it: _of_limit(_used(it), it), "memory_used_bytes of HostConfig.Memory; none without a limit."),
    _fact("memory_peak_ratio", "double", lambda it: _of_limit(it.stats.memory_stats.max_usage, it), "memory_peak_bytes of HostConfig.Memory."),
    _fact("cpu_used", "double", _cpu_used, "Growth of cpu_usage.total_usage over a second.", "cores"),
    _fact("cpu_throttled_ratio", "double", _throttled, "Share of that second's periods that were throttled; none without a CPU limit."),
    _fact("pids", "int", lambda it: it.stats.pids_stats.current, "pids_stats.current: processes and threads."),
)

SPECS: tuple[Spec, ...] = tuple(spec for spec, _ in _FACTS)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container given by its name on this engine, several at once."""
    try:
        with opened(access) as engine, ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(lambda subject: _answer(engine, access, subject), on_engine(subjects))
    except EngineError as error:
        yield unavailable(error, access, "container")


def _answer(engine: Engine, access: Access, subject: Subject) -> Answer:
    try:
        it = engine.decode(f"/containers/{subject.key}/json", Container)
        stats = engine.decode(f"/containers/{subject.key}/stats", Stats, stream="false")
    except EngineError as error:
        return unavailable(error, access, "container", subject)
    return Look(subject=subject, values=values(stats, limit(it.host_config.memory)), command=f"docker stats --no-stream {subject.key}")


def values(stats: Stats, memory_limit: int | None) -> dict[str, Value]:
    """A value or None for each of SPECS; all None for the empty sample that the engine gives while nothing runs."""
    if seconds(stats.read) is None:
        return dict.fromkeys(spec.name for spec in SPECS)
    return taken(_FACTS, Use(stats, memory_limit))


PROBES = (
    Probe(
        name="docker.stats",
        kind="container",
        doc="Samples what a running container uses of memory, processors and processes, twice within a second.",
        gives=SPECS,
        look=look,
        stands_for=("docker stats",),
        sweeps=False,
        permissions=("read /var/run/docker.sock (GET /containers/{id}/stats, /containers/{id}/json)",),
        cost=4,
    ),
)
