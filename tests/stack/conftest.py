"""For the tests of the node: a namespace of the test's own on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.stack.node import Node

_NUMBERS = count(1)


@pytest.fixture
def space(node: Node) -> Iterator[str]:
    """A namespace for one test."""
    name = f"stack-{next(_NUMBERS)}"
    node.kubectl("create", "namespace", name)
    node.wait("its service account", lambda: node.attempt("-n", name, "get", "serviceaccount", "default").returncode == 0)
    yield name
    node.kubectl("delete", "namespace", name, "--wait=false")
