"""The API's times and quantities as numbers: `2026-11-25T02:41:00Z`, `512Mi`, `250m`."""

from __future__ import annotations

import re
from datetime import datetime

_UNITS = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]{0,2})")


def seconds(timestamp: str | None, skew: float = 0.0) -> float | None:
    """Seconds since 1970 UTC by this machine's clock; None for no time and for what is none."""
    if not timestamp:
        return None
    try:
        return datetime.fromisoformat(timestamp).timestamp() + skew
    except ValueError:
        return None


def amount(quantity: str | None) -> float | None:
    """A quantity in its base unit: bytes, cores, pieces. None for none and for what is not one."""
    found = _QUANTITY.fullmatch(quantity or "")
    return float(found[1]) * _UNITS[found[2]] if found and found[2] in _UNITS else None
