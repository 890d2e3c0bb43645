"""Rows from strangers: every fault is named with its file and line, and nothing is executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes._contract import Spec
from rules._book import compile_book, read_folder, vocabulary
from rules._row import read
from rules._vocabulary import Vocabulary
from rules._yaml import RowError, load

GOOD = """\
id: mine/one
symptom: A symptom
status: stable
triage: [{command: look, by_hand: no probe}]
for_each: thing
present: 'thing.code == 1'
onset: thing.began_at
causes:
  - {id: a, cause: A, prior: 0.5}
evidence:
  - {if: 'thing.code == 1', then: {a: 5}, group: status, say: it is one, ask: the code}
fix: [{for: [a], do: Mend it.}]
verify: [{do: Look again.}]
prevent: [Be careful.]
"""
SPECS = (Spec(name="thing.code", type="int", doc="a code"), Spec(name="thing.began_at", type="time", doc="a time"))


def _fails(tmp_path: Path, text: str) -> str:
    path = tmp_path / "row.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RowError) as caught:
        compile_book([read(path)], Vocabulary(SPECS, ()))
    return str(caught.value).removeprefix(str(path))


def test_the_good_row_compiles(tmp_path: Path) -> None:
    path = tmp_path / "row.yaml"
    path.write_text(GOOD, encoding="utf-8")

    assert ("mine/one",) == tuple(file.row.id for file in compile_book([read(path)], Vocabulary(SPECS, ())).live)


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        (":12: Unknown key `foor` - at `fix[0]`.", ("fix: [{for:", "fix: [{foor:")),
        (":15: the key 'id' stands twice.", ("prevent: [Be careful.]", "prevent: [Be careful.]\nid: again")),
        (":3: Invalid enum value 'open' - at `status`.", ("stable", "open")),
        (":9: Expected `float`, got `str` - at `causes[0].prior`.", ("0.5", "much")),
        (":11: Expected `float` <= 25.0 - at `evidence[0].then[...]`.", ("{a: 5}", "{a: 99}")),
        (":6: Column 12: found no matching overload for '_==_' applied to '(int, string)'. In: thing.code == \"x\"", ("present: 'thing.code == 1'", "present: 'thing.code == \"x\"'")),
        (":11: No probe and no derivation gives thing.kode. In: thing.kode == 1", ("{if: 'thing.code", "{if: 'thing.kode")),
        (":1: Expected `str` matching regex", ("mine/one", "../../etc/passwd")),
        (":14: aliases are not allowed.", ("verify: [{do: Look again.}]\nprevent: [Be careful.]", "verify: &a [{do: x}]\nprevent: *a")),
        (":1: the file is empty.", (GOOD, "\n")),
        (":14: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'.", ("[Be careful.]", "[!!python/object/apply:os.system ['true']]")),
        (":15: found another document.", ("prevent: [Be careful.]", "prevent: [Be careful.]\n---\nid: mine/two")),
    ],
)  # fmt: skip
def test_a_fault_in_a_row_is_named_with_its_line(tmp_path: Path, expected: str, change: tuple[str, str]) -> None:
    said = _fails(tmp_path, GOOD.replace(*change))

    assert said.startswith(expected), said


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    assert _fails(tmp_path, "#" * 300_000) == ":1: the file is larger than 256 KiB."


def test_a_deep_document_is_refused(tmp_path: Path) -> None:
    assert ":1:" in _fails(tmp_path, "[" * 20_000)


def test_yes_and_on_are_words_and_true_is_a_bool(tmp_path: Path) -> None:
    assert ["yes", "on", True, "2026-01-01"] == load(tmp_path, list, "[yes, on, true, 2026-01-01]")[0]


def test_two_rows_of_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")

    with pytest.raises(RowError, match=r"b\.yaml:1: The row mine/one stands in .*a\.yaml already"):
        compile_book(read_folder(tmp_path), Vocabulary(SPECS, ()))


def test_a_signal_declared_twice_and_differently_is_refused() -> None:
    with pytest.raises(ValueError, match=r"thing\.code is declared twice and differently"):
        Vocabulary((*SPECS, Spec(name="thing.code", type="text", doc="other")), ())


def test_every_derivation_fits_the_others() -> None:
    assert "container.death" in vocabulary(()).specs
