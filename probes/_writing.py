"""Where, and as whom, would a workload write artifacts: by its environment and its command. Names of credentials, never their values.

process mlflow  artifact_store=s3://models  server_port=5000  aws_names=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  signs_as_we_do=false
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Collection, Mapping, Sequence

from probes._address import shown_address
from probes._contract import Spec, Value
from probes._redact import Redactor

READ = frozenset({"MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_ARTIFACTS_DESTINATION", "MLFLOW_DEFAULT_ARTIFACT_ROOT", "MLFLOW_PORT"})
"""Variables whose values are told; with AWS's they are all that is read."""

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
TOLD = (
    *KEYS, "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)  # fmt: skip
"""Variables by which botocore finds credentials (botocore.credentials); that they are set is all that is told."""

DEFAULT_PORT = 5000
_STORE = re.compile(r"--(?:artifacts-destination|default-artifact-root)(?:=|\s+)['\"]?([^\s'\"]+)")
_PORT = re.compile(r"(?:--port|-p)(?:=|\s+)['\"]?(\d{1,5})\b")
_SERVER = re.compile(r"\bmlflow(?:\.\w+)?\s+(?:server|ui)\b")
_DOCS: Mapping[str, tuple[str, str]] = {
    "artifact_store": ("text", "Of an `mlflow server`: where it keeps artifacts, or lets clients keep them, as s3://models/prefix."),
    "server_port": ("int", "Of an `mlflow server`: the port that it is told to listen on; none of others."),
    "experiment": ("text", "MLFLOW_EXPERIMENT_NAME, else MLFLOW_EXPERIMENT_ID."),
    "aws_names": (
        "texts",
        "Names of those variables of its that lead AWS's clients to credentials, or the Secret whose variables it takes; no value.",
    ),
    "signs_as_we_do": ("bool", "Whether its keys of AWS are those of this run's own environment; none where one of the two has none there."),
    "signs_as": ("text", "A token of its keys of AWS, of which nothing can be told but that others have the same; none without a whole key."),
}


def specs(kind: str) -> tuple[Spec, ...]:
    return tuple(Spec(name=f"{kind}.{name}", type=type_, doc=doc) for name, (type_, doc) in _DOCS.items())  # type: ignore[arg-type]  # the contract's words


def pairs(lines: Sequence[str]) -> dict[str, str]:
    """Variables of texts `NAME=value`: those of READ and of AWS's keys, which are compared and go no further."""
    split = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in split if equals and (name in READ or name in TOLD)}


def values(kind: str, environ: Mapping[str, str], words: Sequence[str], redactor: Redactor, names: Collection[str] | None = None) -> dict[str, Value]:
    """A value or None for each of specs(kind). `names` are those that are set, where values of some are not known."""
    command = " ".join(words)
    serves = bool(_SERVER.search(command))
    named = {name for name, value in environ.items() if value} if names is None else set(names)
    return {
        f"{kind}.artifact_store": shown_address(_store(command, environ)) or None if serves else None,
        f"{kind}.server_port": _port(command, environ) if serves else None,
        f"{kind}.experiment": environ.get("MLFLOW_EXPERIMENT_NAME") or environ.get("MLFLOW_EXPERIMENT_ID") or None,
        f"{kind}.aws_names": tuple(sorted(name for name in named if name in TOLD or name.startswith("Secret "))) or None,
        f"{kind}.signs_as_we_do": signs_as_we_do(environ),
        f"{kind}.signs_as": signs_as(environ, redactor),
    }


def _store(command: str, environ: Mapping[str, str]) -> str:
    """With both, the destination is where the server itself writes (mlflow.cli)."""
    given = _STORE.findall(command)
    destination = re.search(r"--artifacts-destination(?:=|\s+)['\"]?([^\s'\"]+)", command)
    if destination:
        return destination[1]
    return environ.get("MLFLOW_ARTIFACTS_DESTINATION") or (given[0] if given else "") or environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT", "")


def _port(command: str, environ: Mapping[str, str]) -> int:
    found = _PORT.search(command)
    told = found[1] if found else environ.get("MLFLOW_PORT", "")
    return int(told) if told.isdecimal() else DEFAULT_PORT


def signs_as(environ: Mapping[str, str], redactor: Redactor) -> str | None:
    """One token for key, secret and session together: after a rotation one key has two secrets."""
    keys = [environ.get(name, "") for name in KEYS]
    return redactor.token("key", "\0".join(keys), learn=False) if keys[0] and keys[1] else None


def signs_as_we_do(environ: Mapping[str, str], ours: Mapping[str, str] = os.environ) -> bool | None:
    """Key, secret and token compared; a profile, a role or a Secret of either leaves it open."""
    theirs, mine = ([of.get(name, "") for name in KEYS] for of in (environ, ours))
    if not (theirs[0] and theirs[1] and mine[0] and mine[1]):
        return None
    return all(hmac.compare_digest(one.encode(), other.encode()) for one, other in zip(theirs, mine, strict=True))
