"""Where a workload says its MLflow, its object store and its model are: by its environment and its command.

container api  tracking_uri=http://mlflow:5000  s3_endpoint=http://minio:9000  model_uri=models:/churn@champion
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probes._address import shown_address
from probes._contract import Spec, Value

NAMES: Mapping[str, tuple[str, ...]] = {
    # a signal, and the variables that it is read from, the first one that is set
    "tracking_uri": ("MLFLOW_TRACKING_URI",),
    "registry_uri": ("MLFLOW_REGISTRY_URI",),
    "s3_endpoint": ("MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}
_MODEL_NAMES = ("MODEL_NAME", "MLFLOW_MODEL_NAME", "REGISTERED_MODEL_NAME")
_MODEL_URIS = ("MODEL_URI", "MLFLOW_MODEL_URI")
READ = frozenset((*(name for names in NAMES.values() for name in names), *_MODEL_NAMES, *_MODEL_URIS)) | {
    f"{stem}_{part}" for stem in ("MODEL", "MLFLOW_MODEL") for part in ("ALIAS", "STAGE", "VERSION")
}
"""Every variable that is read at all."""

_MODEL = re.compile(r"(?<![\w/:.-])(?:models|runs):/[^\s'\"]+")
_MEANT = re.compile(r"m[odels]{3,7}:/?\w", re.IGNORECASE)
"""An address that was meant for the registry and is none, as `model:/churn/1` or `models:churn/1`."""

_DOCS = {
    "tracking_uri": "MLFLOW_TRACKING_URI, without user and password; addresses as scheme://host:port/prefix.",
    "registry_uri": "MLFLOW_REGISTRY_URI likewise.",
    "s3_endpoint": "MLFLOW_S3_ENDPOINT_URL, else AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL.",
    "model_uri": "The models:/ or runs:/ address that it loads: of MODEL_URI, of MODEL_NAME with MODEL_ALIAS, MODEL_STAGE or MODEL_VERSION, or in its command; of MODEL_URI also one that is misspelt.",
}


def specs(kind: str) -> tuple[Spec, ...]:
    return tuple(Spec(name=f"{kind}.{name}", type="text", doc=doc) for name, doc in _DOCS.items())


def uris(kind: str, environ: Mapping[str, str], words: Sequence[str]) -> dict[str, Value]:
    """A value or None for each of specs(kind), from variables and the words of a command."""
    addresses = {f"{kind}.{signal}": _address(environ, names) for signal, names in NAMES.items()}
    return {**addresses, f"{kind}.model_uri": _model(environ, words)}


def _address(environ: Mapping[str, str], names: Sequence[str]) -> str | None:
    return shown_address(next((environ[name] for name in names if environ.get(name)), "")) or None


def _model(environ: Mapping[str, str], words: Sequence[str]) -> str | None:
    told = [environ.get(name, "") for name in _MODEL_URIS]
    found = next((match for text in (*told, *words) if (match := _MODEL.search(text))), None)
    return found[0] if found else _assembled(environ) or next((text for text in told if _MEANT.match(text)), None)


def _assembled(environ: Mapping[str, str]) -> str | None:
    """`models:/NAME@ALIAS` or `models:/NAME/STAGE-OR-VERSION`; a name alone says too little."""
    name = next((environ[one] for one in _MODEL_NAMES if environ.get(one)), "")
    parts = {part: environ.get(f"MODEL_{part}") or environ.get(f"MLFLOW_MODEL_{part}", "") for part in ("ALIAS", "VERSION", "STAGE")}
    if not name or "/" in name:
        return None
    if parts["ALIAS"]:
        return f"models:/{name}@{parts['ALIAS']}"
    which = parts["VERSION"] or parts["STAGE"]
    return f"models:/{name}/{which}" if which else None


def pairs(lines: Sequence[str]) -> dict[str, str]:
    """Variables of texts `NAME=value`, of those that are read."""
    split = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in split if equals and name in READ}
