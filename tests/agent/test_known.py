"""Known issues: what they cover and what never, that they run out, and that a bad file is named by its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent import known
from agent.report import FORMATS
from agent.report.model import Report, every, exit_code
from rules._yaml import RowError
from tests.agent.report import examples

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
TODAY = "2026-11-24"
"""The day of the examples, in UTC."""


def _applied(folder: Path, text: str, report: Report | None = None) -> Report:
    path = folder / "known.yaml"
    path.write_text(text)
    return known.applied(report or examples.rich(), known.read(path))


def _known(report: Report) -> list[str]:
    return [one.id for one in every(report.incidents) if one.known is not None]


def _entry(**fields: str) -> str:
    values = {"reason": "It is meant to.", "expires": "2026-12-31"} | fields
    lines = [f"{name}: '{value}'" for name, value in values.items()]
    return "- " + "\n  ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        (["a3f9"], {"fingerprint": "5f0c2b7de8a94416"}),
        (["a3f9"], {"row": "training/training-oom", "subject": "container trainer"}),
        (["b1c2"], {"row": "kubernetes/*", "subject": "container train*"}),
        (["a3f9", "b1c2"], {"row": "*", "subject": "container trainer"}),
        (["e07b"], {"row": "*", "subject": "container api-*"}),
        (["e07b"], {"row": "*", "subject": "workload shop/api"}),
        ([], {"row": "*", "subject": "container api-1"}),
        ([], {"row": "training", "subject": "container trainer"}),
        (["a3f9", "b1c2", "0d17", "e07b"], {"row": "*", "subject": "*"}),
    ],
    ids=["fingerprint", "row and thing", "patterns", "any row", "each subject", "lasting name", "one subject of seven", "no pattern", "all"],
)
def test_an_entry_covers_what_it_names_and_never_what_follows_from_it(tmp_path: Path, expected: list[str], fields: dict[str, str]) -> None:
    assert sorted(expected) == sorted(_known(_applied(tmp_path, _entry(**fields))))


def test_what_is_known_does_not_count_and_what_follows_from_it_does(tmp_path: Path) -> None:
    root = _entry(fingerprint="5f0c2b7de8a94416")
    blind = examples.rich()
    seen = msgspec.structs.replace(blind, gaps=())

    assert 1 == exit_code(_applied(tmp_path, root, seen))
    assert 0 == exit_code(_applied(tmp_path, _entry(row="*", subject="*"), seen))
    assert 3 == exit_code(_applied(tmp_path, _entry(row="*", subject="*"), blind))


def test_the_verdict_speaks_of_what_is_new(tmp_path: Path) -> None:
    some = _applied(tmp_path, _entry(row="training/*", subject="*") + _entry(fingerprint="b1c2d3e4f5061728"))
    all_ = _applied(tmp_path, _entry(row="*", subject="*"))

    assert "1 problem: api restarts again and again (and 6 more of the same). 1 known problem." == some.verdict
    assert ["e07b", "a3f9"] == [one.id for one in some.incidents]
    assert all_.verdict.startswith("Nothing new in what I could see: 7 containers, 1 host. 2 known problems. 1 recovered. 1 row could not be judged.")


@pytest.mark.parametrize(("expected", "day"), [(["a3f9"], "2026-11-24"), ([], "2026-11-23")], ids=["its last day", "the day after"])
def test_an_entry_counts_until_its_last_day_is_over(tmp_path: Path, expected: list[str], day: str) -> None:
    report = _applied(tmp_path, _entry(fingerprint="5f0c2b7de8a94416", expires=day))
    again = f"{tmp_path}/known.yaml:1: expired after 2026-11-23, so this counts again: {examples.incident().title}."

    assert expected == _known(report)
    assert ((again,) if not expected else ()) == report.known_issues


def test_an_entry_that_matches_nothing_is_named_by_its_line(tmp_path: Path) -> None:
    report = _applied(tmp_path, _entry(fingerprint="5f0c2b7de8a94416") + _entry(row="a/b", subject="x") + _entry(fingerprint="0" * 16, expires="2026-01-01"))

    assert (
        f"{tmp_path}/known.yaml:4: matches nothing that was found; take it out if that is as it should be.",
        f"{tmp_path}/known.yaml:8: expired after 2026-01-01, and matches nothing.",
    ) == report.known_issues


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("1: the file is empty.", ""),
        ("2: Unknown key `expiry`", "- fingerprint: 5f0c2b7de8a94416\n  expiry: 2026-12-31\n  reason: x\n"),
        ("1: Missing key `expires`", "- fingerprint: 5f0c2b7de8a94416\n  reason: x\n"),
        ("1: Missing key `reason`", "- fingerprint: 5f0c2b7de8a94416\n  expires: 2026-12-31\n"),
        ("1: the reason is empty. Say why this is accepted.", _entry(fingerprint="5f0c2b7de8a94416", reason=" ")),
        ("5: '2026-13-31' is no day; write it as 2026-12-31.", "\n# a comment\n" + "\n\n" + _entry(fingerprint="5f0c2b7de8a94416", expires="2026-13-31")),
        ("1: an entry names either a fingerprint, or a row and a subject.", _entry()),
        ("1: an entry names either a fingerprint, or a row and a subject.", _entry(row="a/b")),
        ("1: an entry names either a fingerprint, or a row and a subject.", _entry(row="a/b", subject="x", fingerprint="5f0c2b7de8a94416")),
        ("3: Expected `str` matching regex", _entry(fingerprint="XYZ")),
        ("1: Expected `array`, got `object`.", "fingerprint: x\n"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, expected: str, text: str) -> None:
    with pytest.raises(RowError) as caught:
        _applied(tmp_path, text)

    assert str(caught.value).startswith(f"{tmp_path}/known.yaml:{expected}")


# the file that a run writes


def test_the_file_that_a_run_writes_is_refused_until_each_reason_is_said(tmp_path: Path) -> None:
    written = FORMATS["baseline"](examples.rich())

    with pytest.raises(RowError, match="the reason is empty"):
        _applied(tmp_path, written)
    done = _applied(tmp_path, written.replace('reason: ""', "reason: It is sold."))
    assert {"a3f9", "b1c2", "0d17", "e07b"} == set(_known(done))
    assert "expires: 2026-12-24" in written


def test_written_again_it_keeps_what_was_said(tmp_path: Path) -> None:
    first = _applied(tmp_path, _entry(row="*", subject="*", reason='They "are" sold: # all', owner="shop"))
    again = _applied(tmp_path, FORMATS["baseline"](first))

    assert [(one.known.reason, one.known.expires, one.known.owner) for one in every(again.incidents) if one.known] == 4 * [
        ('They "are" sold: # all', "2026-12-31", "shop")
    ]


@pytest.mark.parametrize("payload", examples.PAYLOADS)
def test_no_text_breaks_the_file_that_a_run_writes(tmp_path: Path, payload: str) -> None:
    report = examples.hostile(payload)
    named = msgspec.structs.replace(report, incidents=tuple(msgspec.structs.replace(one, fingerprint="0" * 16, consequences=()) for one in report.incidents))

    assert _applied(tmp_path, FORMATS["baseline"](named).replace('reason: ""', "reason: x"), named)


# as people run it


def _replay(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", "replay", str(DEMO), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_baseline_made_from_a_run_turns_it_green_in_every_format(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    assert 1 == _replay("-o", f"baseline={path}").returncode
    refused = _replay("--baseline", str(path))
    assert (2, "") == (refused.returncode, refused.stdout)
    assert f"{path}:3: the reason is empty." in refused.stderr
    path.write_text(path.read_text().replace('reason: ""', "reason: The demo crashes on purpose.").replace("expires: 2026-12-25", "expires: 2030-01-01"))

    done = _replay("--baseline", str(path), "-o", "text", *(word for name in ("json", "junit", "sarif", "openmetrics") for word in ("-o", f"{name}={tmp_path}/{name}")))

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("Nothing new in what I could see: ")
    assert 2 == done.stdout.count("The demo crashes on purpose; until 2030-01-01;")
    assert 'failures="0" errors="0"' in (tmp_path / "junit").read_text()
    assert 'diagnose_exit_code{fail_on="low"} 0' in (tmp_path / "openmetrics").read_text()
    assert [1, 1, 1] == [len(one["suppressions"]) for one in json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]]
    assert "The demo crashes on purpose." == json.loads((tmp_path / "json").read_text())["incidents"][0]["known"]["reason"]


def test_a_baseline_that_is_not_there_is_named_before_anything_is_looked_at(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent.cli", "--docker", "none", "--kubernetes", "none", "--baseline", str(tmp_path / "none.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"diagnose: {tmp_path}/none.yaml:1: the file cannot be read: No such file or directory." in done.stderr
    assert "looking at" not in done.stderr


def test_a_bundle_is_no_file_of_known_issues() -> None:
    done = _replay("--baseline", str(DEMO))

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.endswith(f"{DEMO}:1: this is a bundle, and known issues are YAML. To compare with an earlier run: --compare {DEMO}.\n")


def test_two_formats_never_share_stdout() -> None:
    done = _replay("-o", "junit", "-o", "sarif")

    assert (2, "") == (done.returncode, done.stdout)
    assert "Only one format can go to stdout" in done.stderr


def test_the_example_of_the_readme_is_one_that_is_taken(tmp_path: Path) -> None:
    readme = (DEMO.parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    report = _applied(tmp_path, example)

    assert 2 == len(report.known_issues)
