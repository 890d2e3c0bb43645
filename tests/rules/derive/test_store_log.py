"""What a log tells last of a store, and what the traceback at its end is about."""

from __future__ import annotations

import pytest

from tests.rules.derive._uploads import DENIED
from tests.rules.derive.conftest import facts, told

DONE = 'INFO:     127.0.0.1:5 - "PUT /api/2.0/mlflow-artifacts/artifacts/0/a9/artifacts/f.txt HTTP/1.1" 200 OK'
LISTED = "botocore.errorfactory.AccessDenied: An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied"
TRACE = "Traceback (most recent call last):\n"
UPLOADING = f'{TRACE}  File "/x/mlflow/store/artifact/s3_artifact_repo.py", line 347, in _upload_file\n    s3_client.upload_file()\n{DENIED}\n'
LOADING = f'{TRACE}  File "/x/serve.py", line 3, in <module>\n    load()\nrequests.exceptions.HTTPError: 404 Client Error: Not Found. Response text: "Failed to list artifacts in s3://models: gone"\n'
BUG = f'{TRACE}  File "/x/train.py", line 3, in <module>\n    fit()\nValueError: bad shape\n'


@pytest.mark.parametrize(
    ("lines", "store", "writing"),
    [((DENIED,), "denied", "denied"), ((DENIED, DONE), "", ""), ((LISTED,), "denied-list", ""), ((DONE,), "", ""), (("INFO well",), "", "")],
    ids=["refused", "an upload went well after it", "a list is no upload", "well", "nothing of it"],
)
def test_the_last_word_of_a_log_counts(lines: tuple[str, ...], store: str, writing: str) -> None:
    found = facts({"container mlflow": {"log_tail": "\n".join(lines) + "\n", "log_complete": True}})

    assert {"store_trouble": store, "writing_trouble": writing} == told(found, "container mlflow", "store_trouble", "writing_trouble")


@pytest.mark.parametrize(
    ("log", "expected"),
    [(UPLOADING, "writing"), (LOADING, "loading"), (BUG, ""), (f"{UPLOADING}going on\n{BUG}", ""), (f"{BUG}going on\n{UPLOADING}", "writing"), ("INFO well\n", "")],
    ids=["an upload", "a model", "a bug", "a bug after an upload that failed", "an upload after a bug", "nothing"],
)
def test_what_the_last_traceback_is_about(log: str, expected: str) -> None:
    found = facts({"container trainer": {"log_tail": log, "log_complete": True}})

    assert {"ended_over": expected} == told(found, "container trainer", "ended_over")
