"""The report as SARIF 2.1.0, for code-scanning pages: rows are rules, problems are results, gaps are notifications.

A problem lies in no file, and GitHub takes no result without one, so `location` is made of the thing's lasting name: `container/trainer`, line 1, as image
scanners do. Its logical location is the thing itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report.json_ import printable
from agent.report.model import Incident, Report, RowJudged, counts, every, exit_code

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
FINGERPRINT = "diagnose/v1"
_MEANING = {0: "nothing that counts was found", 1: "something was found", 3: "not enough of what was asked for could be seen", 4: "a rule broke"}

_Object = dict[str, Any]


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """One run. `explain` adds the evidence to each message."""
    del width, colour
    code = exit_code(report)
    report = cleaned(report)
    incidents = tuple(every(report.incidents))
    place = {row.id: number for number, row in enumerate(report.rows)}
    some_known = any(one.known is not None for one in incidents)
    run = {
        "tool": {"driver": {"name": "diagnose", "version": report.tool, "rules": [_rule(row) for row in report.rows]}},
        "automationDetails": {"id": "diagnose/"},
        "invocations": [_invocation(report, code)],
        "results": [_result(one, report, place, explain=explain, suppressions=some_known) for one in incidents],
        "columnKind": "unicodeCodePoints",
        "properties": {"rules": report.rules, "targets": list(report.targets), "failOn": report.fail_on, "verdict": report.verdict},
    }
    raw = msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return printable(msgspec.json.format(raw, indent=2).decode()) + "\n"


def _rule(row: RowJudged) -> _Object:
    causes = "".join(f"\n- {cause}" for cause in row.causes)
    return {
        "id": row.id,
        "name": "".join(word.capitalize() for word in row.id.rpartition("/")[2].split("-")),
        "shortDescription": {"text": row.symptom},
        "fullDescription": {"text": f"{row.symptom}. Causes that are known of it: {len(row.causes)}."},
        "help": {"text": f"What it can come from:{causes}\nHow to prevent it: {say.sentences(row.prevent)}"},
        "properties": {"tags": [row.id.partition("/")[0]]},
    }


def _result(one: Incident, report: Report, place: dict[str, int], *, explain: bool, suppressions: bool) -> _Object:
    kind, _, name = one.thing.partition(" ")
    result: _Object = {
        "ruleId": one.row,
        "level": LEVELS[one.severity],
        "message": {"text": _message(one, report.now, explain=explain)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": location(one.thing)}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": name, "fullyQualifiedName": f"{kind}/{name}", "kind": kind}],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{one.fingerprint}:1", FINGERPRINT: one.fingerprint},
        "properties": {
            "id": one.id, "severity": one.severity, "state": one.state, "confidence": one.band, "causes": list(one.named_ids),
            "affected": one.affected, "counts": counts(one, report.fail_on), "consequences": [below.id for below in one.consequences],
        },
    }  # fmt: skip
    if one.row in place:
        result["ruleIndex"] = place[one.row]
    if suppressions:  # of a run either no result has them, or each
        result["suppressions"] = [] if one.known is None else [{"kind": "external", "status": "accepted", "justification": say.known(one.known)}]
    return result


def location(thing: str) -> str:
    """A relative reference that no name can lead out of its folder with.

    >>> location("pod ml/../../etc/passwd"), location("container a b")
    ('pod/ml/%2E%2E/%2E%2E/etc/passwd', 'container/a%20b')
    """
    parts = thing.replace(" ", "/", 1).split("/")
    return "/".join(part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="") for part in parts if part)


def _message(one: Incident, now: float, *, explain: bool) -> str:
    """The first sentence is what lists show."""
    words, choices, sure = say.root(one)
    lines = [one.title.rstrip(".") + ".", f"{say.since(one, now)}.", f"Root ({sure}): {'; '.join((words, *choices))}"]
    lines += [f"{say.MARKS[line.mark]} {say.words(line, one, explain=explain)}" for line in say.evidence(one, explain=explain)]
    lines += [f"Fix: {say.repair(fix, choice=len(one.named) > 1)}{f' {fix.command}' if fix.command else ''}" for fix in one.fix] or [say.no_fix(one)]
    return "\n".join(lines)


def _invocation(report: Report, code: int) -> _Object:
    whole = not (report.stopped or report.broken or any(gap.asked for gap in report.gaps))
    notes = [
        _notification(f"{one.what}: {one.why}. {one.detail} {one.remedy}".strip(), "error" if one.asked else "note")
        for one in say.unseen(report.gaps)
    ]
    notes += [_notification(f"Asked: {line}", "note") for line in say.asked(report)]
    notes += [_notification(f"Not judged: {line}", "note") for line in report.open]
    notes += [_notification(say.CUT_SHORT, "error")] if report.stopped else []
    found: _Object = {
        "executionSuccessful": whole,
        "exitCode": code,
        "exitCodeDescription": _MEANING[code],
        "endTimeUtc": datetime.fromtimestamp(report.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [*notes, *(_notification(line, "error") for line in report.broken)],
    }
    if report.known_issues:
        found["toolConfigurationNotifications"] = [_notification(line, "warning") for line in report.known_issues]
    return found


def _notification(text: str, level: str) -> _Object:
    return {"message": {"text": text}, "level": level}
