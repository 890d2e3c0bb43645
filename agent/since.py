"""How far back is asked for: `15m`, `2h`, `3d`, or a time as RFC 3339 writes it."""

from __future__ import annotations

import datetime as dt
import re

from agent.matrix import UsageError

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def since(text: str, now: float) -> float:
    """The moment meant, in seconds since 1970 UTC. Raises UsageError for what is no such time, or not before now.

    >>> since("15m", 1_800_000_000.0), since("2027-01-15T07:00:00Z", 1_800_000_000.0)
    (1799999100.0, 1799996400.0)
    """
    at = _moment(text, now)
    if at is None:
        raise UsageError(f"--since {text}: this is neither a span such as 15m, 2h or 3d nor a time such as 2026-11-25T02:41:00Z.")
    if not 0 < at < now:
        raise UsageError(f"--since {text}: this is not in the past.")
    return at


def _moment(text: str, now: float) -> float | None:
    span = _SPAN.fullmatch(text)
    return now - int(span[1]) * _SECONDS[span[2]] if span else moment(text)


def moment(text: str) -> float | None:
    """A time as RFC 3339 writes it, with its zone, in seconds since 1970 UTC; None for anything else."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None
