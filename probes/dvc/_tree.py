"""The work tree that this run looks at: read once for all probes of DVC."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from probes._access import Access, Unreachable
from probes._contract import Answer, Subject, Unavailable
from probes.dvc import _config, _inputs, _pipeline
from probes.dvc._hash import Hashes
from probes.dvc._history import History, NoHistoryError

MOST_STAGES = 500
_REMEDY = "Name the folder that holds .dvc: --repo DIR."


class Tree(msgspec.Struct, frozen=True):
    """Its folder, settings and stages."""

    folder: str
    config: _config.Config
    pipeline: _pipeline.Pipeline
    asked: bool
    """Somebody named it: what cannot be seen of it then counts."""

    @property
    def subject(self) -> Subject:
        return Subject("repo", self.folder)

    def stage(self, name: str) -> Subject:
        return Subject("stage", f"{self.folder}#{name}")

    @property
    def stages(self) -> tuple[_pipeline.Stage, ...]:
        return self.pipeline.stages[:MOST_STAGES]

    @property
    def command(self) -> str:
        return f"cd {self.folder}; dvc status"


Look = Callable[[Access, Tree, tuple[Subject, ...]], Iterator[Answer]]


def at_tree(kind: str, look: Look) -> Callable[[Access, tuple[Subject, ...]], Iterator[Answer]]:
    """A probe's look, handed the tree; where there is none it says so, all probes in the same words."""

    def looked(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
        try:
            it = tree(access)
        except Unreachable as error:
            asked = access.settings.get("dvc.asked") == "true"
            yield Unavailable(kind=kind, why=error.why, detail=error.detail, remedy=_REMEDY, asked=asked)
            return
        yield from look(access, it, subjects)

    return looked


def tree(access: Access) -> Tree:
    """The tree of the setting `dvc`. Raises Unreachable where there is no DVC repository."""
    return access.shared("dvc tree", lambda: _read(access))


def _read(access: Access) -> Tree:
    folder = access.settings["dvc"]
    place = access.path(folder)
    if not place.is_dir():
        raise Unreachable("refused", f"{folder} is no folder.")
    if not (place / ".dvc").is_dir():
        above = next((str(parent) for parent in place.parents if (parent / ".dvc").is_dir()), "")
        hint = f" Name the folder above it that is one: --repo {above}." if above else ""
        raise Unreachable("refused", f"{folder} is no DVC repository: it has no folder .dvc.{hint}")
    return Tree(folder, _config.read(access, folder), _pipeline.read(access, folder), access.settings.get("dvc.asked") == "true")


def inputs(access: Access, it: Tree, stage: _pipeline.Stage) -> _inputs.Inputs:
    """What a stage reads, scanned once."""
    return access.shared(f"dvc inputs {stage.name}", lambda: _inputs.of(access, it.folder, stage))


def untracked(access: Access, it: Tree, stage: _pipeline.Stage) -> tuple[str, ...]:
    """What a stage reads and neither lists nor makes itself: DVC does not see it change."""
    ignored = Hashes(access, it.folder).ignored
    known = [item.path for item in (*stage.deps, *stage.outs)]
    files = {one.file for one in stage.params}
    scan = inputs(access, it, stage)

    def seen(path: str) -> bool:
        if path in files or path in known:
            return True
        return any(_inputs.within(path, one) for one in known) and not ignored(path, folder=access.path(f"{it.folder}/{path}").is_dir())

    return tuple(sorted({path for path in (*scan.programs, *scan.files) if not seen(path)}))


def under_git(access: Access, it: Tree) -> bool:
    """Whether the tree is in a Git work tree at all."""
    folder = access.path(it.folder)
    return any((one / ".git").exists() for one in (folder, *folder.parents))


def history(access: Access, it: Tree) -> History:
    """Git's history of the tree. Raises NoHistoryError."""
    found = access.shared("dvc history", lambda: _history(access, it))
    if isinstance(found, NoHistoryError):
        raise found
    return found


def _history(access: Access, it: Tree) -> History | NoHistoryError:
    try:
        return History(access, it.folder)
    except NoHistoryError as error:
        return error
