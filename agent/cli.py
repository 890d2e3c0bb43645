"""The command line: verbs only. Each verb imports what it needs, so that --version and --help stay cheap."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import __version__

if TYPE_CHECKING:
    from agent.discover import Target
    from agent.focus import Focus
    from agent.known import Issue
    from agent.pipeline import Run
    from agent.report.model import Report
    from agent.settings import Settings, Severity

FOUND, USAGE, BLIND, FAULT = 1, 2, 3, 4
MEANING = {
    0: "nothing at or above --fail-on was found, and everything asked for was seen",
    FOUND: "something was found",
    USAGE: "the command or a setting cannot be used",
    BLIND: "not enough of what was asked for could be seen",
    FAULT: "a fault of diagnose itself",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code, at once: a probe that hangs must not hold the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(f"diagnose {__version__}")
        return
    if len(words) == 2 and words[0] == "--meaning":  # for the Makefile
        print(MEANING.get(int(words[1]), "unknown"))
        return
    code = run(words)
    sys.stdout.flush()
    sys.stderr.flush()
    _end_children()
    os._exit(code)


def _end_children() -> None:
    """What a client has started and still runs, such as a kubeconfig's credential plugin that waits for a person, ends with us."""
    for place in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in place.read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGKILL)


def run(words: Sequence[str]) -> int:
    """The exit code of one command."""
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        from agent.completion import complete

        complete(parser, VERBS, os.environ)
    options = _parsed(parser, _with_verb(words))
    try:
        return int(options.verb(options))
    except Exception as error:
        if type(error).__name__ in ("SettingsError", "RowError", "BundleError", "UsageError"):
            _complain(error)
            return USAGE
        print(f"diagnose: this is a fault of diagnose itself, please report it: {type(error).__name__}: {error}", file=sys.stderr)
        if os.environ.get("DIAGNOSE_TRACE"):
            raise
        return FAULT


def _complain(error: Exception) -> None:
    """What a file that may come from anybody holds stands in the message."""
    from agent.report._clean import clean

    print("diagnose:", "\n".join(map(clean, str(error).split("\n"))), file=sys.stderr)


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """The options; argparse takes the things that stand behind a later flag for nobody's: `replay run.bundle -q pod/x`."""
    options, more = parser.parse_known_args(words)
    things = getattr(options, "what", None)
    if not more:
        return options
    if not isinstance(things, list) or any(word.startswith("-") for word in more):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    options.what = [*things, *more]
    return options


def _with_verb(words: Sequence[str]) -> list[str]:
    """`diagnose` alone means `diagnose run`."""
    if words and (words[0] in VERBS or words[0] in ("-h", "--help")) and not (words[0] == "access" and words[1:] and words[1][:1] != "-"):
        return list(words)
    return ["run", *words]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kubectl diagnose" if Path(sys.argv[0]).name.startswith("kubectl-") else "diagnose",
        description="Looks at this machine and what it can reach, and names the root cause of what is wrong. Only reads.",
        epilog="Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in MEANING.items()) + ".",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, add in VERBS.items():
        add(verbs, name)
    return parser


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="FORMAT[=FILE]",
        help="text, json, markdown, html, junit, sarif, openmetrics, brief (for a termination message) or baseline (known issues to be filled in); "
        "several at once, each to its file, s3://BUCKET/KEY or configmap:NAME; text if left out",
    )
    parser.add_argument("--baseline", metavar="FILE", help="known issues, each with a reason and a last day: they do not count")
    parser.add_argument("--explain", action="store_true", help="every clause with its decibans, rejected causes, timings")
    parser.add_argument("--fail-on", choices=["critical", "high", "medium", "low"], help="the least severity that counts for exit code 1")


def _run(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="look and report (the verb may be left out)")
    _asking(parser)
    _output(parser)
    parser.add_argument("--deadline", type=float, metavar="SECONDS", help="the longest that a run may take (30)")
    parser.add_argument("--smoke", action="store_const", const=True, help="sweep, look closer once, and be done in 10 seconds; says what it left out")
    _systems(parser)
    parser.add_argument("--compare", metavar="BUNDLE", help="an earlier bundle: what changed since then counts as evidence")
    parser.add_argument("--save", metavar="BUNDLE", help="keep what was seen, redacted, to be replayed; `-` prints it, as text that a log can hold")
    parser.add_argument(
        "--merge", action="append", metavar="PLACE", help="what other machines saw: a bundle, a folder of them, or job:NAMESPACE/NAME"
    )
    parser.set_defaults(verb=_do_run)


