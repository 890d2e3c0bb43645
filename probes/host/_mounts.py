r"""Which mounts are real places for data, each once.

36 35 98:0 / /mnt/data\040one rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue      (proc_pid_mountinfo(5))
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from probes._access import Access

_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "beegfs_nodev", "9p", "virtiofs", "afs", "zfs", "fuse"}
)
"""No block device of ours stands behind these, yet they hold data."""

_IMAGES = frozenset({"squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"})
"""Always full, and meant to be: snap packages, DVDs."""

_VIEWS = frozenset({"fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.fuse-overlayfs", "nsfs"})
_IN_MEMORY = frozenset({"/dev/shm", "/tmp", "/var/tmp", "/run"})  # noqa: S108  # places where a full tmpfs stops programs; nothing is written
_GIVEN_FILES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"})
"""Single files that a container runtime mounts over those of the image."""


class Mount(NamedTuple):
    """A mount point, what is mounted there, and whether it refuses writes. `whole`: not only a folder of the file system."""

    point: str
    device: str
    filesystem: str
    read_only: bool
    whole: bool
    identity: str


def real(access: Access) -> list[Mount]:
    """The mounts that hold data, one for each file system, by mount point. OSError if /proc does not show them."""
    virtual = _virtual(access.text("/proc/filesystems"))
    latest = {mount.point: mount for mount in _parsed(access.text("/proc/self/mountinfo"))}  # a later mount hides the earlier one
    return _once(mount for mount in latest.values() if _holds_data(mount, virtual))


def _virtual(text: str) -> frozenset[str]:
    """File systems that need no block device (proc_filesystems(5))."""
    return frozenset(line.split()[-1] for line in text.splitlines() if line.startswith("nodev") and line.split()[1:])


def _parsed(text: str) -> Iterable[Mount]:
    for line in text.splitlines():
        front, _, back = line.partition(" - ")
        fields, source = front.split(" "), back.split(" ")
        if len(fields) >= 6 and len(source) >= 2:
            yield _mount(fields, source)


def _mount(fields: list[str], source: list[str]) -> Mount:
    device = _plain(source[1])
    options = {*fields[5].split(","), *(source[2].split(",") if len(source) > 2 else ())}
    identity = device if device.startswith("/dev/") else fields[2]  # each btrfs subvolume has a device number of its own
    return Mount(_plain(fields[4]), device, source[0], "ro" in options, fields[3] == "/", identity)


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _holds_data(mount: Mount, virtual: frozenset[str]) -> bool:
    if mount.point == "/":
        return True
    if mount.filesystem in _IMAGES | _VIEWS or mount.point in _GIVEN_FILES:
        return False
    if mount.filesystem == "tmpfs":
        return mount.point in _IN_MEMORY
    return mount.filesystem not in virtual or mount.filesystem.partition(".")[0] in _REMOTE


def _once(mounts: Iterable[Mount]) -> list[Mount]:
    """Of mounts of one file system, keep the one that shows all of it, then the shortest path."""
    best: dict[str, Mount] = {}
    for mount in sorted(mounts, key=lambda mount: (not mount.whole, len(mount.point), mount.point)):
        best.setdefault(mount.identity, mount)
    return sorted(best.values())
