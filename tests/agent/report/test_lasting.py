"""Fingerprints last: what a run, a restart or a roll-out makes anew is not in them, and two things never share one by chance."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report._lasting import lasting
from agent.report.build import Builder
from probes._contract import Observed, Signal, Source, Subject, Value
from probes._runner import load_probes
from rules._book import Book, compile_book, vocabulary
from rules._facts import Facts
from rules._judge import judge
from rules._row import read

ALIKE = [
    ("pod", "ml/api-6d8f7c9b5d-x2x9k", "ml/api-7c54b9d8f6-zzq4w", "pod ml/api"),
    ("container", "ml/api-6d8f7c9b5d-x2x9k/app", "ml/api-7c54b9d8f6-zzq4w/app", "container ml/api/app"),
    ("pod", "ml/agent-x2x9k", "ml/agent-4bnc7", "pod ml/agent"),
    ("workload", "ml/Job/nightly-29123520", "ml/Job/nightly-29124960", "workload ml/Job/nightly"),
    ("pod", "ml/nightly-29123520-x2x9k", "ml/nightly-29124960-bbbbb", "pod ml/nightly"),
    ("process", "python (pid 4711)", "python (pid 12)", "process python"),
    ("process", "python (pid 4711): python /tmp/tmpab12cd_9/run.py", "python (pid 12): python /tmp/tmpzz99yy88/run.py", "process python: python /tmp/tmp/run.py"),
    ("container", "web.1.7q92v0nr1hcgts2amcjyqg3pq", "web.1.aaaaaaaaaaaaaaaaaaaaaaaaa", "container web.1"),
    ("container", "shop_train_run_0123456789ab", "shop_train_run_ba9876543210", "container shop_train"),
    ("container", "shop-train-run-0123456789ab", "shop-train-run-ba9876543210", "container shop-train"),
    ("container", "0123456789ab_shop_db_1", "f123456789ab_shop_db_1", "container shop_db_1"),
    ("image", "shop/api:1.2", "shop/api:1.3@sha256:0a1b", "image shop/api"),
    ("image", "shop/api@sha256:0a1b", "shop/api@sha256:ffff", "image shop/api"),
    ("service", "10.0.0.7:45123", "10.0.0.7:39999", "service 10.0.0.7"),
    ("account", "‹redacted-key-0a1b2c›", "‹redacted-key-ffffff›", "account redacted key"),
]
KEPT = [
    ("pod", "ml/redis-nginx", "pod ml/redis-nginx"),
    ("pod", "ml/web-0", "pod ml/web-0"),
    ("container", "db", "container db"),
    ("container", "deadbeef", "container deadbeef"),
    ("container", "shop-web-1", "container shop-web-1"),
    ("workload", "ml-6d8f7c9b5d-x2x9k/Deployment/api", "workload ml-6d8f7c9b5d-x2x9k/Deployment/api"),
    ("service", "svc:ml/mlflow", "service ml/mlflow"),
    ("mlflow", "http://mlflow:5000", "mlflow http://mlflow:5000"),
    ("service", "10.0.0.7:30080", "service 10.0.0.7:30080"),
    ("cgroup", "/docker/0123456789abcdef", "cgroup docker/0123456789abcdef"),
]


@pytest.mark.parametrize(("kind", "one", "other", "expected"), ALIKE)
def test_what_is_made_anew_is_not_in_the_name(kind: str, one: str, other: str, expected: str) -> None:
    assert (expected, expected) == (lasting(Subject(kind, one)), lasting(Subject(kind, other)))


@pytest.mark.parametrize(("kind", "key", "expected"), KEPT)
def test_a_name_that_lasts_is_kept(kind: str, key: str, expected: str) -> None:
    assert expected == lasting(Subject(kind, key))


@given(st.sampled_from(["pod", "container", "image", "process", "host"]), st.text(min_size=1, max_size=60))
def test_no_key_leaves_nothing(kind: str, key: str) -> None:
    assert lasting(Subject(kind, key)).removeprefix(f"{kind} ")


ROW = """
id: mine/large
symptom: Large
status: stable
triage: [ps]
for_each: process
present: it.rss_bytes >= 1
case: [it.name]
causes: [{id: leak, cause: It leaks, prior: 0.5}]
evidence: [{if: 'it.rss_bytes >= 2', group: status, then: {leak: 5}, else: {leak: -5}, say: it is, say_not: it is not, ask: whether it is}]
fix: [{for: [leak], do: Mend it.}]
verify: [{if: 'it.rss_bytes < 1'}]
prevent: [Test it.]
"""


def _book_and_facts(folder: Path, *signals: tuple[Subject, str, Value]) -> tuple[Book, Facts]:
    path = folder / "row.yaml"
    path.write_text(ROW)
    book = compile_book([read(path)], vocabulary(load_probes()))
    source = Source("host.load", "ps")
    return book, Facts(Observed(now=1.0, signals=[Signal(subject, name, value, source) for subject, name, value in signals]), book.vocabulary)


@pytest.mark.parametrize(
    ("expected", "commands", "sizes"),
    [
        (1, ("python serve.py", "python serve.py"), (1, 2)),
        (2, ("python serve.py", "python train.py"), (1, 1)),
        (1, (None, None), (1, 1)),
        (1, ("unseen", None), (1, 1)),
    ],
    ids=["another evidence, the same trouble", "another command", "no command is known", "nobody looked at the command"],
)
def test_a_process_is_known_again_by_its_command(tmp_path: Path, expected: int, commands: tuple[str | None, ...], sizes: tuple[int, ...]) -> None:
    found = set()
    for pid, (command, size) in enumerate(zip(commands, sizes, strict=True), 1000):
        it = Subject("process", f"python (pid {pid})")
        told = [] if command == "unseen" else [(it, "process.command", command)]
        book, facts = _book_and_facts(tmp_path, (it, "process.rss_bytes", size), (it, "process.name", "python"), *told)
        report = Builder(book, facts, judge(book, facts)).report(tool="0", targets=(), visits=(), stopped=False)
        found |= {one.fingerprint for one in report.incidents}

    assert expected == len(found)
