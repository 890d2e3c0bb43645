"""Which quotas are used up, and which admission webhooks have nobody behind them?

quota ml/compute  full=("requests.nvidia.com/gpu 4 of 4",)        webhook policy.example.com  fails_closed=true  backends_ready=0
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from probes._access import Access
from probes._contract import Answer, Census, Look, Probe, Relation, Spec, Subject, Value
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._lists import Pods, listed, pods
from probes.kubernetes._shapes import ManagedMeta, Quota, Webhook
from probes.kubernetes._times import amount, seconds
from probes.kubernetes._told import events

HOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
NEARLY = 0.98
QUOTA = (
    Spec(name="quota.full", type="texts", doc="status.used against status.hard of what is used up to 98 % or more."),
    Spec(name="quota.limits", type="texts", doc="The same of everything it limits."),
    Spec(name="quota.changed_at", type="time", doc="managedFields: when its spec was last written."),
)
WEBHOOK = (
    Spec(name="webhook.fails_closed", type="bool", doc="failurePolicy is Fail: where it cannot be asked, nothing is let in."),
    Spec(name="webhook.configuration", type="text", doc="The configuration that it stands in."),
    Spec(name="webhook.backend", type="text", doc="namespace/name of the Service that is asked, or a URL."),
    Spec(name="webhook.backend_exists", type="bool", doc="That Service is there; none for a URL."),
    Spec(name="webhook.backends_ready", type="int", doc="Ready addresses behind that Service; none for a URL."),
    Spec(name="webhook.changed_at", type="time", doc="managedFields: when its configuration was last written."),
)


def look_at_quotas(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at each quota, and a census of each that is used up."""
    try:
        server, found, there = cluster(access), listed(access, "resourcequotas"), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "quota")
        return
    yield from found.gaps(access, "quota")
    for it in found.items:
        subject = Subject("quota", f"{it.metadata.namespace}/{it.metadata.name}")
        command = f"kubectl describe quota {it.metadata.name} -n {it.metadata.namespace}"
        yield Look(subject=subject, values=_quota(it, server.skew), command=command, vantage="pod")
        yield Relation("in", subject, Subject("ns", it.metadata.namespace))
    yield from _counts(access, there, server.skew)


def _quota(it: Quota, skew: float) -> dict[str, Value]:
    hard, used = it.status.hard or {}, it.status.used or {}
    parts = [(name, used.get(name, "0"), most) for name, most in sorted(hard.items())]
    full = [f"{name} {now} of {most}" for name, now, most in parts if (amount(now) or 0.0) >= NEARLY * (amount(most) or 0.0)]
    return {
        "quota.full": tuple(full) or None,
        "quota.limits": tuple(f"{name} {now} of {most}" for name, now, most in parts) or None,
        "quota.changed_at": _written(it.metadata, skew),
    }


def _written(meta: ManagedMeta, skew: float) -> float | None:
    times = [seconds(one.time, skew) for one in meta.managed_fields or () if not one.subresource]
    return max((at for at in times if at is not None), default=None)


def _counts(access: Access, there: Pods, skew: float) -> Iterator[Census]:
    """For each quota and webhook that an event names: how many makers of pods it stopped, and how many pods were let in since the first time."""
    try:
        said = events(access)
    except ClusterError:
        return
    stopped: dict[Subject, dict[tuple[str, str], float]] = defaultdict(dict)
    for (kind, namespace, name), told in said.by_thing.items():
        for one in told if kind != "Pod" else ():
            thing = stopped_by(one.message, namespace) if one.reason == "FailedCreate" else None
            if thing is not None:
                first = stopped[thing].get((namespace, name), one.first)
                stopped[thing][(namespace, name)] = min(first, one.first)
    for thing, makers in sorted(stopped.items()):
        namespaces, first = {namespace for namespace, _name in makers}, min(makers.values())
        yield Census(thing, "workload", len(makers), _made_since(there, namespaces, first, skew))


def _made_since(there: Pods, namespaces: set[str], first: float, skew: float) -> int:
    well = sum(one.namespace in namespaces and one.since > first for one in there.well)
    young = (pod for pod in there.suspects if pod.metadata.namespace in namespaces)
    return well + sum((seconds(pod.metadata.creation_timestamp, skew) or 0.0) > first for pod in young)


def stopped_by(message: str, namespace: str) -> Subject | None:
    """The quota or webhook that a refusal names: `exceeded quota: compute, …`, `failed calling webhook "x": …`, `admission webhook "x" denied …`."""
    for start in ('failed calling webhook "', 'admission webhook "'):
        _before, found, rest = message.partition(start)
        if found:
            return Subject("webhook", rest.partition('"')[0])
    _before, found, rest = message.partition("exceeded quota: ")
    return Subject("quota", f"{namespace}/{rest.partition(',')[0].strip()}") if found else None


def look_at_webhooks(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at each admission webhook."""
    try:
        server = cluster(access)
        found = [(configuration, hook) for name in HOOKS for configuration in listed(access, name).items for hook in configuration.webhooks or ()]
        ready, services = ready_addresses(access), listed(access, "services")
        there = {f"{it.metadata.namespace}/{it.metadata.name}" for it in services.items}
    except ClusterError as error:
        yield unavailable(error, access, "webhook")
        return
    for configuration, hook in found:
        meta, subject = configuration.metadata, Subject("webhook", hook.name)
        unheld = _unheld(access, hook)
        if unheld is not None:
            yield unavailable(unheld, access, "webhook", subject)
            continue
        yield Look(
            subject=subject,
            values=_webhook(hook, meta, ready, there, server.skew),
            command=f"kubectl describe {meta.name}",
            vantage="pod",
        )


def _unheld(access: Access, hook: Webhook) -> ClusterError | None:
    """Why it is not known who answers behind it: its Service is in a namespace that was not read."""
    service = hook.client_config.service
    lists = [(name, listed(access, name)) for name in ("services", "endpointslices")] if service else []
    return next((it.unheld(service.namespace, name) for name, it in lists if service and not it.holds(service.namespace)), None)


def _webhook(hook: Webhook, meta: ManagedMeta, ready: Mapping[str, int], there: set[str], skew: float) -> dict[str, Value]:
    service = hook.client_config.service
    key = f"{service.namespace}/{service.name}" if service else None
    return {
        "webhook.fails_closed": hook.failure_policy != "Ignore",
        "webhook.configuration": meta.name,
        "webhook.backend": key or hook.client_config.url,
        "webhook.backend_exists": key in there if key else None,
        "webhook.backends_ready": ready.get(key, 0) if key else None,
        "webhook.changed_at": _written(meta, skew),
    }


def ready_addresses(access: Access) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    for backing in listed(access, "endpointslices").items:
        found[backing.service] += backing.ready
    return found


PROBES = (
    Probe(
        name="kubernetes.quotas",
        kind="quota",
        doc="Lists resource quotas and how much of them is used.",
        gives=QUOTA,
        relations=("quota in ns",),
        look=look_at_quotas,
        stands_for=("kubectl describe quota -A",),
        permissions=("list resourcequotas", "list pods", "list events"),
        limit_s=25.0,
    ),
    Probe(
        name="kubernetes.webhooks",
        kind="webhook",
        doc="Lists admission webhooks and whether anybody answers behind them.",
        gives=WEBHOOK,
        look=look_at_webhooks,
        stands_for=("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",),
        permissions=(
            "list validatingwebhookconfigurations.admissionregistration.k8s.io, mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "list services",
            "list endpointslices.discovery.k8s.io",
        ),
        limit_s=25.0,
    ),
)
