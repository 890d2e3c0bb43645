"""Where a report goes: whole or not at all, so that a collector of metrics or a web server never reads the half of one."""

from __future__ import annotations

import secrets
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Put the text into a file, UTF-8, with the rights of the file that was there. OSError.

    What is no regular file, or may not be replaced (a FIFO, a device, a file that is mounted by itself), is written to.
    """
    place = path.resolve()
    new = place.with_name(f".{place.name}.{secrets.token_hex(4)}~")
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    try:
        new.write_text(text, encoding="utf-8")
        if path.exists():
            new.chmod(place.stat().st_mode & 0o7777)
        new.replace(place)
    except OSError:
        new.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
