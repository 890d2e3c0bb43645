"""How are the containers of pods that may be unwell, and how did their last attempts go?

container ml/trainer-0/main  state=restarting  exit_code=137  last_reason=OOMKilled  restart_count=6  memory_limit_bytes=536870912
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept
from probes._fact import taken
from probes._hide import visible
from probes.kubernetes._attempt import ATTEMPT, One, containers
from probes.kubernetes._census import counted
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._lists import pods
from probes.kubernetes._made_of import MADE_OF, reference
from probes.kubernetes._owner import workload
from probes.kubernetes._shapes import Pod

_ENV = Spec(
    name="container.env", type="texts", doc="env as NAME=value where the value is written in the spec; a name that sounds like a secret stands alone."
)
SPECS: tuple[Spec, ...] = (*(spec for spec, _ in (*ATTEMPT, *MADE_OF)), _ENV)
RELATIONS = ("container in pod", "container in workload", "container uses image", "image in registry", "workload runs container")


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look and relations of each container in a pod that may be unwell, and in one well sibling for each of their owners; the census."""
    try:
        server, found = cluster(access), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "container")
        return
    named = {subject.key for subject in subjects}
    for pod in chosen(found.suspects, found.siblings):
        for it in containers(pod, access.now, server.skew):
            if not named or it.key in named:
                yield from _told(it, access)
    yield from found.listed.gaps(access, "container")
    if not named:
        yield Swept(kind="container", scope=found.listed.scope, count=found.listed.total, complete=found.listed.complete)
        yield from counted(found, access.now, server.skew)


def chosen(suspects: tuple[Pod, ...], siblings: tuple[Pod, ...]) -> list[Pod]:
    """The suspects, and of the well those that have a suspect for a sibling."""
    owners = {workload(pod) for pod in suspects} - {None}
    return [*suspects, *(pod for pod in siblings if workload(pod) in owners)]


def _told(it: One, access: Access) -> Iterator[Answer]:
    subject = Subject("container", it.key)
    env = [f"{env.name}={env.value}" for env in it.spec.env or () if env.value is not None]
    values = {**taken((*ATTEMPT, *MADE_OF), it), "container.env": visible(access.redactor, env, most=200)}
    where = f"-n {it.pod.metadata.namespace}"
    yield Look(subject=subject, values=values, command=f"kubectl get pod {it.pod.metadata.name} {where} -o yaml", vantage="node")
    yield from _relations(it, subject)


def _relations(it: One, subject: Subject) -> Iterator[Relation]:
    yield Relation("in", subject, Subject("pod", it.pod.key))
    owner = workload(it.pod)
    if owner is not None:
        yield Relation("in", subject, owner)
        yield Relation("runs", owner, subject)
    if it.spec.image:
        image = Subject("image", it.spec.image)
        yield Relation("uses", subject, image)
        yield Relation("in", image, Subject("registry", reference(it.spec.image)[0]))


PROBES = (
    Probe(
        name="kubernetes.containers",
        kind="container",
        doc="Lists the pods of a cluster and tells of each container in those that may be unwell.",
        gives=SPECS,
        relations=RELATIONS,
        look=look,
        stands_for=("kubectl get pods -A", "kubectl describe pod"),
        permissions=("list pods",),
        limit_s=25.0,
    ),
)
