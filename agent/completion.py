"""Words that a shell may put where the cursor stands: verbs and flags, rows, contexts, and the cases of the last runs.

It is asked at every tab: nothing here looks at a system, and no row is read.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, MutableMapping
from pathlib import Path

SHELLS = ("bash", "zsh", "fish")
PROGRAMS = ("diagnose", "kubectl-diagnose")
KINDS = ("bucket/", "container/", "deploy/", "job/", "mlflow/", "model/", "node/", "pod/", "repo/", "service/", "sts/", "workload/")


def script(shell: str) -> str:
    """What a shell has to read once, to complete our words."""
    from argcomplete.shell_integration import shellcode

    return shellcode(PROGRAMS, shell=shell)


def complete(parser: argparse.ArgumentParser, verbs: Iterable[str], environ: MutableMapping[str, str]) -> None:
    """Answer the shell that asks, and end; `diagnose pod/x` is `diagnose run pod/x`, as on the command line."""
    import argcomplete

    _with_verb(tuple(verbs), environ)
    for action in _actions(parser):
        name = action.metavar if action.metavar in _COMPLETERS and not action.option_strings else action.dest
        completer = _COMPLETERS.get(str(name))
        if completer is not None:
            action.completer = completer  # type: ignore[attr-defined]  # argcomplete's way to be told
    argcomplete.autocomplete(parser)


def _with_verb(verbs: tuple[str, ...], environ: MutableMapping[str, str]) -> None:
    program, space, rest = environ.get("COMP_LINE", "").partition(" ")
    first, more, _ = rest.lstrip().partition(" ")
    half = not more and any(verb.startswith(first) for verb in verbs)
    if space and first not in (*verbs, "--help", "--version") and not half:
        environ["COMP_LINE"] = f"{program} run {rest}"
        environ["COMP_POINT"] = str(int(environ.get("COMP_POINT", "0")) + len("run "))


def _actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # likewise
            for of in action.choices.values():
                yield from _actions(of)
        else:
            yield action


def _rows(**_: object) -> list[str]:
    matrix = Path(__file__).parents[1] / "rules" / "matrix"
    return sorted(f"{path.parent.name}/{path.stem}" for path in matrix.rglob("*.yaml") if not path.name.endswith(".examples.yaml"))


def _things(**_: object) -> list[str]:
    """Kinds, and what the cases of the last run were about."""
    from agent import history

    last = next(history.runs(os.environ), None)
    told = [text for one in (last.report.incidents if last else ()) for text in one.subjects[:20]]
    return [*KINDS, *(text.replace(" ", "/", 1) for text in told if text.count(" ") == 1)]


def _cases(prefix: str, **_: object) -> list[str]:
    """Ids of the last runs' cases, and files."""
    from argcomplete.completers import FilesCompleter

    from agent import history
    from agent.report.model import every

    ids = [one.id for run in history.runs(os.environ) for one in every(run.report.incidents)]
    return [*dict.fromkeys(ids), *FilesCompleter()(prefix)]


def _contexts(**_: object) -> list[str]:
    from agent._kubeconfig import names

    return list(names(os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())))


_COMPLETERS = {"symptom": _rows, "row": _rows, "what": _things, "REPORT|ID": _cases, "context": _contexts}
