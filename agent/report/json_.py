"""The report as JSON, and the schema of that: every field, in the order of the structs, the same bytes for the same facts."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import msgspec

from agent.report._clean import mapped
from agent.report.model import SCHEMA, Report

SCHEMA_FILE = Path(__file__).with_name("schema.json")
_SUSPECT = re.compile(r"[^\x00-\x7e]")


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """Everything, always: the other arguments are for formats that people read."""
    del explain, width, colour
    return to_json(report).decode()


def to_json(report: Report) -> bytes:
    """The report, its values exactly as they are."""
    return encoded(report)


def encoded(value: msgspec.Struct) -> bytes:
    """Any answer of ours; characters that a terminal would act on are written as escapes."""
    try:
        raw = msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        raw = msgspec.json.encode(mapped(value, _sound), order="deterministic")
    return printable(msgspec.json.format(raw, indent=2).decode()).encode() + b"\n"


def _sound(text: str) -> str:
    """A lone surrogate is no text; JSON cannot carry it."""
    return text.encode("utf-8", "replace").decode()


def printable(text: str) -> str:
    """JSON in which whatever a terminal would act on is an escape."""
    return _SUSPECT.sub(lambda match: _escaped(match[0]), text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp"):
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the report."""
    made = msgspec.json.schema(Report)
    made["$defs"]["Report"]["properties"]["schema"]["const"] = SCHEMA
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **made}


def schema_text() -> str:
    """What schema.json holds."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=2).decode() + "\n"
