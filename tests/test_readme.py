"""The README opens with what the demo really prints. `python -m tests.test_readme` writes it again."""

from __future__ import annotations

import re
from pathlib import Path

from agent import bundle, cli
from agent.pipeline import load, report_of
from agent.report import FORMATS

ROOT = Path(__file__).parent.parent
_EXAMPLE = re.compile(r"(<!-- make demo -->\n```\n\$ make demo\n).*?(\n```)", re.DOTALL)


def renewed(text: str) -> str:
    """The README with the demo's output of today."""
    _probes, book = load()
    said = FORMATS["text"](report_of(bundle.load(ROOT / "agent" / "demo.bundle"), book)).rstrip("\n")
    return _EXAMPLE.sub(lambda match: f"{match[1]}{said}{match[2]}", text)


def test_the_readme_opens_with_what_the_demo_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert renewed(text) == text


def test_every_verb_and_every_setting_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [verb for verb in cli.VERBS if verb != "run" and f"diagnose {verb}" not in text]
    assert [] == [target for target in ("diagnose", "demo", "test", "accuracy") if f"make {target}" not in text]


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
