"""The engine itself."""

from __future__ import annotations

import pytest

from probes._contract import Look, Subject, Swept
from probes.docker.engine import PROBES

from .conftest import RunProbe, ServeEngine
from .scripted import Scripted, capture, refusal

(PROBE,) = PROBES


def test_every_signal_of_an_engine(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/info": capture("info.json"), "/networks/bridge": capture("network_bridge.json")}))
    expected = {
        "engine.version": "20.10.24+dfsg1",
        "engine.api_version": "1.41",
        "engine.cgroup_version": "1",
        "engine.storage_driver": "overlay2",
        "engine.kernel": "6.18.44",
        "engine.architecture": "x86_64",
        "engine.cpus": 2,
        "engine.memory_bytes": 25276502016,
        "engine.containers": 14,
        "engine.images": 1,
        "engine.data_root": "/var/lib/docker",
        "engine.logging_driver": "json-file",
        "engine.live_restore": False,
        "engine.warnings": (),
        "engine.started_at": pytest.approx(1795559678.828274),
    }

    look, swept = run(PROBE, hands)

    assert isinstance(look, Look)
    assert (Subject("engine", "gpu-1"), expected) == (look.subject, dict(look.values))
    assert Swept(kind="engine", scope=hands.settings["docker"], count=1) == swept


def test_a_bare_engine_gives_none_for_what_it_does_not_say(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/info": {"Name": "old", "Warnings": ["WARNING: No swap limit support"]}, "/networks/bridge": refusal(404, "no")}))
    expected = dict.fromkeys(spec.name for spec in PROBE.gives) | {
        "engine.api_version": "1.41",
        "engine.live_restore": False,
        "engine.warnings": ("WARNING: No swap limit support",),
    }

    assert [expected] == [dict(answer.values) for answer in run(PROBE, hands) if isinstance(answer, Look)]


def test_with_live_restore_the_bridge_does_not_tell_the_start(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/info": {"Name": "gpu-1", "LiveRestoreEnabled": True}, "/networks/bridge": capture("network_bridge.json")}))

    assert [None] == [answer.values["engine.started_at"] for answer in run(PROBE, hands) if isinstance(answer, Look)]
