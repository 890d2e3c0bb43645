"""JUnit: what a CI's test page takes and what it then shows; green, red and blind are those of the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.report.junit import render
from agent.report.model import Report, exit_code

from . import examples

SCHEMA = xmlschema.XMLSchema10(Path(__file__).parent / "schemas" / "junit-10.xsd")
ANY_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(["]]>", "<![CDATA[", "\ud800", "\x00\x08", "\ufffe\uffff", "&#0;", "\u202e"])


def _cases(report: Report, *, explain: bool = False) -> Iterator[tuple[str, str, str]]:
    """Each case: its group and name, and what it came to."""
    for case in ET.fromstring(render(report, explain=explain)).iter("testcase"):  # noqa: S314  # our own text
        outcome = next((child.tag for child in case if child.tag != "system-out"), "passed")
        yield case.attrib["classname"].removeprefix("diagnose."), case.attrib["name"], outcome


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
@pytest.mark.parametrize("explain", [False, True])
def test_it_follows_the_schema_of_jenkins(name: str, explain: bool) -> None:
    SCHEMA.validate(render(examples.GOLDEN[name](), explain=explain))


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_breaks_the_file(text: str) -> None:
    SCHEMA.validate(render(examples.hostile(text)))


def test_each_live_row_is_a_case_and_each_problem_one_of_its_own() -> None:
    expected = [
        ("kubernetes.crashloopbackoff", "CrashLoopBackOff: container trainer", "failure"),
        ("kubernetes.crashloopbackoff", "CrashLoopBackOff: workload shop/api", "failure"),
        ("monitoring.scrape", "Prometheus Scrape Failures", "skipped"),
        ("training.training-oom", "Training OOM (Out of Memory): container trainer", "failure"),
        ("training.training-oom", "Training OOM (Out of Memory): container loader", "failure"),
        ("not seen", "docker.logs of container api-1, container api-2", "error"),
    ]
    assert expected == list(_cases(examples.rich()))


def test_what_is_known_or_below_the_limit_is_skipped_and_says_why() -> None:
    said = render(examples.known())

    assert [2, 2] == [said.count(f'<{tag} type="') for tag in ("failure", "skipped")] or said
    assert 'type="known" message="Known: Sold off next week; nobody\'s trouble (team-shop); until 2026-12-01; known.yaml:2"' in said
    below = render(msgspec.structs.replace(examples.rich(), fail_on="high"))
    assert 'type="medium" message="Below --fail-on high (medium): ' in below


REPORTS = {
    "nothing": examples.nothing(),
    "rich": examples.rich(),
    "blind": examples.blind(),
    "a rule broke": examples.report(broken=("a/b: fails.",), gaps=()),
    "below": msgspec.structs.replace(examples.none_fits(), incidents=(examples.incident(severity="low"),), fail_on="high", broken=()),
    "known and blind": msgspec.structs.replace(examples.known(), incidents=examples.known().incidents[1:]),
}


@pytest.mark.parametrize("name", REPORTS)
def test_failures_are_exit_code_one_and_errors_alone_three_or_four(name: str) -> None:
    report = REPORTS[name]
    top = ET.fromstring(render(report))  # noqa: S314  # our own text
    failures, errors = int(top.attrib["failures"]), int(top.attrib["errors"])

    assert {0: (False, False), 1: (True, bool(errors)), 3: (False, True), 4: (False, True)}[exit_code(report)] == (failures > 0, errors > 0)
