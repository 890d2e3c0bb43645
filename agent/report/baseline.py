"""The problems of a run as a file of known issues (`--baseline`), for a person to finish: it is refused until each reason is said.

What is known already keeps its reason and its day, so the same file can be written again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from agent.report._clean import cleaned
from agent.report.model import Incident, Report, every

_FIRST = "# Known issues, for diagnose --baseline FILE. Say each reason, mend each day, and take out what is to be mended instead.\n"
_DAYS = 30


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """YAML; the other arguments are for formats that people read."""
    del explain, width, colour
    report = cleaned(report)
    last = (datetime.fromtimestamp(report.now, UTC) + timedelta(days=_DAYS)).date().isoformat()
    once = {one.fingerprint: one for one in every(report.incidents)}
    return _FIRST + ("".join(line for one in once.values() for line in _entry(one, last)) or "[]\n")


def _entry(one: Incident, last: str) -> Iterator[str]:
    yield f"# {one.row} of {one.thing}: {one.title}\n- fingerprint: {_quoted(one.fingerprint)}\n"
    if one.known is None:
        yield f'  reason: ""\n  expires: {last}\n'
        return
    yield f"  reason: {_quoted(one.known.reason)}\n  expires: {one.known.expires}\n"
    if one.known.owner:
        yield f"  owner: {_quoted(one.known.owner)}\n"


def _quoted(text: str) -> str:
    """JSON's strings are YAML's."""
    return msgspec.json.encode(text).decode()
