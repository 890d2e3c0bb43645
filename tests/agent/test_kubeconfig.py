"""Which cluster a kubeconfig means, and what is said of one that means none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent import discover as discovery
from agent._kubeconfig import KubeContext, context
from agent.discover import Target, discover
from agent.settings import Settings, SettingsError

ONE = """
apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: c, cluster: {server: 'https://prod.example:6443'}}]
contexts:
- {name: prod, context: {cluster: c, user: u, namespace: ml}}
- {name: bare, context: {cluster: gone, user: u}}
users: [{name: u, user: {token: t0p-secret-token}}]
"""
TWO = """
current-context: other
clusters: [{name: d, cluster: {server: 'https://dev.example'}}, {name: c, cluster: {server: 'https://not-this-one.example'}}]
contexts: [{name: dev, context: {cluster: d}}]
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", KubeContext("prod", "https://prod.example:6443", "ml")),
        ("dev", KubeContext("dev", "https://dev.example", "")),
        ("bare", KubeContext("bare", "a server that the file does not name", "")),
    ],
)
def test_of_several_files_the_first_that_says_a_thing_counts(wanted: str, expected: KubeContext, tmp_path: Path) -> None:
    files = os.pathsep.join([written(tmp_path, "one", ONE), str(tmp_path / "missing"), written(tmp_path, "two", TWO)])

    assert expected == context(files, wanted, asked=True)


@pytest.mark.parametrize(
    ("text", "wanted", "words"),
    [
        (ONE, "staging", "there is no context 'staging'. Known: bare, prod."),
        ("contexts: []", "", "no context is the current one. Known: none."),
        ("contexts: [{", "", "this is not a kubeconfig"),
        ("contexts: 3", "", "this is not a kubeconfig"),
        ("- a list", "", "this is not a kubeconfig"),
    ],
)
def test_what_means_no_cluster_is_refused_with_the_file(text: str, wanted: str, words: str, tmp_path: Path) -> None:
    file = written(tmp_path, "config", text)

    with pytest.raises(SettingsError) as caught:
        context(file, wanted, asked=True)
    assert file in str(caught.value)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_matters_only_to_whoever_asked_for_it(tmp_path: Path) -> None:
    place = str(tmp_path / "none")

    assert None is context(place, "", asked=False)
    with pytest.raises(SettingsError, match="there is no such kubeconfig"):
        context(place, "", asked=True)


def _kubernetes(settings: Settings, environ: dict[str, str]) -> Target | None:
    found = discover(settings, frozenset(), environ, 1000)
    return next((target for target in found if target.system == "kubernetes"), None)


def test_the_target_names_context_and_server_and_no_credential(tmp_path: Path) -> None:
    file = written(tmp_path, "config", ONE)
    options = {"context": "prod", "config": file, "namespace": "ml"}

    assert Target("kubernetes", "prod at https://prod.example:6443", True, options) == _kubernetes(Settings(docker="none"), {"KUBECONFIG": file})


def test_a_namespace_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    file = written(tmp_path, "config", ONE)
    found = _kubernetes(Settings(docker="none", kubeconfig=file, namespace="web"), {})

    assert found is not None
    assert ("web", "true") == (found.options["namespace"], found.options["only"])


def test_kubernetes_can_be_left_out(tmp_path: Path) -> None:
    assert None is _kubernetes(Settings(docker="none", kubernetes="none"), {"KUBECONFIG": written(tmp_path, "config", ONE)})


def test_inside_a_pod_its_own_cluster_is_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SERVICE_ACCOUNT", tmp_path)
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("jobs\n")

    expected = Target("kubernetes", "this pod's cluster at https://10.96.0.1", True, {"namespace": "jobs"})
    assert expected == _kubernetes(Settings(docker="none"), {"KUBERNETES_SERVICE_HOST": "10.96.0.1"})
