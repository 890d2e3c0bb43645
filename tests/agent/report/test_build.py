"""From judged cases to the report: the answer, order, words, repairs, severity, exit code."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from agent.report.build import Builder, _gravest, _looked, _order, short, verdict
from agent.report.model import Check, Gap, Incident, Line, Looked, Repair, Report, exit_code
from probes._contract import Observed, Signal, Source, Subject, Swept, Value
from probes._runner import Visit, load_probes
from rules._book import Book, compile_book, vocabulary
from rules._facts import Facts
from rules._judge import judge
from rules._row import read
from tests.agent.report.examples import incident, report

NOW = 1_800_000_000.0
Table = Mapping[str, Mapping[str, Value]]

ROW = """
id: {id}
symptom: Loops
status: stable
triage: [docker ps]
for_each: container
title: '{{it}} loops with code {{container.exit_code}}'
present: container.restart_count >= 1
was: container.restart_count == 0 && container.exit_code == 1
case: [container.exit_code]
onset: container.first_failure_at
severity:
  - {{if: container.memory_limit_bytes == 1, is: low}}
  - {{if: container.auto_remove == true, is: critical}}
  - {{is: high}}
causes:
  - {{id: bad-image, cause: The image is bad, prior: 0.3}}
  - {{id: bad-limit, cause: The limit is too low, prior: 0.3}}
evidence:
  - {{if: container.exit_code == 1, group: status, states: bad-image, then: {{bad-image: 20}}, else: {{bad-limit: 20}},
     say: 'it ended with code {{container.exit_code}}', say_not: 'no code 1, but {{container.exit_code}}', ask: its exit code}}
  - {{if: container.read_only == true, group: spec, then: {{bad-image: 8}}, else: {{bad-limit: 6}}, say: it may not write, say_not: it may write, ask: whether it may write}}
  - {{if: container.gpus_asked == true, group: events, then: {{bad-image: 2}}, else: {{}}, say: it asks for GPUs, ask: whether it asks for GPUs}}
  - {{if: 'container.user == "app"', group: log, then: {{bad-image: 1}}, else: {{bad-limit: 6}}, say: 'it is {{container.user}}', say_not: 'it is {{container.working_dir}}'}}
{fix}
verify: [{{if: container.steady == true, hold: 10m}}, {{do: 'docker ps --filter name={{it}}'}}, {{do: 'cat {{container.working_dir}}'}}]
prevent: [Test it.]
"""
FIX = """
  - {for: [bad-image], do: 'Go back to {container.image}.', command: 'docker run {container.image}', effect: restarts}
  - {for: [bad-image], do: Mend the image.}
  - {for: [bad-limit], do: Raise the limit.}
