"""How is a run kept, and read again when nobody can vouch for the file?

A bundle is one JSON document in gzip, so that `zcat run.bundle | jq .` shows all of it:

    {"format":"diagnose-bundle","version":1,"tool":"0.1.0","rules":"9c1e…",…,
     "subjects":[["container","trainer"],…],"sources":[["docker.containers","docker inspect trainer","host"],…],
     "observed":{"now":…,"signals":[[0,0,"container.exit_code",137],…],…},…}

A signal names its subject and source by their place in the two tables. Everything is sorted: the same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from agent._packed import BundleError, packed, read, unpacked, write
from agent.focus import Focus
from probes._contract import Census, Coverage, Observed, Relation, Signal, Source, Subject, Swept, Unavailable, Value, clean_text
from probes._runner import Visit

FORMAT = "diagnose-bundle"
VERSION = 1
MOST_PARTS = 8_000_000
"""Commas and brackets in the document: what makes objects, and so the memory that reading it takes."""

_T = TypeVar("_T")


class Bundle(msgspec.Struct, kw_only=True):
    """A finished run, enough to judge it again: what was seen, by which tool, under which rules."""

    tool: str
    rules: str
    """The digest of the rules that judged it."""
    observed: Observed
    targets: tuple[str, ...] = ()
    earlier: Observed | None = None
    """The run that it was compared with."""
    focus: Focus = Focus()
    """What the run was about; everything if empty."""
    kept: bool = False
    """The run is kept on the machine that it was made on, and its cases are found there by their ids."""
    visits: tuple[Visit, ...] = ()
    stopped: bool = False


class _Infinite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """JSON has no word for it."""

    infinite: Literal["+", "-"]


_Place = Annotated[int, Meta(ge=0)]
_Int = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _Signal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, omit_defaults=True):
    subject: _Place
    source: _Place
    name: str
    value: bool | _Int | float | str | tuple[str, ...] | _Infinite | None
    at: float | None = None


class _Observed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    now: float
    signals: list[_Signal]
    coverage: list[Coverage]
    relations: list[Relation]
    unavailable: list[Unavailable]
    swept: list[Swept]
    census: list[Census]


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


class _Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    format: Literal["diagnose-bundle"]
    version: Literal[1]
    tool: str
    rules: str
    targets: tuple[str, ...]
    stopped: bool
    visits: tuple[Visit, ...]
    subjects: list[tuple[str, str]]
    sources: list[tuple[str, str, Literal["itself", "node", "pod", "host"]]]
    observed: _Observed
    earlier: _Observed | None
    focus: Focus | None = None
    kept: bool = False


def save(path: Path, bundle: Bundle) -> None:
    """Write the bundle, readable by its owner alone, whole or not at all. Raises BundleError."""
    write(path, _encoded(bundle))


def load(path: Path) -> Bundle:
    """Read a bundle that may come from anybody. Raises BundleError."""
    return _decoded(path, read(path))


def to_bytes(bundle: Bundle) -> bytes:
    """The bundle as it stands in a file."""
    return packed(_encoded(bundle))


def from_bytes(name: Path, data: bytes) -> Bundle:
    """A bundle that came by another way than a file, from anybody; errors call it by `name`. Raises BundleError."""
    return _decoded(name, unpacked(name, data))


def _decoded(path: Path, data: bytes) -> Bundle:
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_PARTS:
        raise BundleError(f"{path}: the bundle holds more than {MOST_PARTS} parts; no run is that large. Get the file again from whoever made it.")
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format == FORMAT and head.version != VERSION:
            raise BundleError(
                f"{path}: the bundle is of version {head.version}; this program reads {VERSION}. Read it with the program that wrote it."
            )
        return _from_document(msgspec.json.decode(data, type=_Document))
    except IndexError:
        raise BundleError(f"{path}: a signal names a subject or source that the bundle does not hold. Make it again with --save.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{path}: this is not a bundle: {str(error)[:200].rstrip('.')}. Give a file that `diagnose --save` wrote.") from None


def canonical(bundle: Bundle) -> Bundle:
    """The bundle in the order in which it is saved, as if it had been saved and loaded."""
    return _from_document(msgspec.json.decode(_encoded(bundle), type=_Document))


def _encoded(bundle: Bundle) -> bytes:
    document = _to_document(bundle)
    try:
        return msgspec.json.encode(document) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_clean(msgspec.to_builtins(document))) + b"\n"


def _clean(value: Any) -> Any:
    """The same without lone surrogates, which a key from the world may hold and UTF-8 cannot."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value


