"""The page as a file: it holds all that it needs, forbids the rest, and says what the screen says."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.report._graph import graph
from agent.report._timeline import timeline
from agent.report.html_ import render
from agent.report.text import render as screen

from . import examples

ROOT = Path(__file__).parents[3]
ALLOWED = {"aria-label", "aria-labelledby", "charset", "class", "content", "for", "hidden", "height", "http-equiv", "id", "lang", "name", "open", "overflow", "placeholder", "role", "scope", "tabindex", "text-anchor", "type", "width", "rx", "d", *("x", "y", "x1", "x2", "y1", "y2")}  # fmt: skip
"""None of them loads, leads anywhere or runs."""
VOID = {"meta", "input"}
VARIES = {"text", "pre", "code", "div"}


class _Read(HTMLParser):
    """Which elements and attributes there are, and whether each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.elements: dict[str, int] = {}
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _value in attrs}
        self.elements[tag] = self.elements.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def _read(page: str) -> _Read:
    reader = _Read()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("name", sorted(examples.GOLDEN))
@pytest.mark.parametrize("explain", [False, True])
def test_it_has_no_attribute_that_loads_leads_or_runs(name: str, explain: bool) -> None:
    read = _read(render(examples.GOLDEN[name](), explain=explain))

    assert set() == read.attributes - ALLOWED
    assert (1, 1, 1) == (read.elements["script"], read.elements["style"], read.elements["h1"])
    assert ([], []) == (read.wrong, read.open)


@pytest.mark.parametrize("payload", examples.PAYLOADS)
def test_no_text_adds_an_element(payload: str) -> None:
    """Save for the lines of a picture, and a command that is withheld for what it holds."""
    plain, found = (_read(render(examples.hostile(text))).elements for text in ("x", payload))

    assert {tag: count for tag, count in plain.items() if tag not in VARIES} == {tag: count for tag, count in found.items() if tag not in VARIES}
    assert all(found.get(tag, 0) <= plain[tag] for tag in VARIES - {"text"})


def test_its_policy_names_its_own_style_and_script_and_nothing_else() -> None:
    page = render(examples.rich())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    own = [re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script")]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(one[1].encode()).digest()).decode()}'" for one in own if one]

    assert f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}; base-uri 'none'; form-action 'none'" == unescape(policy)


@pytest.mark.parametrize("name", sorted(set(examples.GOLDEN) - {"hostile"}))
def test_it_says_what_the_screen_says(name: str) -> None:
    report = examples.GOLDEN[name]()
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", render(report))).split())
    shown = screen(report, width=4000)

    assert [line for line in re.findall(r"^  [✓✗?] +(.*?)(?:  .*)?$", shown, re.MULTILINE) if line not in said] == []
    assert [repair.command for one in report.incidents for repair in one.fix if repair.command not in said] == []


def test_the_same_report_is_the_same_page() -> None:
    assert render(examples.rich()) == render(examples.rich())


# the pictures


def test_the_timeline_has_a_bar_for_each_problem_and_ends_with_the_look() -> None:
    drawn = timeline(examples.known().incidents, examples.NOW)
    expected = [("a3f9", 0.0, 10.0, 90.0, True, False), ("b1c2", 3.0, 10.0, 90.0, True, True), ("0d17", 6.0, 10.0, 90.0, True, False), ("e07b", 0.0, 0.0, 100.0, False, True)]

    assert expected == [(bar.id, bar.indent, bar.left, bar.width, bar.dated, bar.known) for bar in drawn.bars]
    assert ["−20 min", "−15 min", "−10 min", "−5 min", "now"] == [tick.label for tick in drawn.ticks]


def test_what_began_before_the_picture_is_marked_and_what_began_just_now_can_be_seen() -> None:
    old, new = examples.incident(onset=examples.NOW - 90 * 86400), examples.incident(onset=examples.NOW - 0.1)

    assert [(0.0, 100.0, True), (99.0, 1.0, False)] == [(bar.left, bar.width, bar.earlier) for bar in timeline((old, new), examples.NOW).bars]


def test_the_graph_leads_from_the_cause_to_the_last_consequence() -> None:
    drawn = graph(examples.rich().incidents[0])

    assert ["", "a3f9", "b1c2", "0d17"] == [node.id for node in drawn.nodes]
    assert [0.0, 5.0, 10.0, 15.0] == [node.x for node in drawn.nodes]
    assert [(edge.to, edge.bottom) for edge in drawn.edges] == [(node.x, node.y + node.height // 2) for node in drawn.nodes[1:]]
    assert "trainer (training) runs out of memory: killed 6 times at its limit of 512 MiB leads to trainer restarts again" in drawn.words


def test_pictures_of_many_problems_are_bounded_and_say_so() -> None:
    many = tuple(examples.incident(id=f"{number:04}") for number in range(100))

    assert (40, 60) == (len(timeline(many, examples.NOW).bars), timeline(many, examples.NOW).more)
    assert (30, 72) == (len(graph(examples.incident(consequences=many)).nodes), graph(examples.incident(consequences=many)).more)


# where jinja2 is not

_WITHOUT = """
import sys
sys.modules["jinja2"] = None
from agent import cli
cli.find_spec = lambda name: None
sys.exit(cli.run(["replay", "agent/demo.bundle", "-o", "html=x.html"]))
"""


def test_without_jinja2_the_extra_is_named_before_anything_is_looked_at() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (2, "", "diagnose: HTML needs jinja2: pip install 'diagnose[html]'.\n") == (done.returncode, done.stdout, done.stderr)
