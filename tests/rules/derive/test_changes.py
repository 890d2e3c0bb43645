"""What changed before it began to fail, against the container replaced and an earlier run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import NOW, facts, told

TRAINER = "container trainer"
MIB = 2**20
BASE: Mapping[str, Value] = {
    "image": "trainer:2", "image_id": "sha256:22", "compose_config_hash": "beef", "created_at": NOW - 1200, "first_failure_at": NOW - 1080,
    "previous_image": None, "previous_config_hash": None,
}  # fmt: skip
SAME: Mapping[str, Value] = {"image": "trainer:2", "image_id": "sha256:22", "compose_config_hash": "beef"}
Table = Mapping[str, Value]
NAMES = ("image_changed", "config_changed", "changed_before_failure")


def changes(changed: Table, earlier: Table | None = None) -> tuple[Value, ...]:
    found = facts({TRAINER: {**BASE, **changed}}, earlier=None if earlier is None else {TRAINER: earlier})
    return tuple(told(found, TRAINER, *NAMES).values())


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ((True, False, True), {"previous_image": "trainer:1"}),
        ((False, False, False), {"previous_image": "trainer:2"}),
        ((False, True, True), {"previous_config_hash": "cafe"}),
        ((False, False, False), {"previous_config_hash": "beef"}),
        ((False, True, True), {"previous_image": "trainer:2", "previous_config_hash": "cafe"}),
        ((True, True, True), {"previous_image": "trainer:1", "previous_config_hash": "cafe"}),
        ((False, False, False), {}),
    ],
    ids=["image", "same image", "configuration", "same configuration", "configuration of the same image", "both", "it replaced none"],
)
def test_it_is_compared_with_the_container_it_replaced(expected: tuple[Value, ...], changed: Table) -> None:
    assert expected == changes(changed)


@pytest.mark.parametrize(
    ("expected", "earlier"),
    [
        ((False, False, False), SAME),
        ((True, False, True), {**SAME, "image": "trainer:1", "image_id": "sha256:11"}),
        ((True, False, True), {**SAME, "image_id": "sha256:11"}),
        ((False, True, True), {**SAME, "compose_config_hash": "cafe"}),
        ((False, False, False), {"image": "trainer:2", "image_id": "sha256:22"}),
    ],
    ids=["the same", "another image", "the same tag, built again", "another configuration", "configuration unseen then"],
)
def test_it_is_compared_with_the_earlier_run(expected: tuple[Value, ...], earlier: Table) -> None:
    assert expected == changes({}, earlier)


def test_the_container_replaced_comes_before_the_earlier_run() -> None:
    replaced = {"previous_image": "trainer:2", "previous_config_hash": "cafe"}

    assert (False, True, True) == changes(replaced, {"image": "trainer:1", "compose_config_hash": "beef"})


def test_where_nobody_looked_for_what_it_replaced_nobody_knows_what_changed() -> None:
    alone = {name: value for name, value in BASE.items() if not name.startswith("previous_")}

    assert dict.fromkeys(NAMES, "unseen") == told(facts({TRAINER: alone}), TRAINER, *NAMES)


@pytest.mark.parametrize(
    ("expected", "created", "failed"),
    [
        (True, NOW - 1200, NOW - 1200),
        (True, NOW - 1200, NOW - 1200 + 15 * 60),
        (False, NOW - 1200, NOW - 1200 + 15 * 60 + 1),
        (False, NOW - 1200, NOW - 1201),
    ],
    ids=["at once", "a quarter of an hour", "later", "it failed before"],
)
def test_a_change_counts_shortly_before_the_first_failure(expected: bool, created: float, failed: float) -> None:
    assert expected == changes({"previous_image": "trainer:1", "created_at": created, "first_failure_at": failed})[2]


# docker update


@pytest.mark.parametrize(
    ("expected", "at", "failed"),
    [
        (True, NOW - 1500, NOW - 1080),
        (False, NOW - 3600, NOW - 1080),
        (False, NOW - 600, NOW - 1080),
        (False, NOW - 1500, None),
    ],
    ids=["before", "long before", "after", "onset not known"],
)
def test_an_update_counts_shortly_before_the_first_failure(expected: bool, at: float, failed: float | None) -> None:
    found = facts({TRAINER: {"updated_at": at, "first_failure_at": failed, "last_attempt_at": NOW - 3600}})

    assert {"updated_before_failure": expected} == told(found, TRAINER, "updated_before_failure")


def test_an_update_that_nobody_would_have_seen_is_unseen() -> None:
    assert {"updated_before_failure": "unseen"} == told(facts({TRAINER: {"first_failure_at": NOW - 60}}), TRAINER, "updated_before_failure")


# limits

LIMITED: Table = {"memory_limit_bytes": 512 * MIB, "has_memory_limit": True}
UNLIMITED: Table = {"memory_limit_bytes": None, "has_memory_limit": False}
NOBODY_KNOWS = (False, False, None)


@pytest.mark.parametrize(
    ("expected", "now", "earlier"),
    [
        ((True, False, 512 * MIB), 256 * MIB, LIMITED),
        ((False, True, 512 * MIB), 512 * MIB, LIMITED),
        ((False, True, 512 * MIB), 2048 * MIB, LIMITED),
        ((False, True, 512 * MIB), None, LIMITED),
        ((True, False, None), 512 * MIB, UNLIMITED),
        ((False, True, None), None, UNLIMITED),
        (NOBODY_KNOWS, 512 * MIB, {"state": "running"}),
        (NOBODY_KNOWS, 512 * MIB, {"memory_limit_bytes": None}),
        (NOBODY_KNOWS, 512 * MIB, None),
    ],
    ids=[
        "lowered",
        "the same",
        "raised",
        "taken away",
        "set where there was none",
        "never any",
        "unseen then",
        "no word on it then",
        "no earlier run",
    ],
)
def test_a_limit_is_compared_with_the_earlier_run(expected: tuple[Value, ...], now: int | None, earlier: Table | None) -> None:
    found = facts({TRAINER: {"memory_limit_bytes": now}}, earlier=None if earlier is None else {TRAINER: earlier})

    assert expected == tuple(told(found, TRAINER, "limit_lowered", "limit_kept", "limit_before_bytes").values())


def test_the_limit_of_another_container_tells_nothing() -> None:
    found = facts({TRAINER: {"memory_limit_bytes": 512 * MIB}}, earlier={"container other": {"memory_limit_bytes": 2048 * MIB}})

    assert NOBODY_KNOWS == tuple(told(found, TRAINER, "limit_lowered", "limit_kept", "limit_before_bytes").values())
