"""What fired: every form in which alerts are handed over, the things and rows that they name, and files that nobody can vouch for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.alerts import Alert, earliest, read_alerts, things
from agent.asked import Asked, focus_of
from agent.bundle import load
from agent.focus import Focus
from agent.matrix import UsageError
from agent.pipeline import load as load_all
from agent.pipeline import report_of
from agent.report import FORMATS
from probes._named import Named

NOW = 1_800_000_000.0
DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
STARTS = "2027-01-15T07:50:00.123456789Z"
LABELS = {"alertname": "KubePodCrashLooping", "namespace": "ml", "pod": "trainer-0", "container": "main", "instance": "10.0.0.9:8080", "job": "kube-state-metrics"}
ONE = {"labels": LABELS, "startsAt": STARTS}
ENDED = {"labels": {**LABELS, "pod": "old-0"}, "startsAt": "2027-01-14T00:00:00Z"}


def written(folder: Path, document: object) -> str:
    """A file with this in it."""
    path = folder / "alerts.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def ask(folder: Path, document: object, **more: Any) -> Focus:
    """What is asked about by these alerts."""
    return focus_of(Asked(alert=written(folder, document), now=NOW, **more))


@pytest.mark.parametrize(
    "document",
    [
        {"version": "4", "status": "firing", "receiver": "x", "alerts": [ONE | {"status": "firing"}, ENDED | {"status": "resolved"}]},
        [ONE | {"status": {"state": "active", "silencedBy": []}}],
        [ONE | {"status": {"state": "suppressed", "silencedBy": ["x"]}}],
        [{"labels": {"alertname": "group"}, "receiver": {"name": "x"}, "alerts": [ONE | {"status": {"state": "active"}}]}],
        {"status": "success", "data": {"alerts": [{"labels": LABELS, "state": "firing", "activeAt": STARTS, "value": "1e+00"}, ENDED | {"state": "pending"}]}},
        {"status": "success", "data": [ONE]},
    ],
    ids=["webhook", "api v2 and amtool", "a silenced one", "groups", "prometheus", "api v1"],
)
def test_each_form_of_alerts_names_the_same_thing(document: object, tmp_path: Path) -> None:
    focus = ask(tmp_path, document)

    assert ((Named("pod", "trainer-0", "ml"),), (), 1_799_998_500.123456) == (focus.named, focus.rows, focus.since)
    assert ("1 alert KubePodCrashLooping: names pod trainer-0 in namespace ml; its name means kubernetes/crashloopbackoff.",) == focus.notes


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"exported_namespace": "ml", "namespace": "monitoring", "exported_pod": "a-1", "pod": "kube-state-metrics-0"}, Named("pod", "a-1", "ml")),
        ({"namespace": "ml", "deployment": "api", "instance": "x:1"}, Named("workload", "api", "ml", "Deployment")),
        ({"namespace": "ml", "statefulset": "db"}, Named("workload", "db", "ml", "StatefulSet")),
        ({"namespace": "ml", "job_name": "train-1", "job": "kube-state-metrics"}, Named("workload", "train-1", "ml", "Job")),
        ({"namespace": "ml", "persistentvolumeclaim": "data"}, Named("claim", "data", "ml")),
        ({"container": "db"}, Named("container", "db")),
        ({"name": "db", "image": "postgres:15"}, Named("container", "db")),
        ({"name": "db"}, None),
        ({"node": "gpu-1", "instance": "10.0.0.1:9100"}, Named("node|host", "gpu-1")),
        ({"instance": "gpu-1:9100", "job": "node"}, Named("node|host|mlflow|service", "gpu-1:9100")),
        ({"job": "node"}, None),
    ],
)
def test_labels_name_the_nearest_thing(labels: dict[str, str], expected: Named | None) -> None:
    assert (() if expected is None else (expected,)) == things(Alert(labels, fires=True, starts_at=None))


def test_an_alert_that_names_no_thing_names_the_row_that_its_name_means(tmp_path: Path) -> None:
    focus = ask(tmp_path, [{"labels": {"alertname": "MLflowOffline"}}])

    assert ((), ("mlflow/offline-or-empty",), 0.0) == (focus.named, focus.rows, focus.since)


def test_an_alert_that_names_nothing_leaves_everything_to_be_looked_at(tmp_path: Path) -> None:
    focus = ask(tmp_path, [{"labels": {"alertname": "Watchdog"}}])

    assert ((), (), "So everything was looked at.") == (focus.named, focus.rows, focus.notes[-1])


def test_alerts_of_another_namespace_than_asked_for_are_left_out(tmp_path: Path) -> None:
    assert () == ask(tmp_path, [ONE], namespace="prod").named


def test_a_time_that_is_asked_for_beats_that_of_the_alert(tmp_path: Path) -> None:
    assert NOW - 7200 == ask(tmp_path, [ONE], since="2h").since


def test_what_is_over_is_looked_at_if_nothing_fires_any_more(tmp_path: Path) -> None:
    focus = ask(tmp_path, {"alerts": [ONE | {"status": "resolved"}]})

    assert ((Named("pod", "trainer-0", "ml"),), "None of the 1 alerts fires any more; what they were about was looked at all the same.") == (focus.named, focus.notes[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"alerts": [\n  {"labels": tru}]}', ":2:18: this is not JSON: JSON is malformed: invalid character (byte 30)."),
        ('{"alerts": [', ":1:13: this is not JSON: Input data was truncated."),
        ("[" * 100_000, ":1:100001: this is not JSON: maximum recursion depth exceeded"),
        ("{}", ": there is no alert in it."),
        ("[[[[[[[{}]]]]]]]", ": there is no alert in it."),
        ('{"alerts": [{"labels": ["x"]}, 7, null]}', ": there is no alert in it."),
        ('"x"', ": there is no alert in it."),
    ],
)
def test_what_holds_no_alerts_is_refused_with_its_name_and_position(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)

    with pytest.raises(UsageError) as error:
        read_alerts(path)
    assert str(error.value).startswith(f"--alert {path}{message}")


def test_a_file_that_is_not_there_or_far_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        read_alerts(str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="larger than 4 MB"):
        read_alerts(written(tmp_path, " " * 4_000_001))


def test_hostile_labels_reach_no_terminal(tmp_path: Path) -> None:
    labels = {"alertname": "\x1b[2J\u202eKubePodCrashLooping", "pod": "\x1b]8;;http://evil\x07x", "namespace": "\x00\n"}
    bundle = load(DEMO)
    bundle.focus = ask(tmp_path, [{"labels": labels, "startsAt": 7}])
    said = FORMATS["text"](report_of(bundle, load_all()[1]))

    assert not {"\x1b", "\u202e", "\x00", "\x07"} & set(said)


def test_a_thousand_alerts_are_bounded_and_that_is_said(tmp_path: Path) -> None:
    focus = ask(tmp_path, [{"labels": {"alertname": "KubePodCrashLooping", "namespace": "ml", "pod": f"p-{number}"}} for number in range(1000)])

    assert (50, "They name 100 things; the first 50 of them were looked at.") == (len(focus.named), focus.notes[-1])


def test_of_more_alerts_than_are_read_those_that_fire_come_first(tmp_path: Path) -> None:
    over = [{"labels": {"alertname": "Watchdog"}, "status": "resolved"}] * 200

    assert (Named("pod", "trainer-0", "ml"),) == ask(tmp_path, [*over, ONE]).named


def test_a_label_as_long_as_the_file_costs_no_time_and_no_page(tmp_path: Path) -> None:
    focus = ask(tmp_path, [{"labels": {"alertname": " ".join(f"word{number}" for number in range(100_000))}}])

    assert 500 > len(focus.notes[0])


def test_without_a_time_nothing_is_bounded() -> None:
    assert 0.0 == earliest([Alert({}, fires=True, starts_at=None)])
