"""What does a container's log tell last of a store of artifacts, and was it writing or loading when it ended?

An error occurred (AccessDenied) when calling the PutObject operation  ->  container.store_trouble=denied  container.writing_trouble=denied
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probes._contract import Spec, Value
from rules._blocks import block_start
from rules._derivation import Derivation, Given
from rules._signatures import Match, decisive, ours

_LINES = 200
"""Of a log's end: a traceback of three libraries takes a hundred."""

BY_SERVER = frozenset({"server-failed", "not-served", "too-large"})
"""What only somebody meets who writes through a server."""

_TRIED, _DONE = "upload-tried", "upload-done"


def _log(given: Given) -> Mapping[str, Value]:
    """The last that its log tells of a store; nothing where an upload went well after it."""
    log = given.text("container.log_tail")
    last = log.rstrip("\n").count("\n")
    matches = ours().scan(log, "application-log")
    found = [one for one in matches if one.id.startswith("s3/") and one.line >= last - _LINES]
    done = max((one.line for one in found if one.signature.trait == _DONE), default=-1)
    after = [one for one in found if one.line > done]
    told = [one for one in after if one.signature.trait not in (_TRIED, _DONE)]
    word = told[-1].signature.trait.partition("-")[2] if told else ""
    tried = any(one.signature.trait == _TRIED for one in after) or word in {*BY_SERVER, "local-path"}
    return {
        "container.store_trouble": word,
        "container.store_line": told[-1].text.strip()[:200] if told else None,
        "container.writing_trouble": word if tried else "",
        "container.ended_over": _ended_over(log, matches),
    }


def _ended_over(log: str, matches: Sequence[Match]) -> str:
    """What the traceback that ended it was about: writing, loading, or neither."""
    why = decisive(log, matches)
    if why is None:
        return ""
    start = block_start(log.rstrip("\n").split("\n"), why.line)
    traits = {one.signature.trait for one in matches if one.line >= start}
    if _TRIED in traits or traits & {f"upload-{word}" for word in BY_SERVER}:
        return "writing"
    return "loading" if any(trait.startswith("model-") for trait in traits) else ""


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(
                name="container.store_trouble",
                type="text",
                doc="the last that its log tells of an S3 store, in one word",
                covered_by="container.log_complete",
            ),
            Spec(name="container.store_line", type="text", doc="the line that tells it"),
            Spec(name="container.writing_trouble", type="text", doc="the same, where it was writing", covered_by="container.log_complete"),
            Spec(
                name="container.ended_over",
                type="text",
                doc="what the traceback at its log's end is about: writing artifacts, loading a model; else empty",
                covered_by="container.log_complete",
            ),
        ),
        needs=("container.log_tail",),
        function=_log,
    ),
)
