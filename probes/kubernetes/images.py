"""Of an image that does not come: does the same one run elsewhere, does another tag of it, or is there one with almost its name?

image registry.example/ml/api:1.3  runs_elsewhere=false  other_tag="registry.example/ml/api:1.2"  much_like=""
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Value
from probes.kubernetes._attempt import PULL_REASONS, containers, waiting_reason
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._lists import Pods, listed, pods
from probes.kubernetes._made_of import reference
from probes.kubernetes._shapes import Workload

NEAR = 2
SPECS = (
    Spec(name="image.reference", type="text", doc="The reference as written."),
    Spec(name="image.runs_elsewhere", type="bool", doc="The very same reference runs in another pod."),
    Spec(
        name="image.other_tag",
        type="text",
        doc="A reference with the same registry and repository and another tag that runs, or that an older version of a workload had.",
    ),
    Spec(name="image.much_like", type="text", doc="A reference that runs, with another repository or registry that differs in one or two letters."),
    Spec(name="image.registry_serves", type="text", doc="Another image of the same registry that runs; none where there is none."),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each image that a container waits for in vain."""
    try:
        server, there = cluster(access), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "image")
        return
    wanted, running = _wanted(there, access.now, server.skew), _running(there, access.now, server.skew)
    before = _before(access)
    for image in sorted(wanted):
        command = "kubectl get pods -A -o custom-columns=IMAGE:.spec.containers[*].image"
        yield Look(subject=Subject("image", image), values=_values(image, running, before), command=command, vantage="pod")


def _wanted(there: Pods, now: float, skew: float) -> set[str]:
    return {one.spec.image for pod in there.suspects for one in containers(pod, now, skew) if waiting_reason(one) in PULL_REASONS}


def _running(there: Pods, now: float, skew: float) -> set[str]:
    found = {image for one in there.well for image in one.images}
    return found | {
        one.spec.image for pod in there.suspects for one in containers(pod, now, skew) if one.status is not None and one.status.container_id
    }


def _before(access: Access) -> set[str]:
    """Images of older versions; none where ReplicaSets may not be read."""
    try:
        sets: Sequence[Workload] = listed(access, "replicasets").items
    except ClusterError:
        return set()
    return {container.image for one in sets for container in one.pod.containers}


def _values(image: str, running: Iterable[str], before: Iterable[str]) -> Mapping[str, Value]:
    host, repository, tag = reference(image)
    ran = {other: reference(other) for other in running}
    alike = sorted(
        other
        for other, (its_host, its_repository, _tag) in ran.items()
        if 0 < distance(f"{host}/{repository}", f"{its_host}/{its_repository}") <= NEAR
    )
    older = [other for other in before if reference(other)[:2] == (host, repository) and reference(other)[2] != tag]
    same = sorted([other for other, parts in ran.items() if parts[:2] == (host, repository) and parts[2] != tag]) or sorted(older)
    serving = sorted(other for other, parts in ran.items() if parts[0] == host)
    return {
        "image.reference": image,
        "image.runs_elsewhere": image in ran,
        "image.other_tag": same[0] if same else None,
        "image.much_like": alike[0] if alike else None,
        "image.registry_serves": serving[0] if serving else None,
    }


def distance(one: str, other: str) -> int:
    """Letters to insert, take away, replace or swap with their neighbour; NEAR + 1 for anything farther."""
    if abs(len(one) - len(other)) > NEAR:
        return NEAR + 1
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, its in enumerate(other, 1):
            cost = min(last[column] + 1, here[column - 1] + 1, last[column - 1] + (letter != its))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                cost = min(cost, before_last[column - 2] + 1)
            here.append(cost)
        before_last, last = last, here
    return min(last[-1], NEAR + 1)


PROBES = (
    Probe(
        name="kubernetes.images",
        kind="image",
        doc="Compares images that do not come with those that run.",
        gives=SPECS,
        look=look,
        stands_for=("Check image name",),
        permissions=("list pods", "list replicasets.apps"),
        limit_s=25.0,
    ),
)
