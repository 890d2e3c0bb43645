"""Bundles of several machines become one run: names that mean one machine, gaps that are gaps, and a container that hangs on its node's machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent import bundle as bundles
from agent.bundle import Bundle, BundleError, canonical
from agent.cli import USAGE, run
from agent.merge import BEGIN, from_text, load_all, machine, merged, to_text
from agent.pipeline import load, report_of
from probes._contract import Observed, Relation, Signal, Source, Subject, Swept, Unavailable, Value
from probes._runner import Visit
from rules._facts import Facts
from tests.agent.test_bundle import FULL

NOW = 1_790_000_000.0
HOST, CLUSTER = Source("host.disks", "df -h"), Source("kubernetes.pods", "kubectl get pods -A", "pod")
POD, BOX, NODE = Subject("pod", "shop/api-1"), Subject("container", "shop/api-1/main"), Subject("node", "node-a")


def _gap(system: str, subject: Subject | None = None, why: str = "not configured") -> Unavailable:
    gap = {"kind": "host", "why": why, "detail": "no", "remedy": "Do it.", "probe": system, "names": (f"{system}.x",)}
    return msgspec.convert(gap, Unavailable) if subject is None else msgspec.structs.replace(msgspec.convert(gap, Unavailable), subject=subject)


def of_machine(name: str, now: float = NOW, full: tuple[str, ...] = ()) -> Bundle:
    """What a look at one machine keeps, made by hand."""
    host, disk, process = Subject("host", name), Subject("disk", "/var"), Subject("process", "python3 (pid 7)")
    signals = [
        Signal(host, "host.full_disks", full or None, HOST), Signal(disk, "disk.used_ratio", 0.5, HOST),
        Signal(process, "process.name", "python3", HOST), Signal(Subject("container", "cache"), "container.state", "running", HOST),
    ]  # fmt: skip
    observed = Observed(
        now=now, signals=signals, relations=[Relation("on", disk, host), Relation("on", process, host)],
        unavailable=[_gap("kubernetes"), _gap("mlflow"), _gap("host.kernel_log", why="forbidden")],
        swept=[Swept("disk", name, 1, probe="host.disks")],
    )  # fmt: skip
    return Bundle(tool="0.1.0", rules="r", observed=observed, targets=(f"host {name}",), visits=(Visit("host.disks", None, 0.1, "done"),))


def of_cluster() -> Bundle:
    """What a look at the cluster keeps, made by hand."""
    relations = [Relation("in", BOX, POD), Relation("on", POD, NODE)]
    signals = [Signal(BOX, "container.state", "waiting", CLUSTER), Signal(POD, "pod.phase", "Running", CLUSTER), Signal(NODE, "node.ready", value=True, source=CLUSTER)]
    observed = Observed(now=NOW, signals=signals, relations=relations, unavailable=[_gap("mlflow")])
    return Bundle(tool="0.1.0", rules="r", observed=observed, targets=("kubernetes x",), visits=(Visit("kubernetes.pods", None, 0.1, "done"),))


def test_what_means_one_machine_alone_carries_its_name_and_a_kubernetes_name_does_not() -> None:
    other = of_machine("node-b")
    other.observed.signals.append(Signal(BOX, "container.state", "waiting", HOST))
    whole = merged(of_machine("node-a"), [other])

    expected = {
        *("host node-a", "disk /var", "process python3 (pid 7)", "container cache"),
        *("host node-b", "disk /var on node-b", "process python3 (pid 7) on node-b", "container cache on node-b", f"container {BOX.key}"),
    }
    assert expected == {str(signal.subject) for signal in whole.observed.signals}
    assert Relation("on", Subject("disk", "/var on node-b"), Subject("host", "node-b")) in whole.observed.relations


def test_kills_in_a_control_group_of_one_path_on_two_machines_are_two_troubles() -> None:
    one, other = of_machine("node-a"), of_machine("node-b")
    for bundle in (one, other):
        told: dict[str, Value] = {"killed_at": NOW - 9, "kill_scope": "cgroup", "kill_cgroup": "/system.slice/train.service"}
        bundle.observed.signals += [Signal(Subject("process", "python3 (pid 7)"), f"process.{name}", value, HOST) for name, value in told.items()]
    _probes, book = load()
    facts = Facts(merged(one, [other]).observed, book.vocabulary)

    assert {"/system.slice/train.service", "/system.slice/train.service on node-b"} == {found.key for found in facts.subjects("cgroup")}


@pytest.mark.parametrize(("key", "expected"), [("shop/api", "shop/api on node-b"), ("shop/Deployment/api", "shop/Deployment/api")])
def test_a_service_of_compose_is_one_of_its_machine_and_a_deployment_is_not(key: str, expected: str) -> None:
    other = of_machine("node-b")
    other.observed.relations.append(Relation("in", Subject("container", "api"), Subject("workload", key)))
    whole = merged(of_machine("node-a"), [other])

    assert Relation("in", Subject("container", "api on node-b"), Subject("workload", expected)) in whole.observed.relations


def test_a_container_hangs_on_the_machine_that_has_its_nodes_name() -> None:
    _probes, book = load()
    whole = merged(of_cluster(), [of_machine("node-a", full=("/var",)), of_machine("node-b")])
    facts = Facts(whole.observed, book.vocabulary)

    assert [Subject("host", "node-a")] == facts.targets(BOX, "container on host")
    assert ("/var",) == facts.read(BOX, "host.full_disks")[1]
    assert (None, None) == Facts(of_cluster().observed, book.vocabulary).read(BOX, "host.full_disks")


def test_a_gap_of_one_machine_is_no_gap_of_another_and_what_somebody_saw_is_none() -> None:
    whole = merged(of_cluster(), [of_machine("node-a"), of_machine("node-b")])

    expected = {("mlflow", None), ("host.kernel_log", Subject("host", "node-a")), ("host.kernel_log", Subject("host", "node-b"))}
    assert expected == {(gap.probe, gap.subject) for gap in whole.observed.unavailable}
    assert 3 == len(whole.observed.unavailable)


def test_sweeps_of_many_machines_are_one_sum() -> None:
    whole = merged(of_cluster(), [of_machine("node-a"), of_machine("node-b"), of_machine("node-c")])

    assert [Swept("disk", "3 looks", 3, probe="host.disks")] == whole.observed.swept


def test_of_one_machine_the_newest_counts_in_whatever_order_they_come() -> None:
    early, late = of_machine("node-a", NOW - 60), of_machine("node-a", NOW, full=("/",))
    others = [of_machine("node-b")]

    assert canonical(merged(of_cluster(), [early, *others, late])) == canonical(merged(of_cluster(), [late, *others]))


def test_a_run_counts_alone_for_its_own_machine() -> None:
    assert merged(of_machine("node-a"), [of_machine("node-b")]) == merged(of_machine("node-a"), [of_machine("node-a", NOW - 60), of_machine("node-b")])


def test_bundles_of_another_time_are_refused() -> None:
    with pytest.raises(BundleError, match="made 20 min apart"):
        merged(of_cluster(), [of_machine("node-a", NOW - 1200)])


def test_a_merged_run_replays_to_the_same_report(tmp_path: Path) -> None:
    _probes, book = load()
    whole = canonical(merged(of_cluster(), [of_machine("node-a"), of_machine("node-b")]))
    bundles.save(tmp_path / "whole.bundle", whole)

    assert report_of(whole, book) == report_of(bundles.load(tmp_path / "whole.bundle"), book)


# through a log


def test_a_bundle_comes_back_out_of_a_log_among_other_lines() -> None:
    text = f"diagnose: looking at host x; reading only.\n{to_text(of_cluster())}\nand a line behind it\n"

    assert canonical(of_cluster()) == from_text(Path("log"), text)
    assert canonical(FULL) == from_text(Path("log"), to_text(of_cluster()) + to_text(FULL))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no bundle in this text"),
        (BEGIN + "\nAAAA\n", "there is no bundle in this text"),
        (to_text(FULL).replace("-----END", "x\n-----END"), "damaged"),
        (to_text(FULL)[:90] + to_text(FULL)[180:], "damaged|not gzip|too early"),
        (f"{BEGIN}\naGVsbG8=\n-----END DIAGNOSE BUNDLE-----", "not gzip"),
    ],
)
def test_a_log_without_a_whole_bundle_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        from_text(Path("log of x"), text)


# from files


def test_a_folder_gives_its_bundles_and_one_without_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no file \*\.bundle"):
        load_all(tmp_path)
    for name in ("node-b", "node-a"):
        bundles.save(tmp_path / f"{name}.bundle", of_machine(name))

    assert ["node-a", "node-b"] == [found.key for one in load_all(tmp_path) if (found := machine(one))]


@pytest.mark.parametrize("place", ["job:nowhere", "job:a/b/c", "no-such-folder"])
def test_a_place_that_cannot_be_is_refused_before_anything_is_looked_at(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert USAGE == run(["--merge", place])
    assert place in capsys.readouterr().err


def test_a_printed_bundle_and_a_report_do_not_share_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert USAGE == run(["--save", "-", "-o", "text"])
    assert "-o FORMAT=FILE" in capsys.readouterr().err


def _called(bundle: Bundle, name: str) -> Observed:
    """What was seen, as if on a machine of another name."""
    there = machine(bundle)
    signals = [msgspec.structs.replace(one, subject=Subject("host", name) if one.subject == there else one.subject) for one in bundle.observed.signals]
    return msgspec.structs.replace(bundle.observed, signals=signals)


def test_two_machines_that_looked_are_one_report(tmp_path: Path) -> None:
    """The command as people run it: this machine under two names."""
    quiet = ["--kubernetes", "none", "--docker", "none", "--mlflow", "none", "--bucket", "none", "--repo", "none"]
    command = [sys.executable, "-m", "agent.cli"]
    environment = {"DIAGNOSE_NODE": "node-b", "PATH": "/usr/bin:/bin"}
    printed = subprocess.run([*command, *quiet, "--save", "-"], capture_output=True, text=True, check=True, env=environment)
    (tmp_path / "all").mkdir()
    bundles.save(tmp_path / "all" / "b.bundle", from_text(Path("stdout"), printed.stdout))
    kept = ["--merge", str(tmp_path / "all"), "--save", str(tmp_path / "whole.bundle"), "-o", f"text={tmp_path / 'first.txt'}"]
    subprocess.run([*command, *quiet, *kept], capture_output=True, check=False, env=environment | {"DIAGNOSE_NODE": "node-a"})
    subprocess.run([*command, "replay", str(tmp_path / "whole.bundle"), "-o", f"text={tmp_path / 'again.txt'}"], capture_output=True, check=False)
    said = (tmp_path / "first.txt").read_text()
    alone = tmp_path / "all" / "b.bundle"
    bundles.save(tmp_path / "all" / "a.bundle", msgspec.structs.replace(bundles.load(alone), observed=_called(bundles.load(alone), "node-a")))
    words = [[str(tmp_path / "all")], [str(tmp_path / "all" / "a.bundle"), "--merge", str(alone)]]
    folder, named = (subprocess.run([*command, "replay", *one], capture_output=True, text=True, check=False).stdout for one in words)

    assert "2 hosts" in said
    assert said == (tmp_path / "again.txt").read_text()
    assert "2 hosts" in folder
    assert folder == named
