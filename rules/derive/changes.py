"""What changed before it began to fail: image, configuration, limits, against the container it replaced and an earlier run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

SOON_S = 15 * 60.0


def _earlier(given: Given, name: str) -> Value:
    """The same signal in the earlier run, if there is one."""
    if given.facts.earlier is None:
        return None
    value = given.facts.earlier.value(given.subject, name)
    return value if value is None or isinstance(value, bool | int | float | str | tuple) else None


def _differs(given: Given, name: str, replaced: str) -> bool | None:
    """Whether a signal is known to differ from the container replaced or from the earlier run; None if nobody looked for either."""
    before = given[replaced] if given[replaced] not in (None, "") else _earlier(given, name)
    if before in (None, ""):
        return False if given.seen(replaced) or given.facts.earlier is not None else None
    return before != given[name]


def _changes(given: Given) -> Mapping[str, Value]:
    image = _differs(given, "container.image", "container.previous_image")
    digest = _earlier(given, "container.image_id")
    if digest is not None and not image:
        image = digest != given["container.image_id"]
    config = _differs(given, "container.compose_config_hash", "container.previous_config_hash")
    told: dict[str, Value] = {"container.image_changed": image, "container.config_changed": config}
    if image is not None and config is not None and given.seen("container.first_failure_at"):
        created, failed = given.number("container.created_at"), given.number("container.first_failure_at")
        soon = created is not None and failed is not None and 0 <= failed - created <= SOON_S
        told["container.changed_before_failure"] = (image or config) and soon
    return {name: value for name, value in told.items() if value is not None}


def _updated(given: Given) -> Mapping[str, Value]:
    """`docker update` shortly before the first failure; the event says neither what was changed nor from what."""
    at, failed = given.number("container.updated_at"), given.number("container.first_failure_at")
    return {"container.updated_before_failure": at is not None and failed is not None and 0 <= failed - at <= SOON_S}


_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?")
_UNITS = {None: 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def _version_before(given: Given) -> float | None:
    """The memory limit that the version of its workload before this one had, where this one changed it."""
    start = f"memory limit of {given.text('container.name')}: "
    words = next((text.removeprefix(start).partition(" -> ")[0] for text in given.texts("workload.changes") if text.startswith(start)), "")
    found = _QUANTITY.fullmatch(words)
    return float(found[1]) * _UNITS[found[2]] if found else None


def _limits(given: Given) -> Mapping[str, Value]:
    before: Value = _earlier(given, "container.memory_limit_bytes")
    if before is None:
        before = _version_before(given)
    now = given.number("container.memory_limit_bytes")
    known = isinstance(before, int | float) and not isinstance(before, bool)
    unlimited = given.facts.earlier is not None and _earlier(given, "container.has_memory_limit") is False
    lowered = (known and now is not None and now < float(before)) or (unlimited and now is not None)  # type: ignore[arg-type]
    return {
        "container.limit_before_bytes": int(before) if known else None,  # type: ignore[arg-type]
        "container.limit_lowered": lowered,
        "container.limit_kept": (known or unlimited) and not lowered,
    }


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.image_changed", type="bool", doc="another image than the container it replaced, or than in the earlier run"),
            Spec(name="container.config_changed", type="bool", doc="another compose configuration than before"),
            Spec(name="container.changed_before_failure", type="bool", doc="it was changed within 15 minutes before its first failure"),
        ),
        needs=("container.image", "container.image_id", "container.created_at"),
        wants=("container.compose_config_hash", "container.previous_image", "container.previous_config_hash", "container.first_failure_at"),
        function=_changes,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.updated_before_failure", type="bool", doc="`docker update` was run within 15 minutes before its first failure"),),
        needs=("container.updated_at", "container.first_failure_at"),
        function=_updated,
    ),
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.limit_before_bytes", type="int", unit="bytes", doc="its memory limit in the earlier run, or in the version before"),
            Spec(
                name="container.limit_lowered",
                type="bool",
                doc="its memory limit is known to be lower than in the earlier run, or in the version before",
            ),
            Spec(name="container.limit_kept", type="bool", doc="its memory limit is known to be as it was in the earlier run, or higher"),
        ),
        needs=("container.memory_limit_bytes",),
        wants=("container.name", "workload.changes"),
        function=_limits,
    ),
)
