"""`diagnose access`: what may be seen from here, and for what may not, the grant or setting that would open it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.discover import Target
from agent.pipeline import load, look_once, probes_for
from agent.report.model import Gap
from agent.settings import Settings
from probes._contract import Probe
from rules._facts import Facts


def access_text(settings: Settings, targets: Sequence[Target]) -> str:
    """Send every sweep once and say, probe by probe, what it may see."""
    from agent.report._gaps import gaps_by_probe

    probes, book = load()
    mine = probes_for(probes, targets)
    observed, _visits = look_once([(probe, ()) for probe in mine if probe.sweeps], targets, settings.deadline)
    by_probe = gaps_by_probe(book, Facts(observed, book.vocabulary))
    lines = [line for probe in probes for line in _lines(probe, probe in mine, by_probe.get(probe.name, ()))]
    return "\n".join(lines)


def _lines(probe: Probe, here: bool, gaps: Sequence[Gap]) -> list[str]:  # noqa: FBT001  # said once, two lines above
    needs = f"  needs {', '.join(probe.permissions)}" if probe.permissions else ""
    if not here:
        return [f"-    {probe.name}: no address for {probe.name.partition('.')[0]}.{needs}"]
    if not probe.sweeps:
        return [f"     {probe.name}: looks closer at suspects when a question is open.{needs}"]
    if not gaps:
        return [f"yes  {probe.name}: {probe.doc}{needs}"]
    found = [f"NO   {probe.name}: {gap.why}: {gap.detail}\n     {gap.remedy}" for gap in gaps]
    return [f"{line}\n     Leaves open: {'; '.join(gap.leaves_open)}." if gap.leaves_open else line for line, gap in zip(found, gaps, strict=True)]