"""
ALONE: Mapping[str, Value] = {
    "restart_count": 3, "exit_code": 1, "first_failure_at": NOW - 600, "read_only": True, "gpus_asked": None, "user": "app", "image": None,
    "memory_limit_bytes": None, "auto_remove": False, "steady": False, "working_dir": None,
}  # fmt: skip


def _book(folder: Path, fix: str = FIX) -> Book:
    path = folder / "row.yaml"
    path.write_text(ROW.format(id="mine/loops", fix="fix:\n" + textwrap.dedent(fix).strip("\n")))
    return compile_book([read(path)], vocabulary(load_probes()))


def facts(book: Book, table: Table) -> Facts:
    signals = [
        Signal(Subject(*who.split(" ")), f"{who.split(' ')[0]}.{name}", value, Source("docker.containers", f"docker inspect {who.split(' ')[1]}"))
        for who, values in table.items()
        for name, value in values.items()
    ]
    return Facts(Observed(now=NOW, signals=signals), book.vocabulary)


def built(book: Book, table: Table) -> Report:
    found = facts(book, table)
    return Builder(book, found, judge(book, found)).report(tool="0", targets=("docker unix:///x",), visits=(), stopped=False)


def only(folder: Path, changed: Mapping[str, Value], fix: str = FIX) -> Incident:
    """The one incident of one container."""
    (found,) = built(_book(folder, fix), {"container app": {**ALONE, **changed}}).incidents
    return found


# the first line


def test_one_problem_is_named(tmp_path: Path) -> None:
    assert "1 problem: app loops with code 1." == built(_book(tmp_path), {"container app": ALONE}).verdict


def test_of_several_problems_the_worst_is_named(tmp_path: Path) -> None:
    table = {"container app": ALONE, "container worst": {**ALONE, "exit_code": 2, "auto_remove": True}}

    assert "2 problems: worst loops with code 2; and 1 more." == built(_book(tmp_path), table).verdict


GAP = Gap("docker.logs", "refused", "It answers 403.", "Allow it.", asked=True)


@pytest.mark.parametrize(
    ("expected", "recovered", "swept", "gaps"),
    [
        ("I could see nothing, so I cannot say whether anything is wrong. Not looked at: nothing that was asked for.", 0, (), ()),
        (
            "Nothing wrong in what I could see: 7 containers, 1 host. Not looked at: docker.logs.",
            0,
            (Swept("host", "box", 1), Swept("container", "box", 7)),
            (GAP, msgspec.structs.replace(GAP, detail="Another.")),
        ),
        (
            "Nothing wrong in what I could see: 0 containers. 2 recovered. Not looked at: nothing that was asked for.",
            2,
            (Swept("container", "b", 0),),
            (),
        ),
        (
            "Nothing wrong in what I could see: 90 containers (not all), 2 processes. Not looked at: nothing that was asked for.",
            0,
            (Swept("container", "b", 90, complete=False), Swept("process", "b", 2), Swept("container", "c", 3)),
            (),
        ),
    ],
    ids=["saw nothing", "saw some", "recovered", "saw a part"],
)
def test_with_nothing_found_the_first_line_says_what_was_and_was_not_looked_at(
    expected: str, recovered: int, swept: tuple[Swept, ...], gaps: tuple[Gap, ...]
) -> None:
    assert expected == verdict((), tuple(incident() for _ in range(recovered)), swept, gaps)


def test_a_recovered_case_is_no_problem(tmp_path: Path) -> None:
    found = built(_book(tmp_path), {"container app": {**ALONE, "restart_count": 0}})

    assert ((), ["app loops with code 1"]) == (found.incidents, [one.title for one in found.recovered])


def test_what_nobody_could_judge_is_named_with_what_would_settle_it(tmp_path: Path) -> None:
    found = built(_book(tmp_path), {"container app": {"exit_code": 1}, "container db": {"exit_code": 0}})

    assert ((), ("Loops: cannot tell for 2 containers; unseen: container.restart_count.",)) == (found.incidents, found.open)


# order


def test_incidents_stand_by_severity_then_affected_then_onset_then_id(tmp_path: Path) -> None:
    table: dict[str, Mapping[str, Value]] = {
        "container low": {**ALONE, "exit_code": 10, "memory_limit_bytes": 1},
        "container late": {**ALONE, "exit_code": 11, "first_failure_at": NOW - 60},
        "container early": {**ALONE, "exit_code": 12, "first_failure_at": NOW - 900},
        "container never": {**ALONE, "exit_code": 13, "first_failure_at": None},
        "container critical": {**ALONE, "exit_code": 14, "auto_remove": True, "first_failure_at": NOW - 1},
    }

    titles = [one.title.partition(" ")[0] for one in built(_book(tmp_path), table).incidents]

    assert ["critical", "early", "late", "never", "low"] == titles


def test_of_equal_severity_the_one_that_affects_more_stands_first() -> None:
    few, many = incident(affected=1, onset=NOW - 9000), incident(affected=3, onset=NOW - 60)

    assert [many, few] == sorted([few, many], key=_order)


def test_the_order_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    table = {f"container c{number}": {**ALONE, "exit_code": number} for number in range(1, 6)}
    book = _book(tmp_path)

    assert built(book, table) == built(book, dict(reversed(table.items())))


# severity


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("high", {}),
        ("critical", {"auto_remove": True}),
        ("low", {"auto_remove": True, "memory_limit_bytes": 1}),
        ("high", {"auto_remove": None}),
    ],
    ids=["the last", "one that holds", "the first that holds", "nothing known"],
)
def test_the_first_severity_that_holds_counts(tmp_path: Path, expected: str, changed: Mapping[str, Value]) -> None:
    assert expected == only(tmp_path, changed).severity


def test_an_incident_is_as_grave_as_what_follows_from_it() -> None:
    assert "critical" == _gravest("medium", [incident(severity="low"), incident(severity="critical")])
    assert "medium" == _gravest("medium", [])


# titles


def test_a_title_that_cannot_be_filled_falls_back_to_the_symptom(tmp_path: Path) -> None:
    assert "container app: Loops" == only(tmp_path, {"exit_code": None}).title


# repairs

PLACES = """
  - {for: [bad-image], do: 'Go back to {container.image}.', command: 'docker run {container.image}'}
  - {for: [bad-image], do: 'Look into {container.working_dir}.'}
  - {for: [bad-image], do: Mend the image.}
  - {for: [bad-limit], do: Raise the limit.}
