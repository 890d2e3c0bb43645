"""What tests of the whole command share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.platform import Stock, stock
from tests.stack.process import ServiceError


@pytest.fixture(scope="session")
def platform_stock() -> Iterator[Stock]:
    """A database and a store with runs and models in them, made once; each platform starts on a copy."""
    try:
        with stock() as it:
            yield it
    except ServiceError as error:
        pytest.skip(f"a platform cannot be made here: {error}")
