"""A sample of the accuracy table, on a real engine: the table itself is `make accuracy`."""

from __future__ import annotations

import pytest

from agent import pipeline

from .catalogue import load
from .engine import engine, missing
from .images import build_bases
from .plant import Garden
from .table import judge, look

FAULTS = ("tabular-tune", "score-partitions", "labels-api", "boost-api", "lookup-api", "orders-report", "registry-ro", "export-daily")
HEALTHY = ("stubborn-train", "export-once", "page-copy", "refresh-worker")


@pytest.mark.engine
@pytest.mark.parametrize("ids", [FAULTS, HEALTHY], ids=["faults", "look-alikes"])
def test_a_sample_of_the_planted_is_judged_as_the_expert_does(ids: tuple[str, ...]) -> None:
    if why := missing():
        pytest.skip(why)
    catalogue = load()
    chosen = catalogue.named(*ids)
    _probes, book = pipeline.load()
    with engine() as it:
        build_bases(it)
        with Garden(it, catalogue).planted(chosen):
            seen = look(it)
    wrong = [f"{line.planting.id}, {line.view}: {line.grade}: {line.said}" for line in judge(seen, chosen, book) if line.grade not in ("right", "weaker")]

    assert [] == wrong
