"""The book: every row compiled against everything that can be known."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from probes._contract import RELATIONS, Probe, Type
from rules import derive
from rules._derivation import Derivation, Relator
from rules._expr import Environment, Expression, ExpressionError, declared
from rules._row import Cohort, Evidence, Row, RowFile, Severe, Verify, clauses, read
from rules._vocabulary import Vocabulary, engines
from rules._yaml import RowError

MATRIX = Path(__file__).parent / "matrix"
COHORT: Mapping[str, Type] = {"cohort.kind": "text", "cohort.members": "int"}
LOOK: Mapping[str, Type] = {"look.back": "span"}
"""How far back a run tells of what is over by now."""

_IT = re.compile(r"\bit\.")


class Compiled(msgspec.Struct, frozen=True):
    """A live row's conditions for one kind of subject."""

    file: RowFile
    kind: str
    present: tuple[Expression, ...]
    was: tuple[Expression, ...]
    flaps: tuple[Expression, ...]
    evidence: tuple[tuple[Evidence, Expression | None], ...]
    severity: tuple[tuple[Severe, Expression | None], ...]
    verify: tuple[tuple[Verify, Expression | None], ...]
    cohorts: tuple[tuple[Cohort, Expression | None], ...]
    """Kinds of shared things, and on which members sharing one counts."""
    order: int
    """The place of the kind in `for_each`."""

    @property
    def row(self) -> Row:
        return self.file.row


class Book(msgspec.Struct, frozen=True):
    """Rows, live and draft, and the vocabulary they are written in."""

    files: tuple[RowFile, ...]
    compiled: tuple[Compiled, ...]
    vocabulary: Vocabulary
    digest: str

    def of(self, row_id: str) -> RowFile | None:
        return next((file for file in self.files if file.row.id == row_id), None)

    @property
    def live(self) -> tuple[RowFile, ...]:
        return tuple(file for file in self.files if file.row.live)

    def kinds_of(self, row_id: str) -> tuple[str, ...]:
        found = self.of(row_id)
        return found.row.kinds if found is not None else ()


def environment(vocabulary: Vocabulary) -> Environment:
    """Everything that rows may name, with its type."""
    pairs: list[tuple[str, Type]] = []
    for spec in vocabulary.specs.values():
        pairs.append((spec.name, spec.type))
        if spec.event:
            pairs.append((f"{spec.name}_at", "time"))
    neighbours = [arity for arity in RELATIONS if arity.one and arity.from_kind == arity.to_kind]
    pairs += [
        (f"{arity.name}.{name.partition('.')[2]}", type_)
        for arity in neighbours
        for name, type_ in tuple(pairs)
        if name.startswith(f"{arity.to_kind}.")
    ]
    return Environment({**declared(pairs), **COHORT, **declared(LOOK.items())})


def compile_book(files: Iterable[RowFile], vocabulary: Vocabulary) -> Book:
    """Raises RowError, with file and line, for the first condition that does not compile or row id that stands twice."""
    ordered = tuple(sorted(files, key=lambda file: file.row.id))
    for first, second in itertools.pairwise(ordered):
        if first.row.id == second.row.id:
            raise second.error(f"The row {second.row.id} stands in {first.path} already.", "id")
    env = environment(vocabulary)
    compiled = [_compile(file, kind, order, env) for file in ordered if file.row.live for order, kind in enumerate(file.row.kinds)]
    text = b"".join(msgspec.json.encode(file.row, order="deterministic") for file in ordered)
    return Book(ordered, tuple(compiled), vocabulary, hashlib.sha256(text).hexdigest()[:16])


def _compile(file: RowFile, kind: str, order: int, env: Environment) -> Compiled:
    row = file.row

    def one(text: str, *at: str | int) -> Expression:
        try:
            return env.compile(_IT.sub(f"{kind}.", text))
        except ExpressionError as error:
            raise file.error(f"{error} In: {text}", *at) from None

    def perhaps(text: str, *at: str | int) -> Expression | None:
        return one(text, *at) if text else None

    return Compiled(
        file=file,
        kind=kind,
        present=tuple(one(text, "present") for text in clauses(row.present)),
        was=tuple(one(text, "was") for text in clauses(row.was)),
        flaps=tuple(one(text, "flaps") for text in clauses(row.flaps)),
        evidence=tuple((line, perhaps(line.if_, "evidence", number, "if")) for number, line in enumerate(row.evidence)),
        severity=tuple((line, perhaps(line.if_, "severity", number, "if")) for number, line in enumerate(row.severity)),
        verify=tuple((line, perhaps(line.if_, "verify", number, "if")) for number, line in enumerate(row.verify)),
        cohorts=tuple((line, perhaps(line.if_, "cohort", number, "if")) for number, line in enumerate(row.cohorts)),
        order=order,
    )


def read_folder(folder: Path) -> list[RowFile]:
    """Every row under a folder; the examples beside them are not rows. Raises RowError."""
    return [read(path) for path in row_files(folder)]


def row_files(folder: Path) -> list[Path]:
    """The files of rows under a folder: regular ones, or links to such; names that begin with a dot are a ConfigMap's own housekeeping."""
    found = (path for path in sorted(folder.rglob("*.yaml")) if path.is_file() and not path.name.endswith(".examples.yaml"))
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def modules(package: ModuleType) -> list[ModuleType]:
    """Every module of a package, at any depth, whose name has no leading underscore."""
    names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [importlib.import_module(name) for name in names if not any(part.startswith("_") for part in name.split("."))]


def derivations() -> tuple[tuple[Derivation, ...], tuple[Relator, ...]]:
    """Everything that `rules/derive` gives, found by being there."""
    found = modules(derive)
    return (
        tuple(derivation for module in found for derivation in getattr(module, "DERIVATIONS", ())),
        tuple(relator for module in found for relator in getattr(module, "RELATORS", ())),
    )


def vocabulary(probes: Sequence[Probe]) -> Vocabulary:
    """What the probes and our derivations can give together."""
    return Vocabulary((spec for probe in probes for spec in probe.gives), *derivations(), engines(probes))


def load_book(probes: Sequence[Probe], mounted: Path | None = None) -> Book:
    """Our rows, and those mounted beside them. Raises RowError."""
    files = read_folder(MATRIX)
    if mounted is not None:
        files += _mounted(mounted)
    return compile_book(files, vocabulary(probes))


MOST_MOUNTED = 200


def _mounted(folder: Path) -> list[RowFile]:
    if not folder.is_dir():
        raise RowError(f"{folder}: there is no such folder of rows.")
    files = row_files(folder)
    if not 0 < len(files) <= MOST_MOUNTED:
        raise RowError(f"{folder}: the folder holds {len(files)} rows (NAME.yaml); at least one and at most {MOST_MOUNTED} are read.")
    found = [read(path) for path in files]
    own = {path.name for path in MATRIX.iterdir() if path.is_dir()}
    for file in found:
        if file.row.id.partition("/")[0] in own:
            raise file.error(f"The prefix of {file.row.id} is ours; give mounted rows a prefix of their own.", "id")
    return found
