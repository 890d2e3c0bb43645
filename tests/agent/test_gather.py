"""What other machines saw, fetched from a Job's logs: whatever does not come is named with its node, and the run itself is never lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from agent import bundle as bundles
from agent import gather, pipeline
from agent.gather import with_others
from agent.merge import BEGIN, merged, to_text
from agent.pipeline import load, report_of
from agent.settings import Settings
from probes._access import Access
from probes._contract import Subject, Unavailable
from probes.kubernetes._cluster import ClusterError
from rules._derivation import UNSEEN
from rules._facts import Facts
from tests.agent.test_merge import BOX, NOW, of_cluster, of_machine


class Server:
    """An API server with one Job: its pods by name, each with its node, its phase and its log."""

    def __init__(self, completions: int, pods: dict[str, tuple[str, str, str]], succeeded: int | None = None) -> None:
        self.job = {"spec": {"completions": completions}, "status": {"succeeded": completions if succeeded is None else succeeded}}
        self.pods = pods

    def decode(self, path: str, shape: Any, params: Any = None) -> Any:
        if path.endswith("/jobs/look"):
            return msgspec.convert(self.job, shape)
        assert ("/api/v1/namespaces/ops/pods", {"labelSelector": "job-name=look"}) == (path, params)
        found = [{"metadata": {"name": name}, "spec": {"nodeName": node}, "status": {"phase": phase}} for name, (node, phase, _log) in self.pods.items()]
        return msgspec.convert({"items": found}, shape)

    def text(self, path: str, _most: int) -> Any:
        log = self.pods[path.split("/")[-2]][2]
        if log == "refused":
            raise ClusterError("forbidden", "the API server answered 403", status=403)
        return SimpleNamespace(data=log.encode())


def _gaps(server: Server, monkeypatch: pytest.MonkeyPatch, seconds: float = 30) -> tuple[set[str], list[Unavailable]]:
    """The machines that came, and what did not."""
    monkeypatch.setattr(gather, "cluster", lambda _access: server)
    whole = with_others(of_cluster(), ["job:ops/look"], Access({}, deadline=time.monotonic() + seconds, now=NOW))
    machines = {one.subject.key for one in whole.observed.signals if one.subject.kind == "host"}
    return machines, [gap for gap in whole.observed.unavailable if gap.probe == "host.nodes"]


def sorted_gaps(found: tuple[set[str], list[Unavailable]]) -> tuple[set[str], list[Unavailable]]:
    """Those of a machine before that of all."""
    return found[0], sorted(found[1], key=lambda gap: gap.subject is None)


def test_each_nodes_bundle_is_taken_out_of_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {f"look-{node}": (node, "Succeeded", f"diagnose: looking\n{to_text(of_machine(node))}") for node in ("node-a", "node-b")}

    assert ({"node-a", "node-b"}, []) == _gaps(Server(2, logs), monkeypatch)


@pytest.mark.parametrize(
    ("pod", "says"),
    [
        (("node-b", "Succeeded", "nothing"), "there is no bundle in this text"),
        (("node-b", "Failed", f"{BEGIN}\nAAAA\n-----END DIAGNOSE BUNDLE-----\n"), "not gzip"),
        (("node-b", "Succeeded", "refused"), "answered 403"),
        (("node-b", "Running", ""), "it has not ended, it is Running."),
    ],
)
def test_a_node_whose_bundle_does_not_come_is_named(pod: tuple[str, str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {"look-a": ("node-a", "Succeeded", to_text(of_machine("node-a"))), "look-b": pod}
    machines, (gap, whole) = sorted_gaps(_gaps(Server(2, logs), monkeypatch))

    assert {"node-a"} == machines
    assert "Of 2 nodes that Job ops/look was to look at, 1 gave what they saw." == whole.detail
    assert (Subject("host", "node-b"), True) == (gap.subject, gap.asked)
    assert says in gap.detail
    assert "kubectl describe job look -n ops" in gap.remedy


def test_a_job_that_is_not_over_is_waited_for_no_longer_than_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    machines, gaps = _gaps(Server(1, {"look-a": ("", "Pending", "")}, succeeded=0), monkeypatch, seconds=3)

    assert time.monotonic() - began < 10
    why = "Of 1 nodes that Job ops/look was to look at, 0 gave what they saw. Pod ops/look-a gave no bundle: it has not ended, it is Pending and on no node."
    assert set() == machines
    assert [why] == [gap.detail for gap in gaps]


def test_two_pods_on_one_node_leave_another_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {name: ("node-a", "Succeeded", to_text(of_machine("node-a"))) for name in ("look-a", "look-b")}
    _machines, (gap,) = _gaps(Server(2, logs), monkeypatch)

    assert "Of 2 nodes that Job ops/look was to look at, 1 gave what they saw." == gap.detail


def test_what_rests_on_a_machine_that_nobody_saw_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "cluster", lambda _access: Server(2, {"look-b": ("node-b", "Succeeded", to_text(of_machine("node-b")))}))
    whole = with_others(of_cluster(), ["job:ops/look"], Access({}, deadline=time.monotonic() + 5, now=NOW))
    _probes, book = load()

    assert (None, UNSEEN) == Facts(whole.observed, book.vocabulary).read(BOX, "host.full_disks")


def test_a_job_that_may_not_be_read_is_a_gap_with_the_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(1, {})

    def refused(*_words: object) -> Any:
        raise ClusterError("forbidden", "jobs is forbidden", status=403, remedy="Grant it: verbs [get] on jobs.batch in namespace ops.")

    monkeypatch.setattr(server, "decode", refused)
    _machines, (gap,) = _gaps(server, monkeypatch)

    assert ("forbidden", "Grant it: verbs [get] on jobs.batch in namespace ops.") == (gap.why, gap.remedy)


def test_what_is_no_bundle_of_one_machine_costs_the_run_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.bundle").write_bytes(b"\x1f\x8bnonsense")
    bundles.save(tmp_path / "two.bundle", merged(of_machine("node-a"), [of_machine("node-b")]))
    places = [str(tmp_path / name) for name in ("broken.bundle", "two.bundle")]
    whole = with_others(of_cluster(), places, Access({}, deadline=time.monotonic() + 5, now=NOW))

    assert of_cluster().observed.signals == whole.observed.signals
    told = [(gap.why, gap.asked, gap.detail) for gap in whole.observed.unavailable if gap.probe == "host.nodes"]
    assert ["broken.bundle: this is not gzip" in told[0][2], "is of 2 machines already (node-a, node-b)" in told[1][2]] == [True, True]
    assert {("garbled", True)} == {one[:2] for one in told}


def test_clocks_that_differ_both_ways_cost_the_run_nothing(tmp_path: Path) -> None:
    bundles.save(tmp_path / "a.bundle", of_machine("node-a", NOW - 800))
    bundles.save(tmp_path / "b.bundle", of_machine("node-b", NOW + 800))
    whole = with_others(of_cluster(), [str(tmp_path)], Access({}, deadline=time.monotonic() + 5, now=NOW))

    assert {"node-a", "node-b"} == {one.subject.key for one in whole.observed.signals if one.subject.kind == "host"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_others_are_waited_for_still_gives_the_run(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(1, {"look-a": ("node-a", "Running", "")}, succeeded=0)
    monkeypatch.setattr(gather, "cluster", lambda _access: server)
    monkeypatch.setattr(time, "sleep", lambda _seconds: os.kill(os.getpid(), number))
    _probes, book = load()
    run = pipeline.with_others(pipeline.Run(report=report_of(of_cluster(), book), bundle=of_cluster()), ["job:ops/look"], Settings(deadline=600), ())

    assert (True, True) == (run.report.stopped, run.bundle.stopped)
    assert "Pod ops/look-a gave no bundle: it has not ended, it is Running." in [gap.detail for gap in run.report.gaps]


def test_a_bundle_of_another_time_is_named_and_left_out(tmp_path: Path) -> None:
    bundles.save(tmp_path / "a.bundle", of_machine("node-a", NOW - 3600))
    bundles.save(tmp_path / "b.bundle", of_machine("node-b", NOW + 5))
    whole = with_others(of_cluster(), [str(tmp_path)], Access({}, deadline=time.monotonic() + 5, now=NOW))

    assert {"node-b"} == {one.subject.key for one in whole.observed.signals if one.subject.kind == "host"}
    assert ["A bundle was made 60 min apart from this run."] == [gap.detail for gap in whole.observed.unavailable if gap.probe == "host.nodes"]
