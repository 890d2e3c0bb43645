"""Which engine is it, how is it set up, and of what does it warn?

engine gpu-1  version=27.3.1  cgroup_version=2  storage_driver=overlay2  warnings=("WARNING: No swap limit support")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept, Type, Value
from probes.docker._engine import EngineError, opened, unavailable
from probes.docker._kept import started_at
from probes.docker._shapes import Info

Take = Callable[[Info], Value]


def _fact(name: str, type_: Type, take: Take, doc: str, unit: str = "") -> tuple[Spec, Take]:
    return Spec(name=f"engine.{name}", type=type_, doc=doc, unit=unit), take


_FACTS: tuple[tuple[Spec, Take], ...] = (
    _fact("version", "text", lambda it: it.server_version or None, "ServerVersion."),
    _fact("cgroup_version", "text", lambda it: it.cgroup_version or None, 'CgroupVersion: "1" or "2"; none before engine 20.10.'),
    _fact("storage_driver", "text", lambda it: it.driver or None, "Driver."),
    _fact("kernel", "text", lambda it: it.kernel_version or None, "KernelVersion of the machine that the engine runs on."),
    _fact("architecture", "text", lambda it: it.architecture or None, "Architecture, as uname says it: x86_64, aarch64."),
    _fact("cpus", "int", lambda it: it.ncpu, "NCPU."),
    _fact("memory_bytes", "int", lambda it: it.mem_total, "MemTotal.", "bytes"),
    _fact("containers", "int", lambda it: it.containers, "Containers, running or not."),
    _fact("images", "int", lambda it: it.images, "Images."),
    _fact("data_root", "text", lambda it: it.docker_root_dir or None, "DockerRootDir: where images, layers and logs lie."),
    _fact("logging_driver", "text", lambda it: it.logging_driver or None, "LoggingDriver for containers that name none."),
    _fact("live_restore", "bool", lambda it: it.live_restore_enabled, "LiveRestoreEnabled: containers outlive the engine."),
    _fact("warnings", "texts", lambda it: tuple(it.warnings or ()), "Warnings: what the kernel or the setup lacks."),
)

_MORE = (
    Spec(name="engine.api_version", type="text", doc="ApiVersion of /version: the newest that the engine speaks."),
    Spec(name="engine.started_at", type="time", doc="Created of the network bridge, made anew at each start; none with live restore."),
)

SPECS: tuple[Spec, ...] = (*(spec for spec, _ in _FACTS), *_MORE)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:  # noqa: ARG001  # there is one engine
    """One Look at the engine of this run."""
    try:
        with opened(access) as engine:
            info = engine.decode("/info", Info)
            values: dict[str, Value] = {spec.name: take(info) for spec, take in _FACTS}
            more = {"engine.api_version": engine.api_version, "engine.started_at": started_at(engine, info)}
            yield Look(subject=Subject("engine", info.name), values=values | more, command="docker info")
            yield Swept(kind="engine", scope=engine.url, count=1)
    except EngineError as error:
        yield unavailable(error, access, "engine")


PROBES = (
    Probe(
        name="docker.engine",
        kind="engine",
        doc="Reads a Docker engine's version and setup.",
        gives=SPECS,
        look=look,
        stands_for=("docker info", "docker version"),
        permissions=("read /var/run/docker.sock (GET /info, /version, /networks/bridge)",),
    ),
)
