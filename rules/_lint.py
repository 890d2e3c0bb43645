"""Lint: rows that lint rows cannot be wrong in the ways listed in LINTS. Each lint has an id and a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from probes._contract import RELATIONS
from rules._book import Book
from rules._clause import fill_ins
from rules._examples import Result, outcomes, run_examples
from rules._row import OTHER, Evidence, RowFile, Triage, clauses, signal_name

_NEGATION = re.compile(r"!(?!=)")
_RELATED = {f"{one.from_kind} {one.name} {one.to_kind}" for one in RELATIONS}
_UNEQUAL = re.compile(r"([\w.]+)\s*!=")


class Problem(msgspec.Struct, frozen=True, order=True):
    """One breach: where, which lint, and what to do."""

    where: str
    line: int
    lint: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.message} [{self.lint}]"


class _Subject(msgspec.Struct, frozen=True):
    file: RowFile
    book: Book
    triage: frozenset[str]
    results: tuple[Result, ...]


Finding = tuple[str, tuple[str | int, ...]]
Lint = Callable[[_Subject], Iterator[Finding]]


def _filled(it: _Subject) -> Iterator[Finding]:
    row = it.file.row
    for key in ("present", "onset", "evidence", "for_each"):
        if not getattr(row, key):
            yield f"A live row needs '{key}'.", (key,)
    for cause in row.causes:
        if not any(cause.id in fix.for_ for fix in row.fix):
            yield f"No fix is for '{cause.id}'.", ("fix",)


def _known(it: _Subject) -> Iterator[Finding]:
    row = it.file.row
    known = set(row.cause_ids)
    for number, line in enumerate(row.evidence):
        named = {*line.then, *line.else_, *([line.states] if line.states else [])}
        for stray in sorted(named - known):
            yield f"'{stray}' is not a cause of this row.", ("evidence", number)
    for number, fix in enumerate(row.fix):
        for stray in sorted(set(fix.for_) - known - {OTHER}):
            yield f"'{stray}' is not a cause of this row.", ("fix", number)


def _one_kind_of_evidence(it: _Subject) -> Iterator[Finding]:
    for number, line in enumerate(it.file.row.evidence):
        if bool(line.if_) == bool(line.parent):
            yield "A line of evidence has either 'if' or 'parent'.", ("evidence", number)
        if bool(line.parent) != bool(line.along) or bool(line.parent) != (line.group == "parent"):
            yield "'parent', 'along' and group 'parent' go together.", ("evidence", number)
        parent = it.book.of(line.parent) if line.parent else None
        if line.parent and (parent is None or not parent.row.live):
            yield f"'{line.parent}' is not a live row.", ("evidence", number, "parent")
        if line.along not in ("", "self") and not any(re.sub(r"^it ", f"{kind} ", line.along) in _RELATED for kind in it.file.row.kinds):
            yield f"'{line.along}' is no relation; those that are stand in probes/_contract.py.", ("evidence", number, "along")
        if not line.then and not line.else_:
            yield "This line weighs for nothing.", ("evidence", number)


def _triage(it: _Subject) -> Iterator[Finding]:
    for number, command in enumerate(it.file.row.triage):
        if isinstance(command, str) and command not in it.triage:
            yield f"No probe stands for '{command}'; write {{command: …, by_hand: why}}.", ("triage", number)
        if isinstance(command, Triage) and not command.by_hand.strip():
            yield "Say why this has to be done by hand.", ("triage", number)


def _negation(it: _Subject) -> Iterator[Finding]:
    row = it.file.row
    texts = [(text, ("present",)) for text in clauses(row.present)]
    lines: list[tuple[str, tuple[str | int, ...]]] = [*texts, *((line.if_, ("evidence", number)) for number, line in enumerate(row.evidence))]
    for text, at in lines:
        if _NEGATION.search(_unquoted(text)):
            yield "Do not negate with '!': what is not there would count as evidence. Compare with '== false'.", at
        for name in _UNEQUAL.findall(text):
            spec = it.book.vocabulary.specs.get(name)
            if spec is not None and spec.covered_by:
                yield f"'!=' on {name} would hold where its source kept nothing.", at
        if ".all(" in text and "size()" not in text:
            yield "all() of an empty list is true; add 'size() > 0'.", at


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)


def _words(it: _Subject) -> Iterator[Finding]:
    row = it.file.row
    for number, line in enumerate(row.evidence):
        yield from _line_words(line, number)
    texts = [(fix.command, ("fix", number, "command")) for number, fix in enumerate(row.fix)]
    for text, at in texts:
        for name in fill_ins(text):
            if "log_" in name:
                yield f"{{{name}}} comes from a log, which is hostile: it may not stand in a command.", at
    for fix_number, fix in enumerate(row.fix):
        if not fix.do.strip().endswith(".") and not fix.matrix and fix.command:
            yield "A fix is a full sentence.", ("fix", fix_number, "do")


def _line_words(line: Evidence, number: int) -> Iterator[Finding]:
    if line.then and not line.say:
        yield "Say what it means when this is true ('say').", ("evidence", number)
    if line.else_ and not line.say_not:
        yield "Say what it means when this is false ('say_not').", ("evidence", number)
    if not line.ask:
        yield "Say what is asked here ('ask'), for when nobody can tell.", ("evidence", number)


def _fill_ins(it: _Subject) -> Iterator[Finding]:
    row = it.file.row
    texts: list[tuple[str, tuple[str | int, ...]]] = [(row.title, ("title",))]
    texts += [(text, ("evidence", number)) for number, line in enumerate(row.evidence) for text in (line.say, line.say_not, line.ask)]
    texts += [(text, ("fix", number)) for number, fix in enumerate(row.fix) for text in (fix.do, fix.command)]
    for text, at in texts:
        for name in fill_ins(text):
            for kind in row.kinds:
                if not _fillable(it.book, name, kind):
                    yield f"Nobody gives the fill-in {{{name}}}.", at


def _fillable(book: Book, name: str, kind: str) -> bool:
    if name == "it" or name.endswith(".name"):
        return True
    return book.vocabulary.base(signal_name(kind, name)) in book.vocabulary.specs


def _examples_right(it: _Subject) -> Iterator[Finding]:
    for result in it.results:
        if result.wrong:
            yield f"The example '{result.example.name}' fails: {result.wrong}.", ("id",)


def _examples_whole(it: _Subject) -> Iterator[Finding]:
    states = {result.example.expect.state for result in it.results}
    for state, word in (("none", "silent"), ("cannot tell", "blind")):
        if state not in states:
            yield f"The row has no {word} example (state: {state}).", ("id",)
    leads = {
        cause for result in it.results if result.case is not None and result.case.here
        for cause in (result.case.ranking.candidates if result.case.ranking.named or result.case.ranking.band == "undetermined" else ())
    }  # fmt: skip
    for number, cause in enumerate(it.file.row.causes):
        if cause.id not in leads:
            yield f"The cause '{cause.id}' is named in no example.", ("causes", number)


def _both_ways(it: _Subject) -> Iterator[Finding]:
    seen = outcomes(it.results)
    for number, _line in enumerate(it.file.row.evidence):
        for outcome in ("true", "false"):
            if outcome not in seen.get(number, set()):
                yield f"This line is {outcome} in no example.", ("evidence", number)


LINTS: dict[str, tuple[str, Lint]] = {
    "filled": ("A live row that lacks a part cannot be acted on.", _filled),
    "known": ("A weight for a cause that does not exist is never counted.", _known),
    "evidence": ("A line of evidence is an expression or a parent, and weighs for something.", _one_kind_of_evidence),
    "triage": ("Every triage command of the matrix is done by a probe, or a person is told why not.", _triage),
    "negation": ("What is not there must never count as evidence for a cause.", _negation),
    "words": ("A line without words cannot be trusted by the person who reads it.", _words),
    "fill-ins": ("A fill-in that nobody gives would silently drop its sentence.", _fill_ins),
    "examples": ("An example that fails is a row that is wrong.", _examples_right),
    "whole": ("A cause that no example names, and a row that is never silent or blind, are untested.", _examples_whole),
    "both-ways": ("A line that is never true, or never false, is untested.", _both_ways),
}


def lint(file: RowFile, book: Book, triage: frozenset[str]) -> list[Problem]:
    """Every breach in a live row; draft rows are not linted. `triage` is every command that a probe stands for."""
    if not file.row.live:
        return []
    it = _Subject(file, book, triage, tuple(run_examples(file, book)))
    return sorted(
        Problem(str(file.path), file.line(*at), lint_id, message) for lint_id, (_reason, check) in LINTS.items() for message, at in check(it)
    )
