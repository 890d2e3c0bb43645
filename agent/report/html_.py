"""The report as one page that needs nothing else: no script, style, font or picture from outside, and a policy that forbids each of them.

The words are those of the other formats; the template escapes every one of them.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report._graph import graph
from agent.report._incident import below
from agent.report._timeline import timeline
from agent.report.model import Incident, Report, exit_code, wholly_known
from agent.report.text import folded

if TYPE_CHECKING:
    from jinja2 import Template

_PAGE = Path(__file__).with_name("page")
_OUTCOMES = {0: "nothing that counts", 1: "found", 3: "not enough seen", 4: "a rule broke"}
_MARKS = {"true": "seen", "false": "seen not to be", "unknown": "not seen"}


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """One HTML document; `explain` opens what is folded. ImportError without jinja2."""
    del width, colour
    code = exit_code(report)
    report = cleaned(report)
    style, script = (_PAGE / "page.css").read_text(encoding="utf-8"), (_PAGE / "page.js").read_text(encoding="utf-8")
    fresh = [one for one in report.incidents if not wholly_known(one)]
    return _template().render(
        report=report, explain=explain, code=code, outcome=_OUTCOMES[code], style=style, script=script, policy=_policy(style, script),
        when=datetime.fromtimestamp(report.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), groups=folded(fresh),
        known=[one for one in report.incidents if one not in fresh], drawn=timeline(report.incidents, report.now), graph=graph, say=say, marks=_MARKS,
        unseen=say.unseen(report.gaps), below=_below,
    )  # fmt: skip


def _below(incident: Incident) -> list[Incident]:
    return [one for _depth, one in below(incident)]


def _policy(style: str, script: str) -> str:
    """What the page may load and run: these two texts and nothing else."""
    return f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["ours"] = Markup  # for the style and the script, which are files of this package
    return environment.get_template("page.html")
