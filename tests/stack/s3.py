"""An S3 store that enforces keys and bucket policies: versitygw over a folder.

with s3() as store:
    writer = store.user("writer")
    store.bucket("models", allow("models", writer, *READ, *WRITE))
    store.client(writer).put_object(Bucket="models", Key="a", Body=b"1")
"""

import contextlib
import functools
import json
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stack.build import CannotBuildError, programs
from tests.stack.certificates import Authority
from tests.stack.process import Service, ServiceError, own_environment, own_folder

READ = ("s3:GetObject", "s3:ListBucket")
WRITE = ("s3:PutObject", "s3:DeleteObject")
REGION = "eu-central-1"
"""Of the store; not the one that clients assume, so that a wrong one is noticed."""


@dataclass(frozen=True)
class Keys:
    access: str
    secret: str


@dataclass(frozen=True)
class Refusal:
    """What the store said, as botocore read it."""

    status: int
    code: str
    message: str


class Store(Service):
    """A store; `root` may everything, any other user what bucket policies allow."""

    region = REGION

    def __init__(self, folder: Path, binaries: Path, *, tls: bool) -> None:
        super().__init__("versitygw", folder)
        self.root = Keys("root", secrets.token_hex(16))
        self.users: dict[str, Keys] = {}
        self.data = folder / "data"
        self.access_log = folder / "access.log"
        self.ca: Path | None = None
        self.program = str(binaries / "versitygw")
        self._serving: list[str] = []
        for place in (self.data, folder / "iam"):
            place.mkdir()
        if tls:
            self._sign()

    @property
    def url(self) -> str:
        return f"{'https' if self.ca else 'http'}://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        users = ["--iam-dir", str(self.folder / "iam"), "--iam-cache-disable"]
        listening = ["--port", f"127.0.0.1:{self.port}", "--region", REGION, "--access-log", str(self.access_log), "--health", "/health"]
        return [self.program, *users, *listening, *self._serving, "posix", str(self.data)]

    def environment(self) -> dict[str, str]:
        return own_environment(self.folder, ROOT_ACCESS_KEY=self.root.access, ROOT_SECRET_KEY=self.root.secret)

    def is_up(self) -> bool:
        with contextlib.suppress(Exception):  # whatever it is, it is not up
            self.client().list_buckets()
            return True
        return False

    def client(self, keys: Keys | None = None, region: str = REGION, *, url: str = "", verify: bool = False, patience_s: float = 10) -> Any:
        """A boto3 client that asks once. It knows the store's authority; with `verify` it knows those of the machine only."""
        from botocore.config import Config

        keys = keys or self.root
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=patience_s, s3={"addressing_style": "path"})
        return _session().client(
            "s3",
            endpoint_url=url or self.url,
            region_name=region,
            aws_access_key_id=keys.access,
            aws_secret_access_key=keys.secret,
            verify=str(self.ca) if self.ca and not verify else None,
            config=config,
        )

    def settings(self, keys: Keys | None = None) -> dict[str, str]:
        """The environment by which a workload finds the store, and who it is there."""
        named = {"AWS_ENDPOINT_URL": self.url, "MLFLOW_S3_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION}
        who = {"AWS_ACCESS_KEY_ID": keys.access, "AWS_SECRET_ACCESS_KEY": keys.secret} if keys else {}
        return {**named, **who, **({"AWS_CA_BUNDLE": str(self.ca)} if self.ca else {})}

    def operations(self) -> list[str]:
        """What was asked for so far, as the store's own access log names it: ListObjectsV2, PutObject and so on."""
        return re.findall(r" s3_(\w+) ", self.access_log.read_text() if self.access_log.exists() else "")

    # who may what

    def user(self, name: str) -> Keys:
        """A user with a key, who may nothing yet."""
        keys = self.users[name] = Keys(name, secrets.token_hex(16))
        self._create(keys)
        return keys

    def bucket(self, name: str, *statements: dict[str, Any]) -> str:
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if statements:
            self.policy(name, *statements)
        return name

    def policy(self, bucket: str, *statements: dict[str, Any]) -> None:
        """Let these statements be the bucket's policy; none, and only root may enter."""
        if statements:
            self.client().put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        else:
            self.client().delete_bucket_policy(Bucket=bucket)

    # the ways in which it fails, besides those of any service

    @contextlib.contextmanager
    def other_secret(self, keys: Keys) -> Iterator[None]:
        """The key was given another secret than the one that those know who use it."""
        self._admin("update-user", "--access", keys.access, "--secret", secrets.token_hex(16))
        try:
            yield
        finally:
            self._admin("update-user", "--access", keys.access, "--secret", keys.secret)

    @contextlib.contextmanager
    def without_user(self, keys: Keys) -> Iterator[None]:
        """Nobody knows the key."""
        self._admin("delete-user", "--access", keys.access)
        try:
            yield
        finally:
            self._create(keys)

    @contextlib.contextmanager
    def denying(self, bucket: str, keys: Keys, *actions: str) -> Iterator[None]:
        """The bucket's policy denies a user some of what it allows else."""
        before = json.loads(self.client().get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        self.policy(bucket, *before, deny(bucket, keys, *actions))
        try:
            yield
        finally:
            self.policy(bucket, *before)

    @contextlib.contextmanager
    def without_bucket(self, name: str) -> Iterator[None]:
        """The bucket is not there."""
        place, aside = self.data / name, self.folder / f"{name}.aside"
        place.rename(aside)
        try:
            yield
        finally:
            aside.rename(place)

    def _create(self, keys: Keys) -> None:
        self._admin("create-user", "--access", keys.access, "--secret", keys.secret, "--role", "user")

    def _admin(self, *words: str) -> None:
        who = {"ADMIN_ACCESS_KEY": self.root.access, "ADMIN_SECRET_KEY": self.root.secret, "ADMIN_REGION": REGION}
        environment = own_environment(self.folder, **who, ADMIN_ENDPOINT_URL=self.url, ADMIN_ALLOW_INSECURE=str(bool(self.ca)).lower())
        done = subprocess.run([self.program, "admin", *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceError(f"{words[0]}: {done.stderr.strip() or done.stdout.strip()}")

    def _sign(self) -> None:
        authority = Authority(self.folder, "ca")
        certificate, key = authority.sign("store", "/CN=store", ("IP:127.0.0.1", "DNS:localhost"))
        self.ca = authority.certificate
        self._serving = ["--cert", str(certificate), "--key", str(key)]


def allow(bucket: str, keys: Keys, *actions: str, effect: str = "Allow") -> dict[str, Any]:
    """A statement of a bucket policy."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Effect": effect, "Principal": {"AWS": [keys.access]}, "Action": list(actions), "Resource": resources}


def deny(bucket: str, keys: Keys, *actions: str) -> dict[str, Any]:
    return allow(bucket, keys, *actions, effect="Deny")


@functools.cache
def _session() -> Any:
    import boto3  # takes a while, and most test runs need none

    return boto3.Session()


def refusal(call: Callable[..., Any], **words: Any) -> Refusal | None:
    """How the store refused a call; nothing where it did what was asked."""
    from botocore.exceptions import ClientError

    try:
        call(**words)
    except ClientError as error:
        said = error.response
        return Refusal(said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"], said["Error"].get("Message") or "")
    return None


@contextlib.contextmanager
def s3(*, tls: bool = False) -> Iterator[Store]:
    """An empty store, and take it away again. Raises ServiceError."""
    try:
        binaries = programs("versitygw")
    except CannotBuildError as error:
        raise ServiceError(str(error)) from error
    with own_folder("s3-") as folder:
        it = Store(folder, binaries, tls=tls)
        try:
            it.start()
            yield it
        finally:
            it.kill()
