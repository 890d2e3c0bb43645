"""The face of the project: what stands at the top, what is written down, and that installs are what the lock says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agent.cli import MEANING, VERBS

ROOT = Path(__file__).parents[1]
TOP = {
    *("agent", "probes", "rules", "tests", "helm", ".ci"),
    *("pyproject.toml", "uv.lock", "requirements.lock", "requirements-dev.lock", "Makefile", "Dockerfile", ".dockerignore", ".gitignore"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
}
MADE_UP = re.compile(r"\.(?:(?:example|test|invalid|local)|example\.(?:com|net|org))$")
"""Ends of host names that nobody can have."""
PUBLIC = ("pypi.org", "registry-1.docker.io")
_HOME = re.compile(r"/(?:home|Users)/(?!app\b)\w+|/root/\.\w+")
_INDEX = re.compile(r"\b(?:mirror|artifactory|nexus|devpi|pypi|registry)\b", re.IGNORECASE)
_HOST = re.compile(r"https?://(?:[^\s/'\"@]*@)?([\w.-]+)")
_TARGET = re.compile(r"^([a-z]+):.*## (.+)$", re.MULTILINE)


@cache
def files() -> tuple[str, ...]:
    """What is committed, or would be."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing tells which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, int, str]]:
    """Each line of each file, this one left out: name, number, text."""
    for name in files():
        if name not in {"uv.lock", Path(__file__).relative_to(ROOT).as_posix()}:
            for number, line in enumerate((ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                yield name, number, line


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked() -> dict[str, dict[str, Any]]:
    """The packages of uv.lock by name, ours included."""
    return {package["name"]: package for package in tomllib.loads(read("uv.lock"))["package"]}


def pinned(name: str) -> dict[str, str]:
    """The packages of a list for pip, with their versions."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;\n]+)", read(name), re.MULTILINE))


# what stands where


def test_the_top_level_is_the_one_that_the_design_fixes() -> None:
    assert {name.partition("/")[0] for name in files()} == TOP


def test_what_people_run_is_executable() -> None:
    names = [".ci/run", ".ci/install", "tests/bare/run.sh"]

    assert names == [name for name in names if os.access(ROOT / name, os.X_OK)]


def test_no_file_names_the_home_of_a_person() -> None:
    home = str(Path.home())
    found = [f"{name}:{number}: {line}" for name, number, line in texts() if _HOME.search(line) or (len(home) > len("/root") and home in line)]

    assert found == []


def test_no_file_names_a_package_index_of_somebody() -> None:
    hosts = ((name, number, host) for name, number, line in texts() for host in _HOST.findall(line))
    found = [f"{name}:{number}: {host}" for name, number, host in hosts if _INDEX.search(host) and host not in PUBLIC and not MADE_UP.search(host)]

    assert found == []


def test_the_lock_names_the_public_index_alone() -> None:
    assert set(_HOST.findall(read("uv.lock"))) <= {"pypi.org", "files.pythonhosted.org"}


# what is installed


def test_every_direct_dependency_has_a_lower_bound() -> None:
    data = tomllib.loads(read("pyproject.toml"))
    groups = [data["project"]["dependencies"], *data["project"]["optional-dependencies"].values(), *data["dependency-groups"].values()]

    assert [need for group in groups for need in group if ">=" not in need and not need.startswith("diagnose[")] == []


def test_with_pip_everything_for_developers_is_at_the_locked_version() -> None:
    expected = {name: package["version"] for name, package in locked().items() if name != "diagnose"}

    assert expected == pinned("requirements-dev.lock")


def test_with_pip_everything_for_users_is_at_the_locked_version() -> None:
    packages = locked()
    ours = packages["diagnose"]
    wanted = [need["name"] for needs in (ours["dependencies"], *ours["optional-dependencies"].values()) for need in needs]
    names: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in names:
            names.add(name)
            wanted += _needs(packages, name)

    assert {name: packages[name]["version"] for name in names - {"diagnose"}} == pinned("requirements.lock")


def _needs(packages: dict[str, dict[str, Any]], name: str) -> list[str]:
    """What a package needs, and what its extras that somebody asks for need."""
    package = packages[name]
    asked = {extra for other in packages.values() for need in _all_needs(other) if need["name"] == name for extra in need.get("extra", ())}
    extras = [need for extra in asked for need in package.get("optional-dependencies", {}).get(extra, ())]
    return [need["name"] for need in (*package.get("dependencies", ()), *extras)]


def _all_needs(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [*package.get("dependencies", ()), *(need for needs in package.get("optional-dependencies", {}).values() for need in needs)]


# what is written down


def test_every_target_of_the_makefile_says_what_it_is_for() -> None:
    targets = {word for line in re.findall(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE) for word in line.split()} - {"python"}

    assert targets == dict(_TARGET.findall(read("Makefile"))).keys()


def test_make_alone_prints_every_target() -> None:
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [f"  make {target} — {purpose}" for target, purpose in _TARGET.findall(read("Makefile"))]

    assert expected == done.stdout.splitlines()


def test_the_readme_names_the_commands_to_start_with() -> None:
    assert [command for command in ("make diagnose", "make demo", "make test", "make accuracy") if command not in read("README.md")] == []


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"run"}))
def test_every_verb_is_in_the_readme(verb: str) -> None:
    assert f"diagnose {verb}" in read("README.md")


def test_every_exit_code_is_in_the_readme() -> None:
    readme = read("README.md")

    assert [code for code in MEANING if not re.search(rf"\b{code} [a-z]", readme)] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_a_page_links_to_is_there(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", read(name))

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert re.findall(r"^## .*$", read("CHANGELOG.md"), re.MULTILINE)[0].strip("# []") == "Unreleased"


# how the command starts

_BARE = """
import sys
from agent.cli import main
main(["--version"])
ours = {name for name in sys.modules if name.partition(".")[0] == "agent"}
print(sorted({name.partition(".")[0] for name in set(sys.modules) - ours} - set(sys.stdlib_module_names) - {"__main__"}))
"""


def test_version_needs_nothing_but_the_standard_library() -> None:
    """-S: nothing of what is installed can be imported."""
    done = subprocess.run([sys.executable, "-S", "-c", _BARE], cwd=ROOT, capture_output=True, text=True, check=True)

    assert re.fullmatch(r"diagnose \d+\.\d+\.\d+\S*\n\[\]\n", done.stdout)
