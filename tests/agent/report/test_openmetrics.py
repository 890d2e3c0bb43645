"""OpenMetrics: read back by two parsers, and by Prometheus' own."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as older

from agent.report.model import Report
from agent.report.openmetrics import render

from . import examples
from .test_junit import ANY_TEXT

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _samples(report: Report) -> Samples:
    """What both parsers read; each sample once."""
    said = render(report)
    read = [[sample for family in parse(said) for sample in family.samples] for parse in (openmetrics, older)]
    assert read[0] == read[1]
    found = {(one.name.removeprefix("diagnose_"), frozenset(one.labels.items())): one.value for one in read[0]}
    assert len(read[0]) == len(found)
    return found


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples[(name, frozenset(labels.items()))]


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
def test_both_parsers_read_it_and_no_sample_stands_twice(name: str) -> None:
    assert render(examples.GOLDEN[name]()).endswith("\n# EOF\n")
    assert _samples(examples.GOLDEN[name]())


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_label_breaks_the_file(text: str) -> None:
    assert _samples(examples.hostile(text))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed; on Debian: apt-get install prometheus")
@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
def test_prometheus_finds_nothing_to_complain_of(name: str) -> None:
    """The parser of node_exporter's textfile collector, with its lint."""
    done = subprocess.run(["promtool", "check", "metrics"], input=render(examples.GOLDEN[name]()), capture_output=True, text=True, check=False)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_it_counts_what_the_report_says() -> None:
    found = _samples(examples.known())

    assert 1 == _value(found, "problems", severity="high", known="false")
    assert 1 == _value(found, "problems", severity="high", known="true")
    assert 1 == _value(found, "exit_code", fail_on="medium")
    assert 1 == _value(found, "known_issues_to_mend")
    assert 2 == _value(found, "gaps", asked="true")
    assert 1 == _value(found, "rows", state="cannot tell")
    assert examples.NOW == _value(found, "run_timestamp_seconds")
    assert 1.914 == _value(found, "look_longest_seconds", probe="docker.containers", ended="done")
    assert examples.NOW - 1080 == _value(found, "problem_onset_timestamp_seconds", fingerprint="5f0c2b7de8a94416")


def test_a_problem_is_one_series_for_as_long_as_it_lasts() -> None:
    first = examples.report(incidents=(examples.incident(title="killed 6 times"),))
    later = examples.report(incidents=(examples.incident(title="killed 7 times", id="beef"),))

    assert _samples(first) == _samples(later)


def test_two_cases_of_one_thing_are_one_series() -> None:
    twice = examples.report(incidents=(examples.incident(id="0001"), examples.incident(id="0002")))
    (affected,) = [value for (name, _labels), value in _samples(twice).items() if name == "problem"]

    assert 2 == affected
