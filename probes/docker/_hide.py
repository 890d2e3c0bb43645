"""Environment and labels without the values that are nobody's business.

The runner redacts all text by key and by shape; a value whose name sounds like a secret does not even get that far.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 1000
"""Characters of one pair that are kept."""

_SECRET = re.compile(
    r"passw|passphrase|pwd$|secret|token(?![a-z])|credential|cookie|private|signature|(?<![a-z])(auth|pass|dsn|salt|sas)(?![a-z])|(api|access|account|auth|encryption|license|secret|ssh|storage)[-_.]?key|(?<![a-z])keys?$",
    re.IGNORECASE,
)


def sounds_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def visible(pairs: Sequence[str], most: int) -> tuple[str, ...]:
    """The first `most` of texts `NAME=value`, each cut to 1000 characters; `NAME` alone where it sounds like a secret. `NAME=` is an empty value."""
    return tuple(_visible(pair)[:LONGEST] for pair in pairs[:most])


def _visible(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name if equals and value and sounds_secret(name) else pair
