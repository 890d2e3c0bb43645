"""The ending of a container or process in a few words, for the first line of a report."""

from __future__ import annotations

from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given
from rules._words import bytes_text

_ENDINGS = {
    "completed": "it ends normally (code 0) and is started again",
    "oom": "the kernel kills it for memory",
    "killed": "it is killed (SIGKILL)",
    "terminated": "it is told to end (SIGTERM)",
    "stopped": "it is stopped by command",
    "start-error": "it cannot be started",
    "bus-error": "it dies of SIGBUS",
    "illegal-instruction": "it dies of an illegal instruction",
    "aborted": "it aborts (SIGABRT)",
    "segfault": "it dies of a segmentation fault",
}


def _death(given: Given) -> Mapping[str, Value]:
    code = given["container.ended_with"]
    ending = _ENDINGS.get(given.text("container.death")) or ("nobody saw how it ended" if code is None else f"it ends with code {code}")
    restarts = given.number("container.restart_count")
    return {"container.death_words": f"{ending}, {restarts:.0f} restart{'' if restarts == 1 else 's'}" if restarts else ending}


def _memory(given: Given) -> Mapping[str, Value]:
    limit = given.number("container.memory_limit_bytes")
    at_limit = f" at its limit of {bytes_text(limit)}" if limit else ""
    words = {
        "oom": f"killed for memory{at_limit}",
        "child": f"a process in it was killed for memory{at_limit}",
        "evicted": "evicted, for its node was low on memory",
        "killed": "killed by SIGKILL, perhaps for memory",
        "log": "by its own log",
    }
    return {"container.memory_words": words.get(given.text("container.memory_trouble"))}


def _called(given: Given) -> Mapping[str, Value]:
    """Its name, and its class where that is known."""
    kind = given.subject.kind
    sort = given.text(f"{kind}.class")
    return {f"{kind}.called": given.subject.key if sort in ("", "unknown") else f"{given.subject.key} ({sort})"}


def _process(given: Given) -> Mapping[str, Value]:
    size = given.number("process.rss_bytes")
    held = f" while it held {bytes_text(size)}" if size else ""
    return {"process.memory_words": f"killed for memory{held}" if given.text("process.memory_trouble") else None}


DERIVATIONS = (
    *(
        Derivation(
            kind=kind,
            gives=(Spec(name=f"{kind}.called", type="text", doc="its name, and its class where that is known"),),
            wants=(f"{kind}.class",),
            function=_called,
        )
        for kind in ("container", "process")
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.death_words", type="text", doc="how it ends, in words"),),
        needs=("container.death", "container.ended_with"),
        wants=("container.restart_count",),
        function=_death,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.memory_words", type="text", doc="its memory trouble, in words"),),
        needs=("container.memory_trouble",),
        wants=("container.memory_limit_bytes",),
        function=_memory,
    ),
    Derivation(
        kind="process",
        gives=(Spec(name="process.memory_words", type="text", doc="its memory trouble, in words"),),
        needs=("process.memory_trouble",),
        wants=("process.rss_bytes",),
        function=_process,
    ),
)
