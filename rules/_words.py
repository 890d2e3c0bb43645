"""Numbers as people read them."""

from __future__ import annotations

import datetime as dt

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def bytes_text(number: float) -> str:
    """Bytes in binary units.

    >>> bytes_text(512 * 1024 * 1024), bytes_text(9.12 * 2**30), bytes_text(100)
    ('512 MiB', '9.1 GiB', '100 B')
    """
    power = 0
    while number >= 1024 and power < len(_UNITS) - 1:
        number /= 1024
        power += 1
    return f"{number:.1f}".removesuffix(".0") + f" {_UNITS[power]}"


def span_text(seconds: float) -> str:
    """A span in its two largest units.

    >>> span_text(1080), span_text(3700), span_text(0.4), span_text(200000)
    ('18 min', '1 h 1 min', 'under 1 s', '2 d 7 h')
    """
    if seconds < 1:
        return "under 1 s"
    left = round(seconds)
    parts = []
    for size, name in _SPANS:
        if left >= size:
            parts.append(f"{left // size} {name}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def time_text(at: float, now: float | None = None) -> str:
    """A time in UTC; without the date if `now` is of the same day.

    >>> time_text(1795385145.2), time_text(1795385145.2, 1795385199)
    ('2026-11-22 22:05 UTC', '22:05 UTC')
    """
    when = dt.datetime.fromtimestamp(at, dt.UTC)
    same_day = now is not None and dt.datetime.fromtimestamp(now, dt.UTC).date() == when.date()
    return when.strftime("%H:%M UTC" if same_day else "%Y-%m-%d %H:%M UTC")
