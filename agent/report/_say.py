"""What every format for people says, in the same words: since when, the root, which evidence, what was not seen. Plain text in, plain text out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from agent.report.model import Candidate, Check, Gap, Incident, Known, Line, Repair, Report, counts, every
from rules._words import span_text, time_text

MARKS = {"true": "✓", "false": "✗", "unknown": "?"}
EFFECTS = {"safe": "safe", "restarts": "restarts it", "destructive": "destroys data"}
MOST_EVIDENCE = 6
_MOST_UNKNOWN = 2
_TELLING = 1.0
"""Decibans; a line of less says next to nothing about the cause named and is left to --explain."""
_MOST_NAMES = 5
_MOST_OPEN = 6
_LAST_YEAR = 253_402_300_799.0
_WHY = {
    "not configured": "no address",
    "refused": "refused",
    "timed out": "no answer in time",
    "forbidden": "not allowed",
    "missing tool": "a tool is missing",
    "garbled": "its answer makes no sense",
    "not reached": "not reached",
}
DECIBANS = "decibans for the cause in front, (…) for another; ?: how far it could move that"
_POINT = "Point me at it: "
CUT_SHORT = "Cut short by its deadline or a signal: this is what was seen by then."
_UNITS = {"s": "s", "m": "min", "h": "h"}


class Unseen(msgspec.Struct, frozen=True):
    """Gaps of one probe for one reason, as one."""

    what: str
    why: str
    detail: str
    remedy: str
    asked: bool
    leaves_open: tuple[str, ...]


def names(found: Iterable[str], most: int = _MOST_NAMES) -> str:
    """The first few, and how many more.

    >>> names(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    unique = list(dict.fromkeys(found))
    more = len(unique) - most
    return ", ".join(unique[:most]) + (f" and {more} more" if more > 0 else "")


def since(incident: Incident, now: float) -> str:
    """`since 02:41 UTC (18 min); affects 3: container a, b, c`."""
    parts = [_onset(incident, now)]
    if incident.state == "flapping":
        parts.append("comes and goes")
    if incident.affected > 1:
        parts.append(f"affects {incident.affected}: {_subjects(incident)}")
    return "; ".join(parts)


def _onset(incident: Incident, now: float) -> str:
    at = incident.onset
    if at is None or not 0 < at < _LAST_YEAR:
        return "since when is not known"
    age = f" ({span_text(now - at)})" if now >= at else ""
    return f"{'since' if incident.onset_known else 'began at the latest'} {time_text(at, now)}{age}"


def _subjects(incident: Incident) -> str:
    """The kind once, if it is the same for all."""
    kinds = {one.partition(" ")[0] for one in incident.subjects}
    keys = [one.partition(" ")[2] for one in incident.subjects] if len(kinds) == 1 else list(incident.subjects)
    shown = keys[:_MOST_NAMES]
    more = incident.affected - len(shown)
    return (f"{kinds.pop()} " if len(kinds) == 1 else "") + ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def root(incident: Incident) -> tuple[str, tuple[str, ...], str]:
    """The cause, or a word on it and the causes that are left; and how sure that is."""
    if incident.band == "none fits" or not incident.named:
        return "None of the known causes fits what was seen.", (), "undetermined"
    if incident.band == "undetermined":
        return "Not settled; one of these, likeliest first:", incident.named, "undetermined"
    return "; ".join(incident.named), (), incident.band


def settled(incident: Incident) -> bool:
    """Whether a cause is named at all."""
    return incident.band in ("diagnosed", "likely")


def evidence(incident: Incident, *, explain: bool) -> tuple[Line, ...]:
    """The lines of the ordinary view: the strongest true ones, then false ones, then what is unknown; room is kept for each."""
    if explain:
        return incident.evidence
    telling = [line for line in incident.evidence if abs(line.weight) >= _TELLING] or list(incident.evidence)
    true, false, unknown = ([line for line in telling if line.mark == mark] for mark in ("true", "false", "unknown"))
    asked = unknown[:_MOST_UNKNOWN]
    held = true[: MOST_EVIDENCE - len(asked) - min(len(false), 1)]
    return (*held, *false[: MOST_EVIDENCE - len(asked) - len(held)], *asked)


def words(line: Line, incident: Incident, *, explain: bool) -> str:
    """What a line says; what speaks against the cause named says so, where no number does."""
    against = settled(incident) and line.mark != "unknown" and line.weight <= -_TELLING
    if explain:
        return line.says + _elsewhere(line)
    return f"but {line.says}" if against else line.says


def _elsewhere(line: Line) -> str:
    """What a line that says nothing of the cause in front says most strongly of another."""
    if abs(line.weight) >= _TELLING / 2 or not line.speaks:
        return ""
    cause, value = max(line.speaks.items(), key=lambda pair: (abs(pair[1]), pair[0]))
    return f" ({cause} {value:+.1f})"


def weight(line: Line) -> str:
    """Decibans, signed; for what nobody knows, how far it could move the ranking."""
    if abs(line.weight) < _TELLING / 2:
        return "0"
    return f"{line.weight:.1f}" if line.mark == "unknown" else f"{line.weight:+.1f}"


def seen(line: Line) -> str:
    """Where a line was seen, or what nobody looked at."""
    return f"not seen: {line.seen}" if line.seen and line.mark == "unknown" else line.seen


def by_id(incident: Incident, *, kept: bool) -> str:
    """The command that tells whether a repair has worked, where the run is kept and the row has a condition that can be looked at; else nothing."""
    return f"diagnose verify {incident.id}" if kept and any(one.condition for one in incident.verify) else ""


def passes(check: Check) -> str:
    """When a check passes, for one that has a condition."""
    return f"passes once {check.condition}{held(check)}"


def held(check: Check) -> str:
    """` has held for 10 min`, if it must hold at all."""
    span = re.sub(r"^(\d+)([smh])$", lambda match: f"{match[1]} {_UNITS[match[2]]}", check.hold)
    return f" has held for {span}" if span else ""


def known(one: Known) -> str:
    """`The disk is replaced soon (data-platform); until 2026-11-30; known.yaml:3`."""
    return f"{one.reason.rstrip('.')}{f' ({one.owner})' if one.owner else ''}; until {one.expires}{f'; {one.where}' if one.where else ''}"


def not_counted(report: Report) -> str:
    """How many problems are too small for the exit code; nothing if none is."""
    small = sum(one.known is None and not counts(one, report.fail_on) for one in every(report.incidents))
    return f"{small} problem{'' if small == 1 else 's'} below --fail-on {report.fail_on}, so not for the exit code." if small else ""


def ids(found: Iterable[str]) -> str:
    """Ids as they stand behind titles."""
    return ", ".join(f"[{one[:4]}]" for one in found)


def support(one: Candidate) -> str:
    """`status +20.0, log -8.0`."""
    return ", ".join(f"{group} {value:+.1f}" for group, value in one.support.items() if value) or "nothing for it or against it"


def no_fix(incident: Incident) -> str:
    """Why no repair is printed."""
    return "No repair is known for this cause." if settled(incident) else "None until the cause is known."


def repair(one: Repair, *, choice: bool) -> str:
    """What to do; with the cause it is for, if there is a choice."""
    return f'If it is "{one.cause}": {one.do}' if choice else one.do


def consequences(incident: Incident, count: int) -> str:
    """`2 consequences, which should end with it:`."""
    return f"{count} consequence{'' if count == 1 else 's'}" + (", which should end with it:" if settled(incident) else ":")


def sentences(lines: Sequence[str]) -> str:
    """Several pieces of advice on one line.

    >>> sentences(["Set limits", "Watch it."])
    'Set limits. Watch it.'
    """
    return " ".join(line.strip().rstrip(".") + "." for line in lines)


def unseen(gaps: Sequence[Gap]) -> tuple[Unseen, ...]:
    """What was asked for comes first; the same fault of one probe on many subjects stands once."""
    alike: dict[tuple[bool, str, str, str], list[Gap]] = {}
    for gap in sorted(gaps, key=lambda gap: not gap.asked):
        alike.setdefault((gap.asked, gap.what.partition(" of ")[0], gap.why, gap.remedy), []).append(gap)
    return tuple(_unseen(probe, of) for (_asked, probe, _why, _remedy), of in alike.items())


def _unseen(probe: str, of: list[Gap]) -> Unseen:
    first = of[0]
    subjects = [gap.what.partition(" of ")[2] for gap in of]
    what = probe + (f" of {names(subjects)}" if all(subjects) else "")
    opened = tuple(dict.fromkeys(row for gap in of for row in gap.leaves_open))
    return Unseen(what, _WHY.get(first.why, first.why), first.detail, first.remedy, first.asked, opened)


def not_seen(gaps: Sequence[Gap], *, explain: bool) -> list[str]:
    """What was asked for in full: what, why, the remedy, what it leaves open; the rest on a line or two, unless explained."""
    found = unseen(gaps)
    full = [one for one in found if one.asked or explain]
    lines = []
    for one in full if explain else full[:_MOST_NAMES]:
        lines += [f"{one.what}: {one.why}. {one.detail}", f"Remedy: {one.remedy}" if one.remedy else "", _leaves_open(one, explain=explain)]
    if len(full) > _MOST_NAMES and not explain:
        lines.append(f"and {len(full) - _MOST_NAMES} more: --explain")
    return [line for line in (*lines, *_not_asked([one for one in found if one not in full])) if line]


def _leaves_open(one: Unseen, *, explain: bool) -> str:
    """Which causes of which rows nobody can rule out for it."""
    more = 0 if explain else len(one.leaves_open) - _MOST_OPEN
    told = one.leaves_open[:_MOST_OPEN] if more > 0 else one.leaves_open
    return f"Leaves open: {'; '.join(told)}{f'; and {more} more rows: --explain' if more > 0 else ''}." if told else ""


def _not_asked(found: Sequence[Unseen]) -> tuple[str, ...]:
    """What nobody asked for, on one line, and what would open it, on another."""
    by_why: dict[str, list[str]] = {}
    for one in found:
        by_why.setdefault(one.why, []).append(one.what)
    remedies = " ".join(dict.fromkeys(one.remedy.replace(_POINT, f"{one.what}: ", 1) for one in found if one.remedy))
    what = ", ".join(f"{names(whats)} ({why})" for why, whats in by_why.items())
    return (*((f"Not looked at, and not asked for: {what}.",) if what else ()), *((f"To see more: {remedies}",) if remedies else ()))


def shortened(lines: Sequence[str], most: int, *, explain: bool) -> tuple[str, ...]:
    """All of them in --explain, else the first few and how many more."""
    more = 0 if explain else len(lines) - most
    return (*lines[:most], f"and {more} more: --explain") if more > 0 else tuple(lines)


def broken(report: Report, *, explain: bool) -> tuple[str, ...]:
    """A rule that failed never passes in silence."""
    if explain or not report.broken:
        return report.broken
    return (f"{len(report.broken)} rule(s) failed on what was seen and judged nothing: --explain",)


def asked(report: Report) -> tuple[str, ...]:
    """What the run was about, and how many problems do not concern that."""
    more = report.elsewhere
    other = f"{more} other problem{'' if more == 1 else 's'} that {'does' if more == 1 else 'do'} not concern it: diagnose, without a name, shows {'it' if more == 1 else 'them'}."
    return (*report.asked, *((other,) if more else ()))


def rows(report: Report) -> str:
    """How much of the matrix this version can judge."""
    drafts = report.all_rows - report.live_rows
    return (
        f"Rules: live {report.live_rows} of {report.all_rows} rows"
        + (f", the other {drafts} are drafts." if drafts else ".")
        + " ✓ seen, ✗ seen not to be, ? not seen."
    )


def looked(report: Report) -> str:
    """`Looked at docker, host (7 containers), reading only; the longest look took 1.9 s.`"""
    systems = names((one.probe.partition(".")[0] for one in report.looked), 12)
    if not systems:
        return "Looked at nothing."
    counted = f" ({', '.join(report.seen)})" if report.seen else ""
    longest = max(one.seconds for one in report.looked)
    return f"Looked at {systems}{counted}, reading only; the longest look took {longest:.1f} s."


def timing(report: Report) -> list[str]:
    """One line a probe."""
    return [f"{one.probe}: {one.visits} visit{'' if one.visits == 1 else 's'}, the longest {one.seconds:.2f} s, {one.ended}" for one in report.looked]
