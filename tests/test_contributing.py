"""The two recipes of CONTRIBUTING.md, done as they are written, in a copy of the project."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
CONSOLES = re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [part.partition("\n")[::2] for console in CONSOLES for part in re.split(r"^\$ ", console, flags=re.MULTILINE) if part]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the files of both recipes added."""
    place = tmp_path_factory.mktemp("copy")
    for name in ("agent", "probes", "rules", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    for name, content in FILES.items():
        assert not (place / name).exists(), f"{name} is there already; the recipe needs another example."
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content, encoding="utf-8")
    return place


def _here(command: str) -> list[str]:
    """A command of the recipes, run by this interpreter on the copy."""
    words = shlex.split(command)
    if words[:2] == ["make", "test"]:
        return [sys.executable, "-m", "pytest", *words[2].removeprefix("ARGS=").split()]
    assert words[0] == "diagnose", command
    return [sys.executable, "-m", "agent.cli", *words[1:]]


def test_the_recipes_are_of_four_files() -> None:
    expected = [
        "my-rows/restart-pending.examples.yaml",
        "my-rows/restart-pending.yaml",
        "probes/host/restart.py",
        "tests/probes/host/test_restart.py",
    ]

    assert expected == sorted(FILES)


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_each_command_prints_what_the_recipe_shows(copy: Path, command: str, expected: str) -> None:
    done = subprocess.run(_here(command), cwd=copy, capture_output=True, text=True, timeout=120, check=False)
    pattern = re.escape(expected.strip()).replace("…", ".*")

    assert (0, True) == (done.returncode, bool(re.fullmatch(pattern, done.stdout.strip(), re.DOTALL))), done.stdout + done.stderr


@pytest.mark.parametrize("way", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_the_code_of_the_recipes_is_as_the_linter_wants_it(copy: Path, way: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *way, *(name for name in FILES if name.endswith(".py"))], cwd=copy, capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stderr), done.stdout
