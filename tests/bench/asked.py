"""The same requests raw, as somebody would write them down who knows them all: MLflow's by urllib3, S3's by boto3, the work tree's files read and hashed, Git asked.

python -m tests.bench.asked PLAN        PLAN is what `Plan` says, as JSON

Each system has a thread of its own, and each keeps its connections.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit


class Request(TypedDict):
    """One that was seen; `signed` is S3's, `body` MLflow's."""

    method: str
    path: str
    body: str
    signed: bool


class Plan(TypedDict):
    """What to import first; then what to ask of MLflow, of S3, and of a work tree."""

    modules: Sequence[str]
    mlflow: str
    requests: Sequence[Request]
    s3: str
    region: str
    calls: Sequence[Request]
    files: Sequence[str]
    commands: Sequence[Sequence[str]]


_OF_BUCKET = {"location": "get_bucket_location", "versioning": "get_bucket_versioning", "policyStatus": "get_bucket_policy_status", "policy": "get_bucket_policy"}


def main(plan: Plan) -> None:
    """Ask for all; how much came goes to stdout."""
    for name in plan["modules"]:
        with contextlib.suppress(Exception):  # a part of a package that is not meant to be imported by itself
            importlib.import_module(name)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(one, plan) for one in (_mlflow, _s3, _tree)]
        print(json.dumps([one.result() for one in asked]))


def _mlflow(plan: Plan) -> int:
    """Bytes of all answers, read as JSON where they are some."""
    if not plan["requests"]:
        return 0
    import urllib3

    pool, size = urllib3.PoolManager(retries=False), 0
    for one in plan["requests"]:
        kind = {"Content-Type": "application/json"} if one["body"] else {}
        answer = pool.request(one["method"], plan["mlflow"] + one["path"], body=one["body"] or None, headers={"User-Agent": "raw", **kind})
        size += len(answer.data)
        with contextlib.suppress(ValueError):
            json.loads(answer.data)
    return size


def _s3(plan: Plan) -> int:
    """Calls that were answered."""
    if not plan["calls"]:
        return 0
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    path_style: dict[str, Any] = {"s3": {"addressing_style": "path"}, "retries": {"total_max_attempts": 1}}
    clients: dict[bool, Any] = {}
    answered = 0
    for one in plan["calls"]:
        if one["signed"] not in clients:
            config = Config(**path_style, **({} if one["signed"] else {"signature_version": UNSIGNED}))
            clients[one["signed"]] = boto3.client("s3", endpoint_url=plan["s3"], region_name=plan["region"], config=config)
        name, words = operation(one)
        with contextlib.suppress(Exception):  # a refusal is an answer
            getattr(clients[one["signed"]], name)(**words)
            answered += 1
    return answered


def operation(seen: Request) -> tuple[str, Mapping[str, Any]]:
    """What to call in boto3 for what was seen on the wire. Raises KeyError for what it does not know."""
    parts = urlsplit(seen["path"])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    bucket, _, key = unquote(parts.path).strip("/").partition("/")
    if not bucket:
        return "list_buckets", {}
    if key:
        return {"HEAD": "head_object", "GET": "get_object"}[seen["method"]], {"Bucket": bucket, "Key": key}
    if seen["method"] == "HEAD":
        return "head_bucket", {"Bucket": bucket}
    if "list-type" in query:
        return "list_objects_v2", {"Bucket": bucket, "Prefix": query.get("prefix", ""), "MaxKeys": int(query.get("max-keys", "1000"))}
    return next(name for word, name in _OF_BUCKET.items() if word in query), {"Bucket": bucket}


def _tree(plan: Plan) -> int:
    """Bytes of all files, hashed, and read as YAML where DVC writes some; and of what Git says."""
    import yaml

    size = 0
    for file in plan["files"]:
        data = Path(file).read_bytes()
        hashlib.md5(data).hexdigest()  # noqa: S324  # DVC's own
        if file.endswith((".yaml", ".lock", ".dvc")):
            yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        size += len(data)
    return size + sum(len(subprocess.run(command, capture_output=True, check=False).stdout) for command in plan["commands"])


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
