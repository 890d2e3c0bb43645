"""Settings: file, then environment, then flags; frozen; unknown keys are refused with the file and the key named."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PREFIX = "DIAGNOSE_"
SMOKE_S = 8.0
PLACES = ("diagnose.toml", "~/.config/diagnose.toml", "/etc/diagnose.toml")
_NOT_OURS = re.compile(r"^(?:TRACE|SERVICE_(?:HOST|PORT)(?:_.*)?|PORT(?:_.*)?)$")
"""DIAGNOSE_TRACE is for who mends us; the others Kubernetes puts into every pod beside a Service named `diagnose`."""
Severity = Literal["critical", "high", "medium", "low"]


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the file or variable and the setting."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Each may stand in a file, as DIAGNOSE_NAME in the environment, or as a flag."""

    deadline: Annotated[float, Meta(gt=0, le=600)] = 30.0
    """Seconds that a run may take."""
    smoke: bool = False
    """Whether to sweep, look closer once and be done in ten seconds."""
    fail_on: Severity = "low"
    """The least severity that ends the program with exit code 1."""
    docker: str = ""
    """The address of the Docker engine; DOCKER_HOST or the usual socket if empty, `none` to leave it out."""
    context: str = ""
    """The kubeconfig's context; its current one if empty."""
    kubeconfig: str = ""
    """A kubeconfig; KUBECONFIG, a pod's own service account or ~/.kube/config if empty."""
    kubernetes: Literal["", "none"] = ""
    """`none` leaves Kubernetes out."""
    namespace: str = ""
    """The one namespace to look at; all that may be listed if empty."""
    prometheus: Annotated[str, Meta(pattern=r"^(?:https?://.+)?$")] = ""
    """The address of a Prometheus that knows the containers' memory."""
    mlflow: Annotated[str, Meta(pattern=r"^(?:none|https?://.+)?$")] = ""
    """The address of an MLflow tracking server; MLFLOW_TRACKING_URI if empty, `none` to leave it out."""
    bucket: Annotated[str, Meta(pattern=r"^(?:none|s3://[^/]+.*|https?://[^/]+/[^/]+.*)?$")] = ""
    """A bucket, s3://NAME/PREFIX at the endpoint that AWS's tools would use here or http://HOST:PORT/NAME/PREFIX; `none` to leave S3 out."""
    repo: str = ""
    """A folder with a git and DVC work tree; the current folder if empty and it is one, `none` to leave it out."""
    node: str = ""
    """The Kubernetes node that this machine is, for a look from inside a pod, whose host name is the pod's; the host's own name if empty."""
    rules: str = ""
    """A folder of rows of your own."""
    compare: str = ""
    """An earlier bundle; what changed since then counts as evidence."""
    baseline: str = ""
    """A file of known issues, which do not count."""

    @property
    def seconds(self) -> float:
        """How long the looking may take; the rest of a smoke check's ten seconds is for judging and telling."""
        return min(self.deadline, SMOKE_S) if self.smoke else self.deadline


_NAMES = {field: field.replace("_", "-") for field in Settings.__struct_fields__}


def read_settings(flags: Mapping[str, object], environ: Mapping[str, str], file: str = "") -> tuple[Settings, frozenset[str]]:
    """The settings in force, and the names of those that somebody set. Raises SettingsError."""
    layers = [_from_file(file), _from_environment(environ), {name: value for name, value in flags.items() if value is not None}]
    merged: dict[str, object] = {}
    for layer in layers:
        merged |= layer
    try:
        return msgspec.convert(merged, Settings, strict=False), frozenset(merged)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting cannot be used: {error}.") from None


def _from_file(given: str) -> dict[str, object]:
    path = Path(given) if given else next((Path(found) for place in PLACES if os.path.isfile(found := os.path.expanduser(place))), None)  # noqa: PTH111, PTH113  # these do not raise
    if path is None:
        return {}
    try:
        with path.open("rb") as stream:
            data = tomllib.load(stream)
    except OSError as error:
        raise SettingsError(f"{path}: the settings file cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the settings file is not TOML: {error}.") from None
    known = {spelling: name for name, hyphenated in _NAMES.items() for spelling in (name, hyphenated)}
    strange = sorted(set(data) - set(known))
    if strange:
        raise SettingsError(f"{path}: there is no setting '{strange[0]}'. Known: {', '.join(sorted(_NAMES.values()))}.")
    return {known[key]: value for key, value in data.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and not _NOT_OURS.match(variable.removeprefix(PREFIX)):
            name = variable.removeprefix(PREFIX).lower()
            if name not in _NAMES:
                raise SettingsError(f"{variable}: there is no such setting. Known: {', '.join(PREFIX + known.upper() for known in _NAMES)}.")
            found[name] = value
    return found