def _systems(parser: argparse.ArgumentParser) -> None:
    _targets(parser)
    parser.add_argument("--prometheus", metavar="URL", help="a Prometheus that knows the containers' memory")
    parser.add_argument("--mlflow", metavar="URL", help="an MLflow tracking server; MLFLOW_TRACKING_URI if left out")
    parser.add_argument("--bucket", metavar="s3://NAME", help="a bucket that artifacts or data lie in, also as http://HOST:PORT/NAME")
    parser.add_argument("--repo", metavar="DIR", help="a git and DVC work tree; the current folder if it is one")
    parser.add_argument("--rules", metavar="DIR", help="a folder of rows of your own")
    parser.add_argument("--config", metavar="FILE", default="", help="a settings file; diagnose.toml here or in ~/.config if left out")


def _quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="nothing on stderr but what went wrong")


def _asking(parser: argparse.ArgumentParser) -> None:
    _quiet(parser)
    parser.add_argument(
        "what",
        nargs="*",
        help="a thing, such as pod/trainer-0, deploy/api or container/db, with what it depends on; or words, such as 503 api; everything if left out",
    )
    parser.add_argument(
        "--symptom", action="append", metavar="ROW", help="judge this row of the matrix alone: its id, the end of it, or words of its symptom"
    )
    parser.add_argument(
        "--alert", metavar="FILE", help="begin at what fired: an Alertmanager's webhook body or answer of /api/v2/alerts, amtool's JSON; - for stdin"
    )
    parser.add_argument(
        "--since",
        metavar="SPAN|TIME",
        help="how far back what is over is told, and events count: 15m, 2h, 2026-11-25T02:41:00Z (60 min, and 15 min before the last attempt);"
        " Kubernetes keeps events for an hour, Docker its last 256, Prometheus is read for 6 h: what is gone there stays gone",
    )


def _focus(options: argparse.Namespace, now: float, rules: str, namespace: str = "") -> Focus:
    from agent.asked import Asked, focus_of

    return focus_of(
        Asked(
            words=options.what,
            symptoms=options.symptom or (),
            namespace=namespace,
            rules=rules,
            alert=options.alert or "",
            since=options.since or "",
            now=now,
        )
    )


def _targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--context", metavar="NAME", help="the kubeconfig's context; its current one if left out")
    parser.add_argument("-n", "--namespace", metavar="NAME", help="look at this namespace alone")
    parser.add_argument("--kubeconfig", metavar="FILE", help="a kubeconfig; KUBECONFIG, the pod's own account or ~/.kube/config if left out")
    parser.add_argument("--kubernetes", choices=["none"], help="leave Kubernetes out")
    parser.add_argument("--docker", metavar="URL", help="the Docker engine's address, or `none`")


def _do_run(options: argparse.Namespace) -> int:
    from agent import bundle, pipeline
    from agent.history import remembered
    from agent.progress import live
    from agent.report._clean import clean
    from probes._redact import Redactor

    _known_formats(options)
    _known_places(options.merge or ())
    settings, targets = _settled(_named(options), options.config)
    focus = _focus(options, time.time(), settings.rules, settings.namespace)
    issues = _known_issues(settings.baseline)
    named = Redactor().text(", ".join(f"{one.system} {one.address}" for one in targets))
    _tell(options, f"diagnose: looking at {named}; reading only.", *map(clean, focus.notes))
    earlier = bundle.load(Path(settings.compare)).observed if settings.compare else None
    with live(None if options.quiet else sys.stderr, settings.seconds) as say:
        done = pipeline.diagnose(settings, targets, earlier, say, focus)
        if options.merge:
            done = pipeline.with_others(done, options.merge, settings, targets, say)
    if options.save == "-":
        return _print_bundle(done, options, settings.fail_on, issues)
    done = remembered(done, settings, targets, os.environ)
    code = _show(done.report, options, settings.fail_on, issues)
    if options.save:
        bundle.save(Path(options.save), done.bundle)
    return code


def _known_places(places: Sequence[str]) -> None:
    """Raises UsageError, before anything is looked at, for a place that nothing can be merged from."""
    if not places:
        return
    from agent.gather import problem
    from agent.matrix import UsageError

    for place in places:
        if wrong := problem(place):
            raise UsageError(wrong)


def _print_bundle(done: Run, options: argparse.Namespace, fail_on: Severity, issues: tuple[Issue, ...]) -> int:
    """The bundle to stdout, and reports to files alone; without any, whoever merges the bundle judges, and 0 says that it was printed."""
    from agent.merge import to_text

    _print(to_text(done.bundle))
    return _show(done.report, options, fail_on, issues) if options.output else 0


def _named(options: argparse.Namespace) -> dict[str, object]:
    """The settings that flags name."""
    from agent.settings import Settings

    return {name: getattr(options, name, None) for name in Settings.__struct_fields__}


