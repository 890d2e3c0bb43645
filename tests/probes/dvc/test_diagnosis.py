"""What is said of real repositories in trouble, and that nothing is said of those that are well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from agent.discover import Target
from agent.pipeline import diagnose
from agent.report.model import Report
from agent.settings import Settings
from tests.probes.s3_store import REGION, BucketStore

from .repository import Repository
from .test_repository import HOLD

pytestmark = pytest.mark.usefixtures("nobody")
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


def looked(repository: Repository) -> Report:
    return diagnose(Settings(), [Target("dvc", str(repository.root), asked=True)]).report


def said(report: Report) -> list[tuple[str, str, tuple[str, ...]]]:
    """Of each incident its row, how sure, and the causes."""
    return [(one.row.removeprefix("dvc/"), one.band, one.named_ids) for one in report.incidents]


def asked_and_blind(report: Report) -> list[str]:
    return [gap.detail for gap in report.gaps if gap.asked]


def stage(cause: str, band: str = "diagnosed") -> list[tuple[str, str, tuple[str, ...]]]:
    return [("pipeline-not-rerunning", band, tuple(cause.split()))]


def remote(cause: str, band: str = "diagnosed") -> list[tuple[str, str, tuple[str, ...]]]:
    return [("remote-access-denied", band, tuple(cause.split()))]


# pipelines


def _changed_and_committed(it: Repository) -> None:
    it.write("helper.py", "FACTOR = 3\n")
    it.commit("Another factor")


def _frozen_and_changed(it: Repository) -> None:
    it.set_stage("train", frozen=True)
    it.write("train.py", (it.root / "train.py").read_text() + "# more\n")


def _killed_with_the_lock(it: Repository) -> None:
    """By a command that has it as the file itself, which is what core.hardlink_lock is for."""
    it.write(".dvc/config.local", "[core]\n    hardlink_lock = true\n")
    (it.root / ".dvc/tmp/lock").unlink()
    process = subprocess.Popen([f"{it.home}/bin/python", "-c", HOLD], cwd=it.root, env=it.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    it.write("sub/in.txt", "another")


def _imported_and_not_updated(it: Repository) -> None:
    source = it.folder / "rates.csv"
    source.write_text("eur,1.1\n")
    it.dvc("import-url", "--quiet", str(source), "rates.csv")
    it.set_stage("train", deps=[*it.read("dvc.yaml")["stages"]["train"]["deps"], "rates.csv"])
    it.dvc("repro", "--quiet")
    it.commit("Rates")
    source.write_text("eur,1.4\n")


def _script_of_a_script(it: Repository) -> None:
    it.write("steps/sum.py", "open('sum.txt', 'w').write('1')\n")
    it.write("run.sh", "set -e\npython steps/sum.py\n")
    it.set_stage("sum", cmd="sh run.sh", deps=["run.sh"], outs=["sum.txt"])
    it.dvc("repro", "--quiet")
    it.commit("A sum")
    it.write("steps/sum.py", "open('sum.txt', 'w').write('2')\n")
    it.commit("Another sum")


def _lost(it: Repository) -> None:
    (it.root / "prepare.py").unlink()


def _listed_nothing(it: Repository) -> None:
    it.set_stage("prepare", deps=None)
    it.dvc("repro", "--quiet", "--force", "prepare")
    it.commit("Lists nothing")
    it.write("prepare.py", (it.root / "prepare.py").read_text() + "print()\n")
    it.commit("Another program")


PIPELINES: Mapping[str, tuple[Callable[[Repository], None], list[tuple[str, str, tuple[str, ...]]]]] = {
    "a module that is not listed changed": (_changed_and_committed, stage("dependencies-not-tracked")),
    "nothing is listed": (_listed_nothing, stage("dependencies-not-tracked")),
    "frozen": (_frozen_and_changed, stage("stage-frozen")),
    "locked by a command that was killed": (_killed_with_the_lock, stage("repo-locked")),
    "an import that was not updated": (_imported_and_not_updated, stage("stage-frozen")),
    "a program that a script runs changed": (_script_of_a_script, stage("dependencies-not-tracked")),
    "a program is gone": (_lost, stage("input-lost")),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_that_does_not_run_again(repository: Repository, name: str) -> None:
    state, expected = PIPELINES[name]
    state(repository)

    assert expected == said(looked(repository))


QUIET: Mapping[str, Callable[[Repository], None]] = {
    "as it should be": lambda _it: None,
    "its data changed, and it will run": lambda it: it.write("data/raw.csv", "id,x,y\n3,0.9,1\n"),
    "what it does not list was touched": lambda it: (it.root / "helper.py").touch(),
    "frozen, and nothing changed": lambda it: it.set_stage("train", frozen=True),
    "a parameter of nobody changed": lambda it: it.write("params.yaml", (it.root / "params.yaml").read_text().replace("other: 1", "other: 2")),
    "no remote": lambda it: it.write(".dvc/config", ""),
    "no Git": lambda it: shutil.rmtree(it.root / ".git"),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_well_is_passed_over(repository: Repository, name: str) -> None:
    QUIET[name](repository)
    report = looked(repository)

    assert ([], []) == (said(report), asked_and_blind(report))


def test_a_fresh_clone_without_its_data_is_well(repository: Repository) -> None:
    repository.write(".dvc/config", f"[core]\n    remote = shared\n['remote \"shared\"']\n    url = {repository.remote}\n")
    repository.commit("An absolute folder")
    repository.git("clone", "--quiet", ".", "../clone")
    repository.root = repository.folder / "clone"

    assert [] == said(looked(repository))


def test_what_was_not_read_is_named_and_nothing_is_said_of_it(repository: Repository) -> None:
    repository.set_stage("each", foreach=["a", "b"], do={"cmd": "echo ${item}"})
    report = looked(repository)

    assert ([], True) == (said(report), any("made by foreach or matrix" in gap.detail for gap in report.gaps))


# remotes


@pytest.fixture
def in_s3(repository: Repository, store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Pushed to a bucket of a real store as the user `team`; `visitor` has a key and no rights."""
    if not (store.data / "team-data").exists():
        store.bucket("team-data")
        for name in ("team", "visitor"):
            store.user(name)
        store.allow("team-data", "team", "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    config = f"[core]\nremote = s\n['remote \"s\"']\nurl = s3://team-data/dvc\nendpointurl = {store.url}\nregion = {REGION}\n"
    repository.write(".dvc/config", config)
    _sign(repository, monkeypatch, "team", "secret of team")
    repository.dvc("push", "--quiet")
    return repository


def _sign(it: Repository, monkeypatch: pytest.MonkeyPatch, key: str, secret: str) -> None:
    it.settings = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret} if key else {}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in it.settings.items():
        monkeypatch.setenv(name, value)


