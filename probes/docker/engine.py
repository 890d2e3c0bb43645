"""Which engine is it, how is it set up, and of what does it warn?

engine gpu-1  version=27.3.1  cgroup_version=2  storage_driver=overlay2  warnings=("WARNING: No swap limit support")
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Swept
from probes._fact import Fact, fact, taken
from probes.docker._engine import EngineError, opened, unavailable
from probes.docker._kept import started_at
from probes.docker._shapes import Info

_FACTS: tuple[Fact[Info], ...] = (
    fact("engine.version", "text", lambda it: it.server_version or None, "ServerVersion."),
    fact("engine.cgroup_version", "text", lambda it: it.cgroup_version or None, 'CgroupVersion: "1" or "2"; none before engine 20.10.'),
    fact("engine.storage_driver", "text", lambda it: it.driver or None, "Driver."),
    fact("engine.kernel", "text", lambda it: it.kernel_version or None, "KernelVersion of the machine that the engine runs on."),
    fact("engine.architecture", "text", lambda it: it.architecture or None, "Architecture, as uname says it: x86_64, aarch64."),
    fact("engine.cpus", "int", lambda it: it.ncpu, "NCPU."),
    fact("engine.memory_bytes", "int", lambda it: it.mem_total, "MemTotal.", "bytes"),
    fact("engine.containers", "int", lambda it: it.containers, "Containers, running or not."),
    fact("engine.images", "int", lambda it: it.images, "Images."),
    fact("engine.data_root", "text", lambda it: it.docker_root_dir or None, "DockerRootDir: where images, layers and logs lie."),
    fact("engine.logging_driver", "text", lambda it: it.logging_driver or None, "LoggingDriver for containers that name none."),
    fact("engine.live_restore", "bool", lambda it: it.live_restore_enabled, "LiveRestoreEnabled: containers outlive the engine."),
    fact("engine.warnings", "texts", lambda it: tuple(it.warnings or ()), "Warnings: what the kernel or the setup lacks."),
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
            values = taken(_FACTS, info)
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
