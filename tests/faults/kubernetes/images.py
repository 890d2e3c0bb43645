"""All images of the catalogue in one archive, so that what they share is written once."""

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.faults.images import FOREIGN, MAKERS, File, Image, add_bytes, json_text, tar_of
from tests.stack.images import BUSYBOX, PYTHON, layer

SCRIPTS = Path(__file__).parent / "scripts"
_BASES = {"busybox": BUSYBOX, "python": PYTHON}
_PATH = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def archive(place: Path, images: Mapping[str, Image]) -> Path:
    """The images under their names, as `docker save` writes them."""
    blobs: dict[str, bytes] = {}
    manifest = []
    for name, image in images.items():
        layers = [*([] if image.base == FOREIGN else [layer(_BASES[image.base])]), _files(image)]
        digests = [hashlib.sha256(one).hexdigest() for one in layers]
        start = {"Cmd": image.cmd or None, "Entrypoint": image.entrypoint or None, "WorkingDir": image.workdir, "User": image.user}
        config = {"architecture": "amd64", "os": "linux", "config": start | {"Env": [_PATH, *(f"{key}={value}" for key, value in image.env.items())]}}
        config["rootfs"] = {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]}
        text = json_text(config).encode()
        blobs |= {f"{digest}.tar": content for digest, content in zip(digests, layers, strict=True)}
        blobs[own := f"{hashlib.sha256(text).hexdigest()}.json"] = text
        manifest.append({"Config": own, "RepoTags": [name], "Layers": [f"{digest}.tar" for digest in digests]})
    with tarfile.open(place, "w") as tar:
        for path, content in (blobs | {"manifest.json": json_text(manifest).encode()}).items():
            add_bytes(tar, path, content)
    return place


def _files(image: Image) -> bytes:
    def fill(tar: tarfile.TarFile) -> None:
        for path, file in image.files.items():
            add_bytes(tar, path, _content(file), file.mode)

    return tar_of(fill)


def _content(file: File) -> bytes:
    if file.script:
        return (SCRIPTS / file.script).read_bytes()
    return MAKERS[file.make]() if file.make else file.text.encode()
