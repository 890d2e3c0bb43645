"""Leak or one-off peak? From samples of a container's memory: those that Prometheus kept, or those that the program printed about itself.

`epoch 0 step 8 loss 1.92 rss 21 MB` … `step 150 loss 0.48 rss 127 MB`  ->  leak;  warm-up that levels off  ->  saturating;  a last jump  ->  flat
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given
from rules.derive._printed import Log, on_device, times
from rules.derive._trend import Samples, Trend, Verdict, falls, trend

HINT = 8
"""Samples after warm-up from which on a hint is given."""
_PAIR = re.compile(r"(\d{1,12}(?:\.\d{1,9})?) (\d{1,18})")
_LOG, _SERIES = "container.log_tail", "container.memory_series"
_USED = ("container.memory_anon_bytes", "container.memory_used_bytes")


def leak_test(samples: Sequence[tuple[float, float]], limit: float | None) -> Verdict:
    """Whether memory, in (time, bytes), grows in a line without an end; a fall by more than half begins a new attempt.

    "too few": under 30 samples after warm-up, or a line and a rise that ends fit alike.
    """
    return trend(samples, limit).verdict


class _Source(NamedTuple):
    """Samples of one origin, when attempts are known to have begun, the limit on them, and how many seconds their unit of time has."""

    samples: Samples
    starts: Sequence[float]
    limit: float | None
    second: float | None
    restarts: float | None = 0
    """How many falls restarts of the container account for; None if that is not known."""


def _growth(given: Given) -> Mapping[str, Value]:
    before = _before(given)
    sources = [read(given) for name, read in ((_SERIES, _kept), (_LOG, _told)) if given.seen(name)]
    if not sources:
        return {} if before is None else {**_worded(None, Trend("too few"), "too few", samples=1 + _is_known(given)), **before}
    judged = [(source, _judged(given, source)) for source in sources]
    told = [pair for pair in judged if pair[1].verdict != "too few"]
    source, found = told[0] if told else max(judged, key=lambda pair: len(pair[0].samples))
    hint = found.verdict if told else _judged(given, source, HINT).verdict
    return {**_worded(source, found, hint, samples=len(source.samples)), **(before or {})}


def _worded(source: _Source | None, found: Trend, hint: Verdict, *, samples: int) -> dict[str, Value]:
    rate = left = None
    if source is not None and source.second and found.verdict == "leak":
        rate = found.slope / source.second
        left = None if source.limit is None else max(0.0, source.limit - source.samples[-1][1]) / rate
    return {
        "container.memory_growth": "" if found.verdict == "too few" else found.verdict,
        "container.memory_growth_hint": "" if hint == "too few" else hint,
        "container.memory_samples": samples,
        "container.memory_growth_per_minute_bytes": None if rate is None else rate * 60,
        "container.memory_projected_full_span": left,
    }


def _judged(given: Given, source: _Source, least: int | None = None) -> Trend:
    """Falls by half that no restart or kill accounts for may be memory given back: then both readings must agree."""
    more = {} if least is None else {"least": least}
    drops = [at for at in falls(source.samples) if at not in source.starts]
    apart = trend(source.samples, source.limit, [*source.starts, *drops], **more)
    if not drops or source.restarts is None or len(drops) <= source.restarts or given["container.child_killed"] is True:
        return apart
    whole = trend(source.samples, source.limit, source.starts, **more)
    return whole if whole.verdict == apart.verdict or apart.verdict != "leak" else Trend("too few")


def _kept(given: Given) -> _Source:
    """What Prometheus kept of this container; before its creation another one had its name."""
    since = given.number("container.created_at") or 0.0
    pairs = [(float(found[1]), float(found[2])) for text in given.texts(_SERIES) if (found := _PAIR.fullmatch(text))]
    samples = [(at, value) for at, value in pairs if at >= since and value > 0]
    started = given.number("container.started_at")
    return _Source(samples, [] if started is None else [started], _limit(given, samples), 1.0, given.number("container.restart_count"))


def _told(given: Given) -> _Source:
    """What the program printed in the attempt that log_tail is of."""
    label, printed = _log(given).longest()
    at = times(printed)
    order = at or [float(place) for place in range(len(printed))]
    samples = [(moment, sample.value) for moment, sample in zip(order, printed, strict=True)]
    starts = [order[place] for place in range(1, len(printed)) if printed[place].attempt != printed[place - 1].attempt]
    return _Source(samples, starts, None if on_device(label) else _limit(given, samples), 1.0 if at else _gap(given, len(printed)))


def _gap(given: Given, samples: int) -> float | None:
    """Seconds between two samples that bear no times: an even part of the attempt, if the whole of it is in the log."""
    length = given.number("container.runs_for" if given["container.log_attempt_runs"] is True else "container.lived")
    return length / samples if given["container.log_complete"] is True and length and samples else None


def _limit(given: Given, samples: Samples) -> float | None:
    """The container's limit, unless these samples show that it does not apply to what they measure."""
    limit = given.number("container.memory_limit_bytes")
    return limit if limit and max((value for _, value in samples), default=0.0) <= 1.1 * limit else None


