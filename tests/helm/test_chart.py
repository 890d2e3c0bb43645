"""The chart's own files: roles as probes declare them, values that are settings, one version."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

from agent import __version__
from agent.report import FORMATS
from agent.settings import Settings
from probes._contract import Probe
from probes._runner import load_probes
from tests.helm import roles

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(roles.SCHEMA.read_text(encoding="utf-8"))
VALUES: dict[str, Any] = yaml.safe_load(roles.VALUES.read_text(encoding="utf-8"))
NO_PLACE_IN_A_POD = {"docker", "context", "kubeconfig", "kubernetes", "namespace", "node", "repo", "rules", "baseline", "compare"}
"""Settings that name what a pod has not, or that the chart gives as arguments."""


def test_the_roles_are_what_the_probes_declare() -> None:
    """`python -m tests.helm.roles` writes them again."""
    assert roles.template(load_probes()) == roles.RULES.read_text(encoding="utf-8")
    assert roles.values(roles.VALUES.read_text(encoding="utf-8")) == roles.VALUES.read_text(encoding="utf-8")
    assert roles.schema(roles.SCHEMA.read_text(encoding="utf-8")) == roles.SCHEMA.read_text(encoding="utf-8")


def test_a_probe_that_needs_more_is_refused_until_a_grant_says_what_it_buys() -> None:
    curious = _needing("kubernetes.curious", "list leases.coordination.k8s.io")

    with pytest.raises(ValueError, match=r"say in tests/helm/roles\.py which grant opens it"):
        roles.template([*load_probes(), curious])


def _needing(name: str, permission: str) -> Probe:
    return Probe(name=name, kind="node", doc="", gives=(), look=lambda _access, _subjects: (), stands_for=(), permissions=(permission,))


def test_nothing_can_be_written_run_or_read_as_a_secret_and_no_rule_has_a_wildcard() -> None:
    granted = roles.ALWAYS.union(*(grant.rights for grant in roles.GRANTS.values()))

    assert {"get", "list"} == {right.verb for right in granted}
    assert [] == [right for right in granted if "*" in "".join(right) or right.resource.partition("/")[0] == "secrets" or right.resource == "pods/exec"]
    assert "*" not in roles.RULES.read_text(encoding="utf-8").replace("/* Made", "").replace("edit. */", "")


def test_every_right_is_needed_by_a_probe() -> None:
    granted = roles.ALWAYS.union(*(grant.rights for grant in roles.GRANTS.values()))

    assert set(granted) == set(roles.declared(load_probes()))


@pytest.mark.parametrize("path", sorted((ROOT / "helm" / "templates").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_right_to_write_stands_in_one_template_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    verbs = {verb for found in re.findall(r"verbs: \[(.*)\]", text) for verb in found.split(", ")}

    assert verbs - {"get", "list"} == ({"patch"} if path.name == "report.yaml" else set())


def test_settings_of_the_chart_are_settings_of_the_program() -> None:
    known = {name.replace("_", "-") for name in Settings.__struct_fields__} - NO_PLACE_IN_A_POD

    assert known == {name.replace("_", "-") for name in SCHEMA["properties"]["settings"]["properties"]}


def test_formats_of_the_chart_are_formats_of_the_program() -> None:
    assert set(SCHEMA["properties"]["report"]["properties"]["format"]["enum"]) <= set(FORMATS)


def test_the_values_fit_their_own_schema_and_every_one_of_them_stands_in_it() -> None:
    Draft7Validator.check_schema(SCHEMA)

    assert [] == [error.message for error in Draft7Validator(SCHEMA).iter_errors(VALUES)]
    assert set(VALUES) | {"global"} == set(SCHEMA["properties"])


@pytest.mark.parametrize(
    "values",
    [
        {"grant": {"logs": False}},
        {"grants": {"secrets": True}},
        {"settings": {"dead-line": 5}},
        {"settings": {"deadline": 0}},
        {"namespaces": ["Not A Name"]},
        {"report": {"s3": {"url": "https://reports"}}},
        {"image": {"repository": "diagnose", "digest": "latest"}},
    ],
)
def test_a_value_that_means_nothing_is_refused(values: dict[str, Any]) -> None:
    assert not Draft7Validator(SCHEMA).is_valid(values)


def test_one_version_stands_everywhere() -> None:
    chart = yaml.safe_load((ROOT / "helm" / "Chart.yaml").read_text(encoding="utf-8"))
    label = re.findall(r'image\.version="(.*)"', (ROOT / "Dockerfile").read_text(encoding="utf-8"))

    assert (__version__, __version__, [__version__]) == (chart["version"], chart["appVersion"], label)


def test_the_image_takes_nothing_but_the_program_into_its_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert "*" == lines[0]
    assert {name for names in copied for name in names.split()} == {line[1:] for line in lines if line.startswith("!")} - {"agent/demo.bundle"}


def test_what_the_schema_lets_through_the_program_takes() -> None:
    whole = {"deadline": 5, "fail_on": "high", "prometheus": "http://p:9090", "mlflow": "none", "bucket": "s3://models/x"}

    assert Draft7Validator(SCHEMA).is_valid({"settings": whole})
    assert 5 == msgspec.convert(whole, Settings, strict=False).deadline
