"""The faults planted on a Kubernetes node as data: read, checked, handed out."""

import re
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from tests.faults.catalogue import BATCH, CRASH, TRAINING, Verdict, Withdrawn
from tests.faults.catalogue import CAUSES as CONTAINER_CAUSES
from tests.faults.images import Image

CATALOGUE = Path(__file__).with_name("faults.yaml")

PULL = "kubernetes/imagepullbackoff"
STUCK = "kubernetes/deployment-stuck"
CAUSES = {
    TRAINING: CONTAINER_CAUSES[TRAINING],
    BATCH: CONTAINER_CAUSES[BATCH],
    CRASH: CONTAINER_CAUSES[CRASH],
    PULL: frozenset({
        "wrong-image-name", "image-doesnt-exist", "registry-auth-failed", "pull-secret-missing", "rate-limited", "registry-unreachable", "registry-tls",
        "wrong-platform", "never-pull", "disk-full",
    }),
    STUCK: frozenset({
        "insufficient-resources", "image-pull-failure", "missing-pvc", "gpu-not-there", "no-node-matches", "taints", "host-port-taken", "quota-exceeded",
        "limit-range", "pod-security", "webhook-rejects", "webhook-down", "missing-service-account", "missing-config", "readiness-probe-failing", "crashing",
        "init-blocked", "rollout-strategy", "paused", "node-trouble", "topology-spread", "pdb", "storage-class", "volume-attach", "controller-down", "cannot-start",
        *("missing-class", "scheduler-missing", "webhook-rejects", "quota-needs-requests"),  # invented here: the truth had no id
    }),
}  # fmt: skip
# What may stand beside a container's verdict because it follows from it: its workload is stuck, or the container loops.
FOLLOWS = {
    CRASH: {(STUCK, "crashing")},
    PULL: {(STUCK, "image-pull-failure")},
    TRAINING: {(STUCK, "crashing"), (CRASH, "out-of-memory"), (CRASH, "killed-from-outside")},
    BATCH: {(STUCK, "crashing"), (CRASH, "out-of-memory"), (CRASH, "killed-from-outside")},
}
Manifest = dict[str, Any]


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verdict of a truthful expert about one subject, or about many of one incident, with everything at hand and with sources withdrawn.

    A subject is `Kind/name` for a workload, `pod/container` for a container; pods' names are patterns (`web-*/server`).
    In another of the planting's namespaces it is `namespace/Kind/name`, `namespace/pod/container`.
    `shared`: what the members have in common, as the API calls it: they are one incident that names it, and nothing of them stands beside it.
    """

    row: str
    subject: str = ""
    subjects: list[str] = []
    cause: str = ""
    undetermined: list[str] = []
    truth: str = ""
    accept: list[str] = []
    accept_undetermined: bool = False
    accept_cause: bool = False
    shared: str = ""
    consequence: bool = False
    without_logs: Withdrawn = "weaker"
    without_events: Withdrawn = "weaker"
    without_both: Withdrawn = "weaker"

    @property
    def members(self) -> list[str]:
        """Every subject that the incident has."""
        return self.subjects or [self.subject]

    @property
    def planted_cause(self) -> str:
        """What was really planted, also where nature leaves no trace of it."""
        return self.cause or self.truth


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the API must show: of `count` pods (and a container of them), of events, or of an object."""

    # another namespace of the planting than its own
    namespace: str = ""
    # pods whose name matches, and a container in them
    pod: str = ""
    count: int = 1
    phase: str = ""
    reason: str = ""
    unscheduled: str = ""
    container: str = ""
    waiting: str = ""
    ended: str = ""
    message: str = ""
    exit_code: int | None = None
    restarts: int = 0
    running_for: float = 0
    ready: bool | None = None
    log: str = ""
    no_log: bool = False
    # events about objects whose name matches
    event: str = ""
    about: str = "*"
    times: int = 1
    # an object: a condition with its reason and message, fields by their path
    object: str = ""
    condition: str = ""
    fields: dict[str, Any] = {}
    text: str = ""


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal from the machine to a container's first process, past the kubelet."""

    pod: str
    container: str
    signal: int


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing done after the objects were made. `undo` is done before they are removed."""

    apply: list[Manifest] = []
    kubectl: str = ""
    undo: str = ""
    wait: list[Wait] = []
    signal: Signal | None = None
    freeze: str = ""
    pause: float = 0
    repeat: int = 0
    steps: list["Step"] = []


class ToldNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node that is nothing but its object in the API: kept alive by the planter, or silent after its first word."""

    name: str
    labels: dict[str, str] = {}
    conditions: dict[str, str] = {}
    silent: bool = False


