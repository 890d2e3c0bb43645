"""Disks: which mounts count, how full they are, and that one which never answers costs only itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Subject, Swept, Unavailable
from probes.host import _statfs, disks
from probes.host.disks import PROBES

from .conftest import MakeAccess, RunProbe

(PROBE,) = PROBES
GIB = 2**30
MEASURED = ("disk.total_bytes", "disk.free_bytes", "disk.used_ratio", "disk.inodes_used_ratio")

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
23 22 0:21 / /proc rw - proc proc rw
24 22 0:6 / /dev rw - tmpfs devtmpfs rw
25 24 0:23 / /dev/shm rw - tmpfs shm rw,size=65536k
26 22 0:50 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw
27 22 254:0 /srv/data /bound rw - ext4 /dev/vda rw
28 22 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
29 22 254:16 / /mnt/data\040one rw - ext4 /dev/vdb ro,errors=remount-ro
30 22 0:60 / /models rw - nfs4 store:/models rw
31 22 0:61 / /bucket rw - fuse.s3fs s3fs rw
32 22 0:62 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw
33 22 0:4 net:[4026532600] /run/docker/netns/1 rw - nsfs nsfs rw
torn line
34 22 254:32 / /scratch
35 22 0:70 / /var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/token rw - tmpfs tmpfs rw
36 22 254:48 / /mnt/old rw - ext4 /dev/vdc rw
37 22 254:64 / /mnt/old rw - ext4 /dev/vdd rw
"""


class Scripted(Access):
    """Runs what is meant for the child in this process, where the file systems' answers are scripted by path."""

    def in_child(self, function: Callable[..., Any], *arguments: Any, limit: float = 3.0) -> Any:
        assert limit > disks._ANSWER_S
        return function(*arguments)


@pytest.fixture
def scripted(machine: MakeAccess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, dict[str, Any]], Access]]:
    """Makes an access whose mounts answer with (blocks, free, available, inodes, inodes free), an error, or never."""
    over = threading.Event()

    def make(mounts: str, rooms: dict[str, Any]) -> Access:
        base = machine({"/proc/self/mountinfo": mounts})

        def statvfs(path: str) -> os.statvfs_result:
            answer = rooms["/" + str(Path(path).relative_to(base.root)).removeprefix(".")]
            if answer == "hangs":
                over.wait(30)
            if isinstance(answer, OSError):
                raise answer
            blocks, free, available, inodes, inodes_free = (0, 0, 0, 0, 0) if answer == "hangs" else answer
            return os.statvfs_result((4096, 4096, blocks, free, available, inodes, inodes_free, inodes_free, 0, 255))

        monkeypatch.setattr(os, "statvfs", statvfs)
        return Scripted({}, deadline=time.monotonic() + 60, root=base.root, now=base.now)

    yield make
    over.set()


ROOT = "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
SLOW = "30 22 0:60 / /models rw - nfs4 store:/models rw\n"
HALF = (100, 50, 40, 1000, 100)


def seen(answers: list[Answer]) -> dict[str, Any]:
    return {look.subject.key: look.values for look in answers if isinstance(look, Look) and look.subject.kind == "disk"}


def full(answers: list[Answer]) -> Any:
    return next(look.values["host.full_disks"] for look in answers if isinstance(look, Look) and look.subject.kind == "host")


def test_one_disk_is_measured_as_df_measures_it(scripted: Callable[..., Access], run: RunProbe) -> None:
    answers = run(PROBE, scripted(ROOT, {"/": HALF}))

    expected = {
        "disk.total_bytes": 100 * 4096,
        "disk.free_bytes": 40 * 4096,
        "disk.used_ratio": 0.5556,
        "disk.inodes_used_ratio": 0.9,
        "disk.filesystem": "ext4",
        "disk.device": "/dev/vda",
        "disk.read_only": False,
    }
    swept = Swept(kind="disk", scope="gpu-1", count=1)
    assert ({"/": expected}, (), swept) == (seen(answers), full(answers), answers[-1])


def test_each_place_for_data_counts_once_and_nothing_else_does(scripted: Callable[..., Access], run: RunProbe) -> None:
    points = ("/", "/bucket", "/dev/shm", "/mnt/data one", "/mnt/old", "/models")  # noqa: S108  # nothing is written
    found = seen(run(PROBE, scripted(MOUNTS, dict.fromkeys(points, HALF))))

    expected = [
        ("/", "/dev/vda", "ext4", False),
        ("/bucket", "s3fs", "fuse.s3fs", False),
        ("/dev/shm", "shm", "tmpfs", False),  # noqa: S108
        ("/mnt/data one", "/dev/vdb", "ext4", True),
        ("/mnt/old", "/dev/vdd", "ext4", False),
        ("/models", "store:/models", "nfs4", False),
    ]
    assert expected == [(point, disk["disk.device"], disk["disk.filesystem"], disk["disk.read_only"]) for point, disk in found.items()]


