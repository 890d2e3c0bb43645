"""The report as metrics: for a node_exporter's textfile collector, a Pushgateway, or a CI that compares metrics.

OpenMetrics, and at the same time the older text format, which the textfile collector reads: so gauges alone, no units' lines and no timestamps of samples.
Labels are what lasts (row, thing, cause, fingerprint), never a title, which holds numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from agent.report._clean import cleaned
from agent.report.model import SEVERITIES, Incident, Report, RowState, every, exit_code

_MOST_LABEL = 200
"""Characters of a label's value."""

_Samples = Iterable[tuple[Mapping[str, str], float]]


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """One family after the other, `# EOF` in the end; the other arguments are for formats that people read."""
    del explain, width, colour
    code = exit_code(report)
    report = cleaned(report)
    incidents = tuple(every(report.incidents))
    return "".join(_lines(report, incidents, code)) + "# EOF\n"


def _lines(report: Report, incidents: tuple[Incident, ...], code: int) -> Iterator[str]:
    yield from _family("diagnose_build_info", "Version and rules of the run.", [({"version": report.tool, "rules": report.rules}, 1)])
    yield from _family("diagnose_run_timestamp_seconds", "When the run looked, in seconds since 1970.", [({}, report.now)])
    yield from _family(
        "diagnose_exit_code", "0 nothing that counts, 1 found, 3 not enough seen, 4 a rule broke.", [({"fail_on": report.fail_on}, code)]
    )
    yield from _family("diagnose_cut_short", "1 if the deadline or a signal ended the run.", [({}, report.stopped)])
    yield from _family("diagnose_problems", "Problems by severity, consequences included; known ones do not count.", _by_severity(incidents))
    yield from _family("diagnose_problem", "Subjects that a problem affects.", _problems(report))
    yield from _family("diagnose_problem_onset_timestamp_seconds", "When a problem began, where that is known.", _onsets(incidents))
    yield from _family(
        "diagnose_problems_elsewhere", "Problems that do not concern what was asked; none where everything was.", [({}, report.elsewhere)]
    )
    yield from _family("diagnose_rows", "Live rows by what they came to.", _rows(report))
    yield from _family("diagnose_gaps", "What could not be seen; what was asked for makes the run blind.", _gaps(report))
    yield from _family("diagnose_gap", "1 for each thing that was asked for and not seen.", _asked(report))
    yield from _family(
        "diagnose_known_issues_to_mend", "Entries of the known issues that have expired or match nothing.", [({}, len(report.known_issues))]
    )
    yield from _family(
        "diagnose_look_longest_seconds",
        "The longest look of a probe.",
        [({"probe": one.probe, "ended": one.ended}, one.seconds) for one in report.looked],
    )


def _by_severity(incidents: tuple[Incident, ...]) -> _Samples:
    tally = Counter((one.severity, one.known is not None) for one in incidents)
    return [({"severity": severity, "known": _bool(known)}, tally[(severity, known)]) for severity in SEVERITIES for known in (False, True)]


def _problems(report: Report) -> _Samples:
    found: Counter[tuple[tuple[str, str], ...]] = Counter()
    roots = {id(one) for one in report.incidents}
    for one in every(report.incidents):
        labels = {
            "fingerprint": one.fingerprint, "row": one.row, "thing": one.thing, "severity": one.severity, "confidence": one.band, "state": one.state,
            "cause": one.named_ids[0] if one.named_ids and one.band in ("diagnosed", "likely") else "", "known": _bool(one.known is not None),
            "root": _bool(id(one) in roots),
        }  # fmt: skip
        found[tuple(labels.items())] += one.affected
    return [(dict(labels), affected) for labels, affected in found.items()]


def _onsets(incidents: tuple[Incident, ...]) -> _Samples:
    first: dict[str, float] = {}
    for one in incidents:
        if one.onset is not None and one.onset_known:
            first[one.fingerprint] = min(one.onset, first.get(one.fingerprint, one.onset))
    return [({"fingerprint": fingerprint}, at) for fingerprint, at in first.items()]


def _rows(report: Report) -> _Samples:
    tally = Counter(row.state for row in report.rows)
    return [({"state": state}, tally[state]) for state in get_args(RowState)]


def _gaps(report: Report) -> _Samples:
    tally = Counter(gap.asked for gap in report.gaps)
    return [({"asked": _bool(asked)}, tally[asked]) for asked in (False, True)]


def _asked(report: Report) -> _Samples:
    found = dict.fromkeys((gap.what, gap.why) for gap in report.gaps if gap.asked)
    return [({"what": what, "why": why}, 1) for what, why in found]


def _family(name: str, help_: str, samples: _Samples) -> Iterator[str]:
    yield f"# HELP {name} {help_}\n# TYPE {name} gauge\n"
    once: dict[str, float] = {}
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        once[inside] = max(value, once.get(inside, value))  # names may be alike once they are cleaned and cut
    for inside, value in once.items():
        yield f"{name}{f'{{{inside}}}' if inside else ''} {_number(value)}\n"


def _escaped(text: str) -> str:
    shown = text if len(text) <= _MOST_LABEL else f"{text[: _MOST_LABEL - 1]}…"
    return re.sub(r'[\\"\n]', lambda match: "\\n" if match[0] == "\n" else f"\\{match[0]}", shown)


def _number(value: float) -> str:
    """As short as it can be read back."""
    return str(int(value)) if value == int(value) else repr(float(value))


def _bool(value: bool) -> str:  # noqa: FBT001  # a value, not a switch
    return "true" if value else "false"
