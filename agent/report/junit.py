"""The report as JUnit XML, for the test page of a CI: one test case for each live row, or for each problem that a row has found.

    failed    a problem that counts for the exit code (1)
    error     what was asked for and not seen, a run that was cut short (3), a rule that broke (4)
    skipped   a known problem, one below --fail-on, a row that nobody can judge, that had nothing to be held against, or whose problems do not
              concern what was asked

So a suite without failures and errors is an exit code of 0. Jenkins' schema junit-10.xsd holds for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report._incident import IncidentWriter
from agent.report._layout import Page, plain
from agent.report.model import Incident, Report, RowJudged, counts, every, exit_code

_WIDTH = 100
_UNJUDGED = {
    "cannot tell": "Nobody can tell: {open}",
    "nothing to judge": "Nothing that this row is about was seen here.",
    "found": "It is there, and does not concern what was asked.",
}


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """One `testsuites` with one `testsuite`; `explain` has every clause with its decibans in the bodies."""
    del width, colour
    code = exit_code(report)  # before texts are touched
    report = cleaned(report)
    cases = [*_rows(report, explain=explain), *_unseen(report)]
    tally = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }
    top = ET.Element("testsuites", {"name": "diagnose", **tally})
    longest = max((one.seconds for one in report.looked), default=0.0)
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    timestamp = datetime.fromtimestamp(report.now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(top, "testsuite", {"name": "diagnose", **tally, "skipped": skipped, "time": f"{longest:.3f}", "timestamp": timestamp})
    _properties(
        suite, {"tool": report.tool, "rules": report.rules, "targets": ", ".join(report.targets), "fail-on": report.fail_on, "exit-code": str(code)}
    )
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = "\n".join(
        [report.verdict, *report.known_issues, *say.asked(report), say.looked(report), say.rows(report)]
    )
    ET.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _properties(suite: ET.Element, values: dict[str, str]) -> None:
    found = ET.SubElement(suite, "properties")
    for name, value in values.items():
        ET.SubElement(found, "property", {"name": name, "value": value})


def _rows(report: Report, *, explain: bool) -> Iterator[ET.Element]:
    found: dict[str, list[Incident]] = {}
    for incident in every(report.incidents):
        found.setdefault(incident.row, []).append(incident)
    for row in report.rows:
        mine = found.pop(row.id, [])
        for incident in mine:
            yield _problem(report, incident, explain=explain)
        if not mine:
            yield _row(report, row)
    for of in found.values():  # of a report that lists no such row
        for incident in of:
            yield _problem(report, incident, explain=explain)


def _row(report: Report, row: RowJudged) -> ET.Element:
    case = _case(row.id, row.symptom)
    if row.state in _UNJUDGED:
        open_ = next((line for line in report.open if line.startswith(f"{row.symptom}: ")), row.symptom)
        _outcome(case, "skipped", row.state, _UNJUDGED[row.state].format(open=open_))
    else:
        words = "was there and has recovered" if row.state == "recovered" else "is not there"
        ET.SubElement(case, "system-out").text = f"Judged on {row.judged}: it {words}."
    return case


def _problem(report: Report, incident: Incident, *, explain: bool) -> ET.Element:
    """Named by what lasts, so that a CI can tell what is new from what was there before."""
    case = _case(incident.row, f"{incident.symptom}: {incident.thing}")
    page = Page(_WIDTH)
    IncidentWriter(page, report.now, explain=explain).write(incident, below=False)
    body = f"{incident.title}\n{plain(page.rows)}fingerprint: {incident.fingerprint}"
    if incident.known is not None:
        _outcome(case, "skipped", "known", f"Known: {say.known(incident.known)}", body)
    elif not counts(incident, report.fail_on):
        _outcome(case, "skipped", incident.severity, f"Below --fail-on {report.fail_on} ({incident.severity}): {incident.title}", body)
    else:
        _outcome(case, "failure", incident.severity, incident.title, body)
    return case


def _unseen(report: Report) -> Iterator[ET.Element]:
    """What keeps the answer from being one."""
    for one in say.unseen([gap for gap in report.gaps if gap.asked]):
        case = _case("not seen", one.what)
        opened = f"Leaves open: {'; '.join(one.leaves_open)}" if one.leaves_open else ""
        _outcome(case, "error", one.why, f"{one.why}: {one.detail}", "\n".join(line for line in (one.detail, one.remedy, opened) if line))
        yield case
    if report.stopped:
        case = _case("not seen", "the whole run")
        _outcome(case, "error", "cut short", say.CUT_SHORT)
        yield case
    for line in report.broken:
        case = _case("broken", line.partition(": ")[0])
        _outcome(case, "error", "broken rule", line)
        yield case


def _case(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": f"diagnose.{group.replace('/', '.')}", "name": name, "time": "0"})


def _outcome(case: ET.Element, tag: str, kind: str, message: str, body: str = "") -> None:
    ET.SubElement(case, tag, {"type": kind, "message": message}).text = body or message