"""


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (Repair("The image is bad", "Go back to app:1.", "docker run app:1"), {"image": "app:1", "working_dir": "/app"}),
        (Repair("The image is bad", "Look into /app."), {"working_dir": "/app"}),
        (Repair("The image is bad", "Look into /app."), {"image": "", "working_dir": "/app"}),
        (Repair("The image is bad", "Mend the image."), {}),
    ],
    ids=["all bound", "the image is nothing", "the image is empty", "none bound"],
)
def test_the_first_repair_whose_fill_ins_are_all_bound_is_printed(tmp_path: Path, expected: Repair, changed: Mapping[str, Value]) -> None:
    assert (expected,) == only(tmp_path, changed, PLACES).fix


@pytest.mark.parametrize("value", ["app:1", "a b", "$(reboot)", "x; rm -rf /", "it's `this`", "a\nb", "'", "-v /:/host", "*"])
def test_what_is_filled_into_a_command_is_one_word_of_it(tmp_path: Path, value: str) -> None:
    (repair,) = only(tmp_path, {"image": value}).fix

    assert ["docker", "run", value] == shlex.split(repair.command)


@pytest.mark.parametrize("name", ["log_host", "log_module", "log_line", "log_file", "log_command", "health_output", "start_error"])
def test_what_a_program_wrote_is_never_part_of_a_command(tmp_path: Path, name: str) -> None:
    hostile = f"""
  - {{for: [bad-image], do: 'Look at {{container.{name}}}.', command: 'ping {{container.{name}}}'}}
  - {{for: [bad-image], do: 'By hand: {{container.{name}}}.'}}
  - {{for: [bad-limit], do: Raise the limit.}}
"""

    assert (Repair("The image is bad", "By hand: $(reboot)."),) == only(tmp_path, {name: "$(reboot)"}, hostile).fix


def test_a_capture_that_comes_from_a_real_log_is_kept_out_of_commands(tmp_path: Path) -> None:
    hostile = """
  - {for: [bad-image], do: 'Look at {container.log_host}.', command: 'ping {container.log_host}'}
  - {for: [bad-image], do: Look at its log., command: 'docker logs {it}'}
  - {for: [bad-limit], do: Raise the limit.}
