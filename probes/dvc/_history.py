"""What Git keeps of a work tree: the commit that recorded a stage's last run, and what a file was in it.

Contents are compared, not times: a clone writes every file anew, and a merge has dates of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from probes._access import MOST_OUTPUT, Access, Unreachable
from probes.dvc._document import DocumentError, mapping, yaml
from probes.dvc._pipeline import Stage

MOST_TREES = 20
GIT_S = 5.0


class NoHistoryError(Exception):
    """Git tells nothing of it; the message says why, `remedy` what would open it."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


class Commit(NamedTuple):
    """A commit, and when it was made."""

    id: str
    at: float


class History:
    """The commits of one repository, each asked for once."""

    def __init__(self, access: Access, repo: str) -> None:
        self._access = access
        self._repo = repo
        self._folder = str(access.path(repo))
        self._locks: dict[str, list[tuple[Commit, Mapping[str, Any]]]] = {}
        self._trees: dict[str, Mapping[str, str]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        try:
            self.shallow = access.run("git-is-shallow", folder=self._folder).strip() == "true"
        except Unreachable as error:
            remedy = "Install git." if error.why == "missing tool" else "Let whoever runs diagnose read the repository's history (git log)."
            raise NoHistoryError(error.detail, remedy) from error

    def recorded_in(self, stage: Stage) -> Commit | None:
        """The commit that wrote what dvc.lock now says of a stage; None where that is not committed. Raises NoHistoryError."""
        try:
            entry = (mapping(self._access, f"{self._repo}/{stage.lock}").get("stages") or {}).get(stage.key)
        except (DocumentError, OSError) as error:
            raise NoHistoryError(f"{stage.lock} cannot be read: {error}", f"Mend {stage.lock}.") from error
        found: Commit | None = None
        last: Commit | None = None
        for last, lock in self.versions(stage.lock):
            if (lock.get("stages") or {}).get(stage.key) != entry:
                return found
            found = last
        if found and self.shallow and found == last:
            raise NoHistoryError("this clone holds only the last commits", "Run git fetch --unshallow.")
        return found

    def blobs(self, commit: str) -> Mapping[str, str]:
        """The object of each file below the repository's folder in a commit. Raises NoHistoryError."""
        if commit not in self._trees:
            if len(self._trees) >= MOST_TREES:
                raise NoHistoryError(
                    f"more than {MOST_TREES} commits would have to be read", "Compare it by hand: git log -- dvc.lock, then git diff COMMIT -- FILE."
                )
            listed = self._git("git-tree", commit=commit)
            if len(listed) >= MOST_OUTPUT // 2:
                raise NoHistoryError("the commit holds too many files", "Compare by hand: git diff COMMIT -- FILE.")
            rows = (row.partition("\t")[::2] for row in listed.split("\0") if row)
            self._trees[commit] = {path: told.split()[2] for told, path in rows}
        return self._trees[commit]

    def text(self, commit: str, path: str) -> str:
        """A file as it was in a commit. Raises NoHistoryError."""
        if (commit, path) not in self._texts:
            self._texts[commit, path] = self._git("git-file", commit=commit, path=path)
        return self._texts[commit, path]

    def versions(self, path: str) -> list[tuple[Commit, Mapping[str, Any]]]:
        """The commits that changed a dvc.lock or .dvc file with what it then said, newest first. Raises NoHistoryError."""
        if path not in self._locks:
            rows = [line.split() for line in self._git("git-commits", path=path).splitlines()]
            self._locks[path] = [(Commit(commit, float(at)), self._lock(commit, path)) for commit, at in rows]
        return self._locks[path]

    def _lock(self, commit: str, path: str) -> Mapping[str, Any]:
        try:
            said = yaml(self.text(commit, path))
        except (DocumentError, NoHistoryError):  # it was not there then, or was broken
            return {}
        return said if isinstance(said, dict) else {}

    def _git(self, name: str, **words: str) -> str:
        try:
            return self._access.run(name, GIT_S, folder=self._folder, **words)
        except Unreachable as error:
            raise NoHistoryError(error.detail, "Let whoever runs diagnose read the repository's history (git log).") from error


def is_blob(content: bytes, object_id: str) -> bool:
    """Whether a file's content is that object of Git, also where Git keeps it with Unix line ends."""
    return any(_object_id(one, object_id) == object_id for one in (content, content.replace(b"\r\n", b"\n")))


def _object_id(content: bytes, like: str) -> str:
    made = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    made.update(b"blob %d\0" % len(content) + content)
    return made.hexdigest()


def tracked_by_git(access: Access, repo: str, path: str) -> frozenset[str]:
    """The files under a path that Git has in its index. Raises NoHistoryError."""
    try:
        return frozenset(access.run("git-listed", folder=str(access.path(repo)), path=path).split("\0")) - {""}
    except Unreachable as error:
        raise NoHistoryError(error.detail, "Let whoever runs diagnose read the repository's history (git log).") from error
