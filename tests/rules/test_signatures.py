"""Signatures match what they must, nothing that they must not, and each other's texts only where that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules._signatures import FOLDER, Signature, Signatures, decisive, fault_of, ours, read
from rules._yaml import RowError

ACCEPTED: set[tuple[str, str]] = set()
"""(whose text, who matches it too and says something else): none."""


@pytest.mark.parametrize("signature", read(FOLDER), ids=lambda one: one.id)
def test_a_signature_keeps_its_word(signature: Signature) -> None:
    assert "" == fault_of(signature)


def test_no_signature_takes_the_text_of_one_that_says_something_else() -> None:
    confused = [
        (one.id, match.signature.id)
        for one in ours().all
        for text in one.match
        for match in ours().scan(text, one.channel)
        if match.signature.says and one.says and match.signature.says != one.says and not match.signature.general and not one.general
    ]

    assert [] == [pair for pair in confused if pair not in ACCEPTED]


def _says(text: str) -> str:
    found = decisive(text, ours().scan(text, "application-log"))
    return found.signature.says if found else ""


TRACE = "Traceback (most recent call last):\n"


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("missing-dependency", f"starting\n{TRACE}  File \"a.py\", line 1\nModuleNotFoundError: No module named 'xgboost'\n"),
        ("application-error", f"WARNING connect to db:5432: connection refused, trying again\nconnected\n{TRACE}ValueError: bad shape\n"),
        ("dependency-unreachable", f"{TRACE}ConnectionRefusedError: [Errno 111] Connection refused\n\nDuring handling of the above exception, another exception occurred:\n\n{TRACE}RuntimeError: no store\n"),
        ("missing-dependency", f"{TRACE}ModuleNotFoundError: No module named 'm'\n[ERROR] Reason: Worker failed to boot.\n"),
        ("", "epoch 1 done\n" * 30),
        ("", "ModuleNotFoundError: No module named 'optional'\n" + "step done\n" * 80),
        ("missing-config", "\x1b[31mRuntimeError: DATABASE_URL is not set\x1b[0m\n"),
        ("application-error", "api  | ValueError: x\n"),
    ],
)  # fmt: skip
def test_the_line_that_ended_the_program_decides(expected: str, text: str) -> None:
    assert expected == _says(text)


def test_lines_are_counted_across_chunks() -> None:
    text = "x" * 100 + "\n"
    text = text * 10_000 + "ModuleNotFoundError: No module named 'm'\n"

    assert [10_000] == [match.line for match in ours().scan(text, "application-log") if match.signature.id == "python/missing-module"]


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("a.yaml:1: a/b: it must match: x", "- {id: a/b, pattern: y, says: s, match: [x], never: [z]}"),
        ("a.yaml:1: a/b: it must not match: zy", "- {id: a/b, pattern: y, says: s, match: [y], never: [zy]}"),
        ("a.yaml:1: a/b: the pattern does not compile", "- {id: a/b, pattern: '(', says: s, match: [y], never: [z]}"),
        ("a.yaml:1: a/b: there is no capture 'nosuch'", "- {id: a/b, pattern: '(?P<nosuch>y)', says: s, match: [y], never: [z]}"),
        ("a.yaml:1: a/b: it has either 'says' or 'trait'", "- {id: a/b, pattern: y, match: [y], never: [z]}"),
        ("a.yaml:2: the signature a/b stands twice", "- {id: a/b, pattern: y, says: s, match: [y], never: [z]}\n- {id: a/b, pattern: y, says: s, match: [y], never: [z]}"),
        ("a.yaml:1: Unknown key `match_all`", "- {id: a/b, pattern: y, says: s, match: [y], never: [z], match_all: 1}"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_of_signatures_is_named_with_its_line(tmp_path: Path, expected: str, body: str) -> None:
    (tmp_path / "a.yaml").write_text(body, encoding="utf-8")

    with pytest.raises(RowError) as caught:
        read(tmp_path)

    assert expected in str(caught.value)


def test_the_pattern_engine_is_linear() -> None:
    evil = Signatures((Signature(id="a/b", pattern="(a+)+$", says="x", match=("a",), never=("b",)),))

    assert () == evil.scan("a" * 50_000 + "!", "application-log")
