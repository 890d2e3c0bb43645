"""Replay: the same bytes in whatever order signals arrived; a bundle is private, whole or refused."""

from __future__ import annotations

import gzip
import os
import random
import tempfile
from pathlib import Path

import msgspec
import pytest

from agent.bundle import Bundle, BundleError, load, save
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.report import FORMATS
from probes._contract import Observed

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
SMALL = Bundle(tool="0", rules="r", targets=("host a",), observed=Observed(now=1.0))


def to_bytes(bundle: Bundle) -> bytes:
    """A bundle's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.bundle"
        save(path, bundle)
        return path.read_bytes()


def _shuffled(seen: Observed, seed: int) -> Observed:
    lists = {field: list(getattr(seen, field)) for field in Observed.__struct_fields__ if field != "now"}
    for values in lists.values():
        random.Random(seed).shuffle(values)  # noqa: S311  # an order, not a secret
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


WHOLE = to_bytes(SMALL)


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("this is not gzip", b"not gzip at all"),
        ("the file ends too early", WHOLE[:-9]),
        ("something follows the bundle", WHOLE + b"more"),
        ("256 MiB", gzip.compress(b"0" * (300 << 20), compresslevel=1)),
        ("unknown field `a`", gzip.compress(b'{"a": 1}')),
        ("this is not a bundle", gzip.compress(b"[" * 100_000)),
        ("at `$.targets`", _packed(targets=3)),
        ("unknown field `path`", _packed(path="../../etc/passwd")),
        ("99", _packed(version=99)),
        ("at `$.subjects[0][0]`", _packed(subjects=[[1, 2]])),
    ],
    ids=["text", "truncated", "trailing", "bomb", "other json", "deep", "type", "path", "version", "subject"],
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

    with pytest.raises(BundleError, match="not a regular file"):
        load(path)


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.bundle: "):
        load(tmp_path / "none.bundle")
