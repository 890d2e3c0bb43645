"""What a pod says of its image is what the registry said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.node import Node
from tests.stack.pods import events, pod, why_waiting
from tests.stack.registry import REGISTRIES

SPACE = "refused"
TEXTS = {
    "ok": "/team/app:9: not found",
    "unauthorized": "failed to fetch anonymous token: unexpected status: 401 Unauthorized",
    "masked": "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    "basic": "failed with status code [manifests 9]: 401 Unauthorized",
    "denied": "403 Forbidden",
    "limited": "429 Too Many Requests",
    "failing": "500 Internal Server Error",
    "untrusted": "x509: certificate signed by unknown authority",
    "silent": "net/http: TLS handshake timeout",
    "closed": "connect: connection refused",
    "unknown": "no such host",
}


@pytest.fixture(scope="module")
def refused(node: Node) -> Iterator[Node]:
    """A node on which a pod asks each registry for an image that it does not give."""
    node.kubectl("create", "namespace", SPACE)
    node.wait("its service account", lambda: node.attempt("-n", SPACE, "get", "serviceaccount", "default").returncode == 0)
    node.apply(*(pod(SPACE, key, image=f"{name}/team/app:9") for key, name in REGISTRIES.items()))
    yield node
    node.kubectl("delete", "namespace", SPACE, "--wait=false")


@pytest.mark.node
@pytest.mark.parametrize("key", REGISTRIES)
def test_a_pod_waits_with_the_words_of_its_registry(refused: Node, key: str) -> None:
    message = refused.wait("the reason", lambda: why_waiting(refused, SPACE, key), 90)

    assert TEXTS[key] in message
    assert [one for one in events(refused, SPACE) if one.startswith("Failed: ") and REGISTRIES[key] in one and TEXTS[key] in one]
