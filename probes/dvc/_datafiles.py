"""The data files of a DVC work tree, each read once, with the versions that are known of each.

Datafiles(access, it).table("data/raw.csv")  ->  Table(columns=(Column("age", …), …), form="csv")
"""

from __future__ import annotations

from probes._access import Access, Unreachable
from probes.dvc._columns import Damage, Table, UnreadError
from probes.dvc._datasets import Dataset, Datasets, datasets
from probes.dvc._hash import Hashes, NotHashedError
from probes.dvc._history import NoHistoryError
from probes.dvc._pipeline import Item, Recorded
from probes.dvc._tree import Tree
from probes.dvc._versions import Version, Versions, read


class Datafiles:
    """The data files of a tree, each read once."""

    def __init__(self, access: Access, it: Tree) -> None:
        self.access = access
        self.it = it
        self.all: Datasets = datasets(access, it)
        self.hashes = Hashes(access, it.folder)
        self._versions: dict[str, Versions] = {}
        self._read: dict[str, Table | Damage | UnreadError | Unreachable | None] = {}

    def table(self, path: str) -> Table | Damage | None:
        """None where it is not there. Raises UnreadError, Unreachable."""
        if path not in self._read:
            self._read[path] = self._found(path)
        found = self._read[path]
        if isinstance(found, Exception):
            raise found
        return found

    def table_or_none(self, path: str) -> Table | None:
        try:
            found = self.table(path)
        except (UnreadError, Unreachable):
            return None
        return found if isinstance(found, Table) else None

    def _found(self, path: str) -> Table | Damage | UnreadError | Unreachable | None:
        place = self.access.path(f"{self.it.folder}/{path}")
        try:
            return read(self.access, place, path) if place.is_file() else None
        except (UnreadError, Unreachable) as error:
            return error
        except OSError as error:
            return UnreadError(f"it cannot be read: {error.strerror}")

    def hashed(self, path: str, like: Recorded) -> str:
        """Its hash, of the kind of a recorded one; empty where it is not hashed."""
        try:
            return self.hashes.of(path, like.kind)
        except (NotHashedError, OSError):
            return ""

    def versions(self, dataset: Dataset) -> Versions:
        if dataset.path not in self._versions:
            self._versions[dataset.path] = Versions(self.access, self.it, dataset)
        return self._versions[dataset.path]

    def known(self, dataset: Dataset) -> list[Version]:
        """What commits recorded of it, newest first; empty where Git tells nothing."""
        try:
            return self.versions(dataset).all()
        except NoHistoryError:
            return []

    def is_data(self, dep: Item) -> bool:
        """Whether DVC tracks it, and not Git."""
        tracked = {out.path for one in self.it.pipeline.makers for out in one.outs}
        return any(dep.path == path or dep.path.startswith(f"{path}/") or path.startswith(f"{dep.path}/") for path in tracked)
