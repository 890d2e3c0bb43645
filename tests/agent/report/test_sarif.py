"""SARIF: the published schema, what GitHub asks beyond it, and fingerprints that last."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.report.model import Report, every
from agent.report.sarif import location, render

from . import examples
from .test_junit import ANY_TEXT

SCHEMA = jsonschema.Draft4Validator(json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8")))


def _run(report: Report, *, explain: bool = False) -> dict[str, Any]:
    said = json.loads(render(report, explain=explain))
    SCHEMA.validate(said)
    (run,) = said["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
@pytest.mark.parametrize("explain", [False, True])
def test_it_follows_the_published_schema(name: str, explain: bool) -> None:
    report = examples.GOLDEN[name]()

    assert len(list(every(report.incidents))) == len(_run(report, explain=explain)["results"])


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_breaks_the_file(text: str) -> None:
    said = render(examples.hostile(text))

    SCHEMA.validate(json.loads(said))
    assert not re.search(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]", said)


def test_each_result_names_its_rule_its_thing_and_its_fingerprint() -> None:
    run = _run(examples.rich())
    expected = [
        ("training/training-oom", "error", "container/trainer", "5f0c2b7de8a94416"),
        ("kubernetes/crashloopbackoff", "error", "container/trainer", "b1c2d3e4f5061728"),
        ("training/training-oom", "warning", "container/loader", "0d17e9a0c1b2d3f4"),
        ("kubernetes/crashloopbackoff", "warning", "workload/shop/api", "e07be07be07be07b"),
    ]
    found = [
        (
            one["ruleId"],
            one["level"],
            one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            one["partialFingerprints"]["diagnose/v1"],
        )
        for one in run["results"]
    ]

    assert expected == found
    assert [one["ruleId"] for one in run["results"]] == [run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in run["results"]]


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
def test_github_finds_what_it_asks_for_in_each_result(name: str) -> None:
    """https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning."""
    run = _run(examples.GOLDEN[name]())

    assert all(rule["id"] and rule["shortDescription"]["text"] and rule["help"]["text"] for rule in run["tool"]["driver"]["rules"])
    for one in run["results"]:
        place = one["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] == 1
        assert urljoin("https://forge.test/a/b/", place["artifactLocation"]["uri"]).startswith("https://forge.test/a/b/")
        assert one["message"]["text"]
        assert one["partialFingerprints"]["primaryLocationLineHash"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    uri = location(f"pod {name}")

    assert urljoin("https://forge.test/a/b/", uri).startswith("https://forge.test/a/b/pod")
    assert unquote(uri).split("/") == ["pod", *(part for part in name.split("/") if part)]


def test_what_is_known_is_suppressed_with_its_reason_and_the_others_are_not() -> None:
    reason = "Sold off next week; nobody's trouble (team-shop); until 2026-12-01; known.yaml:2"
    accepted = [{"kind": "external", "status": "accepted", "justification": reason}]

    assert [[], accepted, [], accepted] == [one["suppressions"] for one in _run(examples.known())["results"]]
    assert all("suppressions" not in one for one in _run(examples.rich())["results"])


def test_a_blind_run_was_not_successful_and_says_what_it_did_not_see() -> None:
    (seen,), (blind,) = _run(examples.nothing())["invocations"], _run(examples.blind())["invocations"]

    assert (True, 0) == (seen["executionSuccessful"], seen["exitCode"])
    assert (False, 3) == (blind["executionSuccessful"], blind["exitCode"])
    assert ["error", "error"] == [one["level"] for one in blind["toolExecutionNotifications"]]
    assert "said nothing for 10 s" in blind["toolExecutionNotifications"][0]["message"]["text"]


def test_what_the_known_issues_need_is_told() -> None:
    (told,) = _run(msgspec.structs.replace(examples.nothing(), known_issues=("known.yaml:3: matches nothing.",)))["invocations"]

    assert [{"message": {"text": "known.yaml:3: matches nothing."}, "level": "warning"}] == told["toolConfigurationNotifications"]
