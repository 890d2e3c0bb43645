"""Did it work? Passed, still failing, or nobody can tell: from what a second look saw, and never from silence."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from agent import history
from agent.bundle import Bundle, BundleError, load, save
from agent.cli import run
from agent.discover import Target
from agent.focus import Focus
from agent.matrix import UsageError
from agent.pipeline import Run, report_of
from agent.pipeline import load as load_all
from agent.report import FORMATS, verified
from agent.report.json_ import to_json
from agent.report.model import Check, Incident, Report
from agent.settings import Settings
from agent.verify import EXIT, Asked, Pace, Verification, find, focus_of, wait
from probes._contract import Observed, Relation, Signal, Source, Subject, Value

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
_PROBES, BOOK = load_all()
REPORT = report_of(load(DEMO), BOOK)
DB, TRAINER = REPORT.incidents
NOW = 1_800_000_000.0


class Clock:
    """Time that passes only while somebody sleeps, and what was slept."""

    def __init__(self) -> None:
        self.at = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.sleeps.append(seconds)


def seen(lasted: float, at: float = NOW, **values: Value) -> Bundle:
    """A look at the container `db`, whose last attempt began that many seconds ago."""
    told: dict[str, Value] = {
        "state": "running", "exit_code": 0, "oom_killed": False, "start_error": None, "finished_at": None, "restart_count": 0, "engine": "docker",
        "runs_for": lasted, "started_at": at - lasted, "last_attempt_at": at - lasted, "attempt_lasted": None, "attempt_lengths": (), "last_attempt_lasted": None,
        "restarts_by_command": 0, "unhealthy_events": 0, "health": None, "has_health_check": False, "created_at": at - lasted - 1,
    }  # fmt: skip
    source = Source("docker.containers", "docker inspect db")
    signals = [Signal(Subject("container", "db"), f"container.{name}", value, source) for name, value in (told | values).items()]
    return Bundle(tool="0", rules="r", observed=Observed(now=at, signals=signals))


def looks(*bundles: Bundle) -> Iterator[Bundle]:
    yield from bundles


def once(bundle: Bundle, incident: Incident = DB) -> Verification:
    return wait(Asked((incident,), {}), BOOK, lambda _focus: bundle, lambda _text: None, Pace())


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        (seen(3600), "passed"),
        (seen(60), "cannot tell"),
        (seen(2, state="restarting", exit_code=1, restart_count=9, started_at=NOW - 2, finished_at=NOW - 1, runs_for=None, attempt_lasted=1.0, last_attempt_lasted=1.0), "failing"),
        (Bundle(tool="0", rules="r", observed=Observed(now=NOW)), "cannot tell"),
        (Bundle(tool="0", rules="r", observed=Observed(now=NOW, signals=seen(3600).observed.signals[:1])), "cannot tell"),
    ],
    ids=["it runs since an hour", "it runs since a minute", "it loops again", "it is gone", "it was hardly seen"],
)  # fmt: skip
def test_one_look_answers(bundle: Bundle, expected: str) -> None:
    assert expected == once(bundle).outcome


def test_each_answer_has_its_exit_code() -> None:
    assert {"passed": 0, "failing": 1, "cannot tell": 3} == dict(EXIT)


def test_a_condition_is_told_with_where_it_was_seen() -> None:
    (held,) = once(seen(3600)).cases[0].conditions

    assert ("container.steady == true", "holds", 600.0, 3600.0, "container db: docker inspect db: steady yes") == (
        held.condition, held.outcome, held.must_hold, held.held, held.seen
    )  # fmt: skip


def test_what_holds_and_has_not_held_long_enough_is_not_passed_yet_and_says_until_when() -> None:
    text = verified.render(once(seen(60)), width=100)

    assert text.startswith("CANNOT TELL YET  container db does not stay up")
    assert "Ask again after 08:09 UTC, or let --wait do that." in text


def test_waiting_ends_when_it_has_held_at_every_look_for_as_long_as_the_row_asks() -> None:
    clock = Clock()
    said: list[str] = []

    def look(_focus: Focus) -> Bundle:
        return seen(60, at=NOW + clock.at, last_attempt_at=None)

    found = wait(Asked((DB,), {}), BOOK, look, said.append, Pace(waits=True, clock=clock.now, sleep=clock.sleep))

    assert ("passed", 600.0, [30.0] * 20) == (found.outcome, clock.at, clock.sleeps)
    assert "all conditions hold, for 570 s of 600 s" == said[-1]


def test_a_relapse_while_waiting_starts_the_time_again_and_the_waiting_is_bounded() -> None:
    clock = Clock()

    def look(_focus: Focus) -> Bundle:
        sick = 300 <= clock.at % 600 < 330
        at = NOW + clock.at
        return seen(60, at=at, last_attempt_at=None, **({"state": "restarting", "runs_for": None, "finished_at": at, "attempt_lasted": 1.0} if sick else {}))

    found = wait(Asked((DB,), {}), BOOK, look, lambda _text: None, Pace(waits=True, clock=clock.now, sleep=clock.sleep))

    assert ("cannot tell", 1290.0) == (found.outcome, clock.at)


def test_who_stands_in_the_place_of_a_pod_that_is_gone_is_looked_at() -> None:
    """The repair rolled out new pods: theirs is the answer."""
    bundle = seen(3600)
    new = Subject("container", "ml/db-2/main")
    owner = Subject("workload", "ml/Deployment/db")
    bundle.observed.signals = [msgspec.structs.replace(one, subject=new) for one in bundle.observed.signals]
    bundle.observed.relations = [Relation("in", new, owner)]
    gone = msgspec.structs.replace(DB, subjects=("container ml/db-1/main",), owner=str(owner))

    assert "passed" == once(bundle, gone).outcome
    assert ["container ml/db-1/main", "workload ml/Deployment/db"] == [f"{one.kind} {one.key}" for one in focus_of(Asked((gone,), {})).named]


def test_a_case_of_a_row_that_is_not_there_cannot_be_told() -> None:
    (case,) = once(seen(3600), msgspec.structs.replace(DB, row="house/gone")).cases

    assert ("cannot tell", "There is no row house/gone that can be judged; mount the rows that found it with --rules.") == (case.outcome, case.why)


def test_a_case_of_several_machines_does_not_pass_by_a_look_at_one() -> None:
    both = once(seen(700), msgspec.structs.replace(DB, subjects=("container db", "container db on node-b"), affected=2))
    other = once(seen(700), msgspec.structs.replace(DB, subjects=("container db on node-b",)))

    assert "Nothing is wrong with it now" not in verified.render(both)
    assert "passed" == once(seen(700), DB).outcome
    assert {("cannot tell", "It was on node-b, where this look did not go. Run diagnose there and merge the runs again.")} == {(one.cases[0].outcome, one.cases[0].why) for one in (both, other)}


def test_what_a_merged_run_calls_by_this_machine_is_found_on_it_by_its_own_name() -> None:
    here = seen(700)
    here.observed.signals.append(Signal(Subject("host", "node-b"), "host.memory_total_bytes", 1, Source("host.memory", "free")))

    assert "passed" == once(here, msgspec.structs.replace(DB, subjects=("container db on node-b",))).outcome


# which cases


def state(folder: Path) -> Mapping[str, str]:
    return {"XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}


def kept(folder: Path, report: Report = REPORT, settings: Settings | None = None, targets: tuple[Target, ...] = ()) -> Run:
    return history.remembered(Run(report=report, bundle=load(DEMO)), settings or Settings(), targets, state(folder))


def test_a_case_of_a_kept_run_is_found_by_its_id_with_the_settings_that_name_its_systems(tmp_path: Path) -> None:
    cluster = Target("kubernetes", "prod at https://k", asked=True, options={"context": "prod", "config": "/k"})
    run = kept(tmp_path, settings=Settings(namespace="ml"), targets=(cluster, Target("docker", "unix:///d", asked=False), Target("mlflow", "http://u:p@h", asked=True)))
    asked = find([DB.id], state(tmp_path))

    assert (True, True) == (run.report.kept, run.bundle.kept)
    assert ((DB.id,), {"context": "prod", "kubeconfig": "/k", "namespace": "ml", "docker": "unix:///d"}) == (tuple(one.id for one in asked.incidents), asked.settings)


@pytest.mark.parametrize("address", ["http://u:p@h:9090", "http://h:9090/?token=hunter2hunter2hunter2"])
def test_what_names_a_system_by_a_secret_is_not_kept(address: str) -> None:
    assert {} == history.to_find_again(Settings(), (Target("prometheus", address, asked=True),))


def test_consequences_have_ids_too_and_brackets_do_no_harm(tmp_path: Path) -> None:
    kept(tmp_path)

    assert DB.consequences[0].title == find([f"[{DB.consequences[0].id}]"], state(tmp_path)).incidents[0].title


def test_the_last_ten_runs_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    for number in range(13):
        kept(tmp_path, msgspec.structs.replace(REPORT, now=NOW + number))
    files = sorted((tmp_path / "state" / "diagnose").iterdir())

    assert (10, {0o600}, 0o700) == (len(files), {path.stat().st_mode & 0o777 for path in files}, (tmp_path / "state" / "diagnose").stat().st_mode & 0o777)
    assert [NOW + 12 - number for number in range(10)] == [run.report.now for run in history.runs(state(tmp_path))]


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"XDG_STATE_HOME": "/proc/self/nowhere"}, {"XDG_STATE_HOME": "/dev/null/x"}, {"HOME": "/proc/1/x"}])
def test_where_nothing_can_be_kept_the_report_promises_nothing(environ: Mapping[str, str]) -> None:
    run = history.remembered(Run(report=REPORT, bundle=load(DEMO)), Settings(), (), environ)

    assert not run.report.kept
    assert "diagnose verify" not in FORMATS["text"](run.report) + FORMATS["markdown"](run.report)


def test_a_full_disk_is_promised_nothing_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _to: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)

    assert not kept(tmp_path).report.kept
    assert [] == list((tmp_path / "state" / "diagnose").iterdir())


def test_the_report_of_a_kept_run_says_how_to_verify_and_its_bundle_replays_to_the_same(tmp_path: Path) -> None:
    run = kept(tmp_path)
    save(tmp_path / "x.bundle", run.bundle)

    assert f"CHECK  diagnose verify {DB.id}\n" in FORMATS["text"](run.report)
    assert f"**Check**: `diagnose verify {DB.id}`" in FORMATS["markdown"](run.report)
    assert FORMATS["json"](run.report) == FORMATS["json"](report_of(load(tmp_path / "x.bundle"), BOOK))


def test_a_report_s_file_gives_all_its_cases_or_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(to_json(REPORT))

    assert [DB.id, DB.consequences[0].id, TRAINER.id] == [one.id for one in find([str(path)], {}).incidents]
    assert [TRAINER.id] == [one.id for one in find([str(path), TRAINER.id], {}).incidents]
    assert [TRAINER.id] == [one.id for one in find([str(DEMO), TRAINER.id], {}).incidents]


def test_broken_runs_are_passed_over(tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / "state" / "diagnose" / "9999999999999.000.json").write_text("{", encoding="utf-8")

    assert [DB.id] == [one.id for one in find([DB.id], state(tmp_path)).incidents]


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "this is no JSON report: "), ("[]", "this is no JSON report: "), (json.dumps({"schema": "x"}), "this is no JSON report: "), ("[" * 99_999, "this is no JSON report: ")],
)
def test_a_file_that_is_no_report_is_refused_by_its_name(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as error:
        find([str(path)], {})
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_report_of_another_schema_and_a_broken_bundle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(to_json(msgspec.structs.replace(REPORT, schema="diagnose.report/9")))
    (tmp_path / "x.bundle").write_bytes(b"\x1f\x8bnonsense")

    with pytest.raises(UsageError, match=r"the report is a diagnose\.report/9; this program reads diagnose\.report/1"):
        find([str(tmp_path / "r.json")], {})
    with pytest.raises(BundleError, match=r"x\.bundle"):
        find([str(tmp_path / "x.bundle")], {})


@pytest.mark.parametrize(
    "change",
    [{"subjects": ("db",)}, {"owner": "workload"}, {"verify": (Check("", "true", "soon"),)}, {"consequences": (msgspec.structs.replace(DB, subjects=("",)),)}],
    ids=["a subject without a name", "an owner without a name", "no time", "in a consequence"],
)
def test_a_report_that_somebody_has_changed_is_refused(change: Mapping[str, object], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(to_json(msgspec.structs.replace(REPORT, incidents=(msgspec.structs.replace(DB, **change),))))

    with pytest.raises(UsageError, match=r"report\.json: case [0-9a-f]{4} of the report is no case of ours"):
        find([str(path)], {})


def test_more_cases_than_can_be_looked_at_again_do_not_pass_unseen(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(to_json(msgspec.structs.replace(REPORT, incidents=(TRAINER,) * 51)))

    with pytest.raises(UsageError, match="tells of 51 cases, and 50 can"):
        find([str(path)], {})


@pytest.mark.parametrize("word", ["a" * 5000, "a\0b"])
def test_what_can_be_no_file_is_no_fault_of_ours(word: str) -> None:
    with pytest.raises(UsageError):
        find([word], {})


def test_an_id_that_nobody_knows_is_refused_with_what_would_help(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^ffff: there is no such file, and none of the last 10 runs .* Give the report that has it"):
        find(["ffff"], state(tmp_path))


def test_what_is_wrong_with_a_hostile_report_is_said_in_words_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.json").write_bytes(to_json(msgspec.structs.replace(REPORT, schema="\x1b]0;owned\x07\x1b[2J")))
    code = run(["verify", str(tmp_path / "r.json")])
    said = capsys.readouterr().err

    assert (2, False, True) == (code, bool({"\x1b", "\x07"} & set(said)), "this program reads diagnose.report/1" in said)


def test_hostile_titles_reach_no_terminal() -> None:
    found = once(seen(60), msgspec.structs.replace(DB, title="\x1b[2Jdb\u202e"))

    assert not {"\x1b", "\u202e"} & set(verified.render(found) + verified.to_json(found))


def test_this_process_keeps_its_runs_where_tests_may_write() -> None:
    assert os.environ["XDG_STATE_HOME"] != str(Path.home() / ".local" / "state")
