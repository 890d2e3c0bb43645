"""The kubectl plugin: what Krew unpacks runs through the link that Krew makes, and the manifest names it with its digest."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BASE = "https://example.org/diagnose/releases/v1"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("krew", ROOT / ".ci" / "krew.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(build: ModuleType, tmp_path: Path) -> Path:
    """An archive whose packages print how they were called."""
    lib = tmp_path / "lib" / "agent"
    lib.mkdir(parents=True)
    (lib / "__init__.py").touch()
    (lib / "cli.py").write_text("import sys\n\n\ndef main():\n    print(sys.argv)\n    raise SystemExit(3)\n", encoding="utf-8")
    made = tmp_path / "dist" / "kubectl-diagnose-linux-amd64.tar.gz"
    build.pack(tmp_path / "lib", made)
    return made


def unpacked(archive: Path, folder: Path) -> Path:
    """The program as Krew links to it."""
    store = folder / "store" / "v1"
    with tarfile.open(archive) as tar:
        tar.extractall(store, filter="data")
    link = folder / "bin" / "kubectl-diagnose"
    link.parent.mkdir()
    link.symlink_to(store / "kubectl-diagnose")
    return link


def test_through_krew_s_link_the_plugin_runs_with_its_own_packages_and_its_exit_code(archive: Path, tmp_path: Path) -> None:
    link = unpacked(archive, tmp_path)
    (link.parent / f"python{sys.version_info.major}.{sys.version_info.minor}").symlink_to(sys.executable)
    environ = {"PATH": f"{link.parent}:{os.defpath}"}
    done = subprocess.run([str(link), "pod/x", "-n", "a b"], capture_output=True, text=True, check=False, env=environ)

    assert ("['kubectl-diagnose', 'pod/x', '-n', 'a b']\n", "", 3) == (done.stdout, done.stderr, done.returncode)


def test_without_its_python_it_says_what_to_install(archive: Path, tmp_path: Path) -> None:
    link = unpacked(archive, tmp_path)
    launcher = link.resolve()
    launcher.write_text(re.sub(r"python3\.\d+", "python3.999", launcher.read_text(encoding="utf-8")), encoding="utf-8")
    done = subprocess.run([str(link)], capture_output=True, text=True, check=False)

    assert (2, True) == (done.returncode, done.stderr.startswith("kubectl diagnose needs python3.999 on the PATH."))


def test_the_manifest_names_every_archive_with_its_digest(build: ModuleType, archive: Path) -> None:
    other = archive.with_name("kubectl-diagnose-linux-arm64.tar.gz")
    other.write_bytes(b"x")
    told = yaml.safe_load(build.manifest(BASE, [archive, other]))

    assert ("krew.googlecontainertools.github.com/v1alpha2", "Plugin", {"name": "diagnose"}) == (told["apiVersion"], told["kind"], told["metadata"])
    assert {"version", "homepage", "shortDescription", "description", "caveats", "platforms"} == set(told["spec"])
    assert re.fullmatch(r"v\d+\.\d+\.\d+", told["spec"]["version"])
    assert [
        {
            "selector": {"matchLabels": {"os": "linux", "arch": arch}},
            "uri": f"{BASE}/{one.name}",
            "sha256": hashlib.sha256(one.read_bytes()).hexdigest(),
            "bin": "kubectl-diagnose",
        }
        for one, arch in ((archive, "amd64"), (other, "arm64"))
    ] == told["spec"]["platforms"]


def test_the_same_packages_give_the_same_archive(build: ModuleType, archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.tar.gz"
    build.pack(tmp_path / "lib", again)

    assert archive.read_bytes() == again.read_bytes()


def test_invoked_by_kubectl_it_calls_itself_as_people_do() -> None:
    code = "import sys; sys.argv[0] = '/x/kubectl-diagnose'; from agent.cli import run; run(['verify', '--help'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.startswith("usage: kubectl diagnose verify ")
