"""What a container was created with, from its inspection: command, limits, networks, ports, mounts, labels."""

from __future__ import annotations

from collections.abc import Iterator

from probes._fact import Fact, fact, limit, shell
from probes.docker._shapes import Container, Mount, PortBinding

COMPOSE = "com.docker.compose."
"""The prefix of the labels that compose puts on its containers."""

_NOT_NAMED = frozenset({"bridge", "host", "none", "default"})
"""Networks on which the engine resolves no names."""


def label(it: Container, name: str) -> str | None:
    return (it.config.labels or {}).get(name) or None


def image(it: Container) -> str | None:
    return it.config.image or it.image or None


def networks(it: Container) -> tuple[str, ...]:
    return tuple(sorted(it.network_settings.networks or {}))


def _command(it: Container) -> str | None:
    return shell([it.path, *(it.args or ())]) if it.path else None


def _env_names(it: Container) -> tuple[str, ...]:
    return tuple(pair.partition("=")[0] for pair in it.config.env or ())


def _may_swap(it: Container) -> bool:
    memory, both = it.host_config.memory, it.host_config.memory_swap
    return memory > 0 and (both == -1 or both > memory)


def _cpu_limit(it: Container) -> float | None:
    host = it.host_config
    if host.nano_cpus > 0:
        return host.nano_cpus / 1e9
    return host.cpu_quota / (host.cpu_period or 100_000) if host.cpu_quota > 0 else None


def _network_mode(it: Container) -> str | None:
    mode = it.host_config.network_mode
    return "bridge" if mode == "default" else mode or None


def _aliases(it: Container) -> tuple[str, ...]:
    found: set[str] = set()
    for network, end in (it.network_settings.networks or {}).items():
        if network not in _NOT_NAMED:
            found |= {it.name.lstrip("/"), *(end.aliases or () if end else ()), *(end.dns_names or () if end else ())}
    return tuple(sorted(found - {it.id[:12]}))


def _addresses(it: Container) -> tuple[str, ...]:
    ends = [end for end in (it.network_settings.networks or {}).values() if end]
    return tuple(sorted({address for end in ends for address in (end.ip_address, end.global_ipv6_address) if address}))


def _published_ports(it: Container) -> tuple[str, ...]:
    """While a container is down NetworkSettings.Ports is empty: then what was asked for."""
    ports = it.network_settings.ports or {}
    asked = ports if any(ports.values()) else it.host_config.port_bindings or {}
    return tuple(sorted({f"{end.host_port}->{port}" for port, ends in asked.items() for end in _bound(ends)}))


def _bound(ends: list[PortBinding] | None) -> Iterator[PortBinding]:
    """Bindings to a certain port: of a container that is down, a port left to chance is not known."""
    return (end for end in ends or () if end.host_port not in ("", "0"))


def _mount(it: Mount) -> str:
    source = it.name if it.type == "volume" and it.name else it.source
    return f"{source}:{it.destination}:{'rw' if it.rw else 'ro'}"


def _mounts(it: Container) -> tuple[str, ...]:
    return tuple(sorted(_mount(mount) for mount in it.mounts or () if mount.type != "tmpfs"))


def _tmpfs(it: Container) -> tuple[str, ...]:
    return tuple(sorted({*(it.host_config.tmpfs or {}), *(mount.destination for mount in it.mounts or () if mount.type == "tmpfs")}))


SETUP: tuple[Fact[Container], ...] = (
    fact("container.image", "text", image, "Config.Image: the reference it was created from."),
    fact("container.image_id", "text", lambda it: it.image or None, "Image: the digest that the reference stood for."),
    fact("container.command", "text", _command, "Path and Args: entrypoint and arguments in one line, quoted for a shell."),
    fact("container.entrypoint", "text", lambda it: shell(it.config.entrypoint), "Config.Entrypoint, quoted for a shell."),
    fact("container.working_dir", "text", lambda it: it.config.working_dir or None, "Config.WorkingDir."),
    fact("container.user", "text", lambda it: it.config.user or None, "Config.User; none is the image's default, root."),
    fact("container.env_names", "texts", _env_names, "Names in Config.Env."),
    fact("container.restart_policy", "text", lambda it: it.host_config.restart_policy.name or "no", "HostConfig.RestartPolicy.Name."),
    fact(
        "container.restart_most",
        "int",
        lambda it: limit(it.host_config.restart_policy.maximum_retry_count),
        "HostConfig.RestartPolicy.MaximumRetryCount.",
    ),
    fact("container.memory_limit_bytes", "int", lambda it: limit(it.host_config.memory), "HostConfig.Memory; none without a limit.", "bytes"),
    fact("container.has_memory_limit", "bool", lambda it: it.host_config.memory > 0, "HostConfig.Memory is set."),
    fact(
        "container.memory_swap_bytes",
        "int",
        lambda it: limit(it.host_config.memory_swap),
        "HostConfig.MemorySwap: limit of memory plus swap.",
        "bytes",
    ),
    fact("container.may_swap", "bool", _may_swap, "There is a memory limit, and HostConfig.MemorySwap is larger or unlimited."),
    fact("container.shm_bytes", "int", lambda it: limit(it.host_config.shm_size), "HostConfig.ShmSize: the size of /dev/shm.", "bytes"),
    fact("container.pids_limit", "int", lambda it: limit(it.host_config.pids_limit), "HostConfig.PidsLimit; none without a limit."),
    fact("container.cpu_limit", "double", _cpu_limit, "HostConfig.NanoCpus, or CpuQuota over CpuPeriod; none without a limit.", "cores"),
    fact("container.read_only", "bool", lambda it: it.host_config.readonly_rootfs, "HostConfig.ReadonlyRootfs."),
    fact(
        "container.gpus_asked", "bool", lambda it: bool(it.host_config.device_requests), "HostConfig.DeviceRequests asks for devices, as --gpus does."
    ),
    fact("container.auto_remove", "bool", lambda it: it.host_config.auto_remove, "HostConfig.AutoRemove: the container goes when it ends."),
    fact("container.log_driver", "text", lambda it: it.host_config.log_config.type or None, "HostConfig.LogConfig.Type."),
    fact("container.network_mode", "text", _network_mode, "HostConfig.NetworkMode: bridge, host, none, container:ID or a network's name."),
    fact("container.networks", "texts", networks, "Names in NetworkSettings.Networks."),
    fact("container.aliases", "texts", _aliases, "Names that containers of its user-defined networks resolve to it; the default bridge has none."),
    fact("container.addresses", "texts", _addresses, "IPAddress and GlobalIPv6Address on its networks; none while it is down."),
    fact("container.published_ports", "texts", _published_ports, "NetworkSettings.Ports, or PortBindings while down: hostport->containerport/proto."),
    fact("container.mounts", "texts", _mounts, "Mounts: source:destination:rw or :ro; a volume's source is its name."),
    fact("container.tmpfs", "texts", _tmpfs, "Destinations in HostConfig.Tmpfs and of tmpfs mounts."),
    fact("container.compose_project", "text", lambda it: label(it, f"{COMPOSE}project"), f"Label {COMPOSE}project."),
    fact("container.compose_service", "text", lambda it: label(it, f"{COMPOSE}service"), f"Label {COMPOSE}service."),
    fact(
        "container.compose_config_hash",
        "text",
        lambda it: label(it, f"{COMPOSE}config-hash"),
        f"Label {COMPOSE}config-hash: changes with the definition.",
    ),
)
