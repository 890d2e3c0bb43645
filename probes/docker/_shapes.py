"""The parts of the Engine API's answers that are read; the names are the API's, in Python's spelling."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field


class Listed(msgspec.Struct, frozen=True, rename="pascal"):
    """An entry of GET /containers/json."""

    id: str
    names: list[str] | None = None
    image: str = ""
    created: int = 0
    state: str = ""
    status: str = ""
    labels: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """The container's own name: `/trainer`, where `/other/alias` is a link's. The short id if it has none (being removed)."""
        own = [name[1:] for name in self.names or () if name.startswith("/") and "/" not in name[1:]]
        return own[0] if own else self.id[:12]


class HealthRun(msgspec.Struct, frozen=True, rename="pascal"):
    """One run of a health check; ExitCode -1 means that it took too long."""

    start: str = ""
    exit_code: int = 0
    output: str = ""


class Health(msgspec.Struct, frozen=True, rename="pascal"):
    """State.Health of an inspected container; Log holds the last five runs."""

    status: str = ""
    failing_streak: int = 0
    log: list[HealthRun] | None = None


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """State of an inspected container. Running is true while Restarting is."""

    status: str = ""
    running: bool = False
    restarting: bool = False
    oom_killed: bool = field(default=False, name="OOMKilled")
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    health: Health | None = None


class RestartPolicy(msgspec.Struct, frozen=True, rename="pascal"):
    """HostConfig.RestartPolicy."""

    name: str = ""
    maximum_retry_count: int = 0


class LogConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """HostConfig.LogConfig."""

    type: str = ""
    config: dict[str, str] | None = None


class PortBinding(msgspec.Struct, frozen=True, rename="pascal"):
    """A published port's side of the host."""

    host_ip: str = ""
    host_port: str = ""


Ports = dict[str, list[PortBinding] | None]


class HostConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """What the container was created with; 0 and -1 stand for "no limit"."""

    memory: int = 0
    memory_swap: int = 0
    shm_size: int = 0
    pids_limit: int | None = None
    nano_cpus: int = 0
    cpu_quota: int = 0
    cpu_period: int = 0
    readonly_rootfs: bool = False
    network_mode: str = ""
    port_bindings: Ports | None = None
    restart_policy: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    log_config: LogConfig = LogConfig()
    tmpfs: dict[str, str] | None = None
    device_requests: list[Any] | None = None


class Healthcheck(msgspec.Struct, frozen=True, rename="pascal"):
    """Config.Healthcheck, the image's merged in."""

    test: list[str] | None = None


class Config(msgspec.Struct, frozen=True, rename="pascal"):
    """Config of a container or an image."""

    user: str = ""
    env: list[str] | None = None
    cmd: list[str] | None = None
    image: str = ""
    working_dir: str = ""
    entrypoint: list[str] | None = None
    labels: dict[str, str] | None = None
    healthcheck: Healthcheck | None = None
    tty: bool = False


class Mount(msgspec.Struct, frozen=True, rename="pascal"):
    """An entry of Mounts; Name is set for volumes."""

    type: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    rw: bool = field(default=False, name="RW")


class Endpoint(msgspec.Struct, frozen=True, rename="pascal"):
    """A container's end of a network. DNSNames came with API 1.44; before it, Aliases held them but for the container's name."""

    aliases: list[str] | None = None
    dns_names: list[str] | None = field(default=None, name="DNSNames")
    ip_address: str = field(default="", name="IPAddress")
    global_ipv6_address: str = field(default="", name="GlobalIPv6Address")


class NetworkSettings(msgspec.Struct, frozen=True, rename="pascal"):
    """The networks a container is on, and the ports that are published now (none while it is down)."""

    ports: Ports | None = None
    networks: dict[str, Endpoint | None] | None = None


class Container(msgspec.Struct, frozen=True, rename="pascal"):
    """GET /containers/{id}/json."""

    id: str
    name: str
    state: State
    created: str = ""
    path: str = ""
    args: list[str] | None = None
    image: str = ""
    restart_count: int = 0
    host_config: HostConfig = HostConfig()
    mounts: list[Mount] | None = None
    config: Config = Config()
    network_settings: NetworkSettings = NetworkSettings()


class Image(msgspec.Struct, frozen=True, rename="pascal"):
    """GET /images/{name}/json."""

    id: str
    created: str = ""
    architecture: str = ""
    variant: str = ""
    os: str = ""
    size: int = 0
    config: Config | None = None


class Info(msgspec.Struct, frozen=True, rename="pascal"):
    """GET /info."""

    name: str
    server_version: str = ""
    containers: int | None = None
    images: int | None = None
    driver: str = ""
    logging_driver: str = ""
    cgroup_version: str = ""
    kernel_version: str = ""
    architecture: str = ""
    docker_root_dir: str = ""
    live_restore_enabled: bool = False
    system_time: str = ""
    warnings: list[str] | None = None
    ncpu: int | None = field(default=None, name="NCPU")
    mem_total: int | None = None


class Version(msgspec.Struct, frozen=True, rename="pascal"):
    """GET /version."""

    api_version: str


class Network(msgspec.Struct, frozen=True, rename="pascal"):
    """GET /networks/{name}."""

    created: str = ""