def _to_document(bundle: Bundle) -> _Document:
    seen = [bundle.observed] if bundle.earlier is None else [bundle.observed, bundle.earlier]
    signals = [signal for one in seen for signal in one.signals]
    subject_at = {subject: place for place, subject in enumerate(sorted({signal.subject for signal in signals}))}
    source_at = {source: place for place, source in enumerate(sorted({signal.source for signal in signals}))}
    return _Document(
        format="diagnose-bundle", version=1, tool=bundle.tool, rules=bundle.rules,
        targets=bundle.targets, stopped=bundle.stopped, visits=tuple(sorted(bundle.visits, key=_visit_order)),
        subjects=[(subject.kind, subject.key) for subject in subject_at],
        sources=[(source.probe, source.command, source.vantage) for source in source_at],
        observed=_to_tables(bundle.observed, subject_at, source_at),
        earlier=None if bundle.earlier is None else _to_tables(bundle.earlier, subject_at, source_at),
        focus=None if bundle.focus == Focus() else bundle.focus,
        kept=bundle.kept,
    )  # fmt: skip


def _to_tables(seen: Observed, subject_at: dict[Subject, int], source_at: dict[Source, int]) -> _Observed:
    signals = [_Signal(subject_at[one.subject], source_at[one.source], one.name, _to_json(one.value), one.at) for one in seen.signals]
    return _Observed(
        now=seen.now, signals=_sorted(signals), coverage=_sorted(seen.coverage), relations=_sorted(seen.relations),
        unavailable=_sorted(seen.unavailable), swept=_sorted(seen.swept), census=_sorted(seen.census),
    )  # fmt: skip


def _sorted(items: Iterable[_T]) -> list[_T]:
    """In one order whatever they hold: None and numbers and texts do not compare, their encodings do."""
    pairs = [(repr(item), item) for item in items]
    return [item for _key, item in sorted(pairs, key=itemgetter(0))]


def _visit_order(visit: Visit) -> tuple[str, Subject, float, str, str]:
    return visit.probe, visit.subject or Subject("", ""), visit.seconds, visit.ended, visit.detail


def _to_json(value: Value) -> Value | _Infinite:
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return _Infinite("+" if value > 0 else "-")
    return value


def _from_document(document: _Document) -> Bundle:
    subjects = [Subject(kind, key) for kind, key in document.subjects]
    sources = [Source(probe, command, vantage) for probe, command, vantage in document.sources]
    return Bundle(
        tool=document.tool, rules=document.rules, targets=document.targets, visits=document.visits,
        stopped=document.stopped, observed=_from_tables(document.observed, subjects, sources),
        earlier=None if document.earlier is None else _from_tables(document.earlier, subjects, sources),
        focus=document.focus or Focus(),
        kept=document.kept,
    )  # fmt: skip


def _from_tables(seen: _Observed, subjects: Sequence[Subject], sources: Sequence[Source]) -> Observed:
    return Observed(
        now=seen.now,
        signals=[Signal(subjects[one.subject], one.name, _from_json(one.value), sources[one.source], one.at) for one in seen.signals],
        coverage=seen.coverage, relations=seen.relations, unavailable=seen.unavailable, swept=seen.swept, census=seen.census,
    )  # fmt: skip


def _from_json(value: Value | _Infinite) -> Value:
    return float(f"{value.infinite}inf") if isinstance(value, _Infinite) else value


__all__ = ["Bundle", "BundleError", "canonical", "from_bytes", "load", "save", "to_bytes"]
