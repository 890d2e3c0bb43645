"""DVC repositories are real, and each way in which one goes wrong shows as DVC shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stack.dvc import Repository, copy
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

pytestmark = pytest.mark.services


@pytest.fixture
def repository(first_dvc: Repository, tmp_path: Path) -> Repository:
    """One that is as it should be."""
    return copy(first_dvc, tmp_path)


def status(repository: Repository, *words: str) -> Any:
    return json.loads(repository.dvc("status", "--json", *words))


def test_a_fresh_one_is_as_it_should_be(repository: Repository) -> None:
    assert ({}, {}, "") == (status(repository), status(repository, "--cloud"), repository.git("status", "--porcelain"))


def test_what_was_pushed_can_be_pulled(repository: Repository) -> None:
    model = (repository.root / "model.bin").read_text()
    repository.forget()
    repository.dvc("pull")

    assert model == (repository.root / "model.bin").read_text()


# a pipeline that does not run again


def test_a_changed_dependency_shows(repository: Repository) -> None:
    repository.write("prepare.py", "# new\n")

    assert {"prepare": [{"changed deps": {"prepare.py": "modified"}}]} == status(repository)


def test_a_changed_file_that_is_no_dependency_does_not_show(repository: Repository) -> None:
    repository.write("helper.py", "FACTOR = 3\n")

    assert ({}, True) == (status(repository), repository.dvc("repro").endswith("Data and pipelines are up to date.\n"))


def test_a_frozen_stage_hides_its_changed_dependencies(repository: Repository) -> None:
    repository.write("prepare.py", "# new\n")
    repository.freeze("prepare")

    done = repository.attempt("repro")

    assert (0, {}) == (done.returncode, status(repository))
    assert "WARNING: stage: 'prepare' is frozen. Its dependencies are not going to be reproduced." in done.stderr


def test_a_value_that_is_only_written_differently_is_no_change(repository: Repository) -> None:
    repository.write("params.yaml", "train:\n  rate: 0.10\n")
    as_before = status(repository)
    repository.write("params.yaml", "train:\n  rate: 0.2\n")

    assert ({}, {"train": [{"changed deps": {"params.yaml": {"train.rate": "modified"}}}]}) == (as_before, status(repository))


def test_a_stage_that_fails_leaves_the_next_without_its_input(repository: Repository) -> None:
    pipeline = repository.pipeline()
    pipeline["stages"]["prepare"]["cmd"] = "false"
    repository.set_pipeline(pipeline)

    done = repository.attempt("repro")

    assert 255 == done.returncode
    assert "ERROR: failed to reproduce 'prepare': failed to run: false, exited with 1" in done.stderr
    assert {
        "prepare": [{"changed outs": {"clean.csv": "deleted"}}, "changed command"],
        "train": [{"changed deps": {"clean.csv": "deleted"}}],
    } == status(repository)


def test_a_stage_that_runs_keeps_others_out(repository: Repository) -> None:
    pipeline = repository.pipeline()
    pipeline["stages"]["prepare"]["cmd"] = "sleep 600"
    repository.set_pipeline(pipeline)
    with repository.running("repro") as process:
        process.wait_until("the stage", lambda: "> sleep 600" in process.tail(), 60)
        asked = [repository.attempt("status", "--json"), repository.attempt("repro")]

    assert [1, 255] == [one.returncode for one in asked]
    assert all("is busy, it is being blocked by:" in one.stderr for one in asked)


# data that is not there


def test_a_lost_object_is_missing_and_cannot_be_pulled(repository: Repository) -> None:
    repository.lose("clean.csv")
    repository.forget()

    done = repository.attempt("pull")

    assert (1, {"clean.csv": "missing"}) == (done.returncode, status(repository, "--cloud"))
    assert "Some of the cache files do not exist neither locally nor on remote." in done.stderr


def test_what_was_not_pushed_is_new(repository: Repository) -> None:
    repository.lose("model.bin")

    assert ({"model.bin": "new"}, "1 file pushed\n") == (status(repository, "--cloud"), repository.dvc("push"))


def test_a_local_layer_wins_and_git_does_not_show_it(repository: Repository) -> None:
    repository.set_remote("other", "../../nowhere", layer="config.local")

    assert ["shared", "other"] == re.findall(r"^\w+", repository.dvc("remote", "list"), re.MULTILINE)
    assert ({"data/raw.csv", "clean.csv", "model.bin"}, "") == (set(status(repository, "--cloud")), repository.git("status", "--porcelain"))


def test_without_a_remote_nothing_can_be_pushed(repository: Repository) -> None:
    repository.write(".dvc/config", "")

    done = repository.attempt("push")

    assert 1 == done.returncode
    assert "config file error: no remote specified" in done.stderr


# a remote in S3


@pytest.fixture
def in_s3(repository: Repository, s3: Store) -> Repository:
    """Its default remote is the bucket `dvc`, where it is the user `dvc`, and nothing is pushed yet."""
    if "dvc" not in s3.users:
        s3.bucket("dvc", allow("dvc", s3.user("dvc"), *READ, *WRITE))
    repository.set_remote("store", "s3://dvc/data", endpointurl=s3.url, region=s3.region)
    repository.settings = s3.settings(s3.users["dvc"])
    return repository


def test_objects_are_pushed_to_the_bucket(in_s3: Repository, s3: Store) -> None:
    in_s3.dvc("push")
    digest = in_s3.digest("model.bin")

    kept = s3.client().get_object(Bucket="dvc", Key=f"data/files/md5/{digest[:2]}/{digest[2:]}")["Body"].read()

    assert (kept, {}) == ((in_s3.root / "model.bin").read_bytes(), status(in_s3, "--cloud"))


FORBIDDEN = "Forbidden: An error occurred (403) when calling the HeadObject operation: Forbidden"
REFUSED: dict[str, tuple[Callable[[Store, Keys], Any], tuple[int, str], tuple[int, str]]] = {
    "other secret": (lambda it, keys: it.other_secret(keys), (255, "(SignatureDoesNotMatch) when calling the ListObjectsV2"), (255, FORBIDDEN)),
    "no such key": (lambda it, keys: it.without_user(keys), (255, "(InvalidAccessKeyId) when calling the ListObjectsV2"), (255, FORBIDDEN)),
    "no listing": (
        lambda it, keys: it.denying("dvc", keys, "s3:ListBucket"),
        (255, "(AccessDenied) when calling the ListObjectsV2"),
        (255, "(AccessDenied) when calling the ListObjectsV2"),  # what is not found by HEAD may be a folder
    ),
    "no writing": (
        lambda it, keys: it.denying("dvc", keys, "s3:PutObject"),
        (1, "(AccessDenied) when calling the PutObject"),
        (1, "(AccessDenied) when calling the PutObject"),
    ),
    "no such bucket": (
        lambda it, _keys: it.without_bucket("dvc"),
        (255, "(NoSuchBucket) when calling the ListObjectsV2"),
        (1, "(NoSuchBucket) when calling the PutObject"),
    ),
}


@pytest.mark.parametrize("state", REFUSED)
def test_a_push_is_refused_in_other_words_where_it_is_of_one_object(in_s3: Repository, s3: Store, state: str) -> None:
    broken, of_all, of_one = REFUSED[state]
    in_s3.write("data/raw.csv", f"id\n{state}\n")  # what nobody has pushed
    in_s3.dvc("add", "--quiet", "data/raw.csv")

    with broken(s3, s3.users["dvc"]):
        done = [in_s3.attempt("push"), in_s3.attempt("push", "data/raw.csv.dvc")]

    assert [of_all[0], of_one[0]] == [one.returncode for one in done]
    assert [] == [one.stderr for one, (_code, text) in zip(done, (of_all, of_one), strict=True) if text not in one.stderr]


def test_a_missing_bucket_looks_as_if_nothing_was_pushed_where_it_is_of_one_object(in_s3: Repository, s3: Store) -> None:
    with s3.without_bucket("dvc"):
        asked = [in_s3.attempt("status", "--cloud", "--json", *words) for words in ((), ("data/raw.csv.dvc",))]

    assert [(255, ""), (0, '{"data/raw.csv": "new"}\n')] == [(one.returncode, one.stdout) for one in asked]


def test_a_store_that_does_not_listen(in_s3: Repository, s3: Store) -> None:
    in_s3.settings["AWS_MAX_ATTEMPTS"] = "1"  # it is patient else
    with s3.stopped():
        done = in_s3.attempt("push")

    assert 255 == done.returncode
    assert f'Could not connect to the endpoint URL: "{s3.url}/dvc?list-type=2' in done.stderr


def test_without_credentials_nothing_can_be_pushed(in_s3: Repository, s3: Store) -> None:
    in_s3.settings = s3.settings()

    done = in_s3.attempt("push")

    assert 255 == done.returncode
    assert "Unable to locate credentials" in done.stderr


def test_a_profile_that_nobody_has(in_s3: Repository, s3: Store) -> None:
    in_s3.settings = s3.settings()
    in_s3.set_remote("store", "s3://dvc/data", endpointurl=s3.url, profile="team")

    done = in_s3.attempt("push")

    assert 255 == done.returncode
    assert "The config profile (team) could not be found" in done.stderr
