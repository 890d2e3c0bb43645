"""Secrets planted in a real container are in no output and in no bundle, and equal ones can still be told to be equal."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.report import FORMATS
from tests.conftest import DockerEngine

PASSWORD = "hunter2xyz!kept"  # noqa: S105  # planted
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
AWS = "AKIAIOSFODNN7EXAMPLE"
KEY_LINE = "MIIEpAIBAAKCAQEA7bq1plantedplantedplanted"
TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"  # noqa: S105  # planted
SECRETS = (PASSWORD, JWT, AWS, KEY_LINE, TOKEN)
PROGRAM = f"""
print("login with {PASSWORD} failed")
print("bearer {JWT}")
print("-----BEGIN RSA PRIVATE KEY-----\\n{KEY_LINE}\\n-----END RSA PRIVATE KEY-----")
raise SystemExit("psycopg2.OperationalError: postgresql://ml:{PASSWORD}@db:5432/x refused")
"""


@pytest.mark.engine
def test_no_planted_secret_is_in_any_output_or_bundle(docker_engine: DockerEngine, tmp_path: Path) -> None:
    docker = ["docker", "-H", docker_engine.url]
    labels = ["--label", f"deploy.token={TOKEN}", "--label", f"url=https://u:{PASSWORD}@git.example/x"]
    environment = ["-e", f"DB_PASSWORD={PASSWORD}", "-e", f"AWS_ACCESS_KEY_ID={AWS}", "-e", f"PLAIN={TOKEN}"]
    command = ["python", "-c", PROGRAM, "--password", PASSWORD]
    subprocess.run([*docker, "run", "-d", "--name", "s-leaky", "--restart", "always", *labels, *environment, docker_engine.images["python"], *command], check=True)
    try:
        time.sleep(4)
        bundle = tmp_path / "run.bundle"
        outputs = [f"{name}={tmp_path / name}" for name in FORMATS]
        ask = [sys.executable, "-m", "agent.cli", "--docker", docker_engine.url, "--explain", "--save", str(bundle)]
        done = subprocess.run([*ask, *(word for output in outputs for word in ("-o", output))], capture_output=True, text=True, env=os.environ, check=False)
    finally:
        subprocess.run([*docker, "rm", "-f", "s-leaky"], check=True)
    texts = [done.stdout, done.stderr, *((tmp_path / name).read_text() for name in FORMATS), gzip.decompress(bundle.read_bytes()).decode()]

    assert 1 == done.returncode, done.stderr
    assert "s-leaky" in texts[2]
    assert [] == [(secret, number) for secret in SECRETS for number, text in enumerate(texts) if secret in text]
    tokens = set(re.findall(r"DB_PASSWORD=(‹redacted-[a-z]+-\w+›)", texts[-1]))
    assert 1 == len(tokens)
    assert f"login with {tokens.pop()} failed" in texts[-1]
