"""Planted secrets of every sort are gone, what diagnosis needs stays, and equal secrets have equal tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._redact import Redactor, _harmless, secret_name

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabcdefgh\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"

PLANTED = [
    ("hunter22x", "postgresql://ml:hunter22x@db:5432/mlflow"),
    ("p@ss:w/rd", "mysql://root:p@ss:w/rd@db/x"),
    ("hunter22x", "DB_PASSWORD=hunter22x"),
    ("hunter22x", 'password: "hunter22x"'),
    ("two words here", "password='two words here'"),
    ("hunter22x", "{'MYSQL_ROOT_PASSWORD': 'hunter22x', 'a': 1}"),
    ("hunter22x", "train.py --db-password hunter22x --epochs 3"),
    ("hunter22x", "train.py --token=hunter22x"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AKIAIOSFODNN7EXAMPLE", "using AKIAIOSFODNN7EXAMPLE now"),
    (JWT, f"got {JWT} from the server"),
    ("MIIEpAIBAAKCAQEA7", f"key:\n{PEM}\nend"),
    ("MIIEpAIBAAKCAQEA7", PEM.rpartition("\n")[0]),
    ("ghp_0123456789abcdefghij0123456789abcdef", "clone with ghp_0123456789abcdefghij0123456789abcdef"),
    ("hf_abcdefghijklmnopqrstuvwxyz", "HF hf_abcdefghijklmnopqrstuvwxyz"),
    ("c2VjcmV0OnNlY3JldA==", "Authorization: Basic c2VjcmV0OnNlY3JldA=="),
    ("abcdef0123456789abcdef", "curl -H 'Authorization: Bearer abcdef0123456789abcdef'"),
    ("deadbeefcafe", "https://b.s3.amazonaws.com/k?X-Amz-Signature=deadbeefcafe&X-Amz-Expires=3600"),
    ("AWS4-HMAC-SHA256 20260101", "<StringToSign>AWS4-HMAC-SHA256 20260101</StringToSign>"),
    ("sid=abc123def", "Set-Cookie: sid=abc123def; Path=/"),
    ("dXNlcjpwYXNzd29yZA==", '"auth": "dXNlcjpwYXNzd29yZA=="'),
    ("s3cr3tpw", "machine host login me password s3cr3tpw"),
    ("hunter22x", "host=db user=ml password=hunter22x dbname=x"),
]
KEPT = [
    "sha256:8b595a4c6652158df399c325136dbbd15629ac30b68519a59f51d28965494183",
    "commit 1c4e24a9f0f2f7ad3f4b6e8c9d0a1b2c3d4e5f60",
    "MAX_TOKENS=4096 NUM_TOKENS=12 TOKENIZERS_PARALLELISM=false",
    "PASSWORD_FILE=/run/secrets/db",
    "ModuleNotFoundError: No module named 'secretstorage'",
    "Permission denied: '/home/app/.cache'",
    "exit code 137 at 10:22:33",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "http://mlflow:5000/api/2.0/mlflow/experiments/search",
    "password authentication failed for user ml",
    "token_type=bearer",
    "KeyError: 'API_KEY'",
    "Environment variable DB_PASSWORD is not set",
]


@pytest.mark.parametrize(("secret", "text"), PLANTED)
def test_a_planted_secret_is_gone_and_doing_it_twice_changes_nothing(secret: str, text: str) -> None:
    redactor = Redactor(b"k")
    once = redactor.text(text)

    assert secret not in once, once
    assert "‹redacted-" in once
    assert once == redactor.text(once)


@pytest.mark.parametrize("text", KEPT)
def test_what_diagnosis_needs_stays(text: str) -> None:
    assert text == Redactor(b"k").text(text)


def test_equal_secrets_have_equal_tokens_wherever_they_stand() -> None:
    redactor = Redactor(b"k")
    by_name = redactor.named("DB_PASSWORD", "hunter22x")

    assert f"failed to log in with {by_name}" == redactor.text("failed to log in with hunter22x")
    assert f"postgresql://ml:{by_name}@db/x" == redactor.text("postgresql://ml:hunter22x@db/x")


def test_another_run_has_other_tokens() -> None:
    assert Redactor().named("PASSWORD", "hunter22x") != Redactor().named("PASSWORD", "hunter22x")


@pytest.mark.parametrize(
    ("expected", "name"),
    [(True, "DB_PASSWORD"), (True, "apiKey"), (True, "aws_secret_access_key"), (True, "HF_TOKEN"), (False, "MAX_TOKENS"), (False, "PASSWORD_FILE"),
     (False, "TOKENIZERS_PARALLELISM"), (False, "AUTHOR"), (False, "PATH"), (False, "KEYBOARD")],
)  # fmt: skip
def test_a_name_says_whether_its_value_is_secret(expected: bool, name: str) -> None:
    assert expected is secret_name(name)


@given(
    st.text(alphabet="abcdefghijkmnpqrstuvwxyzABCDEFGH0123456789+/_.~-", min_size=8, max_size=40).filter(lambda text: text[0].isalnum() and not text.isdigit() and not _harmless(text)),
    st.sampled_from(["PASSWORD={}", "api_key: {}", "https://u:{}@h/x", '{{"secret": "{}"}}', "--token {}", "Authorization: Bearer {}"]),
)
def test_no_secret_survives_the_places_where_secrets_stand(secret: str, place: str) -> None:
    assert secret not in Redactor(b"k").text(place.format(secret))
