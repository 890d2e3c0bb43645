"""Which containers of a list deserve a closer look, and how the others count."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from probes.docker._shapes import Listed
from probes.docker._times import age

FEW = 100
"""Up to so many containers, all are looked at."""

MOST = 500
"""So many are inspected at most: about half a second's work for the engine."""

STEADY_S = 900.0
"""A container that is up for so long is not in a fast restart loop."""

SLOW_LOOP_S = 6 * 3600.0
"""Up for less than this though created earlier: it may be in a loop of long attempts."""

_PLAINLY_UP = re.compile(r"Up [^()]+(\(healthy\))?")
_ORDER = {"restarting": 0, "dead": 1, "running": 2, "paused": 2, "created": 3, "removing": 3, "exited": 4}


def up_well(item: Listed, now: float) -> bool:
    """Up for a quarter of an hour, neither paused nor unhealthy nor still starting, and not lately started again."""
    up = age(item.status)
    if item.state != "running" or up is None or not _PLAINLY_UP.fullmatch(item.status):
        return False
    again = up.least < SLOW_LOOP_S and now - item.created > up.most + 60
    return up.least >= STEADY_S and not again


def ended_well(item: Listed) -> bool:
    """Exited with 0 more than an hour ago."""
    ended = age(item.status)
    return item.state == "exited" and item.status.startswith("Exited (0)") and ended is not None and ended.least >= 3600


def may_be_unwell(item: Listed, now: float) -> bool:
    return not up_well(item, now) and not ended_well(item)


def closer(items: Sequence[Listed], now: float, asked_about: Callable[[Listed], bool] = lambda _item: False) -> list[Listed]:
    """All if they are few, else those asked about and those that may be unwell: the former first, then loops and the running, then the newest ends."""
    chosen = [item for item in items if len(items) <= FEW or may_be_unwell(item, now) or asked_about(item)]
    return sorted(chosen, key=lambda item: (not asked_about(item), _urgency(item)))


def _urgency(item: Listed) -> tuple[int, float, str]:
    since = age(item.status)
    return _ORDER.get(item.state, 2), since.least if since else 0.0, item.name
