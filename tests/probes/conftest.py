"""What tests of several probes need: a store that speaks S3, and an environment without anybody's credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.probes.s3_store import BucketStore, NoStoreError, bucket_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketStore]:
    """A real S3 store, started once; give each test buckets and users of its own."""
    with ExitStack() as stack:
        try:
            it = stack.enter_context(bucket_store(tmp_path_factory.mktemp("store")))
        except NoStoreError as error:
            pytest.skip(f"an S3 store does not start here: {error}")
        yield it


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without credentials, proxies or a place that gives some; the folder is its home."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "XDG_CONFIG_HOME": str(home / ".config")}.items():
        monkeypatch.setenv(name, value)
    return home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks a real store, or real DVC, is one of the tests of services."""
    for item in items:
        if {"store", "first"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("services")
