"""Examples beside a row: made facts, and what must be said about them.

    - name: a list that grows until the limit
      judge: container trainer
      facts:
        container trainer: {oom_killed: true, last_exit_code: 137, last_death_at: -60}
        host box: {memory_available_ratio: 0.6}
      relations: [container trainer on host box]
      expect: {state: now, band: undetermined, causes: [memory-leak, batch-size-too-large]}

Times are seconds from now (negative: ago), spans are seconds. `base: NAME` starts from another example's facts, `unseen` takes facts away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from probes._contract import Observed, Relation, Signal, Source, Subject, Value, checked
from rules._book import Book
from rules._facts import Facts
from rules._judge import Case, Judged, judge, severity
from rules._row import RowFile
from rules._vocabulary import Vocabulary
from rules._yaml import RowError, load

NOW = 1_800_000_000.0
_SOURCE = Source("example", "an example")


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be said: a state (`none`: nothing at all), and for a state other than none the band and the causes left."""

    state: Literal["now", "flapping", "recovered", "none", "cannot tell"]
    band: Literal["", "diagnosed", "likely", "undetermined", "none fits"] = ""
    causes: tuple[str, ...] = ()
    severity: str = ""


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Made facts about one subject and its neighbours."""

    name: str
    judge: str
    expect: Expect
    base: str = ""
    facts: dict[str, dict[str, bool | int | float | str | tuple[str, ...] | None]] = {}
    unseen: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    todo: str = ""
    """Why this example is known to be answered wrongly for now; it must then fail."""


class Result(msgspec.Struct, frozen=True):
    """One example judged: what was wrong (empty if nothing), and the case it made."""

    example: Example
    wrong: str
    case: Case | None


def examples_path(row: Path) -> Path:
    return row.with_name(row.stem + ".examples.yaml")


def read_examples(file: RowFile) -> tuple[Example, ...]:
    """The examples beside a row, their bases resolved. Raises RowError."""
    path = examples_path(file.path)
    if not path.is_file():
        return ()
    examples, lines = load(path, tuple[Example, ...])
    known: dict[str, Example] = {}
    for number, example in enumerate(examples):
        if example.name in known:
            raise RowError(f"{path}:{lines.get((number,), 1)}: the example '{example.name}' stands twice.")
        if example.base and example.base not in known:
            raise RowError(f"{path}:{lines.get((number, 'base'), 1)}: there is no example '{example.base}' above this one.")
        known[example.name] = _resolved(example, known.get(example.base))
    return tuple(known.values())


def _resolved(example: Example, base: Example | None) -> Example:
    if base is None:
        return example
    facts = {subject: dict(values) for subject, values in base.facts.items()}
    for subject, values in example.facts.items():
        facts.setdefault(subject, {}).update(values)
    relations = tuple(dict.fromkeys((*base.relations, *example.relations)))
    unseen = tuple(name for name in (*base.unseen, *example.unseen) if name not in _named(example))
    return msgspec.structs.replace(example, facts=facts, relations=relations, unseen=unseen)


def _named(example: Example) -> set[str]:
    return {f"{subject.partition(' ')[0]}.{name}" for subject, values in example.facts.items() for name in values}


def observed(example: Example, vocabulary: Vocabulary, where: str) -> Observed:
    """The example's facts as a run would have seen them. Raises RowError for a signal that nobody gives or of another type."""
    signals = []
    for key, values in example.facts.items():
        subject = _subject(key, where)
        for name, value in values.items():
            full = f"{subject.kind}.{name}"
            if full not in example.unseen:
                signals.append(_signal(subject, full, value, vocabulary, where))
    return Observed(now=NOW, signals=signals, relations=[_relation(text, where) for text in example.relations])


def _signal(subject: Subject, name: str, value: Value, vocabulary: Vocabulary, where: str) -> Signal:
    spec = vocabulary.specs.get(name)
    if spec is None:
        raise RowError(f"{where} No probe and no derivation gives {name}.")
    try:
        good = checked(spec, value)
    except ValueError as error:
        raise RowError(f"{where} {error}") from None
    if spec.type == "time" and isinstance(good, float):
        good += NOW
    return Signal(subject, name, good, _SOURCE, NOW - 1 if spec.event else None)


def _subject(text: str, where: str) -> Subject:
    kind, _, key = text.partition(" ")
    if not key:
        raise RowError(f"{where} '{text}' is not a kind and a key, such as `container trainer`.")
    return Subject(kind, key)


def _relation(text: str, where: str) -> Relation:
    words = text.split()
    if len(words) != 5:  # kind key name kind key
        raise RowError(f"{where} '{text}' is not a relation, such as `container trainer on host box`.")
    return Relation(words[2], Subject(words[0], words[1]), Subject(words[3], words[4]))


def run_examples(file: RowFile, book: Book) -> list[Result]:
    """Every example of a row, judged by the whole book. Raises RowError."""
    return [_run(example, file, book) for example in read_examples(file)]


def _run(example: Example, file: RowFile, book: Book) -> Result:
    where = f"{examples_path(file.path)}: '{example.name}':"
    facts = Facts(observed(example, book.vocabulary, where), book.vocabulary)
    judged = judge(book, facts)
    subject = _subject(example.judge, where)
    case = next((case for case in judged.cases if case.row.id == file.row.id and subject in case.subjects), None)
    wrong = _wrong(example.expect, case, judged, facts)
    if example.todo:
        wrong = "" if wrong else "it is marked todo, but it is answered right; take the mark away"
    return Result(example, wrong, case)


def _wrong(expect: Expect, case: Case | None, judged: Judged, facts: Facts) -> str:
    if judged.broken:
        return f"a rule is broken: {judged.broken[0].message}"
    state = "none" if case is None else "cannot tell" if case.state == "open" else case.state
    if state != expect.state:
        unseen = ", ".join(f"{want.name} of {want.subject}" for want in case.missing) if case is not None and case.state == "open" else ""
        return f"the state is '{state}', not '{expect.state}'{'; unseen: ' if unseen else ''}{unseen}"
    if case is not None and expect.severity and severity(facts, case) != expect.severity:
        return f"the severity is {severity(facts, case)}, not {expect.severity}"
    if case is None or not expect.band:
        return ""
    said = case.ranking
    if said.band != expect.band or (expect.causes and set(said.candidates) != set(expect.causes)):
        return f"it says {said.band} {', '.join(said.candidates)} ({_top(said.posteriors)}), not {expect.band} {', '.join(expect.causes)}"
    return ""


def _top(posteriors: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{cause} {value:.0%}" for cause, value in list(posteriors)[:3])


def outcomes(results: Iterable[Result]) -> Mapping[int, set[str]]:
    """For each line of evidence, by number: the outcomes it came to over all examples."""
    found: dict[int, set[str]] = {}
    for result in results:
        for line in result.case.weighed if result.case is not None else ():
            found.setdefault(line.number, set()).add(line.outcome.value)
    return found
