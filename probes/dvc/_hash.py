"""The hashes that DVC would compute of files and folders of a work tree, within a budget of bytes and time.

    Hashes(access, "/repo").of("data/raw.csv", "md5")   "35fd8219fdbe6d1e31981cc99e6c5628"
    Hashes(access, "/repo").of("images", "md5")         "09d7790ab1df97b10356c898ffaccfd3.dir"

A folder's is the md5 of a JSON list of its files, sorted by path (dvc_data/hashfile/tree.py). What was recorded by DVC 2 has
the name md5-dos2unix: text files are hashed with Unix line ends (hash.py, istextfile.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from probes._access import Access
from probes.dvc._ignored import Ignored

MD5, OLD_MD5 = "md5", "md5-dos2unix"
MOST_BYTES = 1 << 30
MOST_FILES = 20_000
MOST_SECONDS = 6.0
_BLOCK = 1 << 20
_TEXT_BLOCK = 512
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


class NotHashedError(Exception):
    """A file or folder was not hashed: neither equal to anything nor different; the message says why."""


class Hashes:
    """Hashes of one repository, each computed once; what the budget does not cover raises NotHashedError."""

    def __init__(self, access: Access, repo: str) -> None:
        self.ignored = Ignored(access, repo)
        self._access = access
        self._repo = repo
        self._known: dict[tuple[str, str], str] = {}
        self._bytes = MOST_BYTES
        self._files = MOST_FILES
        self._end = time.monotonic() + access.remaining(MOST_SECONDS)

    def of(self, path: str, name: str) -> str:
        """The hash of a path below the repository. Raises NotHashedError, FileNotFoundError."""
        if name not in (MD5, OLD_MD5):
            raise NotHashedError(f"its recorded hash is of the kind {name}")
        if (path, name) not in self._known:
            place = self.place(path)
            self._known[path, name] = self._folder(place, path, name) if place.is_dir() else self._file(place, name)
        return self._known[path, name]

    def place(self, path: str) -> Path:
        return self._access.path(path if path.startswith("/") else f"{self._repo}/{path}")

    def size(self, path: str) -> int | None:
        """A file's bytes; None for a folder. Raises FileNotFoundError."""
        place = self.place(path)
        return None if place.is_dir() else place.stat().st_size

    def _file(self, place: Path, name: str) -> str:
        size = place.stat().st_size
        if not place.is_file():
            raise NotHashedError("it is neither a file nor a folder")
        if size > self._bytes:
            raise NotHashedError(f"more than {MOST_BYTES >> 20} MiB would have to be read")
        self._bytes -= size
        try:
            return self._digest(place, name)
        except OSError as error:
            raise NotHashedError(f"it cannot be read: {error.strerror}") from error

    def _digest(self, place: Path, name: str) -> str:
        made = hashlib.md5(usedforsecurity=False)
        with place.open("rb") as file:
            while block := file.read(_BLOCK):
                self._in_time()
                made.update(block.replace(b"\r\n", b"\n") if name == OLD_MD5 and is_text(block[:_TEXT_BLOCK]) else block)
        return made.hexdigest()

    def _in_time(self) -> None:
        if time.monotonic() > self._end:
            raise NotHashedError(f"hashing took longer than {MOST_SECONDS:g} s")

    def _folder(self, place: Path, path: str, name: str) -> str:
        entries = []
        for root, folders, files in os.walk(place):
            inside = os.path.relpath(root, place)
            within = "" if inside == "." else f"{inside}/"
            folders[:] = [one for one in folders if not self.ignored(f"{path}/{within}{one}", folder=True)]
            for file in files:
                self._files -= 1
                if self._files < 0:
                    raise NotHashedError(f"more than {MOST_FILES} files would have to be read")
                if not self.ignored(f"{path}/{within}{file}", folder=False):
                    entries.append({"md5": self._file(Path(root) / file, name), "relpath": f"{within}{file}"})
        entries.sort(key=lambda entry: entry["relpath"])
        return hashlib.md5(json.dumps(entries, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def is_text(block: bytes) -> bool:
    """DVC's own guess: no NUL, and no more than 30 % of other bytes than printable ASCII."""
    return not block or (b"\0" not in block and len(block.translate(None, _TEXT)) / len(block) <= 0.3)
