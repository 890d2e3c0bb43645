"""What a bundle keeps comes back as it was; what is no bundle is refused by name, and nothing but a bundle is replaced."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from agent import bundle as bundles
from agent._packed import MOST_PACKED
from agent.bundle import Bundle, BundleError, canonical, load, save
from probes._contract import Census, Coverage, Observed, Relation, Signal, Source, Subject, Swept, Unavailable
from probes._runner import Visit

BOX = Subject("container", "trainer")
SOURCE = Source("docker.containers", "docker inspect trainer")
SEEN = Observed(
    now=1_800_000_000.5,
    signals=[
        Signal(BOX, "container.exit_code", 137, SOURCE),
        Signal(BOX, "container.ratio", 1.0, SOURCE),
        Signal(BOX, "container.growth", float("-inf"), SOURCE),
        Signal(BOX, "container.oom_killed", value=True, source=SOURCE),
        Signal(BOX, "container.limit_bytes", None, SOURCE),
        Signal(BOX, "container.env", ("A=1", "B=é"), SOURCE),
        Signal(BOX, "container.died", "137", SOURCE, 1_799_999_000.25),
    ],
    coverage=[Coverage(BOX, "container.died", 1_799_990_000.0)],
    relations=[Relation("on", BOX, Subject("host", "gpu-1"))],
    unavailable=[
        Unavailable(kind="container", why="forbidden", detail="no", remedy="Grant it.", subject=BOX, names=("container.a",), probe="p", asked=True),
        Unavailable(kind="container", why="forbidden", detail="no", remedy="Grant it."),
    ],
    swept=[Swept("container", "engine", 7)],
    census=[Census(Subject("image", "app:1"), "container", 3, 0)],
)
FULL = Bundle(
    tool="0.1.0",
    rules="9c1e",
    targets=("host gpu-1", "docker unix:///var/run/docker.sock"),
    observed=SEEN,
    earlier=Observed(now=1.0, signals=[Signal(BOX, "container.exit_code", 0, SOURCE)]),
    visits=(Visit("b", BOX, 0.5, "done"), Visit("b", None, 0.25, "failed", "why")),
    stopped=True,
)


def _document(bundle: Bundle, folder: Path) -> dict[str, object]:
    save(folder / "made.bundle", bundle)
    document = msgspec.json.decode(gzip.decompress((folder / "made.bundle").read_bytes()))
    assert isinstance(document, dict)
    return document


def _refused(path: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_every_value_comes_back_with_its_type(tmp_path: Path) -> None:
    save(tmp_path / "a", FULL)
    seen = load(tmp_path / "a")
    values = {signal.name: signal.value for signal in seen.observed.signals}

    assert {signal.name: signal.value for signal in SEEN.signals} == values
    assert {signal.name: type(signal.value) for signal in SEEN.signals} == {name: type(value) for name, value in values.items()}
    assert canonical(FULL) == seen
    assert (FULL.targets, FULL.stopped, FULL.earlier) == (seen.targets, seen.stopped, seen.earlier)
    assert (SEEN.coverage, SEEN.relations, SEEN.swept, SEEN.census) == (
        seen.observed.coverage,
        seen.observed.relations,
        seen.observed.swept,
        seen.observed.census,
    )
    assert set(SEEN.unavailable) == set(seen.observed.unavailable)
    assert set(FULL.visits) == set(seen.visits)


def test_a_source_repeated_a_thousand_times_is_kept_once(tmp_path: Path) -> None:
    many = Observed(now=1.0, signals=[Signal(BOX, f"container.s{number}", number, SOURCE) for number in range(1000)])
    save(tmp_path / "a", Bundle(tool="0", rules="r", observed=many))

    assert 1 == gzip.decompress((tmp_path / "a").read_bytes()).count(b"docker inspect trainer")


def test_the_file_says_what_it_is_and_not_when_it_was_made(tmp_path: Path) -> None:
    save(tmp_path / "a", FULL)
    packed = (tmp_path / "a").read_bytes()

    assert b"\0\0\0\0" == packed[4:8]
    assert gzip.decompress(packed).startswith(b'{"format":"diagnose-bundle","version":1,"tool":"0.1.0"')


def test_a_key_that_is_no_unicode_costs_the_bundle_nothing(tmp_path: Path) -> None:
    odd = Signal(Subject("process", "x\udcff"), "process.command", "a", SOURCE)
    save(tmp_path / "a", Bundle(tool="0", rules="r", observed=Observed(now=1.0, signals=[odd])))

    assert ["x?"] == [signal.subject.key for signal in load(tmp_path / "a").observed.signals]


def test_a_bundle_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    save(path, FULL)
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BundleError, match="cannot be written: No space left on device"):
        save(path, Bundle(tool="1", rules="r", observed=Observed(now=2.0)))

    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["fifo", "link", "folder"])
def test_nothing_but_a_regular_file_is_replaced_or_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    save(tmp_path / "b", FULL)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(tmp_path / "b")
    else:
        path.mkdir()

    assert "not a regular file" in _refused(path)
    with pytest.raises(BundleError, match="not a regular file"):
        save(path, FULL)
    assert not path.is_file() or path.is_symlink()


def test_a_device_is_not_read() -> None:
    assert "not a regular file" in _refused(Path("/dev/zero"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="No such file or directory"):
        save(tmp_path / "none" / "a", FULL)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as stream:
        stream.truncate(MOST_PACKED + 1)

    assert "larger than 64 MiB" in _refused(path)


def test_a_bomb_takes_no_more_memory_than_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b" " * (400 << 20), compresslevel=1))
    tracemalloc.start()
    said = _refused(path)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "more than 256 MiB" in said
    assert peak < 300 << 20


@pytest.mark.parametrize(
    ("expected", "field", "value"),
    [
        ("does not hold", "signals", [[0, 99, "container.a", 1]]),
        ("does not hold", "signals", [[99, 0, "container.a", 1]]),
        ("Expected `int` >= 0", "signals", [[-1, 0, "container.a", 1]]),
        ("Expected `int` <= 9223372036854775807", "signals", [[0, 0, "container.a", 2**70]]),
        ("at `$.observed.signals[0][3]`", "signals", [[0, 0, "container.a", {"finite": "+"}]]),
        ("at `$.observed.signals[0][3][1]`", "signals", [[0, 0, "container.a", ["x", 1]]]),
        ("Expected `array` of at most length 5", "signals", [[0, 0, "container.a", 1, 1.0, "more"]]),
        ("Invalid enum value 'because'", "unavailable", [{"kind": "a", "why": "because", "detail": "", "remedy": ""}]),
        ("Expected `float`", "now", "noon"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, expected: str, field: str, value: object) -> None:
    document = _document(FULL, tmp_path)
    observed = document["observed"]
    assert isinstance(observed, dict)
    path = tmp_path / "hostile.bundle"
    path.write_bytes(gzip.compress(msgspec.json.encode(document | {"observed": observed | {field: value}})))

    assert expected in _refused(path)


@pytest.mark.parametrize(
    "document",
    [b"", b"null", b"[]", b"{", b'{"format":"tar","version":1}', b"\xff\xfe", b'{"format":"diagnose-bundle","version":1}{}', b'{"format":"\\ud800"}', b"NaN"],
)
def test_any_other_document_is_no_bundle(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(document))

    assert "this is not a bundle" in _refused(path)


def test_two_members_are_no_bundle(tmp_path: Path) -> None:
    save(tmp_path / "a", FULL)
    path = tmp_path / "b"
    path.write_bytes((tmp_path / "a").read_bytes() * 2)

    assert "something follows the bundle" in _refused(path)


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    save(tmp_path / "a", FULL)
    packed = bytearray((tmp_path / "a").read_bytes())
    packed[-6] ^= 1
    (tmp_path / "b").write_bytes(packed)

    assert "damaged" in _refused(tmp_path / "b")


def test_many_small_parts_are_refused_before_they_become_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST_PARTS", 100)
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b"[" + b"[]," * 100 + b"[]]"))

    assert "more than 100 parts" in _refused(path)
