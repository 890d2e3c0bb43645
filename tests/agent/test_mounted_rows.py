"""Rows of one's own, mounted beside ours: they pass the same lint before anybody is judged by them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.pipeline import load
from rules._yaml import RowError

ROW = """\
id: shop/restarts-often
symptom: A container restarts often
status: stable
triage: [docker stats]
for_each: container
title: '{it} restarts often'
present: container.restart_count >= 5
onset: container.first_failure_at
other: 0.1
causes:
  - {id: crash, cause: It crashes, prior: 0.5, added: true}
  - {id: kill, cause: Somebody kills it, prior: 0.4, added: true}
evidence:
  - {if: 'container.death == "crashed"', group: events, then: {crash: 14}, else: {crash: -8}, say: it crashes, say_not: it does not crash, ask: how it ends}
  - {if: container.killed_by_command == true, group: events, states: kill, then: {kill: 18}, else: {kill: -6}, say: it is killed by command, say_not: nobody kills it, ask: whether it is killed}
fix:
  - {for: [crash], do: Mend it., effect: restarts}
  - {for: [kill], do: Ask who does it.}
verify:
  - {if: container.steady == true, hold: 5m}
prevent: [Test it.]
"""
PARENT = "  - {parent: kubernetes/crashloopbackoff, along: container needz container, then: {crash: 5}, else: {}, say: so it is, ask: whether so}\n"
EXAMPLES = """\
- name: it stays up
  judge: container a
  facts:
    container a: {restart_count: 0, death: '', killed_by_command: false, events_complete: true, first_failure_at: null}
  expect: {state: none}
- name: nobody could look
  base: it stays up
  judge: container a
  unseen: [container.restart_count]
  expect: {state: cannot tell}
- name: it crashes
  base: it stays up
  judge: container a
  facts:
    container a: {restart_count: 7, death: crashed}
  expect: {state: now, band: likely, causes: [crash]}
- name: it is killed
  base: it stays up
  judge: container a
  facts:
    container a: {restart_count: 7, death: killed, killed_by_command: true}
  expect: {state: now, band: diagnosed, causes: [kill]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "restarts.yaml").write_text(ROW)
    (tmp_path / "restarts.examples.yaml").write_text(EXAMPLES)
    return tmp_path


def test_a_sound_row_stands_beside_ours(folder: Path) -> None:
    _probes, book = load(str(folder))

    assert {"shop/restarts-often", "kubernetes/crashloopbackoff"} <= {file.row.id for file in book.live}


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("{crash: 14}", "{crahs: 14}", "restarts.yaml:14: 'crahs' is not a cause of this row."),
        ("crashed\"', group: events", "crashed\"', group: events, states: nobody", "restarts.yaml:14: 'nobody' is not a cause of this row."),
        ("for: [kill]", "for: [crash]", "restarts.yaml:16: No fix is for 'kill'."),
        ("triage: [docker stats]", "triage: [look hard]", "restarts.yaml:4: No probe stands for 'look hard'"),
        ("container.restart_count >= 5", "container.restart_cuont >= 5", "No probe and no derivation gives container.restart_cuont."),
        ("id: shop/", "id: training/", "The prefix of training/restarts-often is ours"),
        ("fix:\n", f"{PARENT}fix:\n", "'container needz container' is no relation"),
        ("symptom:", "symptoms:", "Unknown key"),
    ],
    ids=["a cause mistyped", "a cause stated that is none", "a cause without a fix", "a command of nobody", "a signal mistyped", "our prefix", "a relation mistyped", "a key mistyped"],
)
def test_an_unsound_row_is_refused_with_file_and_line(was: str, now: str, said: str, folder: Path) -> None:
    (folder / "restarts.yaml").write_text(ROW.replace(was, now))

    with pytest.raises(RowError, match=r"restarts\.yaml:\d+: ") as error:
        load(str(folder))
    assert said in str(error.value)


def test_a_row_without_examples_is_refused(folder: Path) -> None:
    (folder / "restarts.examples.yaml").unlink()

    with pytest.raises(RowError, match=r"and \d+ more: diagnose rules lint"):
        load(str(folder))


@pytest.mark.parametrize(("place", "said"), [("empty", "at least one and at most 200"), ("nowhere", "there is no such folder")])
def test_a_folder_without_rows_is_refused(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(RowError, match=said):
        load(str(tmp_path / place))


def test_a_run_with_an_unsound_row_is_a_usage_error(folder: Path) -> None:
    (folder / "restarts.yaml").write_text(ROW.replace("{crash: 14}", "{crahs: 14}"))
    command = [sys.executable, "-m", "agent.cli", "--docker", "none", "--kubernetes", "none", "--rules", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])

    assert (2, "") == (done.returncode, done.stdout)
    assert "restarts.yaml:14: 'crahs' is not a cause" in done.stderr
