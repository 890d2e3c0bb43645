"""Text from outside is made safe in one place."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report._clean import MOST, clean
from agent.report._layout import cells, wrap

ANY = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\x1b\x9b\x9d[]\\;m\x07\u202e\u200b \n"), max_size=80)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("a\x1b[1;31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]never ended, still shown", "never ended, still shown"),
        ("\x1bPsecret\x1b\\b", "b"),
        ("\x9b31mred \x9dt\x9cx", "red x"),
        ("\x1b(Bcharset \x1bcreset", "charset reset"),
        ("one\r\ntwo\tthree\u2028four\u00a0five\x85six", "one  two three four five six"),
        ("a\u202eb\u2066c\u200bd\ufeffe\u00adf\ufe0fg\u3164h\U000e0041i", "abcdefghi"),
        ("\x00\x08\x7fx", "x"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
        ("\ud800", "\ufffd"),
        ("模型 naïve ✓ 🙂", "模型 naïve ✓ 🙂"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(ANY)
def test_nothing_that_a_terminal_acts_on_is_left_and_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)

    assert [] == [one for one in once if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert clean(once) == once


@given(ANY, st.integers(4, 90), st.integers(4, 90), st.integers(0, 4))
def test_wrapped_text_fits_and_loses_nothing(text: str, width: int, first: int, most: int) -> None:
    first = min(first, width)
    lines = wrap(clean(text), width, first, most)

    assert max(map(cells, lines)) <= width
    assert cells(lines[0]) <= first
    assert not most or len(lines) <= most
    assert most or "".join("".join(lines).split()) == "".join(clean(text).split())


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[1;", "\x9d", "\x1bP", "\x1b]8;;x", "\u0301", "w", "模"])
def test_a_long_hostile_text_costs_little_and_is_cut(piece: str) -> None:
    began = time.monotonic()
    kept = clean(piece * 400_000)
    wrap(kept, 70)

    assert len(kept) <= MOST
    assert time.monotonic() - began < 2
