"""The chart on a real node: what its Jobs find, with all rights, in one namespace, and with every optional grant off; and that an API server takes all of it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helm.image import image
from tests.helm.release import CHART, IMAGE, PLANTED, QUIET, Release, asked, helm, plant
from tests.helm.roles import GRANTS
from tests.stack.node import Node

pytestmark = pytest.mark.node
_NUMBERS = itertools.count(1)
LONG = "n" * 63
OFF = dict.fromkeys(GRANTS, False)


@pytest.fixture(scope="module")
def planted(node: Node) -> Iterator[Node]:
    """The node with the image on it, two faults, and a namespace in which nothing is wrong."""
    node.load(image(node.folder))
    plant(node)
    yield node
    node.attempt("delete", "namespace", PLANTED, QUIET, "--wait=false")


@pytest.fixture
def release(planted: Node) -> Iterator[Release]:
    it = Release(planted, f"it-{next(_NUMBERS)}")
    yield it
    it.remove()


def test_one_look_at_the_whole_cluster_finds_what_was_planted(release: Release) -> None:
    began = time.time()
    notes = release.install({"settings": {"deadline": 25}})
    ((job, (code, log, message)),) = release.ends().items()
    sent = asked(release.node, f"system:serviceaccount:{release.name}:{release.name}-diagnose", began)

    assert 1 == code
    assert f"{PLANTED}/api" in log
    assert f"{PLANTED}/web" in log
    assert f"{QUIET}/" not in log.partition("NOT SEEN")[0]
    assert f"job/{job}" in notes
    assert {"get", "list"} == {verb for verb, _resource, _status in sent}
    assert [] == [one for one in sent if one[2] == 403 or one[1] == "secrets"]
    assert [f"{PLANTED}/api", f"{PLANTED}/web"] == sorted({name for name in (f"{PLANTED}/api", f"{PLANTED}/web") if name in message})
    assert len(message.encode()) <= 4096


def test_named_namespaces_get_a_look_each_and_nothing_of_the_cluster(release: Release) -> None:
    release.install({"namespaces": [PLANTED, QUIET]})
    found = {job.removeprefix(f"{release.name}-diagnose-").removesuffix("-1"): ended for job, ended in release.ends().items()}
    cluster_roles = [one["metadata"]["name"] for one in release.node.get("clusterroles")["items"]]

    assert {PLANTED: 1, QUIET: 3} == {place: code for place, (code, _log, _message) in found.items()}
    assert f"{PLANTED}/api" in found[PLANTED][1]
    assert f"{PLANTED}/web" in found[PLANTED][1]
    assert f"{PLANTED}/" not in found[QUIET][1]
    assert [] == [name for name in cluster_roles if release.name in name]


def test_with_every_optional_grant_off_both_are_seen_and_what_is_left_open_is_said(release: Release) -> None:
    notes = release.install({"grants": OFF})
    ((_job, (code, log, message)),) = release.ends().items()

    assert 1 == code
    assert f"{PLANTED}/api" in log
    assert f"{PLANTED}/web" in log
    assert "verbs [get] on pods/log" in log or "verbs [list] on events" in log
    assert "NOT SEEN" in message
    assert [] == [value for value in OFF if f"  {value}: " not in notes]


def test_the_report_is_kept_in_the_one_config_map_that_may_be_written(release: Release) -> None:
    began = time.time()
    release.install({"report": {"format": "json", "configMap": {"enabled": True}}})
    ((_job, (_code, log, _message)),) = release.ends().items()
    kept = release.node.get("-n", release.name, "configmap", f"{release.name}-diagnose-report")["data"]
    sent = asked(release.node, f"system:serviceaccount:{release.name}:{release.name}-diagnose", began)

    assert ["report.md"] == list(kept)
    assert json.loads(log[log.index("{") :])["incidents"][0]["id"] in kept["report.md"]
    assert [("patch", "configmaps", 200)] == [one for one in sent if one[0] not in ("get", "list")]


def test_what_a_node_shows_counts_for_what_runs_on_it(release: Release) -> None:
    """Within the limits of pod security "restricted": no right at the API server, nothing of the host mounted."""
    release.install({"nodeView": {"enabled": True}, "report": {"format": "json", "explain": True}, "grants": {"logs": False}})
    ((_job, (code, log, _message)),) = release.ends().items()
    report = json.loads(log[log.index("{") :])
    seen = [line["seen"] for one in report["incidents"] for line in one["evidence"] if line["says"].startswith("no disk of this machine is full")]

    assert 1 == code
    assert f"host {release.node.node_name}" in report["targets"]
    assert {"df -h; df -i"} == {one.partition(":")[0] for one in seen}
    assert [] == [gap for gap in report["gaps"] if "no bundle" in gap["detail"]]


def test_what_needs_more_rights_on_a_node_buys_what_its_value_says(planted: Node) -> None:
    release = Release(planted, "deep", level="privileged")
    more = {"enabled": True, "hostPID": True, "disks": True, "kernelLog": True}
    release.install({"nodeView": more, "report": {"format": "json"}, "namespaces": [QUIET]})
    ((_job, (_code, log, _message)),) = release.ends().items()
    release.remove()
    report = json.loads(log[log.index("{") :])
    seen = {name: int(count) for count, name in (one.split(maxsplit=1) for one in report["seen"])}
    (pod,) = [name for name in seen if name.startswith("process")]

    assert seen[pod] > 10, "the node's own processes"
    assert seen["disks"] > 2, "the node's own disks"
    assert [] == [gap for gap in report["gaps"] if gap["what"] == f"host.kernel_log of host {planted.node_name}" and gap["why"] in ("forbidden", "refused")]


def test_a_node_that_gives_nothing_is_named_and_the_report_is_not_lost(release: Release) -> None:
    release.install({"nodeView": {"enabled": True, "nodeSelector": {"no": "such"}}, "settings": {"deadline": 10}})
    ((_job, (code, log, message)),) = release.ends().items()

    assert 1 == code
    assert "gave no bundle: it has not ended, it is Pending and on no node." in " ".join(log.split())
    assert "host.nodes: not reached" in message


def test_rows_of_ones_own_are_judged(release: Release) -> None:
    """A mounted ConfigMap holds each file twice, once in a hidden folder; each row counts once."""
    rows = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).with_name("rows").iterdir())}
    release.install({"rules": rows, "namespaces": [QUIET]})
    ((_job, (code, log, _message)),) = release.ends().items()

    assert 1 == code
    assert "It was made with" in log


def test_helm_test_tells_whether_the_account_may_look(release: Release) -> None:
    release.install({"job": {"enabled": False}, "namespaces": [QUIET]})
    good = release.attempt("test", release.name, "--timeout", "60s")
    release.install({"job": {"enabled": False}, "namespaces": [QUIET], "rbac": {"create": False}})
    blind = release.attempt("test", release.name, "--timeout", "60s")

    assert (0, True) == (good.returncode, "Phase:          Succeeded" in good.stdout)
    assert blind.returncode != 0


MATRIX: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "everything": {
        "cronJob": {"enabled": True, "timeZone": "Europe/Berlin"},
        "settings": {"deadline": 60, "fail-on": "high", "mlflow": "http://mlflow.ml:5000", "bucket": "s3://models"},
        "rules": {"own.yaml": "id: own/row\n", "own.examples.yaml": "[]\n"},
        "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}, {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}}],
        "envFromSecrets": ["aws"],
        "envFromConfigMaps": ["proxies"],
        "report": {"format": "markdown", "explain": True, "s3": {"url": "s3://reports/nightly/"}, "configMap": {"enabled": True}},
        "networkPolicy": {"egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}]},
        "imagePullSecrets": ["registry"],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "podLabels": {"team": "ml"},
        "podAnnotations": {"note": "x"},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/reports"}},
    },
    "grants off": {"grants": OFF},
    "one namespace": {"namespaces": [QUIET], "report": {"configMap": {"enabled": True}, "s3": {"url": "s3://reports/"}}},
    "two namespaces by the clock": {"namespaces": [QUIET, PLANTED], "job": {"enabled": False}, "cronJob": {"enabled": True}},
    "grants off in a namespace": {"namespaces": [QUIET], "grants": OFF},
    "a namespace with a long name": {"namespaces": [LONG], "cronJob": {"enabled": True}, "fullnameOverride": "d" * 40},
    "an account of one's own": {"serviceAccount": {"create": False, "name": "mine"}, "rbac": {"create": False}, "report": {"configMap": {"enabled": True}}},
    "a user that the platform chooses": {"runAsUser": None, "nodeView": {"enabled": True}},
    "large numbers": {"runAsUser": 1000680000, "job": {"ttlSecondsAfterFinished": 2000000, "activeDeadlineSeconds": 1000000}, "cronJob": {"enabled": True}},
    "nothing in, nothing out": {"networkPolicy": {"egress": []}, "report": {"terminationMessage": False}},
    "a look from each node": {"nodeView": {"enabled": True, "nodes": 200, "nodeSelector": {"pool": "gpu"}}, "cronJob": {"enabled": True}},
    "no policy": {"networkPolicy": {"enabled": False}, "resources": {}, "rulesConfigMap": "rows"},
    "a digest": {"image": {"repository": "registry.example/diagnose", "digest": f"sha256:{'0' * 64}"}},
}


@pytest.fixture(scope="module")
def space(node: Node) -> Iterator[str]:
    """A namespace in which every combination could be installed: with the accounts that a pod must have, and a namespace of the longest name."""
    name = "dry-run"
    for one in (name, LONG):
        node.kubectl("create", "namespace", one)
    node.kubectl("label", "namespace", name, *(f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn")))
    accounts = ("it-diagnose", "mine", "d" * 40)
    node.apply(*({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": one, "namespace": name}} for one in accounts))
    yield name
    node.attempt("delete", "namespace", name, LONG, "--wait=false")


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_what_every_combination_of_values_makes(values: dict[str, Any], planted: Node, space: str) -> None:
    made = helm(planted, "template", "it", str(CHART), "-n", space, "-f", "-", "--kube-version", "1.36", stdin=json.dumps({**IMAGE, **values}))
    assert (0, "") == (made.returncode, made.stderr)
    done = planted.attempt("apply", "--dry-run=server", "-f", "-", stdin=made.stdout)

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_helm_has_nothing_to_say_against_it(values: dict[str, Any], planted: Node) -> None:
    done = helm(planted, "lint", "--strict", str(CHART), "-f", "-", stdin=json.dumps(values))

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"settings": {"deadline": 300}}, "activeDeadlineSeconds must be longer than settings.deadline"),
        ({"settings": {"deadline": 200}, "nodeView": {"enabled": True}}, "twice that with nodeView"),
        ({"job": {"enabled": False}, "nodeView": {"enabled": True}}, "set job.enabled"),
        ({"rules": {"a.yaml": "x"}, "rulesConfigMap": "rows"}, "put all rows into one of them"),
        ({"grants": {"secrets": True}}, "secrets"),
    ],
)
def test_values_that_cannot_work_are_refused_with_the_reason(values: dict[str, Any], says: str, planted: Node) -> None:
    done = helm(planted, "template", "it", str(CHART), "-f", "-", stdin=json.dumps(values))

    assert done.returncode != 0
    assert says in done.stderr
