"""Which targets exist here: what settings and the environment name, and what is found by its usual socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.settings import Settings

SOCKETS = ("/var/run/docker.sock", "/run/user/{uid}/docker.sock")


class Target(msgspec.Struct, frozen=True):
    """One system to look at: where it is, and whether somebody asked for it by a flag, a setting or the environment."""

    system: str
    address: str
    asked: bool


def discover(settings: Settings, chosen: frozenset[str], environ: Mapping[str, str], uid: int) -> tuple[Target, ...]:
    """The targets of a run. The host is always one of them."""
    found = [Target("host", Path("/proc/sys/kernel/hostname").read_text(encoding="utf-8").strip() or "this machine", asked=True)]
    docker = _docker(settings, chosen, environ, uid)
    prometheus = Target("prometheus", settings.prometheus, asked=True) if settings.prometheus else None
    return (*found, *(target for target in (docker, prometheus) if target is not None))


def _docker(settings: Settings, chosen: frozenset[str], environ: Mapping[str, str], uid: int) -> Target | None:
    if settings.docker == "none":
        return None
    if settings.docker:
        return Target("docker", settings.docker, asked="docker" in chosen)
    if environ.get("DOCKER_HOST"):
        return Target("docker", environ["DOCKER_HOST"], asked=True)
    sockets = (place.format(uid=uid) for place in SOCKETS)
    return next((Target("docker", f"unix://{place}", asked=False) for place in sockets if Path(place).exists()), None)
