"""One thing and what it depends on: its own incident with the root, nothing else, and no silence about a name that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.asked import Asked, focus_of, row_of
from agent.bundle import Bundle, load, save
from agent.cli import run
from agent.focus import Focus
from agent.matrix import UsageError
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.report import FORMATS
from agent.report.model import Report, exit_code
from probes._contract import Observed, Relation, Signal, Source, Subject, Value
from probes._named import Named

NOW = 1_800_000_000.0
DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
_PROBES, BOOK = load_all()
ROWS = [file.row for file in BOOK.files]


def ask(*words: str, symptoms: Sequence[str] = ()) -> Report:
    """The report of the demo about these."""
    bundle = load(DEMO)
    bundle.focus = focus_of(Asked(words=words, symptoms=symptoms, now=NOW))
    return report_of(bundle, BOOK)


@pytest.mark.parametrize(
    ("words", "titles", "elsewhere"),
    [
        (["container/db"], ["container db does not stay up"], 1),
        (["container/mlflow"], ["container db does not stay up"], 1),
        (["workload/trainer"], ["trainer (training) runs out of memory"], 1),
        (["container/churn-api"], [], 2),
        (["container/db", "container/trainer"], ["container db does not stay up", "trainer (training) runs out of memory"], 0),
        ([], ["container db does not stay up", "trainer (training) runs out of memory"], 0),
    ],
    ids=["the root", "what depends on it", "a workload of compose", "who is well", "two things", "everything"],
)
def test_only_what_concerns_the_things_named_is_told_and_the_rest_counted(words: list[str], titles: list[str], elsewhere: int) -> None:
    report = ask(*words)

    assert (titles, elsewhere) == ([one.title.partition(":")[0] for one in report.incidents], report.elsewhere)


def test_a_name_that_nobody_has_is_no_good_news() -> None:
    report = ask("pod/db", "container/churn-app")

    assert 3 == exit_code(report, "low")
    assert [("container churn-app", "Did you mean container/churn-api?"), ("pod db", "Did you mean container/db?")] == [
        (gap.what, gap.remedy) for gap in report.gaps if gap.why == "not found"
    ]
    assert "container churn-app was not found; pod db was not found: nothing can be said of them." == report.verdict


def test_who_is_well_is_named_in_the_answer() -> None:
    report = ask("container/churn-api")

    assert report.verdict.startswith("Nothing wrong with container churn-api in what I could see: 4 containers")
    assert 0 == exit_code(report, "low")


def test_a_row_by_its_id_its_end_or_its_words_is_the_same_row() -> None:
    assert {"training/training-oom"} == {row_of(text, ROWS).id for text in ("training/training-oom", "training-oom", "training out of memory")}


def test_only_the_row_asked_for_is_told() -> None:
    report = ask(symptoms=["training-oom"])

    assert (["training/training-oom"], 1) == ([one.row for one in report.incidents], report.elsewhere)


def test_a_consequence_of_the_row_asked_for_is_told_with_its_root() -> None:
    assert 2 == len([one for incident in ask(symptoms=["crashloopbackoff"]).incidents for one in (incident, *incident.consequences)])


def test_a_draft_that_was_asked_for_cannot_be_answered() -> None:
    report = ask(symptoms=["api-503"])

    assert (3, (), "serving/api-503 cannot be judged yet: nothing can be said of it.") == (exit_code(report, "low"), report.incidents, report.verdict)


def test_a_row_that_this_book_does_not_have_is_no_good_news() -> None:
    bundle = load(DEMO)
    bundle.focus = Focus(rows=("shop/restarts-often",))
    report = report_of(bundle, BOOK)

    assert (3, "shop/restarts-often could not be judged: nothing can be said of it.") == (exit_code(report), report.verdict)


def test_words_for_drafts_beside_a_thing_do_not_say_that_everything_was_looked_at() -> None:
    report = ask("container/db", "503", "api")

    assert (1, False) == (report.elsewhere, "So everything was looked at." in report.asked)


def test_a_secret_in_a_pasted_line_is_kept_nowhere() -> None:
    focus = focus_of(Asked(words=["OSError", "no space left", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "password=hunter22x", "mlflow/http://ml:hunter22x@x"], now=NOW))

    assert ["hunter22x" in str(focus), "abcdefghijkl" in str(focus), "‹redacted-password-" in focus.notes[0]] == [False, False, True]


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (["-q", "container/churn-api"], "Nothing wrong with container churn-api"),
        (["container/churn-api", "-q", "container/churn-app"], "container churn-app was not found"),
        (["--since", "2h"], "1 problem: trainer"),
    ],
    ids=["behind a flag", "around a flag", "a time alone leaves what the run was about"],
)
def test_replay_asks_again(arguments: list[str], verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = load(DEMO)
    bundle.focus = Focus(rows=("training/training-oom",))
    save(tmp_path / "run.bundle", bundle)
    run(["replay", str(tmp_path / "run.bundle"), *arguments])

    assert " ".join(capsys.readouterr().out.split()).startswith(verdict)


def test_a_flag_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        run(["replay", str(DEMO), "-q", "--nonsense"])

    assert (2, True) == (error.value.code, "unrecognized arguments: --nonsense" in capsys.readouterr().err)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (Asked(words=["vm/x"], now=NOW), "'vm/x': there is no kind 'vm' to name a thing by. Known, "),
        (Asked(symptoms=["mlflow"], now=NOW), "--symptom mlflow: this can be mlflow/artifact-upload-fails, "),
        (Asked(symptoms=["quantum"], now=NOW), "--symptom quantum: the matrix has no such row. "),
    ],
)
def test_what_nobody_knows_is_refused_by_name(words: Asked, message: str) -> None:
    with pytest.raises(UsageError) as error:
        focus_of(words)

    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("po/x", Named("pod", "x", "ml")),
        ("Deployment.apps/x", Named("workload", "x", "ml", "Deployment")),
        ("svc/x", Named("service", "x", "ml")),
        ("cj/x", Named("workload", "x", "ml", "CronJob")),
        ("bucket/s3://models", Named("bucket", "s3://models", "ml")),
    ],
)
def test_kinds_have_kubectl_s_short_names(text: str, expected: Named) -> None:
    assert Focus(named=(expected,)) == focus_of(Asked(words=[text], namespace="ml", now=NOW))


def test_a_saved_run_about_one_thing_replays_to_the_same_bytes(tmp_path: Path) -> None:
    bundle = load(DEMO)
    bundle.focus = focus_of(Asked(words=["container/db"], symptoms=["crashloopbackoff"], now=NOW))
    save(tmp_path / "x.bundle", bundle)

    again = load(tmp_path / "x.bundle")
    assert bundle.focus == again.focus
    assert FORMATS["json"](report_of(bundle, BOOK)) == FORMATS["json"](report_of(again, BOOK))


def test_what_a_pod_s_neighbour_suffers_is_not_its_own() -> None:
    """Two pods of one Deployment on one node: who asks about one is not shown a neighbour's crash."""
    source = Source("kubernetes.containers", "kubectl")
    relations = [
        Relation("in", Subject("container", "ml/a/main"), Subject("pod", "ml/a")),
        Relation("in", Subject("container", "ml/b/main"), Subject("pod", "ml/b")),
        *(Relation("on", Subject("pod", f"ml/{one}"), Subject("node", "n1")) for one in "ab"),
        *(Relation("in", Subject("pod", f"ml/{one}"), Subject("workload", "ml/Deployment/api")) for one in "ab"),
    ]
    values: dict[str, Value] = {"container.waiting_reason": "CrashLoopBackOff", "container.restart_count": 9, "container.state": "restarting"}
    signals = [Signal(Subject("container", "ml/b/main"), name, value, source) for name, value in values.items()]
    bundle = Bundle(tool="0", rules="r", observed=Observed(now=1e9, signals=signals, relations=relations), focus=Focus(named=(Named("pod", "a"),)))
    about_a = report_of(bundle, BOOK)
    bundle.focus = Focus(named=(Named("pod", "b"),))

    assert (0, 1) == (len(about_a.incidents), len(report_of(bundle, BOOK).incidents))


def test_a_row_whose_things_nobody_looked_at_is_not_judged_and_that_is_no_good_news() -> None:
    report = ask(symptoms=["remote-access-denied"])

    assert (3, "dvc/remote-access-denied could not be judged: nothing can be said of it.") == (exit_code(report, "low"), report.verdict)
    assert ["It is judged on each repo, and none was looked at."] == [gap.detail for gap in report.gaps if gap.why == "not judged"]


def test_a_row_that_was_judged_and_is_not_there_is_told_as_such() -> None:
    report = ask("container/churn-api", symptoms=["training-oom"])

    assert (0, True) == (exit_code(report, "low"), report.verdict.startswith("No sign of Training OOM (Out of Memory) on container churn-api in what I could see: "))
