"""Images for the node, made without a registry: busybox, this machine's Python, and files on top of them."""

import hashlib
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.images import add_busybox, add_bytes, add_python, json_text, tar_of

BUSYBOX, PYTHON, PAUSE = "node.test/busybox:1", "node.test/python:3", "node.test/pause:1"
_LAYERS: dict[str, bytes] = {}

Fill = Callable[[tarfile.TarFile], None]
_BASES: Mapping[str, Fill] = {BUSYBOX: add_busybox, PYTHON: add_python}


def layer(base: str) -> bytes:
    """The one layer of a base image, made once."""
    if base not in _LAYERS:
        _LAYERS[base] = tar_of(_BASES[base])
    return _LAYERS[base]


def archive(
    place: Path,
    name: str,
    layers: list[bytes],
    command: list[str],
    *,
    entrypoint: list[str] | None = None,
    workdir: str = "/",
    user: str = "",
    architecture: str = "amd64",
) -> Path:
    """An image as `docker save` writes it, to be loaded onto a node."""
    rootfs = {"type": "layers", "diff_ids": [_digest(one) for one in layers]}
    start = {
        "Cmd": command or None,
        "Entrypoint": entrypoint,
        "WorkingDir": workdir,
        "User": user,
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"],
    }
    config = json_text({"architecture": architecture, "os": "linux", "config": start, "rootfs": rootfs}).encode()
    names = [f"layer{number}.tar" for number in range(len(layers))]
    manifest = json_text([{"Config": "config.json", "RepoTags": [name], "Layers": names}]).encode()
    with tarfile.open(place, "w") as tar:
        for path, content in {"config.json": config, "manifest.json": manifest, **dict(zip(names, layers, strict=True))}.items():
            add_bytes(tar, path, content)
    return place


def base_images(folder: Path) -> list[Path]:
    """Archives of the images that every node has."""
    busybox = [layer(BUSYBOX)]
    return [
        archive(folder / "pause.tar", PAUSE, busybox, ["tail", "-f", "/dev/null"]),
        archive(folder / "busybox.tar", BUSYBOX, busybox, ["sh"]),
        archive(folder / "python.tar", PYTHON, [layer(PYTHON)], ["python3"]),
    ]


def files(content: Mapping[str, str], mode: int = 0o755) -> bytes:
    """A layer of these files."""

    def fill(tar: tarfile.TarFile) -> None:
        for path, text in content.items():
            add_bytes(tar, path, text.encode(), mode)

    return tar_of(fill)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
