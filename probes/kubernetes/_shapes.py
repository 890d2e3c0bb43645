"""The parts of Kubernetes objects that are read, as the API writes them (core/v1, apps/v1, batch/v1, …); whatever is not here is passed over."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from probes._decoding import decoder

Labels = dict[str, str]


class Struct(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """Names as in the API; not looked at by the collector of cycles, for there are none."""


class Owner(Struct, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Managed(Struct, frozen=True):
    """Who wrote last: a program and its moment. What it wrote is not read."""

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""


class Meta(Struct, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    generation: int = 0
    labels: Labels | None = None
    annotations: Labels | None = None
    owner_references: tuple[Owner, ...] | None = None
    finalizers: tuple[str, ...] | None = None


class ManagedMeta(Meta, frozen=True):
    managed_fields: tuple[Managed, ...] | None = None


class ListMeta(msgspec.Struct, gc=False, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T] | None = None
    metadata: ListMeta = ListMeta()


class Condition(Struct, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None
    last_update_time: str | None = None


# pods


class KeyRef(Struct, frozen=True):
    name: str = ""
    key: str = ""
    optional: bool = False


class ValueFrom(Struct, frozen=True):
    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class Env(Struct, frozen=True):
    name: str = ""
    value: str | None = None
    value_from: ValueFrom | None = None


class EnvFrom(Struct, frozen=True):
    config_map_ref: KeyRef | None = None
    secret_ref: KeyRef | None = None


class Port(Struct, frozen=True):
    container_port: int = 0
    host_port: int = 0
    name: str = ""
    protocol: str = "TCP"


class Resources(Struct, frozen=True):
    limits: Labels | None = None
    requests: Labels | None = None


class VolumeMount(Struct, frozen=True):
    name: str = ""
    mount_path: str = ""
    read_only: bool = False


class HttpGet(Struct, frozen=True):
    path: str = ""
    port: int | str = 0
    scheme: str = ""


class TcpSocket(Struct, frozen=True):
    port: int | str = 0


class Exec(Struct, frozen=True):
    command: tuple[str, ...] | None = None


class HealthProbe(Struct, frozen=True):
    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    exec: Exec | None = None
    grpc: TcpSocket | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3


class Security(Struct, frozen=True):
    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None


class ContainerSpec(Struct, frozen=True):
    name: str = ""
    image: str = ""
    image_pull_policy: str = ""
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    working_dir: str = ""
    env: tuple[Env, ...] | None = None
    env_from: tuple[EnvFrom, ...] | None = None
    ports: tuple[Port, ...] | None = None
    resources: Resources = Resources()
    volume_mounts: tuple[VolumeMount, ...] | None = None
    liveness_probe: HealthProbe | None = None
    readiness_probe: HealthProbe | None = None
    startup_probe: HealthProbe | None = None
    restart_policy: str = ""
    security_context: Security | None = None


class EmptyDir(Struct, frozen=True):
    medium: str = ""
    size_limit: str = ""


class ClaimRef(Struct, frozen=True):
    claim_name: str = ""


class ConfigMapVolume(Struct, frozen=True):
    name: str = ""
    optional: bool = False


class SecretVolume(Struct, frozen=True):
    secret_name: str = ""
    optional: bool = False


class Projection(Struct, frozen=True):
    config_map: ConfigMapVolume | None = None
    secret: ConfigMapVolume | None = None


class Projected(Struct, frozen=True):
    sources: tuple[Projection, ...] | None = None


class Volume(Struct, frozen=True):
    name: str = ""
    empty_dir: EmptyDir | None = None
    persistent_volume_claim: ClaimRef | None = None
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    projected: Projected | None = None


class Named(Struct, frozen=True):
    name: str = ""


class PodSpec(Struct, frozen=True):
    node_name: str = ""
    containers: tuple[ContainerSpec, ...] = ()
    init_containers: tuple[ContainerSpec, ...] | None = None
    restart_policy: str = "Always"
    service_account_name: str = ""
    image_pull_secrets: tuple[Named, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    node_selector: Labels | None = None
    host_network: bool = False
    priority_class_name: str = ""
    scheduling_gates: tuple[Named, ...] | None = None
    readiness_gates: tuple[msgspec.Raw, ...] | None = None
    security_context: Security | None = None
    runtime_class_name: str = ""
    termination_grace_period_seconds: int | None = None


class Waiting(Struct, frozen=True):
    reason: str = ""
    message: str = ""


class Running(Struct, frozen=True):
    started_at: str | None = None


class Terminated(Struct, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: str | None = None
    finished_at: str | None = None


class ContainerState(Struct, frozen=True):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Struct, frozen=True):
    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    container_id: str = msgspec.field(default="", name="containerID")
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Struct, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: tuple[Condition, ...] | None = None
    container_statuses: tuple[ContainerStatus, ...] | None = None
    init_container_statuses: tuple[ContainerStatus, ...] | None = None
    start_time: str | None = None
    pod_ip: str = msgspec.field(default="", name="podIP")
    nominated_node_name: str = ""


class Pod(Struct, frozen=True):
    metadata: Meta = Meta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def key(self) -> str:
        return f"{self.metadata.namespace}/{self.metadata.name}"


# workloads


class Template(Struct, frozen=True):
    metadata: Meta = Meta()
    spec: PodSpec = PodSpec()


class RollingUpdate(Struct, frozen=True):
    max_unavailable: int | str | None = None
    max_surge: int | str | None = None
    partition: int | None = None


class Strategy(Struct, frozen=True):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class WorkloadSpec(Struct, frozen=True):
    """Deployment, ReplicaSet, StatefulSet, DaemonSet and Job have the same names for the same things."""

    replicas: int | None = None
    paused: bool = False
    suspend: bool = False
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    template: msgspec.Raw = msgspec.Raw(b"{}")
    """As it came, for of most workloads nobody reads it: a fourth of the memory."""

    strategy: Strategy | None = None
    update_strategy: Strategy | None = None
    pod_management_policy: str = ""
    parallelism: int | None = None
    completions: int | None = None
    backoff_limit: int | None = None


class WorkloadStatus(Struct, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    desired_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    conditions: tuple[Condition, ...] | None = None


class Workload(Struct, frozen=True):
    metadata: ManagedMeta = ManagedMeta()
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()

    @property
    def pod(self) -> PodSpec:
        """What its pods are made from. Raises msgspec.ValidationError where that is no template."""
        return decoder(Template).decode(self.spec.template).spec

    @property
    def key(self) -> str:
        return f"{self.metadata.namespace}/{self.metadata.name}"


# what is around them


class NodeInfo(Struct, frozen=True):
    architecture: str = ""
    kubelet_version: str = ""
    operating_system: str = ""
    container_runtime_version: str = ""


class NodeStatus(Struct, frozen=True):
    allocatable: Labels | None = None
    capacity: Labels | None = None
    conditions: tuple[Condition, ...] | None = None
    node_info: NodeInfo = NodeInfo()


class Taint(Struct, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: str | None = None


class NodeSpec(Struct, frozen=True):
    unschedulable: bool = False
    taints: tuple[Taint, ...] | None = None


class Node(Struct, frozen=True):
    metadata: Meta = Meta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Reference(Struct, frozen=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class Series(Struct, frozen=True):
    count: int = 0
    last_observed_time: str | None = None


class Event(Struct, frozen=True):
    metadata: Meta = Meta()
    involved_object: Reference = Reference()
    reason: str = ""
    message: str = ""
    type: str = ""
    count: int | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: Series | None = None


class QuotaStatus(Struct, frozen=True):
    hard: Labels | None = None
    used: Labels | None = None


class Quota(Struct, frozen=True):
    metadata: ManagedMeta = ManagedMeta()
    status: QuotaStatus = QuotaStatus()


class LimitItem(Struct, frozen=True):
    type: str = ""
    max: Labels | None = None
    min: Labels | None = None


class LimitSpec(Struct, frozen=True):
    limits: tuple[LimitItem, ...] | None = None


class LimitRange(Struct, frozen=True):
    metadata: ManagedMeta = ManagedMeta()
    spec: LimitSpec = LimitSpec()


class ClaimSpec(Struct, frozen=True):
    storage_class_name: str | None = None
    access_modes: tuple[str, ...] | None = None
    volume_name: str = ""
    resources: Resources = Resources()


class Phase(Struct, frozen=True):
    phase: str = ""


class Claim(Struct, frozen=True):
    metadata: Meta = Meta()
    spec: ClaimSpec = ClaimSpec()
    status: Phase = Phase()


class StorageClass(Struct, frozen=True):
    metadata: Meta = Meta()
    provisioner: str = ""
    volume_binding_mode: str = ""


class ServicePort(Struct, frozen=True):
    name: str = ""
    port: int = 0
    target_port: int | str = 0


class ServiceSpec(Struct, frozen=True):
    type: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    selector: Labels | None = None
    ports: tuple[ServicePort, ...] | None = None


class Service(Struct, frozen=True):
    metadata: Meta = Meta()
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Struct, frozen=True):
    ready: bool | None = None


class Endpoint(Struct, frozen=True):
    addresses: tuple[str, ...] | None = None
    conditions: EndpointConditions = EndpointConditions()


class EndpointSlice(Struct, frozen=True):
    metadata: Meta = Meta()
    endpoints: tuple[Endpoint, ...] | None = None


class ServiceRef(Struct, frozen=True):
    namespace: str = ""
    name: str = ""


class WebhookClient(Struct, frozen=True):
    service: ServiceRef | None = None
    url: str | None = None


class Webhook(Struct, frozen=True):
    name: str = ""
    failure_policy: str = "Fail"
    client_config: WebhookClient = WebhookClient()


class WebhookConfiguration(Struct, frozen=True):
    metadata: ManagedMeta = ManagedMeta()
    webhooks: tuple[Webhook, ...] | None = None


class MetaOnly(Struct, frozen=True):
    """An object of which only the metadata was asked for."""

    metadata: Meta = Meta()


class Version(Struct, frozen=True):
    git_version: str = ""
