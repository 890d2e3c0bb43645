"""Of what failing containers share — image, registry, node, namespace, workload — how many there are, and how many have succeeded since the first failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from probes._contract import Census, Subject
from probes.kubernetes._attempt import One, containers, exit_code, runs, waiting_reason
from probes.kubernetes._lists import Pods, Well
from probes.kubernetes._made_of import reference
from probes.kubernetes._owner import workload
from probes.kubernetes._shapes import Pod

ONE_TROUBLE_S = 24 * 3600.0
"""A failure more than a day before the newest is another trouble and dates nothing."""


class Member(msgspec.Struct, frozen=True, gc=False):
    """One container in a count: when it failed, or since when it is well; neither for one that is under way."""

    failed_at: float | None = None
    well_since: float | None = None


def counted(found: Pods, now: float, skew: float) -> Iterator[Census]:
    """A census for each shared thing that has a failing container."""
    groups: dict[Subject, list[Member]] = defaultdict(list)
    for pod in found.suspects:
        for it in containers(pod, now, skew):
            for shared in _shared(it):
                groups[shared].append(_member(it))
    for well in found.well:
        for shared, count in _shared_by_well(well, groups):
            groups[shared] += [Member(well_since=well.since)] * count
    for shared, members in sorted(groups.items()):
        first = _first_failure(members)
        if first is not None:
            succeeded = sum(member.well_since is not None and member.well_since >= first for member in members)
            yield Census(shared, "container", len(members), succeeded)


def _shared(it: One) -> Iterator[Subject]:
    yield from _places(it.pod)
    yield Subject("image", it.spec.image)
    yield Subject("registry", reference(it.spec.image)[0])


def _places(pod: Pod) -> Iterator[Subject]:
    yield Subject("ns", pod.metadata.namespace)
    if pod.spec.node_name:
        yield Subject("node", pod.spec.node_name)
    owner = workload(pod)
    if owner is not None:
        yield owner


def _shared_by_well(well: Well, groups: dict[Subject, list[Member]]) -> Iterable[tuple[Subject, int]]:
    """Only what a suspect shares as well is worth a count."""
    places = [(Subject("ns", well.namespace), len(well.images)), (Subject("node", well.node), len(well.images))]
    images = [(Subject("image", image), 1) for image in well.images]
    registries = [(Subject("registry", reference(image)[0]), 1) for image in well.images]
    return [pair for pair in (*places, *images, *registries) if pair[0] in groups]


def _member(it: One) -> Member:
    if it.status is None:
        return Member()
    if runs(it) and it.status.ready:
        return Member(well_since=it.at(it.status.state.running.started_at) if it.status.state.running else None)
    if waiting_reason(it) in (None, "ContainerCreating", "PodInitializing") and not exit_code(it):
        return Member(well_since=it.at(it.ended.finished_at) if it.ended and it.ended.exit_code == 0 else None)
    at = it.at(it.ended.finished_at) if it.ended else it.at(it.pod.status.start_time or it.pod.metadata.creation_timestamp)
    return Member(failed_at=at)


def _first_failure(members: Iterable[Member]) -> float | None:
    known = [member.failed_at for member in members if member.failed_at is not None]
    return min(at for at in known if at >= max(known) - ONE_TROUBLE_S) if known else None
