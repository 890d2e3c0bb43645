"""What is a data file instead of data, by itself and by what its history says of it?

damaged(files, dataset)  ->  Damage("truncated", "its 4096 bytes are the first of the 7044 that are recorded, and end in a line's middle")
"""

from __future__ import annotations

from probes._access import Unreachable
from probes.dvc._columns import Damage, UnreadError
from probes.dvc._datafiles import Datafiles
from probes.dvc._datasets import Dataset


def damaged(files: Datafiles, dataset: Dataset) -> Damage | None:
    """None where it is data, is not there, or cannot be told."""
    try:
        found = files.table(dataset.path)
    except (UnreadError, Unreachable):
        return None
    if isinstance(found, Damage):
        return None if found.kind == "empty" and _meant_empty(files, dataset) else found
    return _torn(files, dataset) if found is not None else None


def _meant_empty(files: Datafiles, dataset: Dataset) -> bool:
    """Recorded so, and nothing says that it should hold data: no contract, which a CSV needs a header for, and of what no stage makes no version with bytes."""
    recorded = dataset.out.recorded
    if recorded is None or recorded.size != 0 or (dataset.form == "csv" and dataset.contracts):
        return False
    return dataset.maker is not None or not any(one.recorded.size for one in files.known(dataset))


def _torn(files: Datafiles, dataset: Dataset) -> Damage | None:
    """A text file that ends in a line's middle, where the recorded bytes, of which it is the beginning, go on."""
    versions = files.versions(dataset)
    recorded = versions.recorded()
    whole = versions.place(recorded) if recorded is not None else None
    place = files.access.path(f"{files.it.folder}/{dataset.path}")
    if whole is None or dataset.form == "parquet" or not place.is_file():
        return None
    size, full = place.stat().st_size, whole.stat().st_size
    block = min(size, 4096)
    if not 0 < size < full:
        return None
    with place.open("rb") as mine, whole.open("rb") as theirs:
        begins = mine.read(block) == theirs.read(block)
        mine.seek(size - block)
        theirs.seek(size - block)
        end, same = mine.read(block), theirs.read(block + 1)
    if not begins or end != same[:block] or end.endswith(b"\n") or same[block:] in (b"\n", b"\r"):
        return None
    return Damage("truncated", f"its {size} bytes are the first of the {full} that are recorded, and end in a line's middle")
