"""A repository of the real DVC for each test."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from probes._access import Access

from .repository import NoDvcError, Repository, copy, dvc_home

MakeAccess = Callable[..., Access]


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One that is as it should be: reproduced, pushed, committed."""
    try:
        home = dvc_home()
    except NoDvcError as error:
        pytest.skip(f"there is no DVC here: {error}")
    it = Repository(tmp_path_factory.mktemp("dvc"), home)
    it.make()
    return it


@pytest.fixture
def repository(first: Repository, tmp_path: Path) -> Repository:
    """A copy of it, to be changed."""
    return copy(first, tmp_path)


@pytest.fixture
def access(nobody: Path) -> Access:  # noqa: ARG001  # nobody's settings are read
    return Access({}, deadline=time.monotonic() + 60)
