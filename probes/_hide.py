"""Environment and labels without the values that are nobody's business: what stands under a secret's name is remembered as a secret."""

from __future__ import annotations

from collections.abc import Sequence

from probes._redact import Redactor

LONGEST = 1000
"""Characters of one pair that are kept."""


def visible(redactor: Redactor, pairs: Sequence[str], most: int) -> tuple[str, ...]:
    """The first `most` of texts `NAME=value`, each cut to 1000 characters, with a token for a value whose name says that it is secret."""
    return tuple(_visible(redactor, pair)[:LONGEST] for pair in pairs[:most])


def _visible(redactor: Redactor, pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{redactor.named(name, value)}" if equals else pair
