"""A real store for tests of what asks S3: versitygw over a folder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stack.build import CannotBuildError, programs

REGION = "eu-central-1"


class NoStoreError(RuntimeError):
    """There is no store to be had here; the message says why."""


class BucketStore:
    """A running store. `root` may everything; who else may what is said by bucket policies."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.data = folder / "data"
        self.secret = "root's own secret"  # noqa: S105  # of this store alone
        self._program, self._folder = program, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=self.url, region_name=REGION, aws_access_key_id="root", aws_secret_access_key=self.secret)

    def user(self, name: str) -> str:
        """A user's secret; the user may nothing yet."""
        secret = f"secret of {name}"
        who = {"ADMIN_ACCESS_KEY": "root", "ADMIN_SECRET_KEY": self.secret, "ADMIN_REGION": REGION, "ADMIN_ENDPOINT_URL": self.url}
        words = ["create-user", "--access", name, "--secret", secret, "--role", "user"]
        subprocess.run([str(self._program), "admin", *words], env={**self._environment(), **who}, check=True, capture_output=True)
        return secret

    def allow(self, bucket: str, user: str, *actions: str) -> None:
        """Let this be the bucket's policy."""
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {"Effect": "Allow", "Principal": {"AWS": [user]}, "Action": list(actions), "Resource": resources}
        self.client().put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def bucket(self, name: str) -> str:
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        for place in (self.data, self._folder / "iam"):
            place.mkdir()
        listening = ["--port", self.url.removeprefix("http://"), "--region", REGION]
        users = ["--iam-dir", str(self._folder / "iam"), "--iam-cache-disable"]
        with (self._folder / "log").open("w") as log:
            process = subprocess.Popen(
                [str(self._program), *listening, *users, "posix", str(self.data)], env=self._environment(), stdout=log, stderr=log
            )
            try:
                self._wait(process)
                yield
            finally:
                process.kill()
                process.wait()

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder), "ROOT_ACCESS_KEY": "root", "ROOT_SECRET_KEY": self.secret}

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        host, _, port = self.url.removeprefix("http://").partition(":")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
                return
            time.sleep(0.05)
        raise NoStoreError("versitygw does not start")


@contextlib.contextmanager
def bucket_store(folder: Path) -> Iterator[BucketStore]:
    """A store, and take it away again. Raises NoStoreError."""
    try:
        it = BucketStore(folder, programs("versitygw") / "versitygw")
    except CannotBuildError as error:
        raise NoStoreError(str(error)) from error
    with it.running():
        yield it
