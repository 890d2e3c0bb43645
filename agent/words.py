"""Which rows of the matrix do the words of a page mean? Counted, not guessed: no model, the same words give the same rows.

"503 api"                        serving/api-503
"KubePodCrashLooping"            kubernetes/crashloopbackoff
"OSError: [Errno 28] No space left on device"     the rows with a cause that a log tells by such a line
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import msgspec

from agent.matrix import UsageError
from rules._row import Row, Triage

_FIELDS = {"id": 4.0, "symptom": 5.0, "causes": 2.0, "says": 2.0, "triage": 1.0, "fix": 0.7}
"""What a word counts where it stands: in the symptom, in a cause, in a command …"""

_LOG_LINE = 8.0
"""What a row gains whose evidence asks for what a signature reads in the words."""

_NEAR = 0.6
"""Of the best row's count, what another must reach to be meant as well."""

_MOST = 4
_MOST_TRIED = 20
"""Words that others like them are looked for."""
_MOST_WORDS = 200
"""Words that are read; of more, as a pasted log has them, the first."""
_PREFIX = 4
"""Letters that two words must share from their start on to count as one: looping, loop."""

_WORD = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EMPTY = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are at be but by can do does for from has have how i in is it its kube me my no not of on or our so that the there this to too was we"
        " what when why will with you",
    )
)
"""Words that tell nothing; `kube` stands before every alert's name."""


class Meant(msgspec.Struct, frozen=True):
    """The rows that words mean, the likeliest first, and the words that nothing in the matrix has."""

    rows: tuple[Row, ...]
    strange: tuple[str, ...] = ()


def rows_meant(words: Sequence[str], rows: Iterable[Row]) -> Meant:
    """The rows that these words mean. Raises UsageError with the nearest rows if nothing in the matrix has one of them."""
    index = _Index(rows)
    text = " ".join(words)
    tokens = list(dict.fromkeys(_tokens(text)))[:_MOST_WORDS]
    counts = index.counted(tokens)
    for row_id, gain in _by_signatures(text, index.rows.values()).items():
        counts[row_id] += gain
    strange = tuple(token for token in tokens if not index.knows(token))
    if not counts:
        raise UsageError(
            f"Nothing in the matrix has the words '{text}'. {_nearest(tokens, index)}Name a thing with KIND/NAME, such as pod/trainer-0."
        )
    best = max(counts.values())
    ordered = sorted(counts, key=lambda row_id: (-counts[row_id], row_id))
    return Meant(tuple(index.rows[row_id] for row_id in ordered if counts[row_id] >= _NEAR * best)[:_MOST], strange)


class _Index:
    """Each row's words, and how telling each word is: one that stands in few rows tells more."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.id: row for row in rows}
        self._weights = {row_id: _weights(row) for row_id, row in self.rows.items()}
        self._in_rows = Counter(token for weights in self._weights.values() for token in weights)

    @property
    def words(self) -> list[str]:
        return sorted(self._in_rows)

    def having(self, token: str) -> list[str]:
        """Rows with this word, first those where it counts most."""
        mine = [(weights[token], row_id) for row_id, weights in self._weights.items() if token in weights]
        return [row_id for _weight, row_id in sorted(mine, key=lambda pair: (-pair[0], pair[1]))]

    def knows(self, token: str) -> bool:
        return any(_alike(token, known) for known in self._in_rows)

    def counted(self, tokens: Iterable[str]) -> dict[str, float]:
        counts: dict[str, float] = defaultdict(float)
        for token in tokens:
            known = [(word, 1.0 if word == token else 0.7) for word in self._in_rows if _alike(token, word)]
            for row_id, weights in self._weights.items():
                mine = [weights[word] * near * self._telling(word) for word, near in known if word in weights]
                if mine:
                    counts[row_id] += max(mine)
        return counts

    def _telling(self, word: str) -> float:
        return math.log(1 + len(self.rows) / self._in_rows[word])


def _weights(row: Row) -> Mapping[str, float]:
    texts = {
        "id": [row.id.rpartition("/")[2]],
        "symptom": [row.symptom],
        "causes": [cause.cause for cause in row.causes],
        "says": [text for line in row.evidence for text in (line.say, line.ask)],
        "triage": [one.command if isinstance(one, Triage) else one for one in row.triage],
        "fix": [fix.do for fix in row.fix],
    }
    found: dict[str, float] = {}
    for field, of in texts.items():
        for token in (token for text in of for token in _tokens(text)):
            found[token] = max(_FIELDS[field], found.get(token, 0.0))
    return found


def _tokens(text: str) -> list[str]:
    """Words in lower case without plurals; a name in humps is several words.

    >>> _tokens("KubePodCrashLooping: 503 errors")
    ['pod', 'crash', 'looping', '503', 'error']
    """
    found = _WORD.findall(_HUMP.sub(" ", text).lower())
    return [word[:-1] if len(word) > _PREFIX and word.endswith("s") and not word.endswith("ss") else word for word in found if word not in _EMPTY]


def _alike(one: str, other: str) -> bool:
    """The same word, or one that the other begins with; numbers are only themselves."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _PREFIX and long.startswith(short) and not short.isdigit()


def _by_signatures(text: str, rows: Iterable[Row]) -> dict[str, float]:
    """Rows whose evidence asks for what our signatures read in these words, as if they were a line of a log."""
    from rules._signatures import Channel, ours

    says = {f'"{match.signature.says}"' for channel in get_args(Channel) for match in ours().scan(text, channel) if match.signature.says}
    return {row.id: _LOG_LINE for row in rows if any(said in line.if_ for line in row.evidence for said in says)}


def _nearest(tokens: Sequence[str], index: _Index) -> str:
    known = [word for token in tokens[:_MOST_TRIED] for word in difflib.get_close_matches(token, index.words, n=2, cutoff=0.7)][:_MOST]
    close = dict.fromkeys(f"{row_id} ({word})" for word in known for row_id in index.having(word)[:2])
    return f"Nearest: {', '.join(close)}. " if close else ""