def _settled(flags: Mapping[str, object], config: str = "") -> tuple[Settings, tuple[Target, ...]]:
    """The settings, and the targets that they, the environment and this machine name. Raises SettingsError."""
    from agent.discover import discover
    from agent.settings import read_settings

    settings, chosen = read_settings(flags, os.environ, config)
    return settings, discover(settings, chosen, os.environ, os.getuid())


def _replay(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="judge a saved bundle again")
    parser.add_argument("bundle", type=Path, help="a bundle, or a folder with those of several machines at one time")
    parser.add_argument("--merge", action="append", metavar="PLACE", help="what other machines saw: a bundle, or a folder of them")
    _asking(parser)
    parser.add_argument("--rules", metavar="DIR", default="", help="a folder of rows of your own")
    _output(parser)
    parser.set_defaults(verb=_do_replay)


def _do_replay(options: argparse.Namespace) -> int:
    import msgspec

    from agent import merge, pipeline
    from agent.focus import Focus

    issues = _known_issues(options.baseline or "")
    first, *others = [one for place in (options.bundle, *map(Path, options.merge or ())) for one in merge.load_all(place)]
    saved = merge.merged(first, others) if others else first
    asked = _focus(options, saved.observed.now, options.rules)
    if asked != Focus():
        saved.focus = msgspec.structs.replace(saved.focus, since=asked.since) if asked == Focus(since=asked.since) else asked
    _probes, book = pipeline.load(options.rules)
    if saved.rules != book.digest:
        _tell(options, "diagnose: the rules have changed since this bundle was saved; it is judged by those of today.")
    return _show(pipeline.report_of(saved, book), options, options.fail_on or "low", issues)


def _known_issues(file: str) -> tuple[Issue, ...]:
    """Read before anything is looked at. Raises RowError."""
    from agent import known

    return known.read(Path(file)) if file else ()


def _verify(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="did the repair work? 0 passed, 1 still failing, 3 nobody can tell")
    _quiet(parser)
    parser.add_argument("what", nargs="+", metavar="REPORT|ID", help="a JSON report or a bundle, an id of it, or an id of one of the last ten runs")
    parser.add_argument(
        "--wait", action="store_true", help="look again until it has held for as long as the row asks, or for twice that and two minutes"
    )
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text", help="text if left out")
    parser.add_argument("--deadline", type=float, metavar="SECONDS", help="the longest that one look may take (30)")
    _systems(parser)
    parser.set_defaults(verb=_do_verify)


def _do_verify(options: argparse.Namespace) -> int:
    from agent import pipeline, verify
    from agent.progress import live
    from agent.report import verified

    asked = verify.find(options.what, os.environ, options.rules or "")
    settings, targets = _settled(asked.settings | {name: value for name, value in _named(options).items() if value is not None}, options.config)
    _probes, book = pipeline.load(settings.rules)
    _tell(options, f"diagnose: looking again at {', '.join(one.system for one in targets)}; reading only.")
    with live(None if options.quiet else sys.stderr, verify.longest(asked) if options.wait else settings.deadline) as say:
        found = verify.wait(asked, book, lambda focus: pipeline.diagnose(settings, targets, focus=focus).bundle, say, verify.Pace(waits=options.wait))
    _print(verified.render(found, **_screen()) if options.output == "text" else verified.to_json(found))
    return verify.EXIT[found.outcome]


def _diff(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="what differs between two bundles: problems, and what they are about; 1 if a problem is new or graver")
    parser.add_argument("good", type=Path, metavar="GOOD.bundle")
    parser.add_argument("bad", type=Path, metavar="BAD.bundle")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text", help="text if left out")
    parser.add_argument("--rules", metavar="DIR", default="", help="a folder of rows of your own")
    parser.set_defaults(verb=_do_diff)


def _do_diff(options: argparse.Namespace) -> int:
    from agent import bundle, pipeline
    from agent.diff import diff
    from agent.report import differing
    from agent.report.json_ import encoded

    good, bad = bundle.load(options.good), bundle.load(options.bad)
    _probes, book = pipeline.load(options.rules)
    found = diff(good, bad, book)
    _print(differing.render(found, **_screen()) if options.output == "text" else encoded(found).decode())
    return FOUND if found.worse else 0


def _tell(options: argparse.Namespace, *lines: str) -> None:
    """What a person at a terminal wants to know besides the report."""
    if not options.quiet:
        print(*lines, sep="\n", file=sys.stderr, flush=True)


def _screen(place: str = "") -> dict[str, Any]:
    """How wide what is printed may be, and whether in colour: on a terminal, or for a pager with FORCE_COLOR (and COLUMNS); never with NO_COLOR."""
    import shutil  # it brings five modules for archives

    terminal = not place and sys.stdout.isatty()
    forced = not place and bool(os.environ.get("FORCE_COLOR"))
    colour = (forced or (terminal and os.environ.get("TERM") != "dumb")) and not os.environ.get("NO_COLOR")
    columns = shutil.get_terminal_size().columns if terminal or forced else 80
    return {"width": max(60, min(120, columns)), "colour": colour}