@pytest.mark.parametrize(
    ("mount", "room", "expected"),
    [
        pytest.param("rw", (100, 4, 4, 0, 0), ("/",), id="bytes, where inodes have no number"),
        pytest.param("rw", (100, 9, 4, 0, 0), ("/",), id="what is left is for root alone: 91 of 95"),
        pytest.param("rw", (100, 90, 90, 100, 5), ("/",), id="inodes"),
        pytest.param("rw", (100, 6, 6, 100, 6), (), id="94 % is not full"),
        pytest.param("ro", (100, 0, 0, 100, 0), (), id="one that nobody writes to is full without harm"),
    ],
)
def test_a_disk_is_full_at_95_percent(scripted: Callable[..., Access], run: RunProbe, mount: str, room: Any, expected: tuple[str, ...]) -> None:
    assert expected == full(run(PROBE, scripted(f"22 1 254:0 / / {mount} - ext4 /dev/vda rw\n", {"/": room})))


def test_the_root_of_a_container_counts(scripted: Callable[..., Access], run: RunProbe) -> None:
    mounts = "22 1 0:50 / / rw - overlay overlay rw\n23 22 254:0 /x/hosts /etc/hosts rw - ext4 /dev/vda rw\n"

    expected = ["/"]
    assert expected == list(seen(run(PROBE, scripted(mounts, {"/": HALF}))))


def test_what_has_no_size_is_no_disk(scripted: Callable[..., Access], run: RunProbe) -> None:
    assert not seen(run(PROBE, scripted(ROOT, {"/": (0, 0, 0, 0, 0)})))


def test_an_endless_store_fits(scripted: Callable[..., Access], run: RunProbe) -> None:
    found = seen(run(PROBE, scripted(ROOT, {"/": (2**60, 2**60, 2**60, 0, 0)})))

    expected = (2**63 - 1, 0.0)
    assert expected == (found["/"]["disk.total_bytes"], found["/"]["disk.used_ratio"])


def test_a_mount_that_never_answers_is_named_and_the_others_are_seen(
    scripted: Callable[..., Access], run: RunProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "_ANSWER_S", 0.2)
    answers = run(PROBE, scripted(ROOT + SLOW, {"/": HALF, "/models": "hangs"}))

    expected = Unavailable(
        kind="disk",
        subject=Subject("disk", "/models"),
        why="timed out",
        detail="/models (nfs4 from store:/models) did not answer in 0.2 s.",
        remedy="Check that what is behind store:/models is up and reachable.",
        names=MEASURED,
    )
    assert (["/"], [expected]) == (list(seen(answers)), [answer for answer in answers if isinstance(answer, Unavailable)])
    assert Swept(kind="disk", scope="gpu-1", count=1, complete=False) == answers[-1]


@pytest.mark.parametrize(
    ("error", "expected"),
    [(PermissionError(13, "Permission denied"), "forbidden"), (OSError(116, "Stale file handle"), "refused"), (OSError(5, "I/O error"), "refused")],
)
def test_a_mount_that_answers_with_an_error_is_not_an_empty_disk(
    scripted: Callable[..., Access], run: RunProbe, error: OSError, expected: str
) -> None:
    answers = run(PROBE, scripted(ROOT + SLOW, {"/": HALF, "/models": error}))

    assert [expected] == [answer.why for answer in answers if isinstance(answer, Unavailable)]


def test_when_the_child_does_not_come_back_every_disk_is_unseen(machine: MakeAccess, run: RunProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_arguments: Any, **_options: Any) -> None:
        raise Unreachable("timed out", "rooms did not come back from the kernel in 5 s.")

    access = machine({})
    monkeypatch.setattr(access, "in_child", lost)

    expected = Unavailable(
        kind="disk", why="timed out", detail="rooms did not come back from the kernel in 5 s.", remedy="Run diagnose again with a longer --deadline."
    )
    assert [expected] == run(PROBE, access)


def test_rooms_waits_for_all_no_longer_than_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def never(path: str) -> None:
        over.wait(30)
        raise OSError(5, "I/O error", path)

    monkeypatch.setattr(os, "statvfs", never)
    began = time.monotonic()
    answers = _statfs.rooms([(str(number), "/") for number in range(20)], 0.2)
    took = time.monotonic() - began
    over.set()

    assert not answers
    assert took < 1
