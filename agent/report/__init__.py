"""The report, and one module a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from agent.report import baseline, brief, html_, json_, junit, markdown, openmetrics, sarif, text
from agent.report.model import Report


class Format(Protocol):
    """What every format is: a view of the report, and nothing decided in it."""

    def __call__(self, report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str: ...


FORMATS: Mapping[str, Format] = {
    "text": text.render,
    "json": json_.render,
    "markdown": markdown.render,
    "html": html_.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "openmetrics": openmetrics.render,
    "brief": brief.render,
    "baseline": baseline.render,
}

__all__ = ["FORMATS", "Format"]
