"""Does the health check itself end the program, and did anything tell it to end?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import facts, told

API = "container api"


@pytest.mark.parametrize(
    ("expected", "command"),
    [
        (True, "curl -fs http://localhost:8000/health || kill 1"),
        (True, "sh -c 'wget -qO- localhost/ || kill -9 1'"),
        (True, "pgrep worker || pkill python"),
        (True, "check.sh || killall gunicorn"),
        (True, "test -f /tmp/alive || /bin/kill -TERM 1"),
        (False, "curl -f http://localhost:8000/health || exit 1"),
        (False, "pg_isready -U postgres"),
        (False, "/app/skills --check"),
        (False, None),
    ],
)
def test_a_health_check_that_kills_is_known_by_its_command(expected: bool, command: str | None) -> None:
    assert {"health_check_kills": expected} == told(facts({API: {"health_command": command}}), API, "health_check_kills")


QUIET: Mapping[str, Value] = {"stopped_by_command": False, "unhealthy_events": 0, "health_command": None}


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (True, {}),
        (False, {"stopped_by_command": True}),
        (False, {"unhealthy_events": 3}),
        (False, {"health_command": "curl -f localhost || kill 1"}),
        (True, {"health_command": "curl -f localhost || exit 1"}),
    ],
)
def test_it_ended_unasked_if_neither_a_command_nor_its_health_check_asked(expected: bool, changed: Mapping[str, Value]) -> None:
    assert {"ended_unasked": expected} == told(facts({API: {**QUIET, **changed}}), API, "ended_unasked")


def test_without_events_nobody_knows_whether_it_was_asked() -> None:
    assert {"ended_unasked": "unseen"} == told(facts({API: {"health_command": None}}), API, "ended_unasked")
