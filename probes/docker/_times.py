"""Docker's two ways to tell time: timestamps (`2026-11-24T22:52:01.13043722Z`) and ages (`About an hour`)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time: how the engine writes "has not happened"."""

_AGE = re.compile(r"(Less than a|About an?|\d+) (second|minute|hour|day|week|month|year)s?")
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0, "month": 2592000.0, "year": 31536000.0}


class Age(NamedTuple):
    """The bounds of a rounded age, in seconds."""

    least: float
    most: float


def seconds(timestamp: str) -> float | None:
    """Seconds since 1970 UTC; None for Go's zero time, an empty text and whatever is no timestamp."""
    if not timestamp or timestamp.startswith("0001-01-01"):
        return None
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return None


def age(words: str) -> Age | None:
    """The age that a Status text holds (`Up 3 hours`), as wide as the engine rounds; None where it holds none.

    HumanDuration of docker/go-units cuts all units off but hours, which it rounds to the nearest.
    """
    found = _AGE.search(words)
    if found is None:
        return None
    unit = _UNITS[found[2]]
    if found[1].startswith("Less"):
        return Age(0.0, unit)
    number = int(found[1]) if found[1].isdigit() else 1
    return Age((number - 0.5) * unit if found[2] == "hour" else number * unit, (number + 1) * unit)
