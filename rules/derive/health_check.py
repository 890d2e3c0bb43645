"""Does the health check itself end the program, and did anything tell it to end?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

_KILLS = re.compile(r"(?:^|[\s;&|(`'\"]|bin/)(?:(?:kill|pkill|killall)\b(?!\s+-(?:0|s\s*0)\b)|reboot\b)")
"""Signal 0 only asks whether the process is there."""


def _kills(given: Given) -> Mapping[str, Value]:
    return {"container.health_check_kills": bool(_KILLS.search(given.text("container.health_command")))}


def _unasked(given: Given) -> Mapping[str, Value]:
    asked = (
        given["container.stopped_by_command"] is True or given["container.killed_by_command"] is True or given["container.health_check_kills"] is True
    )
    unasked = not asked and not given.number("container.unhealthy_events")
    lost = unasked and given["container.events_complete"] is False
    return {} if lost else {"container.ended_unasked": unasked}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(Spec(name="container.ended_unasked", type="bool", doc="neither a command nor its health check told it to end"),),
        needs=("container.stopped_by_command", "container.unhealthy_events", "container.health_check_kills"),
        wants=("container.killed_by_command", "container.events_complete"),
        function=_unasked,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.health_check_kills", type="bool", doc="its health check's command kills a process when it fails"),),
        needs=("container.health_command",),
        function=_kills,
    ),
)
