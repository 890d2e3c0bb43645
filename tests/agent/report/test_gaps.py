"""What could not be seen, and which causes of which rows that leaves open."""

from __future__ import annotations

import pytest

from agent.pipeline import load
from agent.report._gaps import gaps
from agent.report.model import Gap
from probes._contract import Observed, Probe, Subject, Unavailable
from rules._facts import Facts

PROBES, BOOK = load()


def told(*unavailable: Unavailable) -> tuple[Gap, ...]:
    return gaps(BOOK, Facts(Observed(now=1.0, unavailable=list(unavailable)), BOOK.vocabulary))


def gap(*names: str, probe: str = "docker.logs", subject: str = "", detail: str = "It answers 403.", asked: bool = False) -> Unavailable:
    about = Subject("container", subject) if subject else None
    return Unavailable(
        kind="container", why="forbidden", detail=detail, remedy="Allow it.", subject=about, names=tuple(f"container.{name}" for name in names),
        probe=probe, asked=asked,
    )  # fmt: skip


def lines(*names: str) -> dict[str, str]:
    """What a gap in these signals leaves open: the row's symptom, and the rest of the line."""
    (found,) = told(gap(*names))
    split = [line.partition(": ") for line in found.leaves_open]
    return {symptom: causes for symptom, _, causes in split}


def test_without_gaps_there_are_none() -> None:
    assert () == told()


def test_a_gap_says_what_why_and_what_would_open_it() -> None:
    assert (Gap("docker.logs of container api", "forbidden", "It answers 403.", "Allow it.", asked=True),) == told(
        gap("log_driver", subject="api", asked=True)
    )


def test_a_signal_that_a_condition_needs_leaves_the_whole_row_open() -> None:
    assert {"CrashLoopBackOff (whether it is there at all)": ""} == {
        name: rest for name, rest in lines("restarts_by_command").items() if name.startswith("Crash")
    }


def test_a_signal_that_only_evidence_needs_leaves_causes_open() -> None:
    assert {"CrashLoopBackOff": "It may not read or write what it needs"} == lines("read_only")


def test_causes_are_reached_through_what_is_derived() -> None:
    causes = lines("working_dir")["CrashLoopBackOff"].split(", ")

    assert ["Wrong command", "Missing dependencies"] == causes


def test_causes_of_one_row_stand_together_in_the_order_of_the_row() -> None:
    together = (
        "It may not read or write what it needs, The program is built for another processor, Something restarts it because its health check fails"
    )
    alone = [lines(name)["CrashLoopBackOff"] for name in ("read_only", "log_empty", "health_failing_streak")]
    (row,) = [file.row for file in BOOK.live if file.row.symptom == "CrashLoopBackOff"]
    wanted = [cause.cause for cause in row.causes if any(cause.cause in causes for causes in alone)]

    assert set(together.split(", ")) <= set(wanted)
    assert {"CrashLoopBackOff": ", ".join(wanted)} == lines("read_only", "log_empty", "health_failing_streak")


def test_a_signal_that_no_row_reads_leaves_nothing_open() -> None:
    assert {} == lines("log_driver")


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (1, [gap("read_only"), gap("log_driver")]),
        (2, [gap("read_only"), gap("log_driver", detail="No answer.")]),
        (2, [gap("read_only"), gap("log_driver", asked=True)]),
        (2, [gap("read_only", subject="db"), gap("log_driver", subject="api")]),
        (1, [gap("read_only"), gap("read_only", probe="docker.containers")]),
        (1, [gap("read_only"), gap("read_only")]),
    ],
    ids=["alike", "another detail", "asked for", "of another container", "another probe", "twice the same"],
)
def test_gaps_that_say_the_same_stand_once(expected: int, changed: list[Unavailable]) -> None:
    assert expected == len(told(*changed))


def test_gaps_that_stand_once_leave_open_what_each_of_them_does() -> None:
    (found,) = told(gap("read_only"), gap("restarts_by_command"))

    assert "CrashLoopBackOff (whether it is there at all)" in found.leaves_open


def test_gaps_stand_in_order_whatever_the_order_of_arrival() -> None:
    some = [gap("read_only", probe=probe) for probe in ("host.kernel_log", "docker.logs", "docker.events")]

    assert told(*some) == told(*reversed(some))
    assert ["docker (events, logs)", "host.kernel_log"] == [one.what for one in told(*some)]


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.name.startswith("docker.")], ids=lambda probe: probe.name)
def test_what_a_probe_of_ours_leaves_open_is_named_once(probe: Probe) -> None:
    names = [spec.name.removeprefix("container.") for spec in probe.gives if spec.kind == "container"]
    (found,) = told(gap(*names))

    assert len(set(found.leaves_open)) == len(found.leaves_open)


def test_an_engine_that_does_not_answer_leaves_every_row_on_containers_open() -> None:
    names = [spec.name.removeprefix("container.") for probe in PROBES if probe.name.startswith("docker.") for spec in probe.gives]
    (found,) = told(gap(*names, probe="docker.containers"))

    assert tuple(f"{file.row.symptom} (whether it is there at all)" for file in BOOK.live if "container" in file.row.kinds) == found.leaves_open
