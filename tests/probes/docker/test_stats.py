"""What a container uses, from samples of both versions of control groups."""

from __future__ import annotations

import time
from typing import Any

import pytest

from probes._contract import Subject, Unavailable
from probes.docker.stats import PROBES

from .conftest import RunProbe, ServeEngine, looks
from .scripted import Answer, Scripted, capture, refusal

(PROBE,) = PROBES
NOTHING = dict.fromkeys(spec.name for spec in PROBE.gives)


def engine(sample: Any, memory: int = 256 * 2**20, name: str = "trainer") -> dict[str, Any]:
    it = {"Id": "a" * 64, "Name": f"/{name}", "State": {"Status": "running"}, "HostConfig": {"Memory": memory}}
    return {f"/containers/{name}/json": it, f"/containers/{name}/stats": sample}


def told(run: RunProbe, serve: ServeEngine, answers: dict[str, Any]) -> dict[str, object]:
    (values,) = looks(run(PROBE, serve(Scripted(answers)), Subject("container", "trainer"))).values()
    return values


def test_a_sample_of_version_1(run: RunProbe, serve: ServeEngine) -> None:
    expected = {
        "container.memory_used_bytes": 819200,
        "container.memory_anon_bytes": 61440,
        "container.memory_cache_bytes": 0,
        "container.memory_shmem_bytes": None,
        "container.memory_peak_bytes": 4079616,
        "container.memory_used_ratio": 819200 / (64 * 2**20),
        "container.memory_peak_ratio": 4079616 / (64 * 2**20),
        "container.cpu_used": pytest.approx(0.29789, abs=1e-5),
        "container.cpu_throttled_ratio": 1.0,
        "container.pids": 1,
    }

    assert expected == told(run, serve, engine(capture("stats_v1.json"), memory=64 * 2**20))


def test_a_sample_of_version_2(run: RunProbe, serve: ServeEngine) -> None:
    expected = {
        "container.memory_used_bytes": 150 * 2**20,
        "container.memory_anon_bytes": 100 * 2**20,
        "container.memory_cache_bytes": 70 * 2**20,
        "container.memory_shmem_bytes": 20 * 2**20,
        "container.memory_peak_bytes": None,
        "container.memory_used_ratio": 150 / 256,
        "container.memory_peak_ratio": None,
        "container.cpu_used": 1.5,
        "container.cpu_throttled_ratio": 0.5,
        "container.pids": 17,
    }

    assert expected == told(run, serve, engine(capture("stats_v2.json")))


def test_the_machines_memory_is_no_limit_of_the_container(run: RunProbe, serve: ServeEngine) -> None:
    """memory_stats.limit is then the machine's."""
    assert told(run, serve, engine(capture("stats_v2.json"), memory=0))["container.memory_used_ratio"] is None


def test_of_a_container_that_is_down_nothing_is_known(run: RunProbe, serve: ServeEngine) -> None:
    assert NOTHING == told(run, serve, engine(capture("stats_stopped.json")))


def test_a_first_sample_alone_says_nothing_of_the_processor(run: RunProbe, serve: ServeEngine) -> None:
    sample = capture("stats_v2.json") | {"preread": "0001-01-01T00:00:00Z", "precpu_stats": {"cpu_usage": {"total_usage": 0}}}
    found = told(run, serve, engine(sample))

    assert (None, None, 17) == (found["container.cpu_used"], found["container.cpu_throttled_ratio"], found["container.pids"])


def test_without_a_processor_limit_nothing_is_throttled(run: RunProbe, serve: ServeEngine) -> None:
    sample = capture("stats_v2.json")
    sample["cpu_stats"]["throttling_data"] = sample["precpu_stats"]["throttling_data"] = {"periods": 0, "throttled_periods": 0}

    assert told(run, serve, engine(sample))["container.cpu_throttled_ratio"] is None


def test_samples_are_taken_side_by_side_and_one_failure_costs_only_itself(run: RunProbe, serve: ServeEngine) -> None:
    names = [f"c{number}" for number in range(8)]
    answers = {path: scene for name in names for path, scene in engine(Answer(capture("stats_v2.json"), hold_s=0.5), name=name).items()}
    hands = serve(Scripted(answers | {"/containers/c3/stats": refusal(500, "boom")}))
    began = time.monotonic()

    found = run(PROBE, hands, *(Subject("container", name) for name in names))

    assert time.monotonic() - began < 2.5
    assert [name for name in names if name != "c3"] == list(looks(found))
    assert [("refused", Subject("container", "c3"))] == [(gap.why, gap.subject) for gap in found if isinstance(gap, Unavailable)]
