"""Bundles: the same bytes in any order, private, whole or refused."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import msgspec
import pytest

from agent.bundle import Bundle, BundleError, load, save, to_bytes
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.report import FORMATS
from probes._contract import Observed

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
SMALL = Bundle(tool="0", rules="r", targets=("host a",), observed=Observed(now=1.0))


def _shuffled(seen: Observed, seed: int) -> Observed:
    lists = {field: list(getattr(seen, field)) for field in Observed.__struct_fields__ if field != "now"}
    for values in lists.values():
        random.Random(seed).shuffle(values)
    return Observed(now=seen.now, **lists)


def test_a_replayed_bundle_gives_the_same_bytes_after_a_thousand_shuffles() -> None:
    bundle = load(DEMO)
    _probes, book = load_all()
    report = FORMATS["json"](report_of(bundle, book))
    packed = to_bytes(bundle)
    for seed in range(1000):
        other = msgspec.structs.replace(bundle, observed=_shuffled(bundle.observed, seed))
        assert packed == to_bytes(other)
        if seed % 50 == 0:
            assert report == FORMATS["json"](report_of(other, book))


def test_a_report_is_the_same_in_whatever_order_signals_arrived() -> None:
    bundle = load(DEMO)
    _probes, book = load_all()
    reports = {FORMATS["json"](report_of(msgspec.structs.replace(bundle, observed=_shuffled(bundle.observed, seed)), book)) for seed in range(60)}

    assert 1 == len(reports)


def test_what_is_saved_is_what_is_loaded_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "run.bundle"
    bundle = load(DEMO)
    save(path, bundle)

    assert to_bytes(bundle) == to_bytes(load(path)) == path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


def _packed(**changes: object) -> bytes:
    return gzip.compress(msgspec.json.encode(msgspec.json.decode(gzip.decompress(to_bytes(SMALL))) | changes))


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("it is not gzip, or it is damaged", b"not gzip at all"),
        ("the bundle is cut off", to_bytes(SMALL)[:-9]),
        ("something stands behind the end", to_bytes(SMALL) + b"more"),
        ("unpacks to more than 256 MiB", gzip.compress(b"0" * (300 << 20), compresslevel=1)),
        ("not a bundle that diagnose 1 can read", gzip.compress(b'{"a": 1}')),
        ("not a bundle that diagnose 1 can read", gzip.compress(b"[" * 100_000)),
        ("not a bundle that diagnose 1 can read", _packed(targets=3)),
        ("not a bundle that diagnose 1 can read", _packed(path="../../etc/passwd")),
        ("the bundle's format is 99", _packed(diagnose_bundle=99)),
        ("names a subject or source that is not in it", _packed(seen={"subjects": [], "sources": [], "signals": [[5, "a", 0, 1, None]], "rest": {"now": 1.0}})),
        ("names a subject or source that is not in it", _packed(seen={"subjects": [], "sources": [], "signals": [[-1, "a", 0, 1, None]], "rest": {"now": 1.0}})),
    ],
    ids=["text", "truncated", "trailing", "bomb", "other json", "deep", "type", "path", "version", "dangling", "negative"],
)  # fmt: skip
def test_a_hostile_bundle_is_refused_with_its_name(tmp_path: Path, expected: str, body: bytes) -> None:
    path = tmp_path / "x.bundle"
    path.write_bytes(body)

    with pytest.raises(BundleError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)

    with pytest.raises(BundleError, match="a bundle is a regular file"):
        load(path)


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.bundle: the bundle cannot be read: No such file"):
        load(tmp_path / "none.bundle")
