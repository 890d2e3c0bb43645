"""Does a series grow in a line without an end, level off, or stay? Theil-Sen, Mann-Kendall, and the line against rises that end.

trend([(0, 10e6), (30, 16e6), (60, 22e6), …], limit=128e6)  ->  Trend("leak", 0.2e6)
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise, repeat
from operator import mul, sub, truediv
from typing import Literal, NamedTuple

Verdict = Literal["leak", "saturating", "flat", "too few"]
Samples = Sequence[tuple[float, float]]
Block = list[tuple[float, float]]

LEAST, MOST, THINNED = 30, 300, 200
"""Samples after warm-up that a verdict takes; that are all looked at; and that are looked at of more."""
WARM_UP, RISE, FALL = 0.1, 0.15, 0.5
SURE_P, SURE_BIC, Z95 = 0.01, 6.0, 1.959964
TAUS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7)
JUMPS = tuple(at / 20 for at in range(2, 20))
"""What a rise that ends is held against the line as: a curve of these time constants, or one jump there, in parts of the longest attempt."""


class Trend(NamedTuple):
    """The verdict, and the growth in bytes a unit of time (0 where it was not come to)."""

    verdict: Verdict
    slope: float = 0.0


def trend(samples: Samples, limit: float | None, starts: Sequence[float] | None = None, least: int = LEAST) -> Trend:
    """A leak is a slope above 0 with 95 % certainty, a rise by 15 % of the limit, and a line rather than a rise that ends.

    `starts` says when attempts began; unsaid, each fall by half is taken for one. Slopes are taken within attempts only.
    "too few" is also the answer where a line and a rise that ends fit alike.
    """
    blocks = _thinned([kept for block in _attempts(samples, starts) if len(kept := _after_warm_up(block)) >= 3])
    if sum(map(len, blocks)) < least:
        return Trend("too few")
    slopes = sorted(slope for block in blocks for slope in _slopes(block))
    spread = math.sqrt(sum(map(_variance, blocks)))
    score = len(slopes) - bisect_right(slopes, 0.0) - bisect_left(slopes, 0.0)
    lowest = slopes[max(0, int((len(slopes) - Z95 * spread) / 2))]
    slope = (slopes[(len(slopes) - 1) // 2] + slopes[len(slopes) // 2]) / 2
    span = max(block[-1][0] for block in blocks)
    whole = limit or max(value for block in blocks for _, value in block)
    if lowest <= 0 or math.erfc((score - 1) / spread / math.sqrt(2)) >= SURE_P or slope * span < RISE * whole:
        return Trend("flat", slope)
    lead = _lead(blocks, span, whole)
    return Trend("leak" if lead > SURE_BIC else "saturating" if lead < -SURE_BIC else "too few", slope)


def _attempts(samples: Samples, starts: Sequence[float] | None) -> list[Block]:
    """Times from the start of each attempt; of two samples at one time the last. No memory at all is no process."""
    ordered = sorted({at: value for at, value in samples if math.isfinite(at) and 0 < value < math.inf}.items())
    cuts = falls(ordered) if starts is None else sorted(starts)
    groups = groupby(ordered, key=lambda sample: bisect_right(cuts, sample[0]))
    blocks = [list(group) for _, group in groups]
    return [[(at - block[0][0], value) for at, value in block] for block in blocks]


def falls(ordered: Iterable[tuple[float, float]]) -> list[float]:
    """When the value had fallen by more than half: a new process, or memory given back."""
    return [this[0] for last, this in pairwise(ordered) if this[1] < FALL * last[1]]


def _after_warm_up(block: Block) -> Block:
    return [sample for sample in block if sample[0] >= WARM_UP * block[-1][0]]


def _thinned(blocks: list[Block]) -> list[Block]:
    count = sum(map(len, blocks))
    share = 1.0 if count <= MOST else THINNED / count
    counts = [max(2, int(len(block) * share)) for block in blocks]
    return [[block[round(place * (len(block) - 1) / (most - 1))] for place in range(most)] for block, most in zip(blocks, counts, strict=True)]


def _slopes(block: Block) -> Iterable[float]:
    times, values = [at for at, _ in block], [value for _, value in block]
    for place in range(len(block) - 1):
        rises = map(sub, values[place + 1 :], repeat(values[place]))
        yield from map(truediv, rises, map(sub, times[place + 1 :], repeat(times[place])))


def _variance(block: Block) -> float:
    """Of Kendall's S; equal values make it smaller."""
    sizes = [len(block), *Counter(value for _, value in block).values()]
    first, *ties = (size * (size - 1) * (2 * size + 5) for size in sizes)
    return (first - sum(ties)) / 18


def _lead(blocks: list[Block], span: float, whole: float) -> float:
    """BIC of the best rise that ends less BIC of the line; each attempt has a level of its own."""
    values = [_centred([value for _, value in block]) for block in blocks]
    count = sum(map(len, values))
    total = sum(sum(map(mul, one, one)) for one in values)

    def left(shape: Callable[[float], float]) -> float:
        shapes = [_centred([shape(at) for at, _ in block]) for block in blocks]
        cross = sum(sum(map(mul, one, other)) for one, other in zip(shapes, values, strict=True))
        square = sum(sum(map(mul, one, one)) for one in shapes)
        return max(count * (1e-4 * whole) ** 2, total - cross**2 / square) if cross > 0 else total

    ends = min(map(left, (*(_curve(part * span) for part in TAUS), *(_jump(part * span) for part in JUMPS))))
    return count * math.log(ends / left(float)) + math.log(count)


def _centred(values: list[float]) -> list[float]:
    middle = sum(values) / len(values)
    return [value - middle for value in values]


def _curve(tau: float) -> Callable[[float], float]:
    return lambda at: -math.exp(-at / tau)


def _jump(moment: float) -> Callable[[float], float]:
    return lambda at: float(at >= moment)