def _recorded_and_nowhere(it: Repository, **flags: bool) -> None:
    """Added and committed, and then nothing of it is on this machine."""
    it.write("new.txt", "new\n")
    it.dvc("add", "--quiet", "new.txt")
    said = it.read("new.txt.dvc")
    said["outs"][0].update(flags)
    it.write("new.txt.dvc", yaml.safe_dump(said))
    it.commit("New data")
    shutil.rmtree(it.root / ".dvc/cache")
    (it.root / "new.txt").unlink()


def test_what_was_never_pushed_is_lost_to_a_fresh_clone(in_s3: Repository) -> None:
    _recorded_and_nowhere(in_s3)
    report = looked(in_s3)

    assert remote("not-pushed") == said(report)
    assert "new.txt" in report.incidents[0].fix[0].do


def test_what_was_never_pushed_to_a_folder_is_lost_as_well(repository: Repository) -> None:
    repository.dvc("push", "--quiet")
    _recorded_and_nowhere(repository)

    assert remote("not-pushed") == said(looked(repository))


def test_what_is_not_meant_to_be_pushed_is_not_missed(repository: Repository) -> None:
    repository.dvc("push", "--quiet")
    _recorded_and_nowhere(repository, push=False)

    assert [] == said(looked(repository))


def test_a_remote_that_can_be_used_is_passed_over(in_s3: Repository) -> None:
    report = looked(in_s3)

    assert ([], [], True) == (said(report), asked_and_blind(report), any(one.probe == "dvc.remote" for one in report.looked))


