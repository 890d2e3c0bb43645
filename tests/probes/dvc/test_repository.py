"""The settings in force beside what `dvc config` says, credentials that are there, and who holds the lock."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from probes._access import Access
from probes._contract import Subject, Unavailable
from probes.dvc import repository as probe
from probes.dvc._config import read, sections
from probes.dvc._credentials import found
from probes.dvc._lock import lock

from .conftest import Seen
from .repository import Repository

PROBE, SECRETS = probe.PROBES
HIDDEN = "hunter2hunter2"


def values(seen: Seen, repository: Repository) -> Mapping[str, Any]:
    answer = seen(PROBE, repository.root, Subject("repo", str(repository.root)))
    assert not isinstance(answer, Unavailable)
    return {name.removeprefix("repo."): value for name, value in answer.items()}


# settings


def test_a_remote_folder_beside_the_repository(repository: Repository, seen: Seen) -> None:
    expected = {
        "remote": "shared",
        "remotes": ("shared",),
        "remote_undefined": False,
        "remote_url": str(repository.remote),
        "remote_kind": "local",
        "remote_set_in": f"{repository.root}/.dvc/config",
        "remote_elsewhere": None,
        "config_unreadable": None,
        "objects_recorded": 5,
        "remote_folder_missing": False,
        "remote_folder_closed": False,
        "lock_held": False,
    }
    said = values(seen, repository)

    assert expected == {name: said[name] for name in expected}


LAYERS: Mapping[str, tuple[str, str]] = {
    "one file": ("[core]\n    remote = a\n['remote \"a\"']\n    url = s3://models/dvc\n    endpointurl = http://store:9000\n", ""),
    "the local file wins": ("[core]\n    remote = a\n['remote \"a\"']\n    url = s3://models/dvc\n", "['remote \"a\"']\n    url = s3://mine\n    profile = me\n"),
    "another default": ("[core]\nremote = a\n['remote \"a\"']\nurl = s3://models\n['remote \"b\"']\nurl=/mnt/b", "[core]\nremote = b\n"),
    "quoted, in capitals, with remarks": ("# ours\n[Core]\nREMOTE = 'a'  # it\n['remote \"a\"']\n  url = \"s3://models/a b\"\n", ""),
    "a relative folder": ("[core]\n    remote = a\n['remote \"a\"']\n    url = ../../far/away\n", ""),
    "another kind": ("[core]\n    remote = a\n['remote \"a\"']\n    url = ssh://user@host/dvc\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_the_remotes_in_force_are_those_that_dvc_lists(repository: Repository, access: Access, name: str) -> None:
    repository.write(".dvc/config", LAYERS[name][0])
    repository.write(".dvc/config.local", LAYERS[name][1])
    listed = [line.removesuffix("(default)").split(maxsplit=1) for line in repository.dvc("remote", "list").splitlines()]
    config = read(access, str(repository.root))

    assert {remote: url.strip() for remote, url in listed} == {remote.name: remote.url for remote in config.remotes.values()}
    assert repository.dvc("config", "core.remote").strip() == config.default


def test_a_default_that_nobody_defines(repository: Repository, seen: Seen) -> None:
    repository.write(".dvc/config.local", "[core]\n    remote = shard\n")
    said = values(seen, repository)

    assert "remote 'shard' doesn't exist" in repository.attempt("push").stderr
    assert ("shard", True, None, "shared (../../remote)") == tuple(
        said[name] for name in ("remote", "remote_undefined", "remote_url", "remote_elsewhere")
    )


def test_no_remote_at_all(repository: Repository, seen: Seen) -> None:
    repository.write(".dvc/config", "")
    said = values(seen, repository)

    assert (None, None, False, None) == tuple(said[name] for name in ("remote", "remotes", "remote_undefined", "remote_folder_missing"))


@pytest.mark.parametrize("text", ["[core\nremote = a", "just words", "[core]\n    remote = '''\n"])
def test_a_file_that_is_no_settings_file_is_named(repository: Repository, seen: Seen, text: str) -> None:
    repository.write(".dvc/config.local", text)

    assert f"{repository.root}/.dvc/config.local: line" in values(seen, repository)["config_unreadable"][0]


def test_sections_and_keys_are_in_lower_case() -> None:
    assert {"": {}, "core": {"remote": "A"}, 'remote "A"': {"url": "x"}} == sections("[CORE]\nRemote=A\n['Remote \"A\"']\nURL = x")


def test_a_remote_folder_that_is_not_there(repository: Repository, seen: Seen) -> None:
    repository.remote.rename(repository.folder / "aside")

    assert values(seen, repository)["remote_folder_missing"]


def test_the_bucket_is_named_with_its_store(repository: Repository, nobody: Path) -> None:  # noqa: ARG001  # no endpoint of its own
    repository.write(".dvc/config", "[core]\nremote = a\n['remote \"a\"']\nurl = s3://models/dvc\nendpointurl = http://Store:9000/\n")
    answers = PROBE.look(Access({"dvc": str(repository.root)}, deadline=time.monotonic() + 60), ())

    assert ["models@store:9000"] == [one.to.key for one in answers if hasattr(one, "to")]


def test_a_folder_that_is_no_repository_says_where_there_is_one(repository: Repository) -> None:
    access = Access({"dvc": f"{repository.root}/sub", "dvc.asked": "true"}, deadline=time.monotonic() + 60)
    (gap,) = PROBE.look(access, ())

    detail = f"{repository.root}/sub is no DVC repository: it has no folder .dvc. Name the folder above it that is one: --repo {repository.root}."
    assert Unavailable(kind="repo", why="refused", detail=detail, remedy="Name the folder that holds .dvc: --repo DIR.", asked=True) == gap


# secrets


def test_secrets_are_named_and_never_told(repository: Repository, seen: Seen) -> None:
    url = f"https://me:{HIDDEN}@store/dvc"
    repository.write(".dvc/config", f"[core]\nremote = a\n['remote \"a\"']\nurl = {url}\nsecret_access_key = {HIDDEN}\npassword = {HIDDEN}\n")
    answer = seen(SECRETS, repository.root, Subject("repo", str(repository.root)))

    assert {"repo.secrets_tracked": tuple(f".dvc/config: remote a: {key}" for key in ("url", "secret_access_key", "password"))} == answer
    assert HIDDEN not in repr(values(seen, repository))


def test_secrets_in_a_file_that_git_does_not_have_are_where_they_belong(repository: Repository, seen: Seen) -> None:
    repository.write(".dvc/config.local", f"['remote \"shared\"']\nsecret_access_key = {HIDDEN}\n")
    here = Subject("repo", str(repository.root))

    assert {"repo.secrets_tracked": None} == seen(SECRETS, repository.root, here)
    repository.git("add", "--force", ".dvc/config.local")
    assert {"repo.secrets_tracked": (".dvc/config.local: remote shared: secret_access_key",)} == seen(SECRETS, repository.root, here)


# credentials

KEYS = "[default]\naws_access_key_id = a\naws_secret_access_key = b\n[half]\naws_access_key_id = a\n"
CREDENTIALS: Mapping[str, tuple[str, dict[str, str], tuple[tuple[str, ...], tuple[str, ...], bool]]] = {
    "none": ("", {}, ((), (), False)),
    "the environment first": (
        "", {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "FILE": KEYS},
        (("the environment (AWS_ACCESS_KEY_ID)", "profile default in FILE"), (), False),
    ),
    "a profile shuts out the environment": (
        "profile = ci", {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "FILE": "[ci]\nrole_arn = arn\n"}, (("profile ci in FILE",), (), False),
    ),
    "a profile that is nowhere": ("profile = ci", {"FILE": KEYS}, ((), (), True)),
    "half a key": ("", {"AWS_ACCESS_KEY_ID": "a"}, ((), ("the environment (AWS_ACCESS_KEY_ID)",), False)),
    "half a profile": ("profile = half", {"FILE": KEYS}, ((), ("profile half in FILE",), False)),
    "the remote's own": ("access_key_id = a\nsecret_access_key = b", {}, (("remote a in CONFIG",), (), False)),
    "a web identity": ("", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn"}, (("a web identity (AWS_ROLE_ARN)",), (), False)),
}  # fmt: skip


@pytest.mark.parametrize("name", CREDENTIALS)
def test_places_that_hold_credentials(tmp_path: Path, access: Access, name: str) -> None:
    options, environment, expected = CREDENTIALS[name]
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(f"['remote \"a\"']\nurl = s3://models\n{options}\n")
    file = tmp_path / "keys"
    file.write_text(environment.get("FILE", ""))
    it = found(access, read(access, str(tmp_path)).remotes["a"], {**environment, "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    names = {str(file): "FILE", f"{tmp_path}/.dvc/config": "CONFIG"}

    def short(places: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(place.replace(long, word) for place in places for long, word in names.items() if long in place or "in " not in place)

    assert expected == (tuple(dict.fromkeys(short(it.places))), tuple(dict.fromkeys(short(it.half))), it.profile_missing)


# the lock

HOLD = "import sys, time; from dvc.repo import Repo\nwith Repo('.').lock: print('held', flush=True); time.sleep(60)"


@pytest.fixture
def holder(repository: Repository) -> Iterator[subprocess.Popen[str]]:
    """A process of DVC that has taken the lock."""
    process = subprocess.Popen(
        [f"{repository.home}/bin/python", "-c", HOLD, "dvc"], cwd=repository.root, env=repository.environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_the_file_that_every_command_leaves_behind_is_no_lock(repository: Repository, access: Access) -> None:
    """It holds the pid of a command that has long ended."""
    pid = int((repository.root / ".dvc/tmp/lock").read_text())

    assert not Path(f"/proc/{pid}").exists()
    assert not lock(access, str(repository.root)).held


def test_a_lock_that_is_held_is_held_by_somebody(repository: Repository, access: Access, holder: subprocess.Popen[str]) -> None:
    it = lock(access, str(repository.root))

    assert "Unable to acquire lock" in repository.attempt("status").stderr
    assert (True, f"pid {holder.pid}: ") == (it.held, it.holder[: len(f"pid {holder.pid}: ")])
    holder.kill()
    holder.wait()
    assert not lock(access, str(repository.root)).held


@pytest.fixture
def hard_link(repository: Repository) -> None:
    repository.write(".dvc/config.local", "[core]\n    hardlink_lock = true\n")
    (repository.root / ".dvc/tmp/lock").unlink()


@pytest.mark.usefixtures("hard_link")
def test_a_lock_of_hard_links_outlives_who_is_killed(repository: Repository, access: Access, holder: subprocess.Popen[str]) -> None:
    before = lock(access, str(repository.root))
    holder.kill()
    holder.wait()
    after = lock(access, str(repository.root))

    assert "Unable to acquire lock" in repository.attempt("status").stderr
    assert (True, True, True, "") == (before.held, f"pid {holder.pid}: " in before.holder, after.held, after.holder)
    assert after.since is not None
    assert abs(after.since - time.time()) < 60


def test_nothing_is_read_of_a_repository_that_has_no_lock(tmp_path: Path, access: Access) -> None:
    assert not lock(access, str(tmp_path)).held


def test_a_remote_folder_that_may_not_be_entered(repository: Repository, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel answers everyone but root."""
    monkeypatch.setattr(os, "access", lambda _place, _mode: False)

    assert values(seen, repository)["remote_folder_closed"]
