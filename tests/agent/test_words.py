"""The words of a page, an alert's name or a line of a log: which rows they mean, and what is said of those that no row has."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.asked import Asked, focus_of
from agent.bundle import load
from agent.matrix import UsageError
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.report.model import exit_code
from agent.words import rows_meant

NOW = 1_800_000_000.0
DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
_PROBES, BOOK = load_all()
ROWS = [file.row for file in BOOK.files]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("503 api", "serving/api-503"),
        ("KubePodCrashLooping", "kubernetes/crashloopbackoff"),
        ("KubeDeploymentRolloutStuck", "kubernetes/deployment-stuck"),
        ("ErrImagePull", "kubernetes/imagepullbackoff"),
        ("training out of memory", "training/training-oom"),
        ("the model will not load from mlflow", "mlflow/cant-load-model"),
        ("mlflow empty", "mlflow/offline-or-empty"),
        ("dvc push 403", "dvc/remote-access-denied"),
        ("schema changed", "dvc/data-schema-mismatch"),
        ("kafka lag", "cost/kafka-consumer-lag"),
        ("ModuleNotFoundError: No module named 'torch'", "kubernetes/crashloopbackoff"),
        ("java.lang.OutOfMemoryError: Java heap space", "cost/batch-job-oom"),
    ],
)
def test_words_mean_a_row_first(words: str, first: str) -> None:
    assert first == rows_meant(words.split(), ROWS).rows[0].id


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_meant_by_its_own_symptom(row: object) -> None:
    symptom = getattr(row, "symptom")  # noqa: B009  # the ids of the cases need an untyped row

    assert row == rows_meant(symptom.split(), ROWS).rows[0]


def test_the_order_of_words_and_of_rows_changes_nothing() -> None:
    assert rows_meant(["api", "503"], ROWS) == rows_meant(["503", "api"], list(reversed(ROWS)))


def test_a_word_that_no_row_has_is_told() -> None:
    assert ("flux",) == rows_meant(["mlflow", "flux"], ROWS).strange


def test_words_that_no_row_has_are_refused_with_the_nearest_rows() -> None:
    with pytest.raises(UsageError) as error:
        rows_meant(["imgae", "flux"], ROWS)

    assert str(error.value).startswith("Nothing in the matrix has the words 'imgae flux'. Nearest: kubernetes/imagepullbackoff (image), ")


def test_live_rows_that_are_meant_are_judged_alone_and_named_in_the_report() -> None:
    bundle = load(DEMO)
    bundle.focus = focus_of(Asked(words=["training", "oom"], now=NOW))
    report = report_of(bundle, BOOK)

    assert (["training/training-oom"], 1) == ([one.row for one in report.incidents], report.elsewhere)
    assert "'training oom' was taken for Training OOM (Out of Memory) (training/training-oom)." == report.asked[0]


def test_where_only_drafts_are_meant_everything_is_looked_at_and_that_is_said() -> None:
    bundle = load(DEMO)
    bundle.focus = focus_of(Asked(words=["503", "api"], now=NOW))
    report = report_of(bundle, BOOK)

    assert (2, 0, 1) == (len(report.incidents), report.elsewhere, exit_code(report, "low"))
    assert ["serving/api-503"] == [gap.what for gap in report.gaps if gap.asked]
    assert (
        "'503 api' was taken for API 503 Service Unavailable (serving/api-503), a draft that cannot be judged yet: `diagnose matrix serving/api-503` shows its triage, causes and fixes.",
        "So everything was looked at.",
    ) == report.asked


def test_a_word_that_is_the_name_of_a_thing_is_told_with_the_command_that_looks_at_it() -> None:
    bundle = load(DEMO)
    bundle.focus = focus_of(Asked(words=["trainer", "oom"], now=NOW))

    assert "'trainer' is also the name of workload/churn/trainer, container/trainer: diagnose workload/churn/trainer looks at that." in report_of(bundle, BOOK).asked
