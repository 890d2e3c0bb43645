"""What a program printed about its own memory and its progress, line by line.

`epoch 0 step 8 loss 1.92 rss 21 MB`  ->  a sample of 21 MiB, and one step more. Counters that begin anew open a new attempt: a worker that was
started again by its master, or, where a log holds several, the program itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

MOST_LINE = 1000

_ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_STAMP = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?")
_RANK = re.compile(r"\brank[ =:_]{0,2}(\d{1,5})", re.IGNORECASE)

_MEMORY = re.compile(
    r"""(?<![\w-])(?<!of[ ])(?<!free[ ])(?<!total[ ])(?<!available[ ])
    (?P<label>(?:[a-z]{1,12}_){0,3}rss | vmrss | maxrss | resident(?:\ set)?(?:\ size|\ memory)? | heap(?:[ _]?used)?
      | (?:[a-z]{1,12}_){0,2}memory_(?:allocated|reserved|used|usage)
      | (?:(?:gpu|cuda|peak|process|host|cpu|sys|system|used|current|rank|worker|job|trainer|python)[ _])?mem(?:ory)?(?:[ _](?:usage|used|use|allocated|in\ use|footprint|consumption))? | vram)
    (?:_(?P<ending>bytes|[kmg]i?b))?(?:\(\))?["']?\s?(?:\((?P<beside>[kmg]i?b)\))?\s?(?:is|at|now)?\s?[:=]?\s{0,8}["'(]?
    (?P<number>\d{1,15}(?:\.\d{1,9})?)\s?(?P<unit>[kmgt]i?b?|bytes|b)?(?![\w%])""",
    re.IGNORECASE | re.VERBOSE,
)
_POWERS = {"k": 10, "m": 20, "g": 30, "t": 40}
_LEAST_BARE = 1e6
"""A number without a unit is taken for bytes from here on."""

_COUNTERS = re.compile(
    r"""(?<![\w/.-])(?P<unit>epoch|chunk|partition|(?:global_|train_)?step|iter(?:ation)?|(?:mini-?)?batch(?!\s?=)|rows?|records?|requests?)
    ["']?\s?[:=#]?\s{0,4}[\[(]?\s?(?P<number>\d[\d,]{0,14}(?:\.\d{1,6})?)\b
    | (?:processed|handled|scored|wrote|written|finished|completed|done)\s(?P<items>\d[\d,_]{0,14})\s(?:of\s\d{1,15}\s)?(?P<what>[a-z]{3,20})
    | ^\[(?P<round>\d{1,7})\]\s+[\w'\ -]{2,40}[:=]\s?-?\d
    | (?P<bar>\d{1,9})/\d{1,9}\s{1,4}(?:\[[^\]]{0,80}(?:it/s|s/it)|\[[=>.]{3,}|\S{3,80}\s.{0,60}s/step)""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER = ("epoch", "chunk", "step", "batch", "request", "item")
"""From coarse to fine: when one goes up, those after it begin anew."""
_SPANS = ("chunk", "step", "batch", "request")
"""Units whose numbers count work; rows may be counted while they are but read."""
_STEPS = {"epoch", *_SPANS}
_SAME = {
    "partition": "chunk",
    "iter": "step",
    "iteration": "step",
    "global_step": "step",
    "train_step": "step",
    "minibatch": "batch",
    "batche": "batch",
}
_ASIDE = re.compile(r"\b(?:load|download|resum|restor|fetch|tokeniz|val\b|valid|eval|test)", re.IGNORECASE)
"""Before a counter: it does not count the work itself."""
_RESULT = re.compile(
    r"\b(?:\w{0,20}loss|acc|accuracy|auc|ndcg|f1|mse|mae|rmse|perplexity|reward|done|finished|complete|completed|processed|handled|scored|written"
    r"|took|eta)\b|\d(?:it/s|s/it)|s/step",
    re.IGNORECASE,
)


class Printed(NamedTuple):
    """A sample: in which attempt, when if the line says so, and how many bytes."""

    attempt: int
    at: float | None
    value: float


class Attempt:
    """The progress that one attempt printed."""

    def __init__(self) -> None:
        self.lines = 0
        self.finished = False
        self._last: dict[str, float] = {}
        self._gone: dict[str, float] = defaultdict(float)

    @property
    def steps(self) -> int:
        """As many as there are lines, or as the numbers of steps, batches, chunks or requests span."""
        return max([self.lines, *(int(self._gone[unit]) for unit in _SPANS)])

    def precedes(self, counters: Mapping[str, float]) -> bool:
        """Whether these counters have begun anew."""
        for unit in _ORDER:
            if unit in counters and unit in self._last and counters[unit] != self._last[unit]:
                return counters[unit] < (self._last[unit] if unit == "epoch" else self._last[unit] / 2)
        return False

    def add(self, counters: Mapping[str, float], line: str) -> None:
        self.lines += 1
        self.finished |= bool(_RESULT.search(line)) or counters.get("step", 0) >= 2 or counters.get("chunk", 0) >= 2
        for place, unit in enumerate(_ORDER):
            if unit in counters:
                last = self._last.get(unit)
                if last is not None and counters[unit] > last:
                    self.finished = True
                    self._gone[unit] += counters[unit] - last
                    for finer in _ORDER[place + 1 :]:
                        self._last.pop(finer, None)
                self._last[unit] = max(counters[unit], last or 0.0)


class Log:
    """A log read once: its attempts, and its samples by what they are called and which rank prints them."""

    def __init__(self, text: str) -> None:
        self.attempts = [Attempt()]
        self.series: dict[tuple[str, str], list[Printed]] = defaultdict(list)
        for line in _ANSI.sub("", text).splitlines():
            self._read(line[:MOST_LINE])

    def _read(self, line: str) -> None:
        counters = _counters(line)
        if counters is not None:
            if self.attempts[-1].precedes(counters):
                self.attempts.append(Attempt())
            self.attempts[-1].add(counters, line)
        for label, value in _memory(line):
            rank = _RANK.search(line)
            self.series[(label, rank[1] if rank else "")].append(Printed(len(self.attempts), _stamp(line), value))

    def longest(self) -> tuple[str, list[Printed]]:
        """The series with the most samples, and what it is called."""
        best = max(self.series, key=lambda name: (len(self.series[name]), not on_device(name[0])), default=None)
        return ("", []) if best is None else (best[0], self.series[best])


def on_device(label: str) -> bool:
    """Whether this is the memory of a GPU, to which no limit of a container applies."""
    return any(word in label for word in ("gpu", "cuda", "vram", "allocated", "reserved"))


def last_step(lines: Iterable[str]) -> int:
    """The number of the last line that counts work done; -1 without one."""
    return max((number for number, line in enumerate(lines) if _STEPS & set(_counters(line[:MOST_LINE]) or ())), default=-1)


def _counters(line: str) -> dict[str, float] | None:
    """The numbers of a progress line, none of them for a progress bar; None for any other line."""
    found: dict[str, float] = {}
    seen = False
    for match in _COUNTERS.finditer(line):
        if _ASIDE.search(line, 0, match.start()):
            return None
        seen = True
        if match["bar"] is None:
            word = (match["unit"] or match["what"] or "step").lower().replace("-", "").removesuffix("s")
            unit = _SAME.get(word, word if word in _ORDER else "item")
            digits = match["number"] or match["items"] or match["round"]
            found.setdefault(unit, float(digits.replace(",", "").replace("_", "")))
    return found if seen else None


def _memory(line: str) -> Iterator[tuple[str, float]]:
    for match in _MEMORY.finditer(line):
        unit = (match["unit"] or match["ending"] or match["beside"] or "").lower()
        value = float(match["number"]) * 2 ** _POWERS.get(unit[:1], 0)
        if unit or value >= _LEAST_BARE:
            yield match["label"].lower(), value


def _stamp(line: str) -> float | None:
    """A time at the line's beginning, as if it were UTC: only differences are used."""
    found = _STAMP.search(line, 0, 60)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(f"{found[1]}-{found[2]}-{found[3]}T{found[4]}").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return whole + float(f"0.{found[5] or 0}")


def times(samples: list[Printed]) -> list[float] | None:
    """When each was printed, those of one second spread over it; None where the lines do not say."""
    stamps = [sample.at for sample in samples if sample.at is not None]
    if len(stamps) < len(samples) or stamps != sorted(stamps) or len(set(stamps)) < 2:
        return None
    grain = 1.0 if all(stamp.is_integer() for stamp in stamps) else 1e-3
    groups = [(at, len(list(group))) for at, group in groupby(stamps)]
    return [at + grain * place / size for at, size in groups for place in range(size)]
