"""Images for the planted containers, made without a registry: a busybox, a Python, and on them the small applications that fail or work."""

import hashlib
import io
import os
import pickle
import platform
import random
import re
import struct
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from .engine import LABEL, Engine, EngineError, busybox

SCRIPTS = Path(__file__).parent / "scripts"
BASES = {"busybox": "busybox:1.35", "python": "python:3-slim"}
FOREIGN = "foreign"  # no base at all, for an architecture that this machine is not
_SKIPPED = {"test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data"}
_USERS = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n"
_GROUPS = "root:x:0:\napp:x:1000:\n"


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of an image: a script of ours, a text, or something made by the function named."""

    script: str = ""
    text: str = ""
    make: str = ""
    mode: int = 0o644


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An application image: a base, files on it, and how it starts."""

    base: str
    files: dict[str, File] = {}
    workdir: str = "/app"
    env: dict[str, str] = {}
    user: str = ""
    cmd: list[str] = []
    entrypoint: list[str] = []


def build_bases(engine: Engine) -> None:
    """Import the two base images unless the engine has them."""
    makers: dict[str, Callable[[tarfile.TarFile], None]] = {"busybox": add_busybox, "python": add_python}
    for base, make in makers.items():
        if engine.attempt("image", "inspect", BASES[base]).returncode == 0:
            continue
        engine.docker("import", "--change", 'CMD ["sh"]', "-", BASES[base], stdin=tar_of(make))


def build(engine: Engine, name: str, image: Image) -> None:
    """Make an application image as a layer on its base."""
    if image.base == FOREIGN:
        engine.docker("load", stdin=_foreign_image(name, image))
        return
    changes = [f"WORKDIR {image.workdir}", f"LABEL {LABEL}=image", *(f"ENV {key}={value}" for key, value in image.env.items())]
    changes += [f"USER {image.user}"] if image.user else []
    changes += [f"ENTRYPOINT {json_text(image.entrypoint)}"] if image.entrypoint else []
    changes += [f"CMD {json_text(image.cmd)}"] if image.cmd else []
    container = engine.docker("create", "--label", f"{LABEL}=build", BASES[image.base]).strip()
    engine.docker("cp", "-", f"{container}:/", stdin=tar_of(lambda tar: _add_files(tar, image)))
    engine.docker("commit", *(part for change in changes for part in ("--change", change)), container, name)
    engine.docker("rm", container)


