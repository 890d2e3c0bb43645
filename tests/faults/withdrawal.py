"""A run as it would have been without some of its sources, with their absence named."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from agent.bundle import Bundle
from probes._contract import Unavailable


def without(seen: Bundle, probes: Collection[str], names: Collection[str] = ()) -> Bundle:
    """The bundle less what these probes gave and less the signals of these names."""
    observed = seen.observed
    gone = [signal for signal in observed.signals if signal.source.probe in probes or signal.name in names]
    lost = {signal.name for signal in gone}
    gaps = [
        Unavailable(kind=kind, why="forbidden", detail="withdrawn", remedy="Give it back.", names=tuple(sorted(of)), probe="withdrawn", asked=True)
        for kind in sorted({name.partition(".")[0] for name in lost})
        if (of := {name for name in lost if name.startswith(f"{kind}.")})
    ]
    kept = [signal for signal in observed.signals if signal not in gone] if gone else observed.signals
    return msgspec.structs.replace(seen, observed=msgspec.structs.replace(observed, signals=kept, unavailable=[*observed.unavailable, *gaps]))
