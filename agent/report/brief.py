"""What is wrong in a few lines, for a place that keeps no more: the termination message of a container, which `kubectl describe` shows.

Kubernetes keeps 4096 bytes of it (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/), and of a longer file the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.report import _say as say
from agent.report._clean import cleaned
from agent.report._layout import cut
from agent.report.model import Gap, Incident, Report, wholly_known

MOST_BYTES = 4096
_LONGEST = 240
_LONGEST_COMMAND = 400
_MOST_FIXES = 2


def render(report: Report, *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    """The verdict, the gravest problems with cause and repair as far as there is room, and what could not be seen; 4096 bytes at most."""
    del explain, width, colour
    whole = cleaned(report)
    head = [cut(whole.verdict, _LONGEST), *([say.CUT_SHORT] if whole.stopped else ())]
    fresh = [one for one in whole.incidents if not wholly_known(one)]
    tail = [*_blind(whole.gaps), f"{_rest(len(fresh))}The whole report is in the log."]
    room = MOST_BYTES - _size([*head, *tail])
    shown: list[str] = []
    for number, incident in enumerate(fresh, 1):
        lines = list(_incident(number, incident))
        if _size([*shown, *lines]) > room:
            break
        shown += lines
        tail[-1] = f"{_rest(len(fresh) - number)}The whole report is in the log."
    return "\n".join([*head, *shown, *tail]) + "\n"


def _rest(count: int) -> str:
    return f"{count} more problem{'' if count == 1 else 's'}. " if count else ""


def _incident(number: int, incident: Incident) -> Iterator[str]:
    words, choices, sure = say.root(incident)
    yield f"{number}. {cut(incident.title, _LONGEST)} [{incident.id}] severity: {incident.severity}"
    yield f"   ROOT {cut(' / '.join((words, *choices)), _LONGEST)} ({sure})"
    for one in incident.fix[:_MOST_FIXES]:
        yield f"   FIX  {cut(say.repair(one, choice=len(incident.named) > 1), _LONGEST)} ({say.EFFECTS.get(one.effect, one.effect)})"
        if one.command and len(one.command.encode()) <= _LONGEST_COMMAND:
            yield f"        {one.command}"


def _blind(gaps: Iterable[Gap]) -> Iterator[str]:
    asked = say.unseen([gap for gap in gaps if gap.asked])
    if asked:
        yield f"NOT SEEN {cut('; '.join(f'{one.what}: {one.why}' for one in asked), _LONGEST)}"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
