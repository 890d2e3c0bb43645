"""What a container was asked to be, from its pod's spec: command, limits, probes, mounts, references."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes._fact import Fact, fact, shell
from probes.kubernetes._attempt import One, restart_policy
from probes.kubernetes._shapes import HealthProbe, Pod, Volume
from probes.kubernetes._times import amount

DEFAULT_SHM = 64 * 2**20
_HOST = re.compile(r"^(?P<host>[^/]*[.:][^/]*|localhost)/(?P<rest>.+)$")


def reference(image: str) -> tuple[str, str, str]:
    """Host, repository and tag or digest, as a runtime completes them: docker.io, library/, latest."""
    found = _HOST.match(image)
    host, rest = (found["host"], found["rest"]) if found else ("docker.io", image)
    path, at, digest = rest.partition("@")
    name, colon, tag = path.rpartition(":")
    repository = name if colon and "/" not in tag else path
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return host, repository, digest if at else tag if colon and "/" not in tag else "latest"


def _command(it: One) -> str | None:
    return shell([*(it.spec.command or ()), *(it.spec.args or ())])


def _env_names(it: One) -> tuple[str, ...]:
    return tuple(env.name for env in it.spec.env or ())


def _limit(it: One, name: str) -> float | None:
    return amount((it.spec.resources.limits or {}).get(name))


def memory_limit(it: One) -> int | None:
    found = _limit(it, "memory")
    return int(found) if found else None


def _memory_request(it: One) -> int | None:
    found = amount((it.spec.resources.requests or {}).get("memory"))
    return int(found) if found else None


def gpus(it: One) -> int:
    wanted = {**(it.spec.resources.requests or {}), **(it.spec.resources.limits or {})}
    return int(sum(amount(text) or 0 for name, text in wanted.items() if name.endswith(("/gpu", ".com/gpu")) or "nvidia.com/mig-" in name))


def _shm(it: One) -> int:
    mount = next((one.name for one in it.spec.volume_mounts or () if one.mount_path.rstrip("/") == "/dev/shm"), "")  # noqa: S108  # the path in the container
    volume = next((one for one in it.pod.spec.volumes or () if one.name == mount and one.empty_dir), None)
    if volume is None or volume.empty_dir is None:
        return DEFAULT_SHM
    return int(amount(volume.empty_dir.size_limit) or 0) or DEFAULT_SHM * 1024


def _user(it: One) -> str | None:
    for security in (it.spec.security_context, it.pod.spec.security_context):
        if security is not None and security.run_as_user is not None:
            return str(security.run_as_user)
    return None


def _read_only(it: One) -> bool:
    return bool(it.spec.security_context and it.spec.security_context.read_only_root_filesystem)


def probe_words(probe: HealthProbe | None) -> str | None:
    """`GET :8080/health, timeout 1 s, 3 failures 10 s apart, first after 0 s`."""
    if probe is None:
        return None
    if probe.http_get is not None:
        what = f"GET :{probe.http_get.port}{probe.http_get.path}"
    elif probe.tcp_socket is not None:
        what = f"TCP :{probe.tcp_socket.port}"
    elif probe.exec is not None:
        what = shell(probe.exec.command) or "a command"
    else:
        what = f"gRPC :{probe.grpc.port if probe.grpc else '?'}"
    times = f"timeout {probe.timeout_seconds} s, {probe.failure_threshold} failures {probe.period_seconds} s apart"
    return f"{what}, {times}, first after {probe.initial_delay_seconds} s"


def _mounts(it: One) -> tuple[str, ...]:
    volumes = {volume.name: volume for volume in it.pod.spec.volumes or ()}
    return tuple(
        sorted(f"{_source(volumes.get(mount.name), mount.name)}:{mount.mount_path}:{'ro' if mount.read_only else 'rw'}" for mount in it.spec.volume_mounts or ())
    )  # fmt: skip


def _source(volume: Volume | None, name: str) -> str:
    if volume is not None and volume.persistent_volume_claim is not None:
        return f"pvc {volume.persistent_volume_claim.claim_name}"
    if volume is not None and volume.config_map is not None:
        return f"configmap {volume.config_map.name}"
    if volume is not None and volume.secret is not None:
        return f"secret {volume.secret.secret_name}"
    return name


def _config_maps(it: One) -> tuple[str, ...]:
    return tuple(sorted({name for kind, name, _key in references(it) if kind == "configmap"}))


def _secrets(it: One) -> tuple[str, ...]:
    return tuple(sorted({name for kind, name, _key in references(it) if kind == "secret"}))


def references(it: One) -> Iterator[tuple[str, str, str]]:
    """(configmap or secret, name, key) of each that it cannot start without; a key of "" means the whole."""
    for env in it.spec.env or ():
        source = env.value_from
        for kind, ref in (("configmap", source.config_map_key_ref if source else None), ("secret", source.secret_key_ref if source else None)):
            if ref is not None and not ref.optional:
                yield kind, ref.name, ref.key
    for whole in it.spec.env_from or ():
        for kind, ref in (("configmap", whole.config_map_ref), ("secret", whole.secret_ref)):
            if ref is not None and not ref.optional:
                yield kind, ref.name, ""
    mounted = {mount.name for mount in it.spec.volume_mounts or ()}
    yield from _volumes(it.pod, mounted)


def _volumes(pod: Pod, mounted: set[str]) -> Iterator[tuple[str, str, str]]:
    for volume in pod.spec.volumes or ():
        if volume.name not in mounted:
            continue
        if volume.config_map is not None and not volume.config_map.optional:
            yield "configmap", volume.config_map.name, ""
        if volume.secret is not None and not volume.secret.optional:
            yield "secret", volume.secret.secret_name, ""


def _host_ports(it: One) -> tuple[str, ...]:
    ports = it.spec.ports or ()
    return tuple(sorted({str(port.host_port or port.container_port) for port in ports if port.host_port or it.pod.spec.host_network}))


MADE_OF: tuple[Fact[One], ...] = (
    fact("container.name", "text", lambda it: it.spec.name, "spec name."),
    fact("container.image", "text", lambda it: it.spec.image or None, "spec image: the reference as written."),
    fact("container.image_id", "text", lambda it: it.status.image_id or None if it.status else None, "status imageID: the digest that it runs from."),
    fact("container.image_registry", "text", lambda it: reference(it.spec.image)[0], "The registry's host in the reference; docker.io if it names none."),
    fact("container.image_repository", "text", lambda it: reference(it.spec.image)[1], "The repository in the reference."),
    fact("container.image_tag", "text", lambda it: reference(it.spec.image)[2], "The tag or digest in the reference; latest if it names none."),
    fact("container.pull_policy", "text", lambda it: it.spec.image_pull_policy or None, "imagePullPolicy."),
    fact("container.pull_secrets", "texts", lambda it: tuple(one.name for one in it.pod.spec.image_pull_secrets or ()), "Names in the pod's imagePullSecrets."),
    fact("container.has_pull_secret", "bool", lambda it: bool(it.pod.spec.image_pull_secrets), "The pod's imagePullSecrets name one."),
    fact("container.command", "text", _command, "command and args in one line, quoted for a shell; none where the image's own run."),
    fact("container.entrypoint", "text", lambda it: shell(it.spec.command), "command; none where the image's own runs."),
    fact("container.working_dir", "text", lambda it: it.spec.working_dir or None, "workingDir."),
    fact("container.user", "text", _user, "securityContext.runAsUser of container or pod; none is the image's own."),
    fact("container.read_only", "bool", _read_only, "securityContext.readOnlyRootFilesystem."),
    fact("container.env_names", "texts", _env_names, "Names in env."),
    fact("container.restart_policy", "text", restart_policy, "restartPolicy in Docker's words: always, on-failure, no; an init container's is on-failure."),
    fact("container.memory_limit_bytes", "int", memory_limit, "resources.limits.memory; none without a limit.", "bytes"),
    fact("container.has_memory_limit", "bool", lambda it: memory_limit(it) is not None, "resources.limits.memory is set."),
    fact("container.memory_request_bytes", "int", _memory_request, "resources.requests.memory.", "bytes"),
    fact("container.may_swap", "bool", lambda _: False, "The kubelet gives containers no swap unless a node is set up for it."),
    fact("container.cpu_limit", "double", lambda it: _limit(it, "cpu"), "resources.limits.cpu; none without a limit.", "cores"),
    fact("container.shm_bytes", "int", _shm, "The size of /dev/shm: 64 MiB, or sizeLimit of an emptyDir mounted there.", "bytes"),
    fact("container.gpus_asked", "bool", lambda it: gpus(it) > 0, "resources ask for a GPU, such as nvidia.com/gpu."),
    fact("container.has_health_check", "bool", lambda it: bool(it.spec.liveness_probe or it.spec.startup_probe), "It has a liveness or startup probe."),
    fact("container.health_command", "text", lambda it: probe_words(it.spec.liveness_probe or it.spec.startup_probe), "Its liveness or else its startup probe."),
    fact("container.readiness_probe", "text", lambda it: probe_words(it.spec.readiness_probe), "Its readiness probe."),
    fact("container.startup_probe", "text", lambda it: probe_words(it.spec.startup_probe), "Its startup probe."),
    fact("container.mounts", "texts", _mounts, "volumeMounts: source:path:rw or :ro."),
    fact("container.config_maps", "texts", _config_maps, "ConfigMaps that it cannot start without (env, envFrom, volumes)."),
    fact("container.secrets", "texts", _secrets, "Names of Secrets that it cannot start without. Their contents are never read."),
    fact("container.host_ports", "texts", _host_ports, "Ports that it takes on its node (hostPort, or containerPort on the host network)."),
    fact("container.published_ports", "texts", lambda it: tuple(str(port.container_port) for port in it.spec.ports or ()), "containerPorts."),
)  # fmt: skip
