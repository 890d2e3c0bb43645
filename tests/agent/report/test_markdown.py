"""Markdown for an issue or a chat: whatever the report holds, it stays text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent.report.markdown import code, escape, fence, render
from agent.report.model import wholly_known
from agent.report.text import render as screen

from . import examples

PLAIN = {
    *(
        "heading_open",
        "heading_close",
        "paragraph_open",
        "paragraph_close",
        "bullet_list_open",
        "bullet_list_close",
        "list_item_open",
        "list_item_close",
    ),
    *("inline", "text", "code_inline", "strong_open", "strong_close", "fence", "softbreak"),
}
MARKUP = st.text(st.sampled_from("`*_[]()<>#|~\\!&;@:/.=+-{}$\"' \nab1w") | st.characters(exclude_categories=["Cs"]), max_size=60)


def _tokens(text: str) -> Iterator[Token]:
    """As GitHub would read it."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or ()


def _shape(text: str) -> Counter[str]:
    """How many of each kind of block there are."""
    return Counter(token.type for token in _tokens(text) if token.type.endswith("_open") or token.type == "fence")


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("payload", [*examples.PAYLOADS, " ".join(examples.PAYLOADS)])
def test_no_text_links_draws_or_breaks_out(payload: str, explain: bool) -> None:
    said = render(examples.hostile(payload), explain=explain)

    assert {token.type for token in _tokens(said)} <= PLAIN
    assert _shape(said)["heading_open"] == _shape(render(examples.hostile("x"), explain=explain))["heading_open"]


@given(MARKUP)
def test_escaped_text_is_text(text: str) -> None:
    report = msgspec.structs.replace(examples.nothing(), verdict=text or "x", open=(text,))
    said = render(report)

    assert {token.type for token in _tokens(said)} <= PLAIN
    assert _shape(said)["heading_open"] == 1


@given(MARKUP)
def test_escaped_text_reads_as_it_was(text: str) -> None:
    clean = " ".join(text.split())
    shown = "".join(token.content for token in _tokens(f"x {escape(clean)}") if token.type in ("text", "code_inline"))

    assert shown == f"x {clean}".strip() or "\0" in clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("killed 6 times (exit code 137).", "killed 6 times (exit code 137)."),
        ("see http://evil.example.", "see `http://evil.example`."),
        ("mail a@evil.example, @here", "mail `a@evil.example`, `@here`"),
        ("closes #1 GH-2 deadbeef", "closes `#1 GH-2 deadbeef`"),
        ("<b>bold</b> &amp;", "`<b>bold</b> &amp`;"),
        ("|a|b| ~~x~~ :boom:", "`|a|b| ~~x~~ :boom`:"),
        ("train.py ends at 9.1 GiB", "`train.py` ends at 9.1 GiB"),
        ("1. --no-stream =1+1 /deploy", "`1. --no-stream =1+1 /deploy`"),
    ],
)
def test_a_word_that_might_be_markup_is_a_code_span(text: str, expected: str) -> None:
    assert escape(text) == expected


@pytest.mark.parametrize("text", ["`", "``", "a`b", "```x```", "`a", "a`", "\\", "~~~"])
def test_no_text_closes_its_code_span_and_no_command_its_block(text: str) -> None:
    inline = [(token.type, token.content) for token in _tokens(f"x {code(text)} y") if token.type != "text" and token.type.startswith("code")]
    block = [(token.type, token.content) for token in _tokens(fence(text))]

    assert inline == [("code_inline", text)]
    assert block == [("fence", f"{text}\n")]


@pytest.mark.parametrize("name", sorted(set(examples.GOLDEN) - {"hostile"}))
@pytest.mark.parametrize("explain", [False, True])
def test_it_says_what_the_screen_says_in_the_same_order(name: str, explain: bool) -> None:
    report = examples.GOLDEN[name]()
    marks = {"✓", "✗"}
    said, shown = (re.sub(r"[`*#]", " ", one).split() for one in (render(report, explain=explain), screen(report, explain=explain, width=4000)))

    assert [word for word in said if word in marks] == [word for word in shown if word in marks]
    assert [] == [line.do for one in report.incidents if not wholly_known(one) for line in one.fix if line.do not in " ".join(said)]
