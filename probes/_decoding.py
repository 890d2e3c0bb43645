"""JSON into structs, from many threads.

decoder(Version).decode(b'{"major": "1"}')   ->   Version(major="1")
"""

from __future__ import annotations

import functools
import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_RESOLVING = threading.Lock()


def decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    """Made by one thread at a time: msgspec resolves a shape at its first use, and two threads that do so at once can end the process by SIGSEGV (0.22)."""
    with _RESOLVING:
        made: msgspec.json.Decoder[T] = _made(shape)  # type: ignore[arg-type]  # a class is hashable
        return made


@functools.cache
def _made(shape: Any) -> Any:
    return msgspec.json.Decoder(shape)