class Planting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One namespace (or some) with its story, how it is planted, and the verdicts that are expected: none for a healthy one."""

    id: str
    story: str
    mechanism: Literal["real", "told"]
    objects: list[Manifest]
    namespaces: list[str] = []
    namespace_labels: dict[str, str] = {}
    told_node: ToldNode | None = None
    node_conditions: list[dict[str, str]] = []
    certificate: str = ""
    alone: bool = False
    steps: list[Step] = []
    wait_for: list[Wait]
    timeout: float = 150
    expect: list[Expect] = []
    also: list[Expect] = []
    accept_recovered: bool = False
    why: str

    @property
    def healthy(self) -> bool:
        return not self.expect

    @property
    def own_namespaces(self) -> list[str]:
        """All that are its own: the one with its id, and the further ones."""
        return [self.id, *self.namespaces]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    images: dict[str, Image]
    faults: list[Planting]
    healthy: list[Planting]

    @property
    def all(self) -> list[Planting]:
        return [*self.faults, *self.healthy]

    def named(self, *ids: str) -> list[Planting]:
        """Those with the ids given, in the file's order; an unknown id is an error."""
        if unknown := set(ids) - {planting.id for planting in self.all}:
            raise KeyError(f"no such fault: {', '.join(sorted(unknown))}")
        return [planting for planting in self.all if planting.id in ids]


