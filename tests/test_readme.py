"""The README opens with what the demo really prints. `python -m tests.test_readme` writes it again, after a change of rules."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from agent import bundle, cli
from agent.pipeline import load, report_of
from agent.report import FORMATS

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "agent" / "demo.bundle"
_EXAMPLE = re.compile(r"(<!-- make demo -->\n```\n\$ make demo\n).*?(\n```)", re.DOTALL)


def renewed(text: str) -> str:
    """The README with the demo's output of today."""
    _probes, book = load()
    said = FORMATS["text"](report_of(bundle.load(DEMO), book)).rstrip("\n")
    return _EXAMPLE.sub(lambda match: f"{match[1]}{said}{match[2]}", text)


def test_the_readme_opens_with_what_the_demo_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert renewed(text) == text


def test_every_verb_and_every_setting_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [verb for verb in cli.VERBS if verb != "run" and f"diagnose {verb}" not in text]
    assert [] == [target for target in ("diagnose", "demo", "test", "accuracy") if f"make {target}" not in text]


def test_the_demo_bears_the_digest_of_these_rules() -> None:
    _probes, book = load()

    assert book.digest == bundle.load(DEMO).rules


def sign() -> None:
    """Give the shipped bundle the digest of today's rules, which the test above has judged it by."""
    _probes, book = load()
    bundle.save(DEMO, msgspec.structs.replace(bundle.load(DEMO), rules=book.digest))
    DEMO.chmod(0o644)


if __name__ == "__main__":
    sign()
    path = ROOT / "README.md"
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
