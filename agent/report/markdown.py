"""The report for an issue or a chat: the screen's order and words. Whatever might be markup stands in a code span, so no text can link, mention or draw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report._incident import below
from agent.report._layout import cut
from agent.report.model import Check, Incident, Line, Repair, Report, wholly_known

MOST_LISTED = 8
_LONGEST = 400
_WORD = re.compile(r"""^([("'“‘]*)(.*?)([)"'”’.,;:!?%…]*)$""", re.DOTALL)
_NEIGHBOURS = re.compile(r"(?<=[^`\s])` `(?=[^`\s])")
"""Where one code span ends and the next begins: they become one."""
_RISKY = re.compile(
    r"""[\\`*_\[\]<>&#|~$@^{}]  # markup, HTML, mentions, references, formulas
    |://|\w\.[^\W\d_]           # addresses and what a chat takes for one
    |^[-+=:/]|^www\.            # options, lists, rules, spreadsheet formulas, emoji, chat commands
    |^[0-9a-f]{7,}$|^GH-\d      # commits and issues
    """,
    re.VERBOSE | re.IGNORECASE,
)


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """The report as Markdown; lines are not wrapped, and colour means nothing here."""
    del width, colour
    blocks = _blocks(cleaned(report), explain=explain)
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    """Text in which nothing is markup: a word that might be is a code span.

    >>> escape("killed (exit_code 137) by <b>root</b>.")
    'killed (`exit_code` 137) by `<b>root</b>`.'
    """
    words = text.split()
    lead = [code(word) for word in words[:1] if re.fullmatch(r"\d+[.)]", word)]  # the start of a numbered list
    return _NEIGHBOURS.sub(" ", " ".join((*lead, *map(_word, words[len(lead) :]))))


def _word(word: str) -> str:
    match = _WORD.match(word)
    before, core, after = match.groups() if match else ("", word, "")
    return f"{before}{code(core)}{after}" if _RISKY.search(core) else word


def code(text: str) -> str:
    """A code span that its own text cannot close.

    >>> code("a`b")
    '``a`b``'
    """
    text = " ".join(text.split())
    mark = "`" * (_longest_run(text) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{mark}{pad}{text}{pad}{mark}" if text else ""


def fence(command: str) -> str:
    """A command in a block that the command cannot close."""
    mark = "`" * max(3, _longest_run(command) + 1)
    return f"{mark}sh\n{command}\n{mark}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _blocks(report: Report, *, explain: bool) -> Iterator[str]:
    fresh = report.incidents if explain else [one for one in report.incidents if not wholly_known(one)]
    tag = f" {code(fresh[0].id)}" if fresh else ""
    yield f"## {escape(report.verdict)}{tag}"
    if report.stopped:
        yield escape(say.CUT_SHORT)
    for number, incident in enumerate(fresh, 1):
        yield _title(report, incident, number)
        yield from _incident(incident, report, explain=explain)
    known = [one for one in report.incidents if one not in fresh]
    yield _list("Known", [f"{escape(one.title)} {code(one.id)}: {escape(say.known(one.known))}" for one in known if one.known is not None])
    yield _list("Known issues", map(escape, report.known_issues))
    yield _list("Not counted", [escape(say.not_counted(report))])
    yield _list("Recovered", [f"{escape(one.title)} {code(one.id)}" for one in report.recovered])
    yield _list("Asked", map(escape, say.asked(report)))
    yield _list("Not seen", map(escape, say.not_seen(report.gaps, explain=explain)))
    yield _list("Not judged", map(escape, say.shortened(report.open, MOST_LISTED, explain=explain)))
    yield _list("Broken", map(escape, say.broken(report, explain=explain)))
    if explain:
        yield _list("Conflicts", map(escape, report.conflicts))
        yield _list("Probes", map(escape, say.timing(report)))
    yield f"{escape(say.looked(report))} {escape(say.rows(report))}" + ("" if explain else f" Details: {code('--explain')}")


def _title(report: Report, incident: Incident, number: int) -> str:
    if number > 1:
        return f"### {number}\\. {escape(incident.title)} {code(incident.id)}"
    return "" if incident.title in report.verdict else f"### {escape(incident.title)}"


def _incident(incident: Incident, report: Report, *, explain: bool, deep: bool = True) -> Iterator[str]:
    yield f"{escape(say.since(incident, report.now))}; severity: {escape(incident.severity)}"
    yield f"**Known**: {escape(say.known(incident.known))}" if incident.known is not None else ""
    words, choices, sure = say.root(incident)
    yield f"**Root** ({escape(sure)}): {escape(words)}"
    yield "\n".join(f"- {escape(choice)}" for choice in choices)
    yield f"**Evidence**{f', {say.DECIBANS}' if explain else ''}" if incident.evidence else ""
    yield "\n".join(f"- {_line(incident, line, explain=explain)}" for line in say.evidence(incident, explain=explain))
    if explain:
        causes = (f"{one.posterior:.1%} {escape(one.cause)} ({escape(say.support(one))})" for one in incident.candidates)
        yield _list("Causes, in per cent by expert weights, with decibans by group", causes)
    yield from _fixes(incident)
    command = code(say.by_id(incident, kept=report.kept)) or f"{code('diagnose')} again"
    yield f"**Check**: {'; '.join((command, *map(_check, incident.verify)))}"
    yield f"**Prevent**: {escape(say.sentences(incident.prevent))}" if incident.prevent else ""
    if deep and incident.consequences:
        yield from _consequences(incident, report, explain=explain)
    yield f"**Also**: also explained by {escape(say.ids(incident.also))}" if incident.also else ""


def _line(incident: Incident, line: Line, *, explain: bool) -> str:
    weight = f" {say.weight(line)} {escape(line.group)}:" if explain else ""
    words, seen = say.words(line, incident, explain=explain), say.seen(line)
    if not explain:
        words, seen = cut(words, _LONGEST), cut(seen, _LONGEST)
    return f"{say.MARKS[line.mark]}{weight} {escape(words)}" + (f" — {code(seen)}" if seen else "")


def _fixes(incident: Incident) -> Iterator[str]:
    for one in incident.fix:
        yield _fix(one, choice=len(incident.named) > 1)
        yield fence(one.command) if one.command else ""
    if not incident.fix:
        yield f"**Fix**: {say.no_fix(incident)}"


def _fix(one: Repair, *, choice: bool) -> str:
    return f"**Fix** ({escape(say.EFFECTS.get(one.effect, one.effect))}): {escape(say.repair(one, choice=choice))}"


def _check(check: Check) -> str:
    passes = f"passes once {code(check.condition)} {escape(say.held(check))}".rstrip() if check.condition else ""
    by_hand = f"by hand: {escape(check.do)}" if check.do else ""
    return "; ".join(part for part in (passes, by_hand) if part)


def _consequences(incident: Incident, report: Report, *, explain: bool) -> Iterator[str]:
    found = list(below(incident))
    settled = say.settled(incident)
    lines = [
        f"{'  ' * (depth - 1)}- {code(one.id)} {'known: ' if one.known else ''}{escape(one.title)} ({escape(one.severity)})" for depth, one in found
    ]
    shown = lines if explain else lines[:MOST_LISTED]
    more = f"\n- and {len(lines) - len(shown)} more: {code('--explain')}" if len(lines) > len(shown) else ""
    yield f"**Then**, {say.consequences(incident, len(found))}\n\n" + "\n".join(shown) + more
    for _depth, one in found:
        if explain:
            yield f"#### Consequence {code(one.id)}: {escape(one.title)}"
            yield from _incident(one, report, explain=True, deep=False)
        elif not settled and one.fix:
            yield f"For {code(one.id)}:"
            yield from _fixes(one)


def _list(name: str, lines: Iterable[str] | Sequence[str]) -> str:
    items = [f"- {line}" for line in lines if line]
    return f"**{name}**\n\n" + "\n".join(items) if items else ""
