"""`diagnose rules …` and `diagnose probes …`: every part can be run alone, by people without Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.discover import Target
from agent.matrix import UsageError, matrix_text
from agent.pipeline import look_once
from agent.settings import Settings
from probes._contract import Observed, Probe, Subject
from probes._runner import load_probes
from rules._book import MATRIX, Book, compile_book, read_folder, vocabulary
from rules._examples import run_examples
from rules._lint import LINTS, lint
from rules._row import RowFile, read


def rules_verb(what: str, where: str) -> tuple[str, bool]:
    """The text of one `rules` command and whether all was well. Raises RowError and UsageError."""
    if what in {"list", "show"}:
        return matrix_text(where), True
    probes = load_probes()
    if what == "signals":
        return _signals(probes), True
    files, book = _files(where, probes)
    return _lint(files, book, probes) if what == "lint" else _test(files, book)


def _files(where: str, probes: Sequence[Probe]) -> tuple[list[RowFile], Book]:
    """The rows meant (all of ours if none is named), and the book they are judged with."""
    ours = read_folder(MATRIX)
    words = vocabulary(probes)
    path = Path(where)
    if not where:
        return ours, compile_book(ours, words)
    if path.exists():
        theirs = read_folder(path) if path.is_dir() else [read(path)]
        known = {file.path.resolve() for file in theirs}
        return theirs, compile_book([*(file for file in ours if file.path.resolve() not in known), *theirs], words)
    found = [file for file in ours if file.row.id == where]
    if not found:
        raise UsageError(f"'{where}' is neither a row's id nor a file or folder.")
    return found, compile_book(ours, words)


def _lint(files: list[RowFile], book: Book, probes: Sequence[Probe]) -> tuple[str, bool]:
    triage = frozenset(command for probe in probes for command in probe.stands_for)
    problems = [problem for file in files for problem in lint(file, book, triage)]
    reasons = {problem.lint: LINTS[problem.lint][0] for problem in problems}
    lines = [str(problem) for problem in problems] + [f"  [{name}] {reason}" for name, reason in sorted(reasons.items())]
    return "\n".join([*lines, _counted(len(files), "row", len(problems), "problem")]), not problems


def _counted(first: int, one: str, second: int, other: str) -> str:
    return f"{first} {one}{'' if first == 1 else 's'}, {second} {other}{'' if second == 1 else 's'}."


def _test(files: list[RowFile], book: Book) -> tuple[str, bool]:
    lines, failed, count = [], 0, 0
    for file in files:
        for result in run_examples(file, book) if file.row.live else ():
            count += 1
            failed += bool(result.wrong)
            lines.append(f"{'FAIL' if result.wrong else 'ok  '} {file.row.id}: {result.example.name}{': ' + result.wrong if result.wrong else ''}")
    return "\n".join([*lines, f"{count} example{'' if count == 1 else 's'}, {failed} failed."]), not failed


def _signals(probes: Sequence[Probe]) -> str:
    """Every signal that rows may name, its type, its unit, and who gives it."""
    words = vocabulary(probes)
    givers: dict[str, list[str]] = {}
    for probe in probes:
        for spec in probe.gives:
            givers.setdefault(spec.name, []).append(probe.name)
    return "\n".join(
        f"{name:40} {spec.type:7} {spec.unit:8} {', '.join(givers.get(name, ['derived'])):39} {spec.doc}"
        for name, spec in sorted(words.specs.items())
    )


def list_probes() -> str:
    """Every probe, with what it looks at, what it costs, and the commands it stands for."""
    lines = []
    for probe in load_probes():
        way = "sweep" if probe.sweeps else "follow-up"
        lines.append(f"{probe.name:20} {way:9} {len(probe.gives):3} signals of {probe.kind}; for: {', '.join(probe.stands_for)}")
    return "\n".join(lines)


def run_probe(name: str, subjects: Sequence[str], settings: Settings, targets: Sequence[Target]) -> tuple[str, bool]:
    """One probe's answers as JSON lines, and whether it could look. Raises UsageError."""
    found = [probe for probe in load_probes() if probe.name == name]
    if not found:
        raise UsageError(f"There is no probe '{name}'. `diagnose probes list` names them.")
    probe = found[0]
    given = tuple(Subject(*text.split("/", 1)) for text in subjects if "/" in text)
    if not probe.sweeps and not given:
        raise UsageError(f"{name} follows up on subjects; name one, such as {probe.kind}/NAME.")
    observed, visits = look_once([(probe, given)], targets, settings.deadline)
    return _lines(observed) + f"\n# {visits[0].ended} in {visits[0].seconds:.3f} s", not observed.unavailable


def _lines(observed: Observed) -> str:
    parts = [part for field in Observed.__struct_fields__ if field != "now" for part in getattr(observed, field)]
    return "\n".join(msgspec.json.encode(part).decode() for part in parts)
