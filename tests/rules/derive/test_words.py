"""An ending in a few words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import facts, told

APP = "container app"
MIB = 2**20


@pytest.mark.parametrize(
    ("expected", "container"),
    [
        ("it ends with code 1, 7 restarts", {"death": "crashed", "ended_with": 1, "restart_count": 7}),
        ("it ends with code 1", {"death": "crashed", "ended_with": 1, "restart_count": 0}),
        ("it ends with code 3", {"death": "crashed", "ended_with": 3}),
        ("it ends normally (code 0) and is started again, 12 restarts", {"death": "completed", "ended_with": 0, "restart_count": 12}),
        ("the kernel kills it for memory, 6 restarts", {"death": "oom", "ended_with": 137, "restart_count": 6}),
        ("it is killed (SIGKILL)", {"death": "killed", "ended_with": 137}),
        ("it is told to end (SIGTERM)", {"death": "terminated", "ended_with": 143}),
        ("it is stopped by command", {"death": "stopped", "ended_with": 137}),
        ("it cannot be started", {"death": "start-error", "ended_with": 127}),
        ("it dies of SIGBUS", {"death": "bus-error", "ended_with": 135}),
        ("it dies of an illegal instruction", {"death": "illegal-instruction", "ended_with": 132}),
        ("it aborts (SIGABRT)", {"death": "aborted", "ended_with": 134}),
        ("it dies of a segmentation fault", {"death": "segfault", "ended_with": 139}),
    ],
)
def test_an_ending_is_said_in_words(expected: str, container: Mapping[str, Value]) -> None:
    assert {"death_words": expected} == told(facts({APP: container}), APP, "death_words")


@pytest.mark.parametrize(
    ("expected", "trouble", "limit"),
    [
        ("killed for memory at its limit of 512 MiB", "oom", 512 * MIB),
        ("killed for memory", "oom", None),
        ("a process in it was killed for memory at its limit of 1.5 GiB", "child", 1536 * MIB),
        ("killed by SIGKILL, perhaps for memory", "killed", 512 * MIB),
        ("by its own log", "log", None),
        (None, "", 512 * MIB),
    ],
)
def test_a_memory_trouble_is_said_in_words(expected: str | None, trouble: str, limit: int | None) -> None:
    found = facts({APP: {"memory_trouble": trouble, "memory_limit_bytes": limit}})

    assert {"memory_words": expected} == told(found, APP, "memory_words")


@pytest.mark.parametrize(
    ("expected", "who", "sort"),
    [
        ("app (training)", APP, {"class": "training"}),
        ("app", APP, {"class": "unknown"}),
        ("app", APP, {}),
        ("python3[6054] (batch)", "process python3[6054]", {"class": "batch"}),
        ("python3[6054]", "process python3[6054]", {"class": "unknown"}),
    ],
)
def test_a_thing_is_called_by_its_name_and_its_class_where_that_is_known(expected: str, who: str, sort: Mapping[str, Value]) -> None:
    assert {"called": expected} == told(facts({who: sort}), who, "called")


@pytest.mark.parametrize(
    ("expected", "trouble", "size"),
    [("killed for memory while it held 9.1 GiB", "oom", int(9.12 * 2**30)), ("killed for memory", "oom", None), (None, "", 4 * MIB)],
)
def test_the_trouble_of_a_process_is_said_with_what_it_held(expected: str | None, trouble: str, size: int | None) -> None:
    found = facts({"process p[7]": {"memory_trouble": trouble, "rss_bytes": size}})

    assert {"memory_words": expected} == told(found, "process p[7]", "memory_words")


@pytest.mark.parametrize("name", ["death_words", "memory_words"])
def test_there_are_no_words_for_what_nobody_saw(name: str) -> None:
    assert {name: "unseen"} == told(facts({APP: {"restart_count": 3}}), APP, name)
