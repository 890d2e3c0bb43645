"""Images for the node, made without Docker: busybox, this machine's Python, and files on top of them."""

import hashlib
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.images import add_busybox, add_bytes, add_python, json_text, tar_of

BUSYBOX, PYTHON, PAUSE = "node.test/busybox:1", "node.test/python:3", "node.test/pause:1"
_PATH = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_LAYERS: dict[str, bytes] = {}

Fill = Callable[[tarfile.TarFile], None]
_BASES: Mapping[str, Fill] = {BUSYBOX: add_busybox, PYTHON: add_python}


@dataclass(frozen=True)
class Image:
    """What is in an image and how it starts."""

    layers: Sequence[bytes]
    command: Sequence[str] = ()
    entrypoint: Sequence[str] = ()
    workdir: str = "/"
    user: str = ""
    architecture: str = "amd64"

    def config(self) -> bytes:
        start = {
            "Cmd": self.command or None,
            "Entrypoint": self.entrypoint or None,
            "WorkingDir": self.workdir,
            "User": self.user,
            "Env": [_PATH],
        }
        rootfs = {"type": "layers", "diff_ids": [digest(one) for one in self.layers]}
        return json_text({"architecture": self.architecture, "os": "linux", "config": start, "rootfs": rootfs}).encode()


def layer(base: str) -> bytes:
    """The one layer of a base image, made once."""
    if base not in _LAYERS:
        _LAYERS[base] = tar_of(_BASES[base])
    return _LAYERS[base]


def files(content: Mapping[str, str], mode: int = 0o755) -> bytes:
    """A layer of these files."""

    def fill(tar: tarfile.TarFile) -> None:
        for path, text in content.items():
            add_bytes(tar, path, text.encode(), mode)

    return tar_of(fill)


def archive(place: Path, name: str, image: Image) -> Path:
    """An image as `docker save` writes it, to be loaded onto a node."""
    names = [f"layer{number}.tar" for number in range(len(image.layers))]
    manifest = json_text([{"Config": "config.json", "RepoTags": [name], "Layers": names}]).encode()
    content = {"config.json": image.config(), "manifest.json": manifest, **dict(zip(names, image.layers, strict=True))}
    with tarfile.open(place, "w") as tar:
        for path, data in content.items():
            add_bytes(tar, path, data)
    return place


def base_images(folder: Path) -> list[Path]:
    """Archives of the images that every node has."""
    busybox = [layer(BUSYBOX)]
    return [
        archive(folder / "pause.tar", PAUSE, Image(busybox, ["tail", "-f", "/dev/null"])),
        archive(folder / "busybox.tar", BUSYBOX, Image(busybox, ["sh"])),
        archive(folder / "python.tar", PYTHON, Image([layer(PYTHON)], ["python3"])),
    ]


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
