"""How did a container's memory move over the last hours, by what Prometheus kept of cAdvisor?

container trainer  memory_series=("1795386090 104857600", "1795386120 109051904", …)  memory_series_peak_bytes=531628032
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from urllib.parse import urlencode

import msgspec

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable, Why
from probes._decoding import decoder

SPAN_S = 6 * 3600
STEP_S = 30
MOST = 720
LIMIT_S = 4.5
"""Less than the probe's limit_s, so that the reason is named here and not by the runner."""
APART = 0.01
"""Two scrape targets that differ by more than this at one moment tell of two containers with one name."""

_ADDRESS = "Let the setting prometheus be the address of a Prometheus server, such as http://prometheus:9090."
_REMEDIES: Mapping[str, str] = {
    "not configured": "Name a Prometheus server that scrapes cAdvisor with --prometheus URL.",
    "refused": f"Start the server. {_ADDRESS}",
    "timed out": "See whether the server answers /-/ready, or give more time with --deadline.",
    "forbidden": "Let the proxy in front of Prometheus pass GET /api/v1/query_range from here.",
    "garbled": _ADDRESS,
}
_TWO_TARGETS = "Give the containers names of their own, or name the Prometheus server of this host."
_WHY: Mapping[str, Why] = {"timeout": "timed out", "canceled": "timed out", "unavailable": "refused", "internal": "refused"}
"""By Prometheus's errorType; whatever else it says means that it did not understand the query."""

Points = dict[float, float]


class _Series(msgspec.Struct, frozen=True):
    """One series of an answer: its labels, and pairs of time and number, the number as a text."""

    metric: dict[str, str]
    values: list[tuple[float, str]] = []

    def points(self) -> Points:
        """Without NaN and infinities, and without texts that are no numbers."""
        pairs = ((at, _number(text)) for at, text in self.values)
        return {at: value for at, value in pairs if value is not None}


class _Data(msgspec.Struct, frozen=True):
    result: list[_Series] = []


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What /api/v1/query_range answers, be it data or an error."""

    status: str
    data: _Data = _Data()
    error_type: str = ""
    error: str = ""


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look, or why not, for each Docker container. Whatever keeps one from being asked for keeps the rest too."""
    base = access.settings.get("prometheus", "").rstrip("/")
    if not base.startswith(("http://", "https://")):
        detail = f"{base} is no address that begins with http:// or https://." if base else "No Prometheus server is named."
        yield _gap(access, None, "not configured", detail)
        return
    named = [subject for subject in subjects if "/" not in subject.key]
    for number, subject in enumerate(named):
        try:
            series = _asked(access, base, expression(subject.key))
        except Unreachable as error:
            yield from (_gap(access, one, error.why, error.detail) for one in named[number:])
            return
        yield _told(access, base, subject, series)


def expression(name: str) -> str:
    """The largest value in each step; unlike the bare metric it neither repeats a sample nor lives on for 5 minutes after the last one."""
    return f"max_over_time(container_memory_rss{{name={json.dumps(name, ensure_ascii=False)}}}[{STEP_S}s])"


def _told(access: Access, base: str, subject: Subject, series: Sequence[_Series]) -> Answer:
    if _ambiguous(series):
        detail = f"Several hosts run a container named {subject.key}; which series is this one's cannot be told."
        return _gap(access, subject, "garbled", detail, _TWO_TARGETS)
    points = sorted(_merged(series).items())[-MOST:]
    values = {
        "container.memory_series": tuple(f"{at:.0f} {value:.0f}" for at, value in points),
        "container.memory_series_peak_bytes": max((round(value) for _, value in points), default=None),
    }
    command = shlex.join(["promtool", "query", "range", f"--step={STEP_S}s", base, expression(subject.key)])
    return Look(subject=subject, values=values, command=command)


def _merged(series: Sequence[_Series]) -> Points:
    """A container that was made anew has a series of its own; where two overlap, the one that began later holds."""
    merged: Points = {}
    for points in sorted((one.points() for one in series), key=lambda points: min(points, default=0.0)):
        merged |= points
    return merged


def _ambiguous(series: Sequence[_Series]) -> bool:
    """Two scrape targets disagree at one moment. Two jobs that scrape one cAdvisor agree."""
    for one, other in combinations(series, 2):
        if one.metric.get("instance") != other.metric.get("instance"):
            mine, theirs = one.points(), other.points()
            if any(abs(mine[at] - theirs[at]) > APART * max(mine[at], theirs[at]) for at in mine.keys() & theirs.keys()):
                return True
    return False


def _asked(access: Access, base: str, query: str) -> list[_Series]:
    """Raises Unreachable."""
    params = {"query": query, "start": f"{access.now - SPAN_S:.3f}", "end": f"{access.now:.3f}", "step": f"{STEP_S}s"}
    answer = access.get(f"{base}/api/v1/query_range?{urlencode(params)}", LIMIT_S)
    if answer.status in (401, 403):
        raise Unreachable("forbidden", f"{base} answered {answer.status}.")
    if 300 <= answer.status < 400:
        raise Unreachable("forbidden", f"{base} answered {answer.status} and leads elsewhere, as a login page does.")
    try:
        told = decoder(_Answer).decode(answer.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        why: Why = "refused" if answer.status >= 500 else "garbled"
        raise Unreachable(why, f"{base} answered {answer.status} and not as Prometheus does: {error}") from error
    if told.status != "success":
        raise Unreachable(_WHY.get(told.error_type, "garbled"), f"{base} answered {told.error_type or told.status}: {told.error}")
    return told.data.result


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _gap(access: Access, subject: Subject | None, why: Why, detail: str, remedy: str = "") -> Unavailable:
    asked = access.settings.get("prometheus.asked") == "true"
    return Unavailable(kind="container", why=why, detail=detail, remedy=remedy or _REMEDIES.get(why, _ADDRESS), subject=subject, asked=asked)


PROBES = (
    Probe(
        name="prometheus.memory",
        kind="container",
        doc="The memory of a container over the last 6 hours, from Prometheus's copy of cAdvisor.",
        gives=(
            Spec(
                name="container.memory_series", type="texts", doc="container_memory_rss over 6 hours, at most 720 times `EPOCH BYTES`, oldest first."
            ),
            Spec(name="container.memory_series_peak_bytes", type="int", unit="bytes", doc="The largest of these; none without any."),
        ),
        look=look,
        sweeps=False,
        stands_for=("promtool query range",),
        permissions=("GET /api/v1/query_range of a Prometheus server that scrapes cAdvisor",),
        cost=2,
        limit_s=5.0,
    ),
)