def _show(report: Report, options: argparse.Namespace, fail_on: Severity, issues: tuple[Issue, ...]) -> int:
    import msgspec

    from agent import known
    from agent.deliver import Parcel, deliver
    from agent.matrix import UsageError
    from agent.report import FORMATS
    from agent.report.model import exit_code

    report = msgspec.structs.replace(known.applied(report, issues), fail_on=fail_on)
    failed = []
    for name, place in _known_formats(options):
        text = FORMATS[name](report, explain=options.explain, **_screen(place))
        try:
            if place:
                deliver(place, Parcel(text, name, report.now))
            else:
                _print(text)
        except OSError as error:
            failed.append(f"{place}: the report cannot be written: {error.strerror}.")
    if failed:
        raise UsageError(" ".join(failed))
    return exit_code(report)


def _known_formats(options: argparse.Namespace) -> list[tuple[str, str]]:
    """The formats asked for and where each goes, stdout first. Raises UsageError before anything is looked at."""
    from agent.deliver import problem
    from agent.matrix import UsageError
    from agent.report import FORMATS

    wanted = [(name, place) for name, _, place in (one.partition("=") for one in options.output or ["text"])]
    for name, _place in wanted:
        if name not in FORMATS:
            raise UsageError(f"There is no format '{name}'. Known: {', '.join(sorted(FORMATS))}.")
    for _name, place in wanted:
        if wrong := problem(place):
            raise UsageError(wrong)
    if getattr(options, "save", None) == "-" and any(not place for _name, place in wanted) and options.output:
        raise UsageError("--save - and a report cannot both go to standard output: give the report a file, -o FORMAT=FILE.")
    if "html" in dict(wanted) and not find_spec("jinja2"):
        raise UsageError("HTML needs jinja2: pip install 'diagnose[html]'.")
    if sum(not place for _name, place in wanted) > 1:
        raise UsageError("Only one format can go to stdout; give the others a file: -o json=report.json.")
    return sorted(wanted, key=lambda pair: bool(pair[1]))


def _print(text: str) -> None:
    """Print, replacing what the terminal's encoding cannot show."""
    from agent.report.text import printable

    try:
        sys.stdout.write(printable(text, sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough; the exit code still counts
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _matrix(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="read the matrix")
    parser.add_argument("row", nargs="?", default="", help="a row's id, words of its symptom, or a file or folder of rows")
    parser.set_defaults(verb=_do_matrix)


def _do_matrix(options: argparse.Namespace) -> int:
    from agent.matrix import matrix_text

    _print(matrix_text(options.row) + "\n")
    return 0


def _access(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="what may be seen from here, and the grants that are lacking")
    _targets(parser)
    parser.set_defaults(verb=_do_access)


def _do_access(options: argparse.Namespace) -> int:
    from agent.access import access_text

    _print(access_text(*_settled(_named(options))) + "\n")
    return 0


def _rules(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="list, show, lint or test rows")
    parser.add_argument("what", choices=["list", "show", "lint", "test", "signals"])
    parser.add_argument("where", nargs="?", default="", help="a row's id, a row's file, or a folder of rows")
    parser.set_defaults(verb=_do_rules)


def _do_rules(options: argparse.Namespace) -> int:
    from agent.books import rules_verb

    text, good = rules_verb(options.what, options.where)
    _print(text + "\n")
    return 0 if good else FOUND


def _probes(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help="list probes, or run one alone")
    parser.add_argument("what", choices=["list", "run"])
    parser.add_argument("probe", nargs="?", default="")
    parser.add_argument("subject", nargs="*", help="kind/key, for a probe that follows up")
    _targets(parser)
    parser.set_defaults(verb=_do_probes)


def _do_probes(options: argparse.Namespace) -> int:
    from agent.books import list_probes, run_probe

    if options.what == "list":
        _print(list_probes() + "\n")
        return 0
    text, good = run_probe(options.probe, options.subject, *_settled(_named(options)))
    _print(text + "\n")
    return 0 if good else BLIND


def _completion(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> None:
    parser = verbs.add_parser(name, help='complete our words in a shell: eval "$(diagnose completion bash)" in its start-up file')
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])
    parser.set_defaults(verb=_do_completion)


def _do_completion(options: argparse.Namespace) -> int:
    from agent.completion import script

    _print(script(options.shell))
    return 0


VERBS = {
    "run": _run,
    "replay": _replay,
    "verify": _verify,
    "diff": _diff,
    "matrix": _matrix,
    "access": _access,
    "rules": _rules,
    "probes": _probes,
    "completion": _completion,
}


if __name__ == "__main__":
    main()
