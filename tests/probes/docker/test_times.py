"""Timestamps and rounded ages, as Docker writes them."""

from __future__ import annotations

import pytest

from probes.docker._times import Age, age, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T22:52:01.13043722Z", 1795560721.130437),
        ("2026-11-24T22:52:01Z", 1795560721.0),
        ("2026-11-24T23:52:01.5+01:00", 1795560721.5),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        ("2026-13-45T99:00:00Z", None),
    ],
)
def test_a_timestamp_is_seconds_and_gos_zero_time_is_none(text: str, expected: float | None) -> None:
    assert expected == seconds(text)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Up Less than a second", Age(0, 1)),
        ("Up 1 second", Age(1, 2)),
        ("Up About a minute (unhealthy)", Age(60, 120)),
        ("Up 15 minutes (healthy)", Age(900, 960)),
        ("Up About an hour", Age(1800, 7200)),
        ("Exited (0) 2 hours ago", Age(5400, 10800)),
        ("Exited (137) 3 weeks ago", Age(1814400, 2419200)),
        ("Restarting (3) 12 seconds ago", Age(12, 13)),
        ("Created", None),
        ("Dead", None),
        ("", None),
    ],
)
def test_an_age_is_as_wide_as_the_engine_rounds(status: str, expected: Age | None) -> None:
    assert expected == age(status)
