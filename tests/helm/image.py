"""An image to install the chart with: one that was built, or the same program put together from the environment that runs the tests.

`CHART_TEST_IMAGE=FILE` names an archive of `docker save diagnose:test`. Without it no packages are fetched: this Python, this environment's packages
and this checkout become an image with the same name, user and entry point. What the Dockerfile itself makes is seen by `python -m tests.helm`.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path

from tests.faults.images import _libraries, add_bytes, tar_of
from tests.stack.images import PYTHON, Image, archive, layer

VARIABLE = "CHART_TEST_IMAGE"
REPOSITORY, TAG = "diagnose", "test"
NAME = f"docker.io/library/{REPOSITORY}:{TAG}"
ROOT = Path(__file__).parents[2]
_SITE = f"usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
_START = '#!/usr/local/bin/python3\nfrom agent.cli import main\nif __name__ == "__main__":\n    main()\n'
_EXTRAS = ("boto3",)


def image(folder: Path) -> Path:
    """The archive to load onto a node."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    layers = [layer(PYTHON), tar_of(_add_program)]
    return archive(folder / "diagnose.tar", NAME, Image(layers, entrypoint=["/opt/diagnose/bin/diagnose"], user="10001:10001"))


def _add_program(tar: tarfile.TarFile) -> None:
    add_bytes(tar, "opt/diagnose/bin/diagnose", _START.encode(), 0o755)
    objects = []
    for found in _needed():
        for file in found.files or ():
            place = Path(str(found.locate_file(file)))
            if file.parts[0] != ".." and place.suffix != ".pyc" and place.is_file():
                _add(tar, place, f"{_SITE}/{file}")
                objects += [place] if ".so" in place.name else []
    for package in ("agent", "probes", "rules"):
        for place in sorted((ROOT / package).rglob("*")):
            if place.is_file() and "__pycache__" not in place.parts:
                _add(tar, place, f"{_SITE}/{place.relative_to(ROOT)}")
    for path, library in _libraries(objects).items():
        add_bytes(tar, path, library.read_bytes(), 0o755)


def _add(tar: tarfile.TarFile, place: Path, name: str) -> None:
    """A file, and its bytecode if there is some: compiling all of it at each start takes longer than the look."""
    tar.add(place, name)
    compiled = Path(cache_from_source(str(place))) if place.suffix == ".py" else place
    if compiled != place and compiled.is_file():
        tar.add(compiled, cache_from_source(name))


def _needed() -> list[Distribution]:
    """The packages of the core and of S3, with all that they need."""
    wanted, found = ["diagnose", *_EXTRAS], dict[str, Distribution]()
    while wanted:
        name = re.split(r"[^A-Za-z0-9._-]", wanted.pop(), maxsplit=1)[0].lower().replace("_", "-")
        if name not in found:
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:  # needed elsewhere, on another system
                continue
            wanted += [need for need in found[name].requires or () if "extra ==" not in need]
    del found["diagnose"]
    return list(found.values())
