"""Where a container of a follow-up lies: its key is `namespace/pod/container`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from probes._contract import Subject


class Where(NamedTuple):
    """A container by the parts of its key."""

    namespace: str
    pod: str
    container: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}"


def on_cluster(subjects: Iterable[Subject]) -> Iterator[tuple[Subject, Where]]:
    """Those whose keys can be containers of a cluster; a plain name is another engine's business."""
    for subject in subjects:
        parts = subject.key.split("/")
        if len(parts) == len(Where._fields):
            yield subject, Where(*parts)
