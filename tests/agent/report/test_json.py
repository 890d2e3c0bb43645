"""JSON carries everything, exactly, and its published schema is the one it follows."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from agent.report import json_
from agent.report.model import Report

from . import examples


def test_the_published_schema_is_current() -> None:
    """`python -c 'from agent.report import json_; json_.SCHEMA_FILE.write_text(json_.schema_text())'` writes it again."""
    published = Path(json_.SCHEMA_FILE).read_text(encoding="utf-8")

    assert json_.schema_text() == published


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
def test_a_report_follows_the_published_schema(name: str) -> None:
    schema = json.loads(json_.SCHEMA_FILE.read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json_.to_json(examples.GOLDEN[name]())))


def test_a_report_of_another_version_does_not_follow_it() -> None:
    other = msgspec.structs.replace(examples.nothing(), schema="diagnose.report/2")

    assert not jsonschema.Draft202012Validator(json_.schema()).is_valid(json.loads(json_.to_json(other)))


@pytest.mark.parametrize("payload", examples.PAYLOADS)
def test_what_is_read_back_is_what_was_written(payload: str) -> None:
    report = examples.hostile(payload)

    assert report == msgspec.json.decode(json_.to_json(report), type=Report)


def test_fields_stand_in_the_order_of_the_model_and_maps_in_that_of_their_keys() -> None:
    candidate = msgspec.structs.replace(examples.incident().candidates[0], support={"log": 1.0, "active": 2.0})
    written = json.loads(json_.to_json(examples.report(incidents=(examples.incident(candidates=(candidate,)),))))

    assert list(written) == list(Report.__struct_fields__)
    assert list(written["incidents"][0]["candidates"][0]["support"]) == ["active", "log"]


def test_text_that_is_no_text_does_not_cost_the_report() -> None:
    report = msgspec.structs.replace(examples.rich(), verdict="a\ud800b")

    written = json.loads(json_.to_json(report))

    assert written["verdict"] == "a?b"
    assert written["incidents"][0]["fix"][0]["command"] == examples.incident().fix[0].command
