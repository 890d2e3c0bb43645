"""What changed before it began to fail: image, configuration, limits, against the container it replaced and an earlier run."""

from __future__ import annotations

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
    """Whether a signal differs from the container replaced or from the earlier run; None where neither is known."""
    now = given[name]
    before = given[replaced] if given[replaced] not in (None, "") else _earlier(given, name)
    return None if before in (None, "") or now is None else before != now


def _changes(given: Given) -> Mapping[str, Value]:
    image = _differs(given, "container.image", "container.previous_image")
    digest = _earlier(given, "container.image_id")
    if digest is not None and not image:
        image = digest != given["container.image_id"]
    config = _differs(given, "container.compose_config_hash", "container.previous_config_hash")
    created, failed = given.number("container.created_at"), given.number("container.first_failure_at")
    changed = bool(image or config)
    before = None if created is None or failed is None else changed and 0 <= failed - created <= SOON_S
    told = {"container.image_changed": image, "container.config_changed": config, "container.changed_before_failure": before}
    return {name: value for name, value in told.items() if value is not None}


def _updated(given: Given) -> Mapping[str, Value]:
    """`docker update` shortly before the first failure; the event says neither what was changed nor from what."""
    at, failed = given.number("container.updated_at"), given.number("container.first_failure_at")
    return {"container.updated_before_failure": at is not None and failed is not None and 0 <= failed - at <= SOON_S}


def _limits(given: Given) -> Mapping[str, Value]:
    before, now = _earlier(given, "container.memory_limit_bytes"), given.number("container.memory_limit_bytes")
    known = isinstance(before, int | float) and not isinstance(before, bool)
    unlimited = given.facts.earlier is not None and _earlier(given, "container.has_memory_limit") is False
    lowered = (known and now is not None and now < float(before)) or (unlimited and now is not None)  # type: ignore[arg-type]
    if not known and not unlimited:
        return {}
    return {"container.limit_before_bytes": before if known else None, "container.limit_lowered": lowered}


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
            Spec(name="container.limit_before_bytes", type="int", unit="bytes", doc="its memory limit in the earlier run"),
            Spec(name="container.limit_lowered", type="bool", doc="its memory limit is lower than in the earlier run"),
        ),
        needs=("container.memory_limit_bytes",),
        function=_limits,
    ),
)
