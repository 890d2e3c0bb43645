"""Which files DVC does not see: the patterns of .dvcignore, in gitignore's language, and its own folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import msgspec

from probes._access import Access

FILE = ".dvcignore"
_ALWAYS = (".hg/", ".git/", ".git", ".dvc/")


class Pattern(msgspec.Struct, frozen=True):
    """One line: what it matches, below which folder, and whether it takes out or takes back in."""

    regex: re.Pattern[str]
    base: str
    folders_only: bool
    takes_out: bool


class Ignored:
    """The patterns of a repository; a later one wins. Folders are read when they are first asked about."""

    def __init__(self, access: Access, repo: str) -> None:
        self._access = access
        self._repo = repo
        self._patterns = {"": tuple(_patterns(_ALWAYS, "")) + self._own("")}

    def __call__(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the repository is left out, or a folder above it is."""
        parts = path.split("/")
        return any(self._matches("/".join(parts[:end]), folder=folder or end < len(parts)) for end in range(1, len(parts) + 1))

    def _matches(self, path: str, *, folder: bool) -> bool:
        for pattern in reversed(self._known(os.path.dirname(path))):  # noqa: PTH120  # a name inside the repository
            inner = path[len(pattern.base) + 1 :] if pattern.base else path
            if (folder or not pattern.folders_only) and pattern.regex.fullmatch(inner):
                return pattern.takes_out
        return False

    def _known(self, folder: str) -> tuple[Pattern, ...]:
        if folder not in self._patterns:
            self._patterns[folder] = self._known(os.path.dirname(folder)) + self._own(folder)  # noqa: PTH120
        return self._patterns[folder]

    def _own(self, folder: str) -> tuple[Pattern, ...]:
        try:
            text = self._access.text("/".join(part for part in (self._repo, folder, FILE) if part))
        except OSError:
            return ()
        return tuple(_patterns((line.strip() for line in text.splitlines()), folder))


def _patterns(lines: Iterable[str], base: str) -> Iterable[Pattern]:
    for line in lines:
        if line and not line.startswith("#"):
            bare = line.removeprefix("!").removeprefix("\\")
            yield Pattern(regex(bare), base, bare.endswith("/"), not line.startswith("!"))


def regex(pattern: str) -> re.Pattern[str]:
    """A line of gitignore for one path: a pattern with an inner slash is anchored, `**` spans folders."""
    inner = pattern.rstrip("/")
    anchored = "/" in inner
    inner = inner.removeprefix("/")
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[[^\]]*\])", inner)
    spans = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(
        spans.get(part) or (f"[{part[1:-1].replace('!', '^', 1) if part[1:2] == '!' else part[1:-1]}]" if _is_class(part) else re.escape(part))
        for part in parts
    )
    try:
        return re.compile(body if anchored else f"(?:.*/)?{body}")
    except re.error:
        return re.compile(re.escape(inner))


def _is_class(part: str) -> bool:
    return part.startswith("[") and part.endswith("]") and len(part) > 2
