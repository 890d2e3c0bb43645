"""Where does a report go? Into a file, an object of a bucket, or a ConfigMap of the cluster that this pod runs in.

    -o json=report.json    -o json=s3://reports/nightly/    -o markdown=configmap:diagnose-report

The last two are the only writes of this program outside its own machine. They are done for whoever names them, after the look, by clients of their own:
what probes are handed cannot write. The ConfigMap must be there: `patch` on that one name is all that is needed.
"""

from __future__ import annotations

import errno
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from agent.report._file import write

MOST_BYTES = 1_000_000
"""A ConfigMap holds 1 MiB (https://kubernetes.io/docs/concepts/configuration/configmap/), its keys and the rest of it included."""
CONNECT_S, READ_S = 5.0, 15.0
ENDINGS = {"text": "txt", "brief": "txt", "markdown": "md", "junit": "xml", "openmetrics": "prom", "baseline": "yaml"}
_OBJECT = re.compile(r"^s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.*)$")
_MAP = re.compile(r"^configmap:(?P<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?:/(?P<key>[A-Za-z0-9._-]{1,253}))?$")
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Parcel(NamedTuple):
    """A report: its text, its format, and the time of the run, in seconds since 1970 UTC."""

    text: str
    format: str
    now: float

    @property
    def ending(self) -> str:
        return ENDINGS.get(self.format, self.format)


def problem(place: str) -> str:
    """What is wrong with a destination, before anything is looked at; an empty text if nothing is."""
    if place.startswith("s3:") and not _OBJECT.match(place):
        return f"{place}: this is no place in a bucket. Write s3://BUCKET/KEY, or s3://BUCKET/FOLDER/ for a name by the time."
    if place.startswith("configmap:") and not _MAP.match(place):
        return f"{place}: this is no ConfigMap. Write configmap:NAME or configmap:NAME/KEY; it is one of this pod's own namespace."
    return ""


def deliver(place: str, parcel: Parcel) -> None:
    """Write the report there, in place of what was there. OSError whose strerror is a sentence about why not."""
    if found := _OBJECT.match(place):
        _to_bucket(found["bucket"], _key(found["key"], parcel), parcel)
    elif found := _MAP.match(place):
        _to_config_map(found["name"], found["key"] or f"report.{parcel.ending}", parcel)
    else:
        write(Path(place), parcel.text)


def _key(key: str, parcel: Parcel) -> str:
    """A folder is given a name by the time of the run, so that runs stand beside each other."""
    return key if key and not key.endswith("/") else f"{key}{datetime.fromtimestamp(parcel.now, UTC):%Y%m%dT%H%M%SZ}.{parcel.ending}"


def _to_bucket(bucket: str, key: str, parcel: Parcel) -> None:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise OSError(errno.ENOPKG, f"the Python package boto3 is not usable: {error}; pip install 'diagnose[s3]'") from error
    try:
        client = boto3.session.Session().client(
            "s3", config=Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 2})
        )
        client.put_object(Bucket=bucket, Key=key, Body=parcel.text.encode(), ContentType="text/plain; charset=utf-8")
    except ClientError as error:  # its whole answer may hold what was signed
        says = error.response.get("Error", {})
        raise OSError(errno.EACCES, f"the store answers {says.get('Code', 'no code')}: {says.get('Message', '')}"[:400]) from None
    except (BotoCoreError, ValueError) as error:
        raise OSError(errno.EIO, f"the store cannot be used: {error}"[:400]) from None


def _to_config_map(name: str, key: str, parcel: Parcel) -> None:
    size = len(parcel.text.encode())
    if size > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has {size:,} bytes and a ConfigMap holds {MOST_BYTES:,}; name a bucket instead")
    namespace = _own_namespace()
    status, answer = _patched(f"/api/v1/namespaces/{namespace}/configmaps/{name}", {"data": {key: parcel.text}})
    if status == 404:
        raise OSError(errno.ENOENT, f"there is no such ConfigMap in namespace {namespace}; make it: kubectl create configmap {name} -n {namespace}")
    if status == 403:
        raise OSError(errno.EACCES, f"the API server refuses it; grant verbs [patch] on configmaps, resourceNames [{name}], in namespace {namespace}")
    if status != 200:
        raise OSError(errno.EIO, f"the API server answered {status}: {answer[:300]}")


def _own_namespace() -> str:
    try:
        return (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        raise OSError(
            errno.ENXIO, "a ConfigMap is written from inside a pod alone, and this is none, or its account's token is not mounted"
        ) from None


def _patched(path: str, change: Any) -> tuple[int, str]:
    """Status and body of one merge patch, sent as the pod's own service account."""
    import urllib3
    from kubernetes.client.api_client import ApiClient
    from kubernetes.client.configuration import Configuration
    from kubernetes.config.incluster_config import load_incluster_config

    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]  # the client's own
        client = ApiClient(configuration)
        token = configuration.auth_settings()["BearerToken"]["value"] or ""
        headers = {"User-Agent": "diagnose-report", "Content-Type": "application/merge-patch+json", "authorization": token}
        timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        reply = client.rest_client.pool_manager.request(
            "PATCH", f"{configuration.host}{path}", body=json.dumps(change), headers=headers, timeout=timeout, retries=False, redirect=False
        )
    except Exception as error:  # whatever the client raises, the other formats must still be written
        raise OSError(errno.EIO, f"the API server cannot be used: {error}"[:400]) from error
    return reply.status, reply.data.decode("utf-8", "replace")