@pytest.mark.parametrize(
    ("key", "secret", "expected"),
    [
        ("", "", "missing-credentials"),
        ("visitor", "secret of visitor", "iam-permissions"),
        ("stranger", "x", "wrong-keys"),
        ("team", "x", "wrong-keys"),
    ],
    ids=["nobody", "no rights", "unknown key", "wrong secret"],
)
def test_who_may_not_use_a_remote_is_told_why(
    in_s3: Repository, monkeypatch: pytest.MonkeyPatch, key: str, secret: str, expected: str
) -> None:  # a row
    _sign(in_s3, monkeypatch, key, secret)

    assert 255 == in_s3.attempt("push").returncode
    assert remote(expected) == said(looked(in_s3))


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("url", "s3://absent/dvc", remote("wrong-bucket")),
        ("url", "s3://team-data/other", remote("wrong-bucket", "likely")),
        ("endpointurl", "http://127.0.0.1:1", remote("network")),
        ("endpointurl", "http://store.invalid:9000", remote("network")),
        ("endpointurl", "store:9000", remote("bad-setting")),
        ("profile", "ci", remote("missing-credentials")),
        ("region", "eu-north-1", []),  # botocore is told the right one, and goes on with it
    ],
)
def test_a_setting_that_leads_elsewhere(in_s3: Repository, option: str, value: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    in_s3.write(".dvc/config.local", f"['remote \"s\"']\n{option} = {value}\n")

    assert expected == said(looked(in_s3))


def test_a_place_that_hands_out_credentials_and_does_not_answer(in_s3: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    _sign(in_s3, monkeypatch, "", "")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role")

    assert remote("role-refused") == said(looked(in_s3))


def test_a_clock_that_is_three_hours_off(in_s3: Repository) -> None:
    if not FAKETIME.exists():
        pytest.skip("libfaketime is not installed; on Debian: apt-get install libfaketime")
    words = ["--repo", str(in_s3.root), "--docker", "none", "--kubernetes", "none", "--mlflow", "none", "-o", "json"]
    late = {**os.environ, **in_s3.settings, "LD_PRELOAD": str(FAKETIME), "FAKETIME": "-3h"}
    done = subprocess.run([sys.executable, "-m", "agent.cli", *words], env=late, capture_output=True, text=True, check=False)
    found = [one for one in json.loads(done.stdout)["incidents"] if one["row"] == "dvc/remote-access-denied"]

    assert [("diagnosed", ["clock"])] == [(one["band"], one["named_ids"]) for one in found]


def test_nothing_under_the_prefix_was_never_pushed_or_is_another_one(in_s3: Repository) -> None:
    in_s3.write(".dvc/config", (in_s3.root / ".dvc/config").read_text().replace("s3://team-data/dvc", "s3://team-data/other"))

    assert remote("not-pushed wrong-bucket", "undetermined") == said(looked(in_s3))


def test_a_default_that_nobody_defines(repository: Repository) -> None:
    repository.write(".dvc/config.local", "[core]\n    remote = shard\n")

    assert remote("undefined") == said(looked(repository))


def test_a_folder_that_is_not_mounted(repository: Repository) -> None:
    repository.remote.rename(repository.folder / "aside")

    assert remote("folder-missing") == said(looked(repository))


def test_no_secret_is_in_what_is_kept(in_s3: Repository, tmp_path: Path) -> None:
    hidden = "hunter2hunter2"
    in_s3.write(".dvc/config.local", f"['remote \"s\"']\naccess_key_id = team\nsecret_access_key = {hidden}\n")
    run = diagnose(Settings(), [Target("dvc", str(in_s3.root), asked=True)])

    assert hidden not in repr(run.bundle)
    assert tmp_path.exists()