def _before(given: Given) -> dict[str, Value] | None:
    """How much it used in the earlier run, if that looked."""
    for name in _USED:
        value = None if given.facts.earlier is None else given.facts.earlier.value(given.subject, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"container.memory_before_bytes": int(value)}
    return None


def _is_known(given: Given) -> bool:
    return any(given.number(name) is not None for name in _USED)


def _log(given: Given) -> Log:
    return Log(given.text(_LOG))


def _known(given: Given) -> Mapping[str, Value]:
    """A source that nobody looked at could still tell; to say "not known" takes both."""
    if given.text("container.memory_growth"):
        return {"container.memory_growth_known": True}
    return {"container.memory_growth_known": False} if given.seen(_LOG) and given.seen(_SERIES) else {}


def _progress(given: Given) -> Mapping[str, Value]:
    """Of the last attempt that ended; while one runs in which a worker was started again, of the worker before.

    An empty log tells nothing of progress: what a program had printed may have been lost with its buffer.
    """
    if not given.text(_LOG).strip():
        return {}
    attempts = _log(given).attempts
    last = attempts[-2] if given["container.log_attempt_runs"] is True and len(attempts) > 1 else attempts[-1]
    return {"container.log_steps": last.steps, "container.log_reached_work": last.finished}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(
                name="container.memory_growth",
                type="text",
                doc='leak, saturating or flat; "" if the samples are too few to tell',
                covered_by="container.memory_growth_known",
            ),
            Spec(
                name="container.memory_growth_hint",
                type="text",
                doc="the same test, but from 10 samples on instead of 30",
                covered_by="container.memory_growth_known",
            ),
            Spec(name="container.memory_samples", type="int", doc="samples of its memory that this rests on"),
            Spec(name="container.memory_growth_per_minute_bytes", type="double", unit="bytes", doc="growth a minute; none unless it leaks"),
            Spec(name="container.memory_projected_full_span", type="span", unit="s", doc="until its limit at this rate; none unless it leaks"),
            Spec(name="container.memory_before_bytes", type="int", unit="bytes", doc="memory that it used in the earlier run"),
        ),
        wants=(
            _LOG, _SERIES, *_USED, "container.memory_limit_bytes", "container.restart_count", "container.child_killed", "container.created_at",
            "container.started_at", "container.lived", "container.runs_for", "container.log_complete", "container.log_attempt_runs",
        ),
        function=_growth,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.memory_growth_known", type="bool", doc="there were samples enough to tell how its memory grows"),),
        needs=("container.memory_growth",),
        wants=(_LOG, _SERIES),
        function=_known,
    ),
    Derivation(
        kind="container",
        gives=(
            Spec(
                name="container.log_steps",
                type="int",
                doc="steps, batches, chunks or epochs that the last attempt printed before it ended",
                covered_by="container.log_complete",
            ),
            Spec(
                name="container.log_reached_work",
                type="bool",
                doc="it finished at least one of them",
                covered_by="container.log_complete",
            ),
        ),
        needs=(_LOG,),
        wants=("container.log_attempt_runs",),
        function=_progress,
    ),
)  # fmt: skip
