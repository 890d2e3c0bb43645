"""What is said of an example that is answered otherwise than it expects."""

from __future__ import annotations

from pathlib import Path

from agent.pipeline import load
from rules._book import compile_book, vocabulary
from rules._examples import run_examples
from rules._row import read

PROBES, _BOOK = load()
ROW = """
id: house/full
symptom: Full
status: stable
triage: [docker ps]
for_each: container
present: it.log_says == "disk-full"
causes: [{id: one, cause: One}]
evidence: [{if: it.read_only == true, group: spec, then: {one: 5}, say: so, ask: whether}]
fix: [{for: [one], do: Mend it.}]
verify: [{do: docker ps}]
prevent: [Do not.]
"""
EXAMPLES = """
- {name: its log may say more, judge: container app, facts: {container app: {log_says: ""}}, expect: {state: none}}
- {name: its whole log is silent, judge: container app, facts: {container app: {log_says: "", log_complete: true}}, expect: {state: none}}
"""


def test_a_state_that_cannot_be_told_names_what_was_not_seen(tmp_path: Path) -> None:
    (tmp_path / "full.yaml").write_text(ROW, encoding="utf-8")
    (tmp_path / "full.examples.yaml").write_text(EXAMPLES, encoding="utf-8")
    file = read(tmp_path / "full.yaml")
    wrong = [result.wrong for result in run_examples(file, compile_book([file], vocabulary(PROBES)))]

    assert ["the state is 'cannot tell', not 'none'; unseen: container.log_complete of container app", ""] == wrong
