"""Planted secrets of every sort are gone, what diagnosis needs stays, and equal secrets have equal tokens."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._redact import _RULES, _SIEVE, Redactor
from probes._secret_names import harmless, secret_name

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nqpw4AbCdEfGhIjKlMnOpQrSt\nabcdefgh\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105  # from the provider's own documentation

PLANTED = [
    # addresses
    ("hunter22x", "postgresql://ml:hunter22x@db:5432/mlflow"),
    ("hunter22x", "postgresql+psycopg2://ml:hunter22x@db/mlflow?sslmode=require"),
    ("p@ss:w/rd", "mysql://root:p@ss:w/rd@db/x"),
    ("hunter22x", "redis://:hunter22x@redis:6379/0"),
    ("hunter22x", "amqp://guest:hunter22x@mq-1:5672,mq-2:5672/"),
    ("hunter22x", "http://me:hunter22x@proxy.example:3128 refused"),
    ("hunter33y", "amqp://u:hunter22x@mq-1,amqp://u:hunter33y@mq-2"),
    ("hunter22x", "http://proxy:3128/https://u:hunter22x@h.example/"),
    ("12345678", "https://u:12345678@h.example/x"),
    ("0123456789abcdef0123456789abcdef", "https://0123456789abcdef0123456789abcdef@sentry.example/7"),
    # names
    ("hunter22x", "DB_PASSWORD=hunter22x"),
    ("hunter22x", "export PGPASSWORD=hunter22x; psql"),
    ("hun,ter;22x", "DB_PASSWORD=hun,ter;22x"),
    ("hun'ter22x", "DB_PASSWORD=hun'ter22x"),
    ("a&b)c]d", "DB_PASSWORD=a&b)c]d!"),
    ("hunter22x", 'password: "hunter22x"'),
    ('hun\\"ter22x', '{"password": "hun\\"ter22x", "user": "ml"}'),
    ("hunter22x", '{"body": "{\\"password\\": \\"hunter22x\\"}"}'),
    ("two words here", "password='two words here'"),
    ("monkey", "password: monkey user: bob"),
    ("monkey", "  password: monkey"),
    ("hunter22x", "{'MYSQL_ROOT_PASSWORD': 'hunter22x', 'a': 1}"),
    ("hunter22x", "connect(host='db', password=b'hunter22x')"),
    ("hunter22x", "Redis<ConnectionPool<Connection<host=redis,port=6379,password=hunter22x>>>"),
    ("hunter22x", "spring.datasource.password=hunter22x"),
    ("hunter22x", "dbPassword := hunter22x"),
    ("hunter22x", "'client_secret' => 'hunter22x'"),
    ("aaaaaaaa", '{"secret": "aaaaaaaa"}'),
    ("hunter22x", "HF_TOKEN: hunter22x"),
    ("abcdefgh", "HF_TOKEN=abcdefgh"),
    ("hunter22x", "host=db user=ml password=hunter22x dbname=x"),
    ("hunter22x", "Server=db;Uid=ml;Pwd=hunter22x;Database=x"),
    ("hunter22x==", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter22x==;EndpointSuffix=x"),
    (AWS_SECRET, f"AWS_SECRET_ACCESS_KEY={AWS_SECRET}"),
    (AWS_SECRET, f"aws_secret_access_key = {AWS_SECRET}"),
    (AWS_SECRET, f"AKIAIOSFODNN7EXAMPLE,{AWS_SECRET}"),
    ("hunter22x", '{"name": "DB_PASSWORD", "value": "hunter22x"}'),
    ("hunter22x", "- name: DB_PASSWORD\n  value: hunter22x"),
    ("hunter22x", "ENV DB_PASSWORD hunter22x"),
    ("hunter22x", "<password>hunter22x</password>"),
    ("hunter22x", "X-Api-Key: hunter22x"),
    ("hunter22x", "Private-Token: hunter22x"),
    ("aHVudGVyMjI=", "data:\n  password: aHVudGVyMjI=\n"),
    # commands
    ("hunter22x", "train.py --db-password hunter22x --epochs 3"),
    ("hunter22x", "train.py --token=hunter22x"),
    ("abcdefgh", "train.py --token abcdefgh"),
    ("hunter22x", '["train.py", "--password", "hunter22x"]'),
    ("hunter22x", "--from-literal=password=hunter22x"),
    ("hunter22x", "curl -fsS -u ml:hunter22x http://mlflow:5000"),
    ("hunter22x", "mysqldump -u root -phunter22x mlflow"),
    ("hunter22x", "redis-cli -h redis -a hunter22x ping"),
    ("hunter22x", "sshpass -p hunter22x ssh h"),
    ("hunter22x", "CREATE ROLE ml LOGIN PASSWORD 'hunter22x'"),
    ("hunter22x", "ALTER USER ml IDENTIFIED BY 'hunter22x'"),
    ("s3cr3tpw", "machine host login me password s3cr3tpw"),
    ("s3cr3tpw", "machine host\n\tlogin me\n\tpassword s3cr3tpw\n"),
    # shapes
    ("AKIAIOSFODNN7EXAMPLE", "using AKIAIOSFODNN7EXAMPLE now"),
    (JWT, f"got {JWT} from the server"),
    ("eyJhdXRocyI6eyJyZWcuZXhhbXBsZSI6eyJhdXRoIjoiZFhObGNqcHdZWE56In19fQ==", ".dockerconfigjson: eyJhdXRocyI6eyJyZWcuZXhhbXBsZSI6eyJhdXRoIjoiZFhObGNqcHdZWE56In19fQ=="),
    ("MIIEpAIBAAKCAQEA7", f"key:\n{PEM}\nend"),
    ("qpw4AbCdEfGhIjKlMnOpQrSt", PEM.replace("\n", "\\n")),
    ("qpw4AbCdEfGhIjKlMnOpQrSt", PEM.replace("\n", "\napp  | ")),
    ("abcdefgh", PEM.rpartition("\n")[0]),
    ("MIIEpAIBAAKCAQEA7", PEM.partition("\n")[2]),
    ("ghp_0123456789abcdefghij0123456789abcdef", "clone with ghp_0123456789abcdefghij0123456789abcdef"),
    ("glpat-abcdefghij0123456789", "glpat-abcdefghij0123456789"),
    ("xoxb-1234567890-abcdefghij", "slack xoxb-1234567890-abcdefghij"),
    ("T0000/B0000/XXXXsecretXXXX", "https://hooks.slack.com/services/T0000/B0000/XXXXsecretXXXX"),
    ("hf_abcdefghijklmnopqrstuvwxyz", "HF hf_abcdefghijklmnopqrstuvwxyz"),
    ("sk-abcdefghij0123456789ABCDEFGHIJ", "openai sk-abcdefghij0123456789ABCDEFGHIJ"),
    ("sk-proj-abcdefghij0123456789_ABCDEFGHIJ", "sk-proj-abcdefghij0123456789_ABCDEFGHIJ"),
    ("AIzaSyA0123456789abcdefghijklmnopqrstuv", "AIzaSyA0123456789abcdefghijklmnopqrstuv"),
    ("ya29.a0AfH6SMBabcdefghijklm", "ya29.a0AfH6SMBabcdefghijklm"),
    ("sk_live_abcdefghij0123456789", "sk_live_abcdefghij0123456789"),
    ("glsa_abcdefghij0123456789_12345678", "glsa_abcdefghij0123456789_12345678"),
    # requests
    ("c2VjcmV0OnNlY3JldA==", "Authorization: Basic c2VjcmV0OnNlY3JldA=="),
    ("hunter22x", "{'Authorization': 'Bearer hunter22x', 'Accept': '*/*'}"),
    ("abcdef0123456789abcdef", "curl -H 'Authorization: Bearer abcdef0123456789abcdef'"),
    ("0123456789abcdeffedcba", "Authorization: AWS4-HMAC-SHA256 Credential=minio1/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0123456789abcdeffedcba"),
    ("deadbeefcafe", "https://b.s3.example/k?X-Amz-Signature=deadbeefcafe&X-Amz-Expires=3600"),
    ("minioroot", "https://b.s3.example/k?X-Amz-Credential=minioroot%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=3600"),
    ("deadbeefcafe", "https://a.blob.example/c?sv=2024&sig=deadbeefcafe&se=2026"),
    ("deadbeefcafe", "GET /lab?token=deadbeefcafe HTTP/1.1"),
    ("AWS4-HMAC-SHA256 20260101", "<StringToSign>AWS4-HMAC-SHA256 20260101</StringToSign>"),
    ("AKIAX", "<AWSAccessKeyId>AKIAX</AWSAccessKeyId>"),
    ("abc123def", "Set-Cookie: sid=abc123def; Path=/"),
    ("abc123def", '{"Cookie": "sid=abc123def; a=b"}'),
    ("dXNlcjpwYXNzd29yZA==", '"auth": "dXNlcjpwYXNzd29yZA=="'),
]  # fmt: skip
KEPT = [
    "sha256:8b595a4c6652158df399c325136dbbd15629ac30b68519a59f51d28965494183",
    "https://registry.example:5000/v2/app@sha256:8b595a4c6652158df399c325136dbbd15629ac30b68519a59f51d28965494183",
    "docker://registry:5000/app@sha256:8b595a4c6652158df399c325136dbbd15629ac30b68519a59f51d28965494183",
    "8b595a4c6652158df399c325136dbbd15629ac30b68519a59f51d28965494183 container died",
    "commit 1c4e24a9f0f2f7ad3f4b6e8c9d0a1b2c3d4e5f60",
    "git+https://git.example/o/r@1c4e24a9f0f2f7ad3f4b6e8c9d0a1b2c3d4e5f60",
    "ssh://git@git.example:22/o/r.git",
    "s3://bucket/key:with@sign",
    "MAX_TOKENS=4096 NUM_TOKENS=12 TOKENIZERS_PARALLELISM=false tokens=512 n_tokens: 4096",
    "eos_token='</s>' pad_token=\"[PAD]\" bos_token_id=1",
    "PASSWORD_FILE=/run/secrets/db",
    "GOOGLE_APPLICATION_CREDENTIALS=/var/secrets/google/key.json",
    "PWD=/app OLDPWD=/root",
    "TOKEN=${HF_TOKEN} SECRET=$(cat x) password: {{ .Values.password }}",
    "ModuleNotFoundError: No module named 'secretstorage'",
    "Permission denied: '/home/app/.cache'",
    "Permission denied (publickey,password).",
    "exit code 137 at 10:22:33",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "http://mlflow:5000/api/2.0/mlflow/experiments/search",
    "password authentication failed for user ml",
    'FATAL:  password authentication failed for user "ml"',
    "token_type=bearer token: expired, log in again",
    "Invalid token: must be a string",
    "KeyError: 'API_KEY'",
    "sh: API_KEY: parameter not set",
    "run.sh: line 2: DB_PASSWORD: unbound variable",
    "API_KEY: Field required",
    "Environment variable DB_PASSWORD is not set",
    '    password = os.environ["DB_PASSWORD"]',
    "    token = get_token()",
    "    client = connect(password=password, token=self.token)",
    "def login(user: str, password: str, token: Optional[str] = None):",
    "S3 object key=models/rf/1/model.pkl cache_key=abcdef partition_key=user_id",
    "The specified key does not exist. key: models/rf/1/model.pkl",
    "missing: ['api_key', 'db_url'] fields ('password', 'user', 'host')",
    'secret "mlflow-db" not found',
    "couldn't find key DB_URL in Secret ml/db",
    'MountVolume.SetUp failed for volume "creds" : secret "s3-creds" not found',
    "imagePullSecrets: [regcred] secretName: db-secret",
    "auth: failed to connect to the directory",
    "auth=basic author: bob authority=kube",
    "AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    "[1/3] scikit sk-learn-based-estimators-for-everyone",
    "nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04 TORCH_CUDA_ARCH_LIST=8.0",
    "bearer authentication required",
    "/opt/conda/lib/python3.11/site-packages/transformers/tokenization_utils_base.py",
    "expected -----BEGIN PRIVATE KEY----- but the file holds a certificate, see the manual",
]
MASKED = ["password: ******", "password=<none>", "token: ‹redacted-token-123abc›", "password=None", "secret=(withheld)"]


@pytest.mark.parametrize(("secret", "text"), PLANTED)
def test_a_planted_secret_is_gone_and_doing_it_twice_changes_nothing(secret: str, text: str) -> None:
    redactor = Redactor(b"k")
    once = redactor.text(text)

    assert secret not in once, once
    assert "‹redacted-" in once
    assert once == redactor.text(once)


@pytest.mark.parametrize("text", [*KEPT[:-1], *MASKED])
def test_what_diagnosis_needs_stays(text: str) -> None:
    assert text == Redactor(b"k").text(text)


def test_a_key_that_was_cut_short_takes_nothing_else_with_it() -> None:
    text = "starting\n-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq1\nTraceback (most recent call last):\nValueError: bad key\n"
    shown = Redactor(b"k").text(text)

    assert "MIIEpAIB" not in shown
    assert shown.startswith("starting\n‹redacted-private-key-")
    assert shown.endswith("\nTraceback (most recent call last):\nValueError: bad key\n")
    assert Redactor(b"k").text(KEPT[-1]).endswith("› but the file holds a certificate, see the manual")


def test_what_stands_beside_a_secret_is_kept() -> None:
    redactor = Redactor(b"k")
    token = redactor.token("password", "hunter22x")

    assert f"postgresql://ml:{token}@db:5432/mlflow?a=b@c" == redactor.text("postgresql://ml:hunter22x@db:5432/mlflow?a=b@c")
    assert f"pip install git+https://u:{token}@git.example/o/r@main" == redactor.text("pip install git+https://u:hunter22x@git.example/o/r@main")
    assert f"?token={token}&run=5" == redactor.text("?token=hunter22x&run=5")
    assert f"host=db,password={token},port=5432" == redactor.text("host=db,password=hunter22x,port=5432")
    assert "eu-west-1%2Fs3" in redactor.text("?X-Amz-Credential=minioroot%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0a1b2c3d")


def test_equal_secrets_have_equal_tokens_wherever_they_stand() -> None:
    redactor = Redactor(b"k")
    by_name = redactor.named("DB_PASSWORD", "hunter22x")

    assert f"failed to log in with {by_name}" == redactor.text("failed to log in with hunter22x")
    assert f"postgresql://ml:{by_name}@db/x" == redactor.text("postgresql://ml:hunter22x@db/x")
    assert f"API_TOKEN={by_name}" == redactor.text("API_TOKEN=hunter22x")


@pytest.mark.parametrize("form", ['hun"ter/22x', 'hun\\"ter/22x', "hun%22ter%2F22x"])
def test_a_secret_is_known_again_as_json_and_addresses_write_it(form: str) -> None:
    redactor = Redactor(b"k")
    token = redactor.named("DB_PASSWORD", 'hun"ter/22x')

    assert f"sent {token} on" == redactor.text(f"sent {form} on")


def test_thousands_of_learned_secrets_are_all_found_in_one_text() -> None:
    redactor = Redactor(b"k")
    planted = [f"S3cret{number:06}x" for number in range(3000)]
    for secret in planted:
        redactor.named("DB_PASSWORD", secret)
        redactor.text("an ordinary line")
    shown = redactor.text("\n".join(planted))

    assert "S3cret" not in shown
    assert shown == redactor.text(shown)


def test_a_password_that_is_a_common_word_hides_no_host_or_image() -> None:
    redactor = Redactor(b"k")
    redactor.named("POSTGRES_PASSWORD", "postgres")
    redactor.named("DB_PASSWORD", "trainings")
    redactor.named("OTHER_PASSWORD", "redacted-password")

    assert "postgresql://ml@postgres:5432/trainings_old" == redactor.text("postgresql://ml@postgres:5432/trainings_old")
    assert redactor.text("password=hunter22x") == redactor.text(redactor.text("password=hunter22x"))


def test_a_plain_word_from_running_text_hides_that_word_nowhere_else() -> None:
    redactor = Redactor(b"k")
    redactor.text("password: production")

    assert "the production database" == redactor.text("the production database")


def test_an_address_under_a_secret_name_keeps_its_host() -> None:
    shown = Redactor(b"k").named("DATABASE_DSN", "postgresql://ml:hunter22x@db:5432/x")

    assert shown.startswith("postgresql://ml:‹redacted-password-")
    assert shown.endswith("›@db:5432/x")


def test_the_word_after_an_option_that_names_a_secret_is_taken_out() -> None:
    redactor = Redactor(b"k")

    assert ("train", "--password", redactor.token("password", "x y"), "--epochs", "3") == redactor.texts(
        ["train", "--password", "x y", "--epochs", "3"]
    )


def test_another_run_has_other_tokens() -> None:
    assert Redactor().named("PASSWORD", "hunter22x") != Redactor().named("PASSWORD", "hunter22x")


def test_text_that_is_no_unicode_is_borne() -> None:
    assert "a? password=‹redacted-password-" in Redactor(b"k").text("a\udcff password=hunter\udcff22x ü")


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "apiKey", "aws_secret_access_key", "AWS_ACCESS_KEY_ID", "HF_TOKEN", "KEY", "WANDB_API_KEY", "SENTRY_DSN", "PGPASSWORD", "DB_PASS", "spring.datasource.password",
     "clientSecret", "AIRFLOW__CORE__FERNET_KEY", "PASSWORD1", "session_id", "cookie", "X-Auth-Token", "AZURE_STORAGE_CONNECTION_STRING", "MLFLOW_KEY", "API_TOKENS", "pwd"],
)  # fmt: skip
def test_a_name_that_tells_of_a_secret(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["MAX_TOKENS", "PASSWORD_FILE", "TOKENIZERS_PARALLELISM", "AUTHOR", "PATH", "KEYBOARD", "secret_name", "token_count", "token_type", "S3_KEY_PREFIX", "PASSES", "eos_token",
     "has_password", "AUTH_TYPE", "TOKEN_URL", "primary_key", "cache_key", "forward_pass", "PUBLIC_KEY", "monkey", "key_id", "compass", "SECRET_VERSION", "num_next_tokens"],
)  # fmt: skip
def test_a_name_that_does_not(name: str) -> None:
    assert not secret_name(name)


_SECRET = st.text(alphabet=string.ascii_letters + string.digits + "+/_.~-", min_size=8, max_size=40).filter(
    lambda text: text[0].isalnum() and any(letter.isdigit() for letter in text) and not text.isdigit() and not harmless(text)
)
_PLACE = st.sampled_from(
    ["PASSWORD={}", "api_key: {}", "https://u:{}@h.example/x", '{{"secret": "{}"}}', "--token {}", "Authorization: Bearer {}", "password='{}'", "x?token={}&y=1",
     "HF_TOKEN={} started", "[('client_secret', '{}')]", "login a password {}", "<password>{}</password>", "host=db password={} port=1", "GRAFANA_TOKEN: {}"],
)  # fmt: skip


@given(_SECRET, _PLACE, st.text(max_size=30), st.text(max_size=30))
def test_no_secret_survives_the_places_where_secrets_stand(secret: str, place: str, before: str, after: str) -> None:
    redactor = Redactor(b"k")
    shown = redactor.text(f"{before}\n{place.format(secret)}\n{after}")

    assert secret not in shown.removeprefix(before)
    assert shown == redactor.text(shown)


@given(_SECRET, st.text(max_size=60), st.text(max_size=60))
def test_no_secret_that_was_seen_by_name_survives_anywhere(secret: str, before: str, after: str) -> None:
    redactor = Redactor(b"k")
    redactor.named("DB_PASSWORD", secret)

    assert secret not in redactor.text(f"{before}{secret}{after}")


@given(st.lists(st.sampled_from([text for _secret, text in PLANTED] + KEPT), max_size=8), st.text(max_size=40))
def test_redacting_twice_changes_nothing_more(texts: list[str], noise: str) -> None:
    redactor = Redactor(b"k")
    once = redactor.text(f"\n{noise} ".join(texts))

    assert once == redactor.text(once)


def test_the_sieve_lets_everything_through_that_a_rule_would_find() -> None:
    chooser = random.Random(7)  # noqa: S311  # noise, not a secret
    noise = "".join(chooser.choice(string.printable) for _ in range(200_000))
    for secret, text in PLANTED:
        wanted = {number for number, rule in enumerate(_RULES) if rule.pattern.search(text)}
        assert wanted <= set(_SIEVE.Match(f"{noise}\n{text}\n{noise}") or ()), secret


def test_a_hostile_line_costs_little() -> None:
    for piece in (
        "password=",
        "a=b,;",
        "://:@",
        "--token ",
        "-----BEGIN PRIVATE KEY-----",
        "AAAAAAAAAAAAAAAAAAAA\n",
        '"',
        "\\",
        "ey",
        "name: token value: ",
    ):
        assert Redactor(b"k").text(piece * (300_000 // len(piece))) is not None
