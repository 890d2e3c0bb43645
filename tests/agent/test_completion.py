"""What a real bash is offered at a tab, and what the other shells are given to read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent import history
from agent.bundle import load
from agent.completion import SHELLS, script
from agent.pipeline import Run, report_of
from agent.pipeline import load as load_all
from agent.settings import Settings

DEMO = Path(__file__).parents[2] / "agent" / "demo.bundle"
ROOT = Path(__file__).parents[2]
_ASK = """
eval "$(diagnose completion bash)"
COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
read -ra COMP_WORDS <<< "$COMP_LINE"
[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_python_argcomplete diagnose
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A person's home with our program on the path, one run kept, and a kubeconfig."""
    program = tmp_path / "bin" / "diagnose"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom agent.cli import main\nsys.exit(main())\n", encoding="utf-8")
    program.chmod(0o755)
    config = tmp_path / ".kube" / "config"
    config.parent.mkdir()
    config.write_text("contexts: [{name: prod}, {name: stage}]\n", encoding="utf-8")
    run = Run(report=report_of(load(DEMO), load_all()[1]), bundle=load(DEMO))
    history.remembered(run, Settings(), (), {"XDG_STATE_HOME": str(tmp_path / "state")})
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("diagnose ver", {"verify "}),
        ("diagnose --symptom training/tr", {"training/training-oom", "training/training-slow"}),
        ("diagnose -n ml po", {"pod/"}),
        ("diagnose container/d", {"container/db "}),
        ("diagnose --context ", {"prod", "stage"}),
        ("diagnose verify ff", {"ff3f "}),
        ("diagnose matrix serving/api-5", {"serving/api-500", "serving/api-503"}),
        ("diagnose completion z", {"zsh "}),
    ],
)
def test_bash_is_offered(line: str, expected: set[str], home: Path) -> None:
    environ = {"PATH": f"{home / 'bin'}:{os.environ['PATH']}", "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    done = subprocess.run(["bash", "-c", _ASK, "bash", line], capture_output=True, text=True, check=True, env=environ, cwd=home)

    assert expected == set(done.stdout.splitlines())


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_is_given_words_of_its_own(shell: str) -> None:
    assert all(f"{program}" in script(shell) for program in ("diagnose", "kubectl-diagnose"))


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_each_shell_that_is_here_can_read_its_words(shell: str) -> None:
    assert "" == subprocess.run([shell, "-n"], input=script(shell), capture_output=True, text=True, check=True).stderr


def test_nothing_of_it_is_imported_unless_a_shell_asks() -> None:
    code = "import sys; from agent.cli import run; run(['matrix', 'training-oom']); print([name for name in sys.modules if 'argcomplete' in name], file=sys.stderr)"

    assert "[]\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stderr
