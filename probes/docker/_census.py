"""Of what failing containers share — image, host, compose project — how many there are, and how many have succeeded since the first failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from probes._contract import Census, Subject
from probes.docker._listed import STEADY_S, ended_well, up_well
from probes.docker._setup import COMPOSE
from probes.docker._shapes import Container, Listed
from probes.docker._state import exit_code, health, runs, runs_for
from probes.docker._times import age, seconds

ONE_TROUBLE_S = 86400.0
"""A failure more than a day before the newest is another trouble and dates nothing."""


class Member(msgspec.Struct, frozen=True):
    """One container in the count: when it failed, or whether it runs well, or when it ended with 0. Times are seconds since 1970 UTC."""

    failed_at: float | None = None
    well: bool = False
    done_at: float | None = None


def census(items: Sequence[Listed], inspected: Mapping[str, Container], host: Subject | None, now: float) -> Iterator[Census]:
    """A count for each shared thing that has a failing member. `inspected` is by Id; the others count by their list entry."""
    groups: dict[Subject, list[Member]] = {}
    for item in items:
        it = inspected.get(item.id)
        member = _listed(item, now) if it is None else _inspected(it, now)
        for shared in (*_shared(item, it), *([host] if host else [])):
            groups.setdefault(shared, []).append(member)
    for shared, members in sorted(groups.items()):
        first = _first_failure(member.failed_at for member in members)
        if first is not None:
            yield Census(shared, "container", len(members), sum(_succeeded(member, first) for member in members))


def _shared(item: Listed, it: Container | None) -> Iterator[Subject]:
    """The list shows an image's id once its tag has moved on; the inspection keeps the reference."""
    image = it.config.image if it else item.image
    if image:
        yield Subject("image", image)
    project = (item.labels or {}).get(f"{COMPOSE}project")
    if project:
        yield Subject("project", project)


def _first_failure(times: Iterable[float | None]) -> float | None:
    known = [time for time in times if time is not None]
    return min(time for time in known if time >= max(known) - ONE_TROUBLE_S) if known else None


def _succeeded(member: Member, first: float) -> bool:
    return member.well or (member.done_at is not None and member.done_at > first)


def _listed(item: Listed, now: float) -> Member:
    ended = age(item.status)
    if ended_well(item) and ended is not None:
        return Member(done_at=now - ended.most)
    return Member(well=up_well(item, now))


def _inspected(it: Container, now: float) -> Member:
    finished = seconds(it.state.finished_at)
    if runs(it):
        return _running(it, finished, now)
    if exit_code(it) == 0 and not it.state.error and it.state.status == "exited":
        return Member(done_at=finished)
    failed = bool(exit_code(it)) or bool(it.state.error)
    return Member(failed_at=(finished or seconds(it.created)) if failed else None)


def _running(it: Container, finished: float | None, now: float) -> Member:
    if health(it) == "unhealthy":
        return Member(failed_at=_first_bad_check(it) or now)
    if it.restart_count and (runs_for(it, now) or 0.0) < STEADY_S:
        return Member(failed_at=finished)
    return Member(well=it.state.status == "running" and health(it) != "starting")


def _first_bad_check(it: Container) -> float | None:
    log = it.state.health.log if it.state.health else None
    return min((at for run in log or () if run.exit_code and (at := seconds(run.start)) is not None), default=None)