def _foreign_image(name: str, image: Image) -> bytes:
    """An image as `docker pull --platform` brings it: it says which architecture it is for."""
    layer = tar_of(lambda tar: _add_files(tar, image))
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
    start = {"Entrypoint": image.entrypoint or None, "Cmd": image.cmd or None, "WorkingDir": image.workdir, "Labels": {LABEL: "image"}}
    config = json_text({"architecture": "amd64" if _on_arm() else "arm64", "os": "linux", "config": start, "rootfs": rootfs}).encode()
    manifest = json_text([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    files = {"config.json": config, "layer.tar": layer, "manifest.json": manifest}
    return tar_of(lambda tar: _add_all(tar, files))


def _add_all(tar: tarfile.TarFile, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        add_bytes(tar, path, content)


def _on_arm() -> bool:
    return platform.machine() in {"aarch64", "arm64"}


def json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def tar_of(fill: Callable[[tarfile.TarFile], None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        fill(tar)
    return buffer.getvalue()


def add_bytes(tar: tarfile.TarFile, path: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _add_folder(tar: tarfile.TarFile, path: str, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    tar.addfile(entry)


def _add_link(tar: tarfile.TarFile, path: str, target: str) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    tar.addfile(entry)


def _add_files(tar: tarfile.TarFile, image: Image) -> None:
    """The working folder belongs to root, as it does after COPY."""
    _add_folder(tar, image.workdir)
    for path, file in image.files.items():
        add_bytes(tar, path, _content(file), file.mode)


def _content(file: File) -> bytes:
    if file.script:
        return (SCRIPTS / file.script).read_bytes()
    return MAKERS[file.make]() if file.make else file.text.encode()


# the bases


def add_busybox(tar: tarfile.TarFile) -> None:
    """A static busybox under its applets' names, the folders and accounts that programs expect."""
    binary = busybox()
    if binary is None:
        raise EngineError("busybox is not installed (Debian: busybox-static)")
    for folder in ("bin", "etc", "root", "home", "home/app", "var", "usr", "usr/bin", "usr/local", "usr/local/bin", "run"):
        _add_folder(tar, folder)
    _add_folder(tar, "tmp", 0o1777)
    add_bytes(tar, "etc/passwd", _USERS.encode())
    add_bytes(tar, "etc/group", _GROUPS.encode())
    add_bytes(tar, "bin/busybox", binary.read_bytes(), 0o755)
    for applet in subprocess.run([binary, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if applet != "busybox":
            _add_link(tar, f"bin/{applet}", "busybox")


def add_python(tar: tarfile.TarFile) -> None:
    """This interpreter's base, moved to /usr/local, with every shared library that it or its extensions need."""
    add_busybox(tar)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    binary = _interpreter(version)
    stdlib = Path(sysconfig.get_path("stdlib"))
    for folder in ("lib", "usr/local/lib"):
        _add_folder(tar, folder)
    add_bytes(tar, f"usr/local/bin/{version}", binary.read_bytes(), 0o755)
    for alias in ("python3", "python"):
        _add_link(tar, f"usr/local/bin/{alias}", version)
    _add_tree(tar, stdlib, f"usr/local/lib/{version}")
    for path, library in _libraries([binary, *(stdlib / "lib-dynload").glob("*.so")]).items():
        add_bytes(tar, path, library.read_bytes(), 0o755)


def _interpreter(version: str) -> Path:
    candidates = [Path(sys.base_prefix, "bin", version), Path(getattr(sys, "_base_executable", sys.executable)), Path(sys.executable)]
    return next(candidate.resolve() for candidate in candidates if candidate.exists())


def _add_tree(tar: tarfile.TarFile, root: Path, place: str) -> None:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("config-"))
        inside = Path(place) / Path(folder).relative_to(root)
        _add_folder(tar, str(inside))
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not name.endswith((".a", ".opt-1.pyc", ".opt-2.pyc")):
                entry = tarfile.TarInfo(str(inside / name))
                entry.size, entry.mode, entry.mtime = path.stat().st_size, 0o644, int(path.stat().st_mtime)
                with path.open("rb") as content:
                    tar.addfile(entry, content)


def _libraries(binaries: list[Path]) -> dict[str, Path]:
    """Where in the image each needed library goes: the loader where the binaries look for it, all else where the loader looks by itself."""
    needed: dict[str, Path] = {}
    loader: dict[str, Path] = {}
    for path in (path for binary in binaries for path in _needed_by(binary)):
        if path.name.startswith("ld-"):
            loader[str(path)] = path.resolve()
        else:
            needed[path.name] = path
    libc = needed["libc.so.6"]
    for extra in ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"):
        if (libc.parent / extra).exists():
            needed.setdefault(extra, libc.parent / extra)
    return loader | {f"{libc.parent}/{name}": path.resolve() for name, path in needed.items()}


def _needed_by(binary: Path) -> Iterator[Path]:
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False).stdout
    yield from (Path(path) for path in re.findall(r"(/\S+) \(0x", listed))


# what the applications' files are made of


def _foreign_binary() -> bytes:
    """A whole static program (it would exit with 0) for an architecture that this machine is not."""
    arm = _on_arm()
    code = bytes.fromhex("b83c0000000f05" if arm else "a80b80d2000080d2010000d4")
    address, header = 0x400000, 64 + 56
    elf = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    elf += struct.pack("<HHIQQQIHHHHHH", 2, 62 if arm else 183, 1, address + header, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    elf += struct.pack("<IIQQQQQQ", 1, 5, 0, address, address, header + len(code), header + len(code), 0x1000)
    return elf + code


def _dynamic_binary() -> bytes:
    """A program that needs the C library's loader: the interpreter of this machine."""
    return _interpreter(f"python{sys.version_info.major}.{sys.version_info.minor}").read_bytes()


def _whole_pickle() -> bytes:
    chance = random.Random(7)  # noqa: S311
    return pickle.dumps({"trees": [[chance.random() for _ in range(64)] for _ in range(400)], "classes": ["stays", "leaves"]})


def _truncated_pickle() -> bytes:
    whole = _whole_pickle()
    return whole[: len(whole) // 3]


def _table() -> bytes:
    """300,000 rows of a table of features, about 20 MB."""
    chance = random.Random(11)  # noqa: S311
    lines = ["customer,day,amount,merchant,country,age,score,label"]
    lines += [
        f"c{row:07d},2026-0{1 + row % 9}-1{row % 9},{chance.random() * 900:.2f},m{row % 977:04d},DE,{18 + row % 60},{chance.random():.6f},{row % 2}"
        for row in range(300_000)
    ]
    return "\n".join(lines).encode()


MAKERS: dict[str, Callable[[], bytes]] = {
    "foreign-binary": _foreign_binary,
    "dynamic-binary": _dynamic_binary,
    "whole-pickle": _whole_pickle,
    "truncated-pickle": _truncated_pickle,
    "table": _table,
}
