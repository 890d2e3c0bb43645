"""Control groups: in which container a path lies, and which memory limit holds for this process.

container_of("0::/system.slice/docker-9f86d0…c15b0f00a08.scope")  ->  "9f86d081884c"
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from probes._access import Access
from probes.host._proc import number_in, table, text_or_empty

_CONTAINER = re.compile(r"(?<!conmon-)(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
"""Docker, containerd, CRI-O and podman all name a container's group by its 64 digits; conmon is the keeper outside it."""

_HOST_PID_NAMESPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the one PID namespace that is the machine's own."""

_MARKS = ("/.dockerenv", "/run/.containerenv")
_UNLIMITED = 2**62
"""Version 1 writes "no limit" as the largest whole number of pages below 2**63."""


class Memory(NamedTuple):
    """The tightest memory limit over a process and what is used under it, in bytes; None: no limit, or not counted."""

    limit: int | None
    used: int | None


def container_of(paths: str) -> str | None:
    """The first 12 digits of the innermost container that a group's path, or a whole /proc/PID/cgroup, names; None outside containers."""
    found = _CONTAINER.findall(paths)
    return str(found[-1])[:12] if found else None


def in_container(access: Access) -> bool:
    """Whether we see a container instead of the machine: our PID namespace is not the first one, or our group or root is a container's.

    The mark files alone prove nothing: virtual machines are made from container images too.
    """
    try:
        if str(access.path("/proc/self/ns/pid").readlink()) != _HOST_PID_NAMESPACE:
            return True
    except OSError:
        pass
    return container_of(text_or_empty(access, "/proc/self/cgroup")) is not None or (_marked(access) and _overlay_root(access))


def _marked(access: Access) -> bool:
    return any(access.path(mark).exists() for mark in _MARKS)


def _overlay_root(access: Access) -> bool:
    return re.search(r"^\S+ \S+ \S+ \S+ / .*? - overlay ", text_or_empty(access, "/proc/self/mountinfo"), re.MULTILINE) is not None


def version(access: Access) -> Literal["1", "2"] | None:
    """Which version counts memory here (cgroups(7)); a hybrid tree counts it in version 1. None without control groups."""
    if access.path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "2"
    return "1" if access.path("/sys/fs/cgroup/memory").exists() else None


def own_memory(access: Access) -> Memory:
    """The limit that holds for this process, the tightest of its group and those above, with what that group uses.

    Used is counted as `docker stats` counts it: without the file cache that the kernel can drop first.
    """
    kind = version(access)
    if kind is None:
        return Memory(None, None)
    groups = [_memory(access, folder, kind) for folder in _folders(access, kind)]
    limited = [group for group in groups if group.limit is not None]
    if limited:
        return min(limited, key=lambda group: group.limit or 0)
    return next((group for group in groups if group.used is not None), Memory(None, None))


def _folders(access: Access, kind: str) -> list[str]:
    """Our group's folder and those above it, innermost first. A container often has its own group mounted at the top."""
    top = "/sys/fs/cgroup" if kind == "2" else "/sys/fs/cgroup/memory"
    parts = [part for part in _own_path(access, kind).split("/") if part not in ("", "..")]
    return [top + "".join(f"/{part}" for part in parts[:depth]) for depth in range(len(parts), -1, -1)]


def _own_path(access: Access, kind: str) -> str:
    """Our path in /proc/self/cgroup, lines of `number:controllers:path`; version 2 names no controllers."""
    for line in text_or_empty(access, "/proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if (kind == "2" and line.startswith("0::")) or (kind == "1" and "memory" in controllers.split(",")):
            return path
    return "/"


def _memory(access: Access, folder: str, kind: str) -> Memory:
    limit_file, used_file, cache = ("max", "current", "inactive_file") if kind == "2" else ("limit_in_bytes", "usage_in_bytes", "total_inactive_file")
    limit = number_in(access, f"{folder}/memory.{limit_file}")
    used = number_in(access, f"{folder}/memory.{used_file}")
    if used is not None:
        used = max(0, used - table(text_or_empty(access, f"{folder}/memory.stat")).get(cache, 0))
    return Memory(limit if limit is not None and limit < _UNLIMITED else None, used)
