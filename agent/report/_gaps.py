"""What could not be seen, and which causes of which rows that leaves open."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from agent.report.model import Gap
from probes._contract import Unavailable
from rules._book import Book
from rules._facts import Facts


def gaps(book: Book, facts: Facts, found: Iterable[Unavailable] | None = None) -> tuple[Gap, ...]:
    """Everything unavailable, or what was found of it to matter, the same fault of one probe on many subjects once."""
    return _told(book, _of_one_remedy(facts.unavailable if found is None else found))


def gaps_by_probe(book: Book, facts: Facts) -> dict[str, tuple[Gap, ...]]:
    """The same for each probe by itself."""
    mine: dict[str, list[Unavailable]] = defaultdict(list)
    for gap in facts.unavailable:
        mine[gap.probe].append(gap)
    return {probe: _told(book, _of_one_remedy(of)) for probe, of in mine.items()}


def _told(book: Book, groups: Iterable[list[Unavailable]]) -> tuple[Gap, ...]:
    alike: dict[tuple[str, str, str, str, bool], list[Unavailable]] = defaultdict(list)
    for of in groups:
        alike[(_what(of), of[0].why, of[0].detail, of[0].remedy, of[0].asked)] += of
    needing = _needing(book)
    found = [Gap(*key, leaves_open=_open(book, needing, {name for gap in of for name in gap.names})) for key, of in alike.items()]
    return tuple(sorted(found))


def _of_one_remedy(found: Iterable[Unavailable]) -> list[list[Unavailable]]:
    """What one probe says alike stands once; several probes of a system that the same grant or setting would open are told of in one breath."""
    alike: dict[tuple[object, ...], list[Unavailable]] = defaultdict(list)
    for gap in found:
        alike[(gap.probe, gap.why, gap.remedy, gap.asked, gap.subject, gap.detail)].append(gap)
    told: Counter[tuple[object, ...]] = Counter()
    groups: dict[tuple[object, ...], list[Unavailable]] = defaultdict(list)
    for (probe, *rest, _detail), of in alike.items():
        told[(probe, *rest)] += 1
        groups[(str(probe).partition(".")[0], *rest, told[(probe, *rest)])] += of
    return list(groups.values())


def _what(of: list[Unavailable]) -> str:
    names = sorted({gap.probe for gap in of})
    system, _, _first = names[0].partition(".")
    questions = [name.partition(".")[2] for name in names]
    name = f"{system} ({', '.join(questions)})" if len(names) > 1 else names[0]
    return name + (f" of {of[0].subject}" if of[0].subject is not None else "")


def _needing(book: Book) -> dict[str, set[tuple[str, str]]]:
    """For each signal that a probe gives: the (row, cause) pairs that rest on it, also through derivations."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for compiled in book.compiled:
        for expression in (*compiled.present, *compiled.was):
            for name in expression.needs:
                found[name].add((compiled.row.id, ""))
        for evidence, evidence_expression in compiled.evidence:
            for name in evidence_expression.needs if evidence_expression is not None else ():
                found[name] |= {(compiled.row.id, cause) for cause in (*evidence.then, *evidence.else_)}
    flat: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, pairs in found.items():
        for leaf in _leaves(book, name, frozenset()):
            flat[leaf] |= pairs
    return flat


def _leaves(book: Book, name: str, seen: frozenset[str]) -> set[str]:
    base = book.vocabulary.base(name)
    derivation = book.vocabulary.derivations.get(base)
    if derivation is None or base in seen:
        return {base}
    return {leaf for need in (*derivation.needs, *derivation.wants) for leaf in _leaves(book, need, seen | {base})}


def _open(book: Book, needing: dict[str, set[tuple[str, str]]], names: set[str]) -> tuple[str, ...]:
    pairs = {pair for name in names for pair in needing.get(name, ())}
    lines = []
    for file in book.live:
        causes = {cause for row, cause in pairs if row == file.row.id}
        words = [cause.cause for cause in file.row.causes if cause.id in causes]
        if "" in causes:
            lines.append(f"{file.row.symptom} (whether it is there at all)")
        elif words:
            lines.append(f"{file.row.symptom}: {', '.join(words)}")
    return tuple(lines)
