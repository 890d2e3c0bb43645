"""A few of the planted faults on a real node, in every view: the whole table is a command of its own."""

from __future__ import annotations

import pytest

from agent import pipeline
from tests.stack.node import Node

from .catalogue import load
from .plant import Garden
from .table import GOOD, judge, look

SAMPLE = ("mail-relay", "recommender", "banner-web", "stock-api", "graph-store", "h-suspended")


@pytest.mark.node
def test_a_sample_of_the_planted_faults_is_told_as_the_expert_does(node: Node) -> None:
    chosen = load().named(*SAMPLE)
    _probes, book = pipeline.load()
    with Garden(node) as garden, garden.planted(chosen):
        seen = look(node)

    assert [] == [f"{line.planting.id}, {line.view}: {line.said}" for line in judge(seen, chosen, book) if line.grade not in GOOD]
