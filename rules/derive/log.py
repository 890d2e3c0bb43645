"""What do the log of the last attempt and the engine's own error mean? Signatures become signals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probes._contract import Spec, Value
from rules._blocks import LAST_LINES
from rules._derivation import Derivation, Given
from rules._signatures import CAPTURES, Match, borne_out, decisive, ours
from rules.derive._printed import last_step

LONGEST_LINE = 200
TAIL_LINES = 60
UNREACHABLE = "dependency-unreachable"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
SHOWN = ("module", "library", "file", "command", "host", "port", "key")
COVER = "container.log_complete"


def _log(given: Given) -> Mapping[str, Value]:
    text = given.text("container.log_tail")
    matches = borne_out(text, ours().scan(text, "application-log"))
    why = decisive(text, matches)
    last = text.rstrip("\n").count("\n")
    near = [match for match in matches if match.line >= last - TAIL_LINES]
    step = last_step(text.split("\n")) if any(_is_place(match) for match in near) else -1
    traits = {match.signature.trait or match.signature.says for match in near if not _is_place(match) or match.line >= step}
    found: dict[str, Value] = {
        "container.log_says": why.signature.says if why else "",
        "container.log_line": (why.text if why else _last_line(text))[:LONGEST_LINE],
        "container.log_traits": tuple(sorted(traits)),
    }
    captures = _captures(matches, why)
    return found | {f"container.log_{name}": captures.get(name, "") for name in SHOWN} | _gpu(captures)


def _is_place(match: Match) -> bool:
    """Whether it tells what the program was at: that is over once a step of its work is told after it."""
    return match.signature.trait.startswith("frame-")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.split("\n")) if line.strip()), "")


def _captures(matches: Sequence[Match], why: Match | None) -> dict[str, str]:
    """What the deciding line captured; what it lacks, from other lines that say the same, or tell what it had set out to do."""
    found: dict[str, str] = {}
    if why is not None:
        for match in matches:
            if match.signature.says == why.signature.says or match.signature.trait == "gpu-numbers":
                found |= match.captures
        found |= why.captures
        if why.signature.says == UNREACHABLE and "host" not in found:
            found |= _last_sought(matches, why)
    return found


def _last_sought(matches: Sequence[Match], why: Match) -> Mapping[str, str]:
    """The host and port that it said it was connecting to shortly before."""
    sought = [match for match in matches if match.signature.trait == "connects-to" and 0 <= why.line - match.line <= LAST_LINES]
    return sought[-1].captures if sought else {}


def _gpu(captures: Mapping[str, str]) -> dict[str, Value]:
    """From the numbers of a CUDA message: what others hold of the GPU, and whether enough was reserved but unused."""
    tried, capacity, free, allocated, reserved, mine = (
        _bytes(captures, name) for name in ("tried", "capacity", "free", "allocated", "reserved", "mine")
    )
    own = mine if mine is not None else None if allocated is None or reserved is None else allocated + reserved
    others = max(0.0, (capacity - free - own) / capacity) if capacity and free is not None and own is not None else None
    fragmented = None if reserved is None or tried is None or not capacity else reserved >= tried and reserved >= max(2**30, 0.1 * capacity)
    told = {"container.gpu_others_ratio": others, "container.gpu_fragmented": fragmented}
    return {name: value for name, value in told.items() if value is not None}


def _bytes(captures: Mapping[str, str], name: str) -> float | None:
    number, unit = captures.get(name), captures.get(f"{name}_unit")
    return float(number) * _UNITS[unit] if number and _NUMBER.fullmatch(number) and unit in _UNITS else None


def _start(given: Given) -> Mapping[str, Value]:
    matches = ours().scan(given.text("container.start_error"), "runtime")
    return {"container.start_says": matches[0].signature.says if matches else ""}


assert set(SHOWN) < set(CAPTURES)  # noqa: S101  # a shown capture that no pattern may have would always be empty
_WORDS = {
    "module": "a module that its log misses", "library": "a library that its log misses", "file": "a file its log names",
    "command": "a command its log names", "host": "a host its log could not reach", "port": "a port its log names", "key": "a setting its log misses",
}  # fmt: skip
DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.log_says", type="text", doc="what the end of its log means", covered_by=COVER),
            Spec(name="container.log_line", type="text", doc="the line that says so, or the last one"),
            Spec(name="container.log_traits", type="texts", doc="everything that the end of its log tells of", covered_by=COVER),
            Spec(name="container.gpu_others_ratio", type="double", unit="ratio", doc="of the GPU's memory, what others hold by the message"),
            Spec(name="container.gpu_fragmented", type="bool", doc="as much as was asked for was reserved but not in use"),
            *(Spec(name=f"container.log_{name}", type="text", doc=_WORDS[name]) for name in SHOWN),
        ),
        needs=("container.log_tail",),
        function=_log,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.start_says", type="text", doc="what the engine's error at the start means"),),
        needs=("container.start_error",),
        function=_start,
    ),
)
