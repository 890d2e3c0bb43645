"""The kubectl plugin as Krew installs it: an archive for this kind of machine, and the manifest that names every archive in dist/.

    python .ci/krew.py https://example.org/releases/v0.1.0
    kubectl krew install --manifest=dist/diagnose.yaml --archive=dist/kubectl-diagnose-linux-amd64.tar.gz

Fields of the manifest: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest
"""

from __future__ import annotations

import gzip
import hashlib
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = "docker,s3"
"""What an engineer's machine has a use for besides a cluster."""

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_ARCHES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LAUNCHER = f"""#!/bin/sh
# Krew puts a link to this into its folder of programs; the packages lie beside the file itself, and are those of one Python.
# -P: nothing is imported from the folder that somebody stands in.
here=$(dirname "$(readlink -f "$0")")
python=$(command -v python{PYTHON}) || {{
    echo "kubectl diagnose needs python{PYTHON} on the PATH. Install that, or diagnose itself (pip install diagnose), which brings kubectl-diagnose." >&2
    exit 2
}}
PYTHONPATH="$here/lib${{PYTHONPATH:+:$PYTHONPATH}}" exec "$python" -P -c 'import sys; sys.argv[0] = "kubectl-diagnose"; from agent.cli import main; main()' "$@"
"""
_HEAD = """\
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: diagnose
spec:
  version: v{version}
  homepage: {home}
  shortDescription: Names the root cause of what is wrong
  description: |
    Looks at a live MLOps platform, names the root cause of what is wrong with
    the evidence for and against it, and says how to fix it and how to see that
    the fix worked. It only reads, and needs no language model:

      kubectl diagnose
      kubectl diagnose pod/trainer-0 -n ml
  caveats: |
    This plugin needs python{python} on the PATH, and what it may look at:
    `kubectl diagnose access` names the grants that are lacking.
  platforms:
"""
_PLATFORM = """\
  - selector:
      matchLabels:
        os: {os}
        arch: {arch}
    uri: {base}/{name}
    sha256: {sha256}
    bin: kubectl-diagnose
"""


def version() -> str:
    """Ours, as agent/__init__.py has it."""
    found = re.search(r'__version__ = "([^"]+)"', (ROOT / "agent" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit("agent/__init__.py names no version.")
    return found[1]


def install(lib: Path) -> None:
    """Our packages and what they need, at the versions of the lock."""
    target = ["--target", str(lib), "--quiet"]
    subprocess.run([*_PIP, *target, "--constraint", str(ROOT / "requirements.lock"), f"{ROOT}[{EXTRAS}]"], check=True)


_PIP = ("uv", "pip", "install", "--python", sys.executable)


def pack(lib: Path, archive: Path) -> None:
    """The archive: the launcher, the licence and the packages, the same bytes for the same files."""
    archive.parent.mkdir(exist_ok=True)
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        with tempfile.TemporaryDirectory() as folder:
            launcher = Path(folder) / "kubectl-diagnose"
            launcher.write_text(_LAUNCHER, encoding="utf-8")
            launcher.chmod(0o755)
            tar.add(launcher, "kubectl-diagnose", filter=_plain)
        tar.add(ROOT / "LICENSE", "LICENSE", filter=_plain)
        for path in sorted(lib.rglob("*")):
            tar.add(path, f"lib/{path.relative_to(lib)}", recursive=False, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what differs from build to build."""
    if "__pycache__" in entry.name:
        return None
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def manifest(base: str, archives: list[Path]) -> str:
    """The manifest of these archives, which will lie below the address `base`."""
    parts = [_HEAD.format(version=version(), home=base.partition("/releases")[0], python=PYTHON)]
    for one in archives:
        os_name, arch = one.name.removesuffix(".tar.gz").split("-")[-2:]
        parts.append(_PLATFORM.format(os=os_name, arch=arch, base=base, name=one.name, sha256=hashlib.sha256(one.read_bytes()).hexdigest()))
    return "".join(parts)


def main(base: str) -> None:
    """Build the archive of this machine, and the manifest of all archives that lie in dist/."""
    dist = ROOT / "dist"
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        pack(Path(folder), dist / f"kubectl-diagnose-{platform.system().lower()}-{_ARCHES[platform.machine()]}.tar.gz")
    text = manifest(base, sorted(dist.glob("kubectl-diagnose-*.tar.gz")))
    (dist / "diagnose.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("https://"):
        raise SystemExit("Give the address below which the archives will lie: python .ci/krew.py https://…")
    main(sys.argv[1].rstrip("/"))
