"""Does an image not come, since when, and what does the registry or the runtime say about it?

`container.pull_says` is one of: wrong-image-name, image-doesnt-exist, registry-auth-failed, name-or-access, rate-limited, kubelet-limit, unknown-host,
registry-unreachable, registry-tls, wrong-platform, disk-full, never-pull, signature, "" (nothing told, or nothing known).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given
from rules._signatures import ours

REASONS = frozenset({
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
})  # fmt: skip
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*"(?:: )?')
_WRAPPING = re.compile(
    r'^(?:ErrImagePull: |Failed to pull image "[^"]*": |rpc error: code = \w+ desc = |failed to pull and unpack image "[^"]*": |failed to resolve reference "[^"]*": |failed to do request: |pull access denied, repository does not exist or may require authorization: )+'
)
LONGEST = 300


def _pull(given: Given) -> Mapping[str, Value]:
    reason = given.text("container.waiting_reason")
    if reason not in REASONS:
        return {
            "container.pull_failing": False,
            "container.pull_says": "",
            "container.pull_words": "",
            "container.pull_host": "",
            "container.pull_since": None,
        }
    text = _text(given, reason)
    matches = ours().scan(text, "pull")
    says = matches[0].signature.says if matches else {"InvalidImageName": "wrong-image-name", "ErrImageNeverPull": "never-pull"}.get(reason, "")
    return {
        "container.pull_failing": True,
        "container.pull_says": says,
        "container.pull_words": (_WRAPPING.sub("", text) or reason)[:LONGEST],
        "container.pull_host": (matches[0].captures.get("host", "") if matches else "") or given.text("container.image_registry"),
        "container.pull_since": given.number("container.last_attempt_at"),
    }


def _text(given: Given, reason: str) -> str:
    """The error itself: since 1.32 it follows the words about the back-off, before that only the event has it."""
    message = _BACK_OFF.sub("", given.text("container.waiting_message"))
    return message or given.text("container.pull_event") or ("" if given.seen("container.pull_event") else reason)


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(
            Spec(name="container.pull_failing", type="bool", doc="its image cannot be pulled"),
            Spec(name="container.pull_says", type="text", doc="what the error of the pull means"),
            Spec(name="container.pull_words", type="text", doc="the error of the pull, without what wraps it"),
            Spec(name="container.pull_host", type="text", doc="the host that the error names, or the registry in the image's name"),
            Spec(name="container.pull_since", type="time", doc="since when it waits for its image"),
        ),
        needs=("container.waiting_reason",),
        wants=("container.waiting_message", "container.pull_event", "container.image_registry", "container.last_attempt_at"),
        function=_pull,
    ),
)
