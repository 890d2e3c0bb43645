"""A remote in a real store, as it refuses, and what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probes._contract import Subject, Unavailable
from probes.dvc.remote import PROBES
from tests.probes.s3_store import REGION, BucketStore

from .conftest import Seen
from .repository import Repository

(PROBE,) = PROBES
SAID = ("remote_says", "remote_step", "remote_knows_us", "remote_empty", "objects_asked", "objects_missing", "objects_denied")


@pytest.fixture(scope="module")
def bucket(store: BucketStore) -> BucketStore:
    """`data` is `writer`'s; `reader` may list it alone; `nobody` may nothing."""
    store.bucket("data")
    for name in ("writer", "nobody"):
        store.user(name + "-of-data")
    store.allow("data", "writer-of-data", "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return store


@pytest.fixture
def remote(repository: Repository, bucket: BucketStore, monkeypatch: pytest.MonkeyPatch, nobody: Path) -> Repository:  # noqa: ARG001  # first of all
    """Its default remote is the bucket, under a prefix of this test's own; the environment has the keys of `writer`."""
    config = f"[core]\nremote = s\n['remote \"s\"']\nurl = s3://data/{repository.folder.name}\nendpointurl = {bucket.url}\nregion = {REGION}\n"
    repository.write(".dvc/config", config)
    repository.settings = {"AWS_ACCESS_KEY_ID": "writer-of-data", "AWS_SECRET_ACCESS_KEY": "secret of writer-of-data"}
    for name, value in repository.settings.items():
        monkeypatch.setenv(name, value)
    return repository


def said(seen: Seen, repository: Repository) -> tuple[Any, ...]:
    answer = seen(PROBE, repository.root, Subject("repo", str(repository.root)))
    assert not isinstance(answer, Unavailable)
    return tuple(answer[f"repo.{name}"] for name in SAID)


def set_option(repository: Repository, key: str, value: str) -> None:
    lines = [line for line in (repository.root / ".dvc/config").read_text().splitlines() if not line.startswith(key)]
    repository.write(".dvc/config", "\n".join([*lines, f"{key} = {value}", ""]))


def test_pushed_and_there(remote: Repository, seen: Seen) -> None:
    remote.dvc("push", "--quiet")

    assert (None, None, True, False, 4, 0, 0) == said(seen, remote)


def test_nothing_was_pushed(remote: Repository, seen: Seen) -> None:
    assert (None, None, True, True, 4, 4, 0) == said(seen, remote)


def test_one_object_is_lost(remote: Repository, seen: Seen, bucket: BucketStore) -> None:
    remote.dvc("push", "--quiet")
    digest = remote.read("data/raw.csv.dvc")["outs"][0]["md5"]
    (bucket.data / "data" / remote.folder.name / "files/md5" / digest[:2] / digest[2:]).unlink()

    assert (4, 1, 0) == said(seen, remote)[4:]


def test_a_user_without_rights(remote: Repository, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC's own words are the same for this, an unknown key and a wrong secret: Forbidden, HeadObject 403."""
    for name, value in (("AWS_ACCESS_KEY_ID", "nobody-of-data"), ("AWS_SECRET_ACCESS_KEY", "secret of nobody-of-data")):
        monkeypatch.setenv(name, value)
        remote.settings[name] = value

    assert "Forbidden" in remote.attempt("push").stderr
    assert ("denied", "signed", True, None, 4, 0, 4) == said(seen, remote)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("AWS_ACCESS_KEY_ID", "stranger", "unknown-key"), ("AWS_SECRET_ACCESS_KEY", "another", "wrong-secret")],
    ids=["unknown key", "wrong secret"],
)
def test_keys_that_are_wrong(remote: Repository, seen: Seen, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str) -> None:  # noqa: PLR0913, PLR0917  # fixtures
    monkeypatch.setenv(name, value)
    remote.settings[name] = value

    assert "Forbidden" in remote.attempt("push").stderr
    assert (expected, "signed", False) == said(seen, remote)[:3]


def test_no_credentials(remote: Repository, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(remote.settings):
        monkeypatch.delenv(name)
    remote.settings = {}

    assert "Unable to locate credentials" in remote.attempt("push").stderr
    assert ("no-credentials", "signed", None) == said(seen, remote)[:3]


def test_the_profile_of_the_remote_is_used_and_not_the_environment(remote: Repository, seen: Seen, nobody: Path) -> None:
    set_option(remote, "profile", "ci")
    assert ("no-profile", "setting", None) == said(seen, remote)[:3]

    (nobody / ".aws").mkdir()
    (nobody / ".aws/credentials").write_text("[ci]\naws_access_key_id = stranger\naws_secret_access_key = x\n")
    assert ("unknown-key", "signed", False) == said(seen, remote)[:3]


def test_keys_of_the_remote_itself(remote: Repository, seen: Seen) -> None:
    set_option(remote, "access_key_id", "stranger")
    set_option(remote, "secret_access_key", "x")

    assert ("unknown-key", "signed", False) == said(seen, remote)[:3]


def test_a_bucket_that_is_not_there(remote: Repository, seen: Seen) -> None:
    """`dvc status --cloud` ends well there and calls every file new."""
    set_option(remote, "url", "s3://absent/dvc")

    assert ("no-bucket", "signed", True, None) == said(seen, remote)[:4]


def test_a_remote_that_is_below_another_one(remote: Repository, seen: Seen) -> None:
    remote.dvc("push", "--quiet")
    prefix = remote.folder.name
    config = (remote.root / ".dvc/config").read_text().replace(f"s3://data/{prefix}", "s3://data")
    remote.write(".dvc/config", f"{config}['remote \"below\"']\nurl = remote://s/{prefix}\n".replace("remote = s\n", "remote = below\n"))

    assert "in sync" in remote.dvc("status", "--cloud")
    assert (None, None, True, False, 4, 0, 0) == said(seen, remote)


def test_a_remote_that_keeps_names_is_not_asked_for_hashes(remote: Repository, seen: Seen) -> None:
    set_option(remote, "worktree", "true")

    assert (None, None, None) == said(seen, remote)[4:]


def test_nobody_listens(remote: Repository, seen: Seen) -> None:
    set_option(remote, "endpointurl", "http://127.0.0.1:1")

    assert ("refused", "port", None, None, None, None, None) == said(seen, remote)


def test_a_remote_of_another_kind_is_named(remote: Repository, seen: Seen) -> None:
    set_option(remote, "url", "ssh://host/dvc")
    answer = seen(PROBE, remote.root, Subject("repo", str(remote.root)))

    assert isinstance(answer, Unavailable)
    assert "The remote s is of the kind ssh, which is not asked." == answer.detail


def test_a_remote_folder_needs_no_store(repository: Repository, seen: Seen) -> None:
    assert (None,) * 7 == said(seen, repository)


def test_no_secret_leaves_the_probe(remote: Repository, seen: Seen) -> None:
    set_option(remote, "access_key_id", "writer-of-data")
    set_option(remote, "secret_access_key", "hunter2hunter2")

    assert "hunter2hunter2" not in repr(seen(PROBE, remote.root, Subject("repo", str(remote.root))))
