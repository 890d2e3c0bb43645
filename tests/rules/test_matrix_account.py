"""Every wording of the triage matrix stands in exactly one row, and no row claims a wording that the matrix lacks.

The table beside this file is the matrix itself. Rows are read with plain YAML, so that a mistake of the product's loader cannot hide one of theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MATRIX = ROOT / "rules" / "matrix"
TABLE = Path(__file__).with_name("matrix_account.yaml")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One symptom as the matrix words it."""

    category: str
    symptom: str
    triage: list[str]
    causes: list[str]
    fixes: list[str]
    verify: list[str]
    prevent: list[str]


@dataclass(frozen=True)
class RowFile:
    """One row as it stands in its file."""

    path: Path
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def id(self) -> str:
        return self.path.relative_to(MATRIX).with_suffix("").as_posix()

    @property
    def category(self) -> str:
        return self.id.partition("/")[0]

    @property
    def triage(self) -> list[str]:
        return [entry["command"] if isinstance(entry, dict) else entry for entry in self.data["triage"]]

    @property
    def causes(self) -> list[str]:
        """The causes that claim to be of the matrix."""
        return [cause["cause"] for cause in self.data["causes"] if cause.get("added") is not True]

    @property
    def fixes(self) -> list[str]:
        return _said(self.data["fix"])

    @property
    def verify(self) -> list[str]:
        return _said(self.data["verify"])

    @property
    def prevent(self) -> list[str]:
        return list(self.data["prevent"])


def _said(entries: Iterable[dict[str, Any]]) -> list[str]:
    return [entry[key] for entry in entries for key in ("do", "matrix") if key in entry]


def _quoted(entries: Iterable[dict[str, Any]]) -> list[str]:
    """What entries give as the matrix's own wording; several may quote the same."""
    return sorted({entry["matrix"] for entry in entries if "matrix" in entry})


def _table() -> list[Entry]:
    return [Entry(**entry) for entry in yaml.safe_load(TABLE.read_text(encoding="utf-8"))]


def _rows() -> list[RowFile]:
    paths = sorted(path for path in MATRIX.rglob("*.yaml") if not path.name.endswith(".examples.yaml"))
    return [RowFile(path, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]


def _pairs() -> Iterator[tuple[Entry, RowFile]]:
    """Each symptom of the table with the rows that word it so."""
    rows = _rows()
    return ((entry, row) for entry in _table() for row in rows if row.data["symptom"] == entry.symptom)


def _absent(what: str, of_table: Callable[[Entry], list[str]], of_row: Callable[[RowFile], list[str]]) -> list[str]:
    """A sentence for each wording of the table that the symptom's row lacks."""
    return [f"{row.name}: {what} {wording!r} is missing." for entry, row in _pairs() for wording in of_table(entry) if wording not in of_row(row)]


def _foreign(what: str, of_table: Callable[[Entry], list[str]], of_row: Callable[[RowFile], list[str]]) -> list[str]:
    """A sentence for each wording that a row claims and the table lacks, or has less often."""
    return [
        f"{row.name}: {what} {wording!r} is not in the matrix, or stands twice."
        for entry, row in _pairs()
        for wording in (Counter(of_row(row)) - Counter(of_table(entry)))
    ]


def _all_well(complaints: list[str]) -> None:
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_table_has_as_many_wordings_as_the_matrix() -> None:
    table = _table()
    columns = (
        [[entry.symptom] for entry in table],
        [entry.triage for entry in table],
        [entry.causes for entry in table],
        [entry.fixes for entry in table],
        [entry.verify for entry in table],
        [entry.prevent for entry in table],
    )

    assert tuple(sum(map(len, column)) for column in columns) == (37, 103, 109, 109, 38, 98)


def test_the_table_has_no_symptom_twice() -> None:
    symptoms = Counter(entry.symptom for entry in _table())

    _all_well([f"{TABLE.name}: the symptom {symptom!r} stands twice." for symptom, times in symptoms.items() if times > 1])


def test_there_are_as_many_row_files_as_symptoms() -> None:
    names = [row.name for row in _rows()]

    assert len(names) == 37, f"{len(names)} row files, not 37: {', '.join(names)}"


def test_every_symptom_has_exactly_one_row() -> None:
    found = Counter(row.data["symptom"] for row in _rows())

    _all_well([f"The symptom {entry.symptom!r} has {found[entry.symptom]} rows." for entry in _table() if found[entry.symptom] != 1])


def test_every_row_is_of_a_symptom_of_the_matrix() -> None:
    symptoms = {entry.symptom for entry in _table()}

    _all_well([f"{row.name}: the symptom {row.data['symptom']!r} is not in the matrix." for row in _rows() if row.data["symptom"] not in symptoms])


def test_every_row_stands_in_the_folder_of_its_section() -> None:
    _all_well([f"{row.name}: {entry.symptom!r} belongs under {entry.category}/." for entry, row in _pairs() if row.category != entry.category])


def test_every_row_is_named_after_its_file() -> None:
    _all_well([f"{row.name}: the id is {row.data['id']!r}, not {row.id!r}." for row in _rows() if row.data["id"] != row.id])


def test_every_triage_command_stands_in_its_row() -> None:
    _all_well(_absent("the triage command", lambda entry: entry.triage, lambda row: row.triage))


def test_every_cause_stands_in_its_row() -> None:
    _all_well(_absent("the cause", lambda entry: entry.causes, lambda row: row.causes))


def test_every_fix_stands_in_its_row() -> None:
    _all_well(_absent("the fix", lambda entry: entry.fixes, lambda row: row.fixes))


def test_every_check_stands_in_its_row() -> None:
    _all_well(_absent("the check", lambda entry: entry.verify, lambda row: row.verify))


def test_every_prevention_stands_in_its_row() -> None:
    _all_well(_absent("the prevention", lambda entry: entry.prevent, lambda row: row.prevent))


def test_no_row_has_a_triage_command_that_the_matrix_lacks() -> None:
    _all_well(_foreign("the triage command", lambda entry: entry.triage, lambda row: row.triage))


def test_no_row_has_a_cause_that_the_matrix_lacks_unless_it_says_added() -> None:
    _all_well(_foreign("the cause", lambda entry: entry.causes, lambda row: row.causes))


def test_no_row_quotes_a_fix_that_the_matrix_lacks() -> None:
    _all_well(_foreign("the fix", lambda entry: entry.fixes, lambda row: _quoted(row.data["fix"])))


def test_no_row_quotes_a_check_that_the_matrix_lacks() -> None:
    _all_well(_foreign("the check", lambda entry: entry.verify, lambda row: _quoted(row.data["verify"])))
