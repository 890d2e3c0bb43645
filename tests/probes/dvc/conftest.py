"""A repository of the real DVC for each test."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from probes._access import Access
from probes._contract import Probe, Subject, Unavailable, Value
from probes._runner import Store

from .repository import NoDvcError, Repository, copy, dvc_home

Seen = Callable[[Probe, Path, Subject], "dict[str, Value] | Unavailable"]


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One that is as it should be: reproduced, pushed, committed."""
    try:
        home = dvc_home()
    except NoDvcError as error:
        pytest.skip(f"there is no DVC here: {error}")
    it = Repository(tmp_path_factory.mktemp("dvc"), home)
    try:
        it.make()
    except (AssertionError, subprocess.CalledProcessError) as error:
        pytest.skip(f"DVC does not run here: {error}")
    return it


@pytest.fixture
def repository(first: Repository, tmp_path: Path) -> Repository:
    """A copy of it, to be changed."""
    return copy(first, tmp_path)


@pytest.fixture
def access(nobody: Path) -> Access:  # noqa: ARG001  # nobody's settings are read
    return Access({}, deadline=time.monotonic() + 60)


@pytest.fixture
def seen(nobody: Path) -> Seen:  # noqa: ARG001  # likewise
    """The signals that a probe gives of one subject of a repository; Unavailable where it says that it could not look."""

    def see(probe: Probe, root: Path, subject: Subject) -> dict[str, Value] | Unavailable:
        access = Access({"dvc": str(root), "dvc.asked": "true"}, deadline=time.monotonic() + 60)
        store = Store(access.now, access.redactor)
        for answer in probe.look(access, () if probe.sweeps else (subject,)):
            store.put(probe, answer)
        said = store.seal()
        gap = next((one for one in said.unavailable if one.subject == subject), None)
        return gap or {one.name: one.value for one in said.signals if one.subject == subject}

    return see