"""
    log = "HTTPConnectionPool(host='$(reboot)', port=80): Max retries exceeded"

    assert (Repair("The image is bad", "Look at its log.", "docker logs app"),) == only(tmp_path, {"log_tail": log}, hostile).fix


def test_each_cause_that_is_left_has_its_repair_and_the_same_one_stands_once(tmp_path: Path) -> None:
    unknown = {name: value for name, value in ALONE.items() if name not in ("exit_code", "read_only", "user")}
    fix = "  - {for: [bad-image, bad-limit], do: Mend it.}\n"
    apart = built(_book(tmp_path), {"container app": unknown}).incidents[0]
    same = built(_book(tmp_path, fix), {"container app": unknown}).incidents[0]

    assert ("undetermined", {"Mend the image.", "Raise the limit."}) == (apart.band, {one.do for one in apart.fix})
    assert ["Mend it."] == [one.do for one in same.fix]


# checks


@pytest.mark.parametrize(
    ("expected", "folder"),
    [
        ((Check("", "container.steady == true", "10m"), Check("docker ps --filter name=app")), None),
        ((Check("", "container.steady == true", "10m"), Check("docker ps --filter name=app"), Check("cat /app")), "/app"),
    ],
)
def test_a_check_by_hand_that_cannot_be_filled_is_left_out(tmp_path: Path, expected: tuple[Check, ...], folder: str | None) -> None:
    assert expected == only(tmp_path, {"working_dir": folder}).verify


# evidence


def test_evidence_is_said_true_ones_first_with_where_it_was_seen(tmp_path: Path) -> None:
    unseen = {name: value for name, value in ALONE.items() if name != "gpus_asked"}
    (found,) = built(_book(tmp_path), {"container app": {**unseen, "read_only": False}}).incidents

    assert (
        Line("true", "it ended with code 1", "docker inspect app: exit_code 1", 20.0, "status", {"bad-image": 20.0}),
        Line("true", "it is app", "docker inspect app: user app", 1.0, "log", {"bad-image": 1.0}),
        Line("false", "it may write", "docker inspect app: read_only no", -0.1, "spec", {"bad-limit": 6.0}),
        Line("unknown", "whether it asks for GPUs", "container.gpus_asked", found.evidence[-1].weight, "events"),
    ) == found.evidence
    assert found.evidence[-1].weight > 0


@pytest.mark.parametrize(("expected", "folder"), [(["it is /srv"], "/srv"), ([], None)])
def test_a_line_whose_words_cannot_be_filled_is_left_out(tmp_path: Path, expected: list[str], folder: str | None) -> None:
    lines = only(tmp_path, {"user": "root", "working_dir": folder}).evidence

    assert expected == [line.says for line in lines if line.group == "log"]


def test_a_long_value_is_cut_and_set_on_one_line(tmp_path: Path) -> None:
    (line,) = [line for line in only(tmp_path, {"user": "root", "working_dir": "/srv"}).evidence if line.group == "log"]
    long = only(tmp_path, {"user": "a\nb " + "x" * 200, "working_dir": "/srv"}).evidence
    (cut,) = [one for one in long if one.group == "log"]

    assert "docker inspect app: user root" == line.seen
    assert f"docker inspect app: user a b {'x' * 65}…" == cut.seen


# what it was run with


def test_each_probe_is_named_once_with_its_longest_visit_and_its_worst_ending() -> None:
    visits = [
        Visit("docker.logs", Subject("container", "a"), 0.25, "done"),
        Visit("docker.logs", Subject("container", "b"), 1.5, "failed"),
        Visit("docker.containers", None, 0.5, "done"),
        Visit("host.memory", None, 10.0, "timed out"),
        Visit("host.memory", None, 0.1, "failed"),
    ]
    assert (
        Looked("docker.containers", 1, 0.5, "done"),
        Looked("docker.logs", 2, 1.5, "failed"),
        Looked("host.memory", 2, 10.0, "timed out"),
    ) == _looked(visits)


def test_two_sources_that_disagree_are_both_told(tmp_path: Path) -> None:
    book = _book(tmp_path)
    app = Subject("container", "app")
    signals = [Signal(app, "container.exit_code", code, Source("p", command)) for code, command in ((1, "docker inspect app"), (2, "look again"))]
    found = Facts(Observed(now=NOW, signals=signals), book.vocabulary)
    told = Builder(book, found, judge(book, found)).report(tool="0", targets=(), visits=(), stopped=False)

    assert ("container app container.exit_code: docker inspect app says 1, look again says 2.",) == told.conflicts


# the exit code

ASKED, MERELY_ABSENT = GAP, msgspec.structs.replace(GAP, asked=False)


@pytest.mark.parametrize(
    ("expected", "fail_on", "changed"),
    [
        (0, "low", {"gaps": ()}),
        (0, "low", {"gaps": (MERELY_ABSENT,)}),
        (3, "low", {"gaps": (MERELY_ABSENT, ASKED)}),
        (3, "low", {"gaps": (), "stopped": True}),
        (1, "low", {"gaps": (), "incidents": (incident(severity="low"),)}),
        (1, "high", {"gaps": (ASKED,), "stopped": True, "incidents": (incident(severity="high"),)}),
        (1, "high", {"gaps": (), "incidents": (incident(severity="critical"),)}),
        (0, "high", {"gaps": (), "incidents": (incident(severity="medium"),)}),
        (0, "critical", {"gaps": (), "incidents": (incident(severity="high"), incident(severity="medium"))}),
        (3, "high", {"gaps": (ASKED,), "incidents": (incident(severity="medium"),)}),
        (0, "low", {"gaps": (), "recovered": (incident(severity="critical", state="recovered"),)}),
    ],
    ids=[
        "nothing found, all seen",
        "what nobody asked for is not blindness",
        "what was asked for was not seen",
        "cut short",
        "found",
        "found beats blind",
        "worse than asked",
        "less than asked",
        "less than asked, twice",
        "less than asked, and blind",
        "recovered",
    ],
)
def test_the_exit_code_says_found_blind_or_nothing(expected: int, fail_on: str, changed: dict[str, object]) -> None:
    assert expected == exit_code(report(**changed), fail_on)


def test_ids_are_short_and_longer_where_two_would_look_alike() -> None:
    assert {"12345678": "1234", "abcd0000": "abcd00", "abcd0100": "abcd01", "abce0000": "abce"} == short(["abcd0100", "12345678", "abcd0000", "abce0000"])
