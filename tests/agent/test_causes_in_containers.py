"""Causes that only the log of a container tells: each by its own mechanism, by MLflow's own server or client, all of a kind in one look."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DockerEngine
from tests.faults.engine import Engine
from tests.stack.certificates import Authority
from tests.stack.platform import DIRECT, Platform, Stock, platform

pytestmark = [pytest.mark.engine, pytest.mark.services]
UPLOAD, OFFLINE, LOAD = "mlflow/artifact-upload-fails", "mlflow/offline-or-empty", "mlflow/cant-load-model"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
NGINX = Path("/usr/sbin/nginx")
UPLOADS = """
import time, mlflow
with mlflow.start_run():
    mlflow.log_text("notes" * 400, "notes.txt")
print("the artifact is stored", flush=True)
time.sleep(86400)
"""
PROXY = """
client_max_body_size 1k;
server { listen 9001; location / { proxy_pass http://store:7070; proxy_set_header Host $http_host; } }
server { listen 9002; location / { proxy_pass http://mlflow:5000; } }
server { listen 9003; client_max_body_size 1m; location / { default_type text/html; return 200 "<html><body><h1>Sign in</h1></body></html>"; } }
server { listen 9004; client_max_body_size 1m; location / { return 403; } }
"""
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def endpoint(url: str) -> dict[str, str]:
    return {"MLFLOW_S3_ENDPOINT_URL": url, "AWS_ENDPOINT_URL": url}


DIRECTLY: Mapping[str, tuple[str, dict[str, str]]] = {
    "clock": ("clock", {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "-3h"}),
    "limit": ("body-limit", endpoint("http://proxy:9001")),
    "wall": ("proxy-answers", endpoint("http://proxy:9004")),
    "setting": ("bad-setting", endpoint("store:7070")),
    "full": ("store-full", endpoint("http://full-store:7070")),
    "role": ("role-refused", {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/role"}),
    "nobody": ("missing-credentials", NO_KEYS),
    "tls": ("tls", endpoint("https://store:7070")),
}
"""A workload that goes to the store itself: the cause, and what its environment says otherwise than a good one's."""


def planted(team: Platform) -> None:
    """All who write, and have failed once; of those who believe that they have stored, the portal's page says so."""
    team.nginx("proxy", PROXY)
    team.full_store("full-store")
    for name, (_cause, environment) in DIRECTLY.items():
        team.workload(name, UPLOADS, "no", MLFLOW_EXPERIMENT_NAME=DIRECT, AWS_MAX_ATTEMPTS="1", **{**team.storing(team.client), **environment})
    team.workload("portal", UPLOADS, MLFLOW_EXPERIMENT_NAME=DIRECT, **{**team.storing(team.client), **endpoint("http://proxy:9003")})
    team.workload("through", UPLOADS, "no", MLFLOW_EXPERIMENT_NAME="churn", MLFLOW_TRACKING_URI="http://proxy:9002")
    team.wait("failed uploads", lambda: all(team.ended(name) for name in (*DIRECTLY, "through")), 240)
    team.wait("the page taken for a store", lambda: team.says("portal", "the artifact is stored"), 60)


def told(report: dict[str, Any], row: str = UPLOAD) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Of each container or bucket how sure, and the causes; those under a root as well."""

    def flat(incidents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for incident in incidents for one in (incident, *flat(incident["consequences"]))]

    found = [one for one in flat(report["incidents"]) if one["row"] == row]
    return {subject.partition(" ")[2]: (one["band"], tuple(one["named_ids"])) for one in found for subject in one["subjects"]}


def test_each_cause_is_named_by_what_the_client_says(docker_engine: DockerEngine, platform_stock: Stock) -> None:
    for needed, package in ((NGINX, "nginx-light"), (FAKETIME, "libfaketime")):
        if not needed.exists():
            pytest.skip(f"{needed.name} is not installed; on Debian: apt-get install {package}")
    with platform(Engine(docker_engine.url), platform_stock) as team:
        planted(team)
        found = told(team.diagnose("--mlflow", f"http://{team.address('mlflow')}:5000", seconds=60))
        page = f"models@{team.address('proxy')}:9003"

    expected = {name: ("diagnosed", (cause,)) for name, (cause, _environment) in DIRECTLY.items()} | {"through": ("diagnosed", ("body-limit",))}
    assert expected == {name: found.get(name) for name in expected}
    assert ("diagnosed", ("proxy-answers",)) == found[page]


ASKS = """
import os, mlflow
if "MODEL_URI" in os.environ:
    mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
else:
    mlflow.search_experiments()
"""
PENDING = "update model_versions set status = 'PENDING_REGISTRATION' where name = 'churn' and version = 3"


def test_what_keeps_from_an_mlflow_and_from_a_model(docker_engine: DockerEngine, platform_stock: Stock) -> None:
    if not NGINX.exists():
        pytest.skip("nginx is not installed; on Debian: apt-get install nginx-light")
    with platform(Engine(docker_engine.url), platform_stock) as team:
        certificate, key = Authority(team.folder, "team").sign("tls", "/CN=tls", ("DNS:tls",))
        team.nginx("tls", f"server {{ listen 9443 ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; location / {{ proxy_pass http://mlflow:5000; }} }}")
        team.server("no-driver", "postgresql://ml:ml@postgres:5432/ml")
        team.sql(PENDING)
        asking = {"no-driver": {"MLFLOW_TRACKING_URI": "http://no-driver:5000"}, "tls": {"MLFLOW_TRACKING_URI": "https://tls:9443"}, "pending": {"MODEL_URI": "models:/churn/3"}}
        for name, environment in asking.items():
            team.workload(f"asks-{name}", ASKS, "no", **environment)
        team.wait("what keeps them", lambda: all(team.ended(name) for name in ("no-driver", *(f"asks-{name}" for name in asking))), 240)
        report = team.diagnose("--mlflow", f"http://{team.address('mlflow')}:5000", seconds=60)

    offline = {causes for _band, causes in told(report, OFFLINE).values()}
    assert {("database-driver",), ("certificate",)} <= offline
    assert ("diagnosed", ("not-ready",)) == told(report, LOAD).get("asks-pending")
