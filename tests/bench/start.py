"""How long until the first line: --version, a replayed diagnosis, and a real one of one container, beside a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.engine import engine, missing
from tests.faults.images import BASES, build_bases

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
RUNS = 5


def _first_line(*command: str) -> float:
    """Seconds until the first byte of stdout; the least of several runs."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            process.stdout.readline()
            best = min(best, time.perf_counter() - began)
            process.stdout.read()
    return best


def _third_party(*arguments: str) -> list[str]:
    """Third-party modules that one command imports."""
    code = f"import sys; sys.argv = ['diagnose', {', '.join(map(repr, arguments))}]\ntry:\n import agent.cli; agent.cli.main()\nfinally:\n print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    standard = {*sys.stdlib_module_names, "agent", "__main__"}
    return sorted({name.partition(".")[0] for name in done.stderr.split()} - standard)


def main() -> None:
    """Print the figures."""
    bare = _first_line(sys.executable, "-c", "print()")
    version = _first_line(sys.executable, "-m", "agent.cli", "--version")
    replay = _first_line(sys.executable, "-m", "agent.cli", "replay", str(DEMO))
    print(f"bare interpreter           {bare * 1000:7.0f} ms")
    print(f"--version                  {version * 1000:7.0f} ms  ratio {version / bare:.1f}; third-party modules: {_third_party('--version') or 'none'}")
    print(f"replay of the demo         {replay * 1000:7.0f} ms  ratio {replay / bare:.1f}")
    why = missing()
    if why:
        print(f"a real container           left out: {why}")
        return
    with engine() as it:
        build_bases(it)
        it.docker("run", "-d", "--name", "bench", "--restart", "always", BASES["python"], "python", "-c", "import nosuchmodule")
        time.sleep(3)
        host = os.fspath(it.host)
        real = _first_line(sys.executable, "-m", "agent.cli", "--docker", host)
        raw = _first_line("docker", "-H", host, "inspect", "bench") + _first_line("docker", "-H", host, "logs", "--tail", "400", "bench")
    print(f"diagnosis of one container {real * 1000:7.0f} ms  ratio {real / raw:.1f} to `docker inspect` and `docker logs` ({raw * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
