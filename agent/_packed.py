"""How is one document kept in a file, and read again when nobody can vouch for the file?

Gzip of one document, for its owner's eyes only: `zcat` shows it. Reading is bounded in memory whatever the file holds.
"""

from __future__ import annotations

import os
import stat
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_PACKED = 64 * 2**20
MOST_BYTES = 256 * 2**20

_GZIP = 31
_STEP = 2**20
_MAKE = "Give a file that `diagnose --save` wrote."


class BundleError(ValueError):
    """A bundle that cannot be written or read; a sentence that names the file and says what to do."""


def write(path: Path, data: bytes) -> None:
    """Write the document, readable by its owner alone, whole or not at all. Raises BundleError."""
    try:
        if not _may_replace(path):
            raise BundleError(f"{path}: this is not a regular file. Give the bundle another name.")
        _replace(path, packed(data))
    except OSError as error:
        raise BundleError(f"{path}: the bundle cannot be written: {error.strerror}. Give a path in a folder that you may write to.") from None


def read(path: Path) -> bytes:
    """The document in a file that may come from anybody. Raises BundleError."""
    return unpacked(path, _raw(path))


def packed(data: bytes) -> bytes:
    """Gzip whose header carries no time and no name."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def _may_replace(path: Path) -> bool:
    """A device, a FIFO or a link must not give way to our file."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True


def _replace(path: Path, data: bytes) -> None:
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _raw(path: Path) -> bytes:
    """The file's bytes; only a regular file of a bearable size is opened, and no link is followed."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise BundleError(f"{path}: this is not a regular file (links are not followed). {_MAKE}")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(MOST_PACKED + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError as error:
        raise BundleError(f"{path}: the bundle cannot be read: {error.strerror}. {_MAKE}") from None
    if len(data) > MOST_PACKED:
        raise BundleError(f"{path}: the file is larger than {MOST_PACKED >> 20} MiB; no bundle is. {_MAKE}")
    return data


def unpacked(path: Path, data: bytes) -> bytes:
    """The document that was packed; `path` is how an error calls it. Raises BundleError."""
    unpacker = zlib.decompressobj(_GZIP)
    size = 0
    parts: list[bytes] = []
    try:
        for part in _parts(unpacker, data):
            size += len(part)
            if size > MOST_BYTES:
                raise BundleError(f"{path}: the bundle unpacks to more than {MOST_BYTES >> 20} MiB; no run is that large. Do not trust this file.")
            parts.append(part)
    except zlib.error:
        raise BundleError(f"{path}: this is not gzip, it is damaged, or something follows the bundle in it. {_MAKE}") from None
    if not unpacker.eof:
        raise BundleError(f"{path}: the file ends too early. Copy it again, or make it again with --save.")
    return b"".join(parts)


def _parts(unpacker: Any, data: bytes) -> Iterator[bytes]:
    """What `data` unpacks to, a piece at a time, however little of it makes how much. Raises zlib.error, also for what follows the end."""
    for start in range(0, len(data), _STEP):
        given = data[start : start + _STEP]
        while not unpacker.eof and (part := unpacker.decompress(given, _STEP)):
            yield part
            given = unpacker.unconsumed_tail
        if unpacker.eof and (unpacker.unused_data or start + _STEP < len(data)):
            raise zlib.error