def load(path: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue; what is misspelt in it is refused."""
    catalogue = msgspec.convert(yaml.safe_load(path.read_text()), Catalogue)
    if mistakes := list(_mistakes(catalogue)):
        raise ValueError(f"{path.name}: " + "; ".join(mistakes))
    return catalogue


# manifests

_VERSIONS = {
    "apps/v1": {"Deployment", "StatefulSet", "DaemonSet"}, "batch/v1": {"Job", "CronJob"}, "storage.k8s.io/v1": {"StorageClass", "CSIDriver"},
    "autoscaling/v2": {"HorizontalPodAutoscaler"}, "policy/v1": {"PodDisruptionBudget"}, "scheduling.k8s.io/v1": {"PriorityClass"},
    "admissionregistration.k8s.io/v1": {
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    },
}  # fmt: skip
_OF_THE_CLUSTER = {*_VERSIONS["admissionregistration.k8s.io/v1"], "StorageClass", "CSIDriver", "PriorityClass", "PersistentVolume", "Node"}
_SELECTING = {"Deployment", "StatefulSet", "DaemonSet"}
_GRACE_S = 3  # planted pods are removed again: none needs half a minute for it


def manifest(short: Manifest, namespace: str) -> Manifest:
    """A whole manifest of a short one: `name`, `namespace`, `labels` and `pod` (the pod's spec) are put where they belong, the rest is as in Kubernetes."""
    rest = {key: value for key, value in short.items() if key not in ("kind", "name", "namespace", "labels", "pod")}
    kind, name = short["kind"], short["name"]
    labels = {"app": name} | short.get("labels", {})
    metadata = {"name": name} if kind in _OF_THE_CLUSTER else {"name": name, "namespace": short.get("namespace", namespace)}
    whole = {"apiVersion": next((version for version, kinds in _VERSIONS.items() if kind in kinds), "v1"), "kind": kind, "metadata": metadata} | rest
    if "pod" in short:
        whole["metadata"] = metadata | {"labels": labels}
        whole["spec"] = _with_pod(kind, rest.get("spec", {}), {"terminationGracePeriodSeconds": _GRACE_S} | short["pod"], labels)
    return whole


def _with_pod(kind: str, spec: Manifest, pod: Manifest, labels: dict[str, str]) -> Manifest:
    if kind == "Pod":
        return pod
    template = {"metadata": {"labels": labels}, "spec": pod}
    if kind == "CronJob":
        return spec | {"jobTemplate": {"spec": {"template": template}}}
    return ({"selector": {"matchLabels": {"app": labels["app"]}}} if kind in _SELECTING else {}) | spec | {"template": template}


def images_of(planting: Planting) -> set[str]:
    """Every image that its manifests name."""
    return set(_images([planting.objects, [step.apply for step in _steps(planting.steps)]])) | {
        word.partition("=")[2] for step in _steps(planting.steps) if step.kubectl.startswith("set image") for word in step.kubectl.split()[3:]
    }


def _images(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["image"]] if isinstance(value.get("image"), str) else []
        return own + [image for part in value.values() for image in _images(part)]
    return [image for part in value for image in _images(part)] if isinstance(value, list) else []


def _steps(steps: list[Step]) -> list[Step]:
    return [inner for step in steps for inner in (step, *_steps(step.steps))]


# mistakes


def _mistakes(catalogue: Catalogue) -> list[str]:
    ids = [name for planting in catalogue.all for name in planting.own_namespaces]
    found = [f"{name} twice" for name in set(ids) if ids.count(name) > 1]
    found += [f"{planting.id}: a fault without a verdict" for planting in catalogue.faults if planting.healthy]
    found += [f"{planting.id}: healthy, and a verdict" for planting in catalogue.healthy if not planting.healthy]
    for planting in catalogue.all:
        found += [f"{planting.id}: {mistake}" for expect in [*planting.expect, *planting.also] for mistake in _verdict_mistakes(expect)]
        found += [f"{planting.id}: {mistake}" for wait in _waits(planting) for mistake in _wait_mistakes(wait)]
        found += [f"{name}: no namespace is called so" for name in planting.own_namespaces if not re.fullmatch(r"[a-z0-9-]{3,40}", name)]
    return found


def _waits(planting: Planting) -> list[Wait]:
    return [*planting.wait_for, *(wait for step in _steps(planting.steps) for wait in step.wait)]


def _wait_mistakes(wait: Wait) -> list[str]:
    if sum(map(bool, (wait.pod, wait.event, wait.object))) != 1:
        return ["a wait is for pods, for events, or for an object"]
    return []


def _verdict_mistakes(expect: Expect) -> list[str]:
    if expect.row not in CAUSES:
        return [f"no row {expect.row}"]
    found = [] if bool(expect.subject) != bool(expect.subjects) else ["one subject, or subjects"]
    found += [f"no subject {subject}" for subject in expect.members if "/" not in subject]
    found += [f"no cause {cause}" for cause in expect.accept if cause not in CAUSES[expect.row]]
    withdrawn = [part for part in (expect.without_logs, expect.without_events, expect.without_both) if isinstance(part, Verdict)]
    verdicts = [Verdict(expect.cause, expect.undetermined, expect.truth), *withdrawn]
    return found + [mistake for verdict in verdicts for mistake in _cause_mistakes(verdict, expect)]


def _cause_mistakes(verdict: Verdict, expect: Expect) -> list[str]:
    named = {verdict.cause, verdict.truth, *verdict.undetermined} - {""}
    found = [f"no cause {cause}" for cause in sorted(named - CAUSES[expect.row])]
    if bool(verdict.cause) == bool(verdict.undetermined):
        found.append("either a cause or an undetermined set")
    if verdict.undetermined and (len(verdict.undetermined) < 2 or expect.planted_cause not in verdict.undetermined):
        found.append("an undetermined set has at least two causes, the truth among them")
    return found
