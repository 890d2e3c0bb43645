"""What it costs to judge 200 bundles of nodes as one run, beside reading the same files as plain JSON."""

from __future__ import annotations

import gzip
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from agent import bundle as bundles
from agent.bundle import Bundle, canonical
from agent.discover import Target
from agent.merge import load_all, merged
from agent.pipeline import diagnose, load, report_of
from agent.settings import Settings

NODES = 200


def main() -> None:
    """Print the figures: a real look at this machine, saved under the names of 200 nodes."""
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder))
        files = sorted(Path(folder).glob("*.bundle"))
        size = sum(path.stat().st_size for path in files) / len(files)
        began = time.process_time()
        for path in files:
            json.loads(gzip.decompress(path.read_bytes()))
        plain = time.process_time() - began
        _probes, book = load()
        began = time.process_time()
        first, *others = load_all(Path(folder))
        read = time.process_time() - began
        whole = canonical(merged(first, others))
        together = time.process_time() - began
        report = report_of(whole, book)
        judged = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(f"{len(files)} bundles of {size / 1000:.1f} kB, {len(whole.observed.signals)} signals: {', '.join(report.seen)}")
    print(f"of one core: read {read:.2f} s, merged after {together:.2f} s, judged after {judged:.2f} s; peak {peak:.0f} MiB")
    print(f"read as plain JSON: {plain:.2f} s  ratio of all to that {judged / plain:.1f}")


def _make(folder: Path) -> None:
    for number in range(NODES):
        if number % 20 == 0:  # ten real looks; the rest are these under other names
            seen = diagnose(Settings(), [Target("host", f"node-{number}", asked=True, options={"node": f"node-{number}"})]).bundle
        bundles.save(folder / f"node-{number:03d}.bundle", _called(seen, f"node-{number:03d}"))


def _called(seen: Bundle, name: str) -> Bundle:
    host = next(signal.subject.key for signal in seen.observed.signals if signal.subject.kind == "host")
    text = bundles.to_bytes(seen)
    renamed = gzip.compress(gzip.decompress(text).replace(f'"{host}"'.encode(), f'"{name}"'.encode()))
    return bundles.from_bytes(Path(name), renamed)


if __name__ == "__main__":
    main()
