"""Which targets exist here: what settings and the environment name, and what is found by its usual socket or file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from agent._kubeconfig import KubeContext, context
from agent.settings import Settings, SettingsError
from probes._address import base_url, userinfo
from probes._environment import NAMES

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SOCKETS = ("/var/run/docker.sock", "/run/user/{uid}/docker.sock")


class Target(msgspec.Struct, frozen=True):
    """One system to look at: where it is, and whether somebody asked for it by a flag, a setting or the environment."""

    system: str
    address: str
    asked: bool
    options: Mapping[str, str] = {}
    """What else its probes need to know, such as a namespace."""


def discover(settings: Settings, chosen: frozenset[str], environ: Mapping[str, str], uid: int) -> tuple[Target, ...]:
    """The targets of a run. The host is always one of them."""
    named = settings.node or Path("/proc/sys/kernel/hostname").read_text(encoding="utf-8").strip() or "this machine"
    found = [Target("host", named, asked=True, options={"node": settings.node} if settings.node else {})]
    docker = _docker(settings, chosen, environ, uid)
    prometheus = Target("prometheus", settings.prometheus, asked=True) if settings.prometheus else None
    kubernetes = _kubernetes(settings, environ)
    further = (_mlflow(settings, environ), _bucket(settings, environ), _repo(settings))
    return (*found, *(target for target in (docker, kubernetes, prometheus, *further) if target is not None))


def _docker(settings: Settings, chosen: frozenset[str], environ: Mapping[str, str], uid: int) -> Target | None:
    if settings.docker == "none":
        return None
    if settings.docker:
        return Target("docker", settings.docker, asked="docker" in chosen)
    if environ.get("DOCKER_HOST"):
        return Target("docker", environ["DOCKER_HOST"], asked=True)
    sockets = (place.format(uid=uid) for place in SOCKETS)
    return next((Target("docker", f"unix://{place}", asked=False) for place in sockets if Path(place).exists()), None)


def _mlflow(settings: Settings, environ: Mapping[str, str]) -> Target | None:
    """The server that a setting or MLflow's own variable names, and its credentials; a variable that names a folder or a database is no server."""
    named = settings.mlflow or environ.get("MLFLOW_TRACKING_URI", "")
    address = base_url(named)
    if address is None:
        return None
    user, password = userinfo(named) or (environ.get("MLFLOW_TRACKING_USERNAME", ""), environ.get("MLFLOW_TRACKING_PASSWORD", ""))
    secrets = {"user": user, "password": password, "token": environ.get("MLFLOW_TRACKING_TOKEN", "")}
    return Target("mlflow", address, asked=True, options={name: value for name, value in secrets.items() if value})


def _bucket(settings: Settings, environ: Mapping[str, str]) -> Target | None:
    """The bucket that a setting names: in a URL with its endpoint, else at the one that MLflow's and AWS's clients would use here."""
    if settings.bucket in ("", "none"):
        return None
    if settings.bucket.startswith("s3://"):
        endpoint = next((environ[name] for name in NAMES["s3_endpoint"] if environ.get(name)), "")
        return Target("s3", settings.bucket.rstrip("/"), asked=True, options={"endpoint": endpoint})
    parts = urlsplit(settings.bucket)
    address = f"s3:/{parts.path.rstrip('/')}"
    return Target("s3", address, asked=True, options={"endpoint": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"})


def _repo(settings: Settings) -> Target | None:
    """The work tree that a setting names, else the folder that this was started in, if it is a DVC repository. Raises SettingsError."""
    if settings.repo == "none":
        return None
    if settings.repo:
        place = Path(settings.repo).resolve()
        if not (place / ".dvc").is_dir():
            raise SettingsError(f"repo: {place} is no DVC repository: it has no folder .dvc.")
        return Target("dvc", str(place), asked=True)
    here = Path.cwd()
    return Target("dvc", str(here), asked=False) if (here / ".dvc" / "config").is_file() else None


def _kubernetes(settings: Settings, environ: Mapping[str, str]) -> Target | None:
    """The cluster that somebody named, else the one that this runs in, else that of the usual kubeconfig."""
    if settings.kubernetes == "none":
        return None
    named = bool(settings.context or settings.kubeconfig or environ.get("KUBECONFIG"))
    if not named and environ.get("KUBERNETES_SERVICE_HOST") and (SERVICE_ACCOUNT / "token").exists():
        return _cluster_target(
            KubeContext("", f"https://{environ['KUBERNETES_SERVICE_HOST']}", _own_namespace()), settings, "this pod's cluster", {}, asked=True
        )
    files = settings.kubeconfig or environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    found = context(files, settings.context, asked=named)
    if found is None:
        return None
    return _cluster_target(found, settings, found.name, {"context": found.name, "config": files}, asked=named)


def _cluster_target(found: KubeContext, settings: Settings, name: str, options: Mapping[str, str], *, asked: bool) -> Target:
    namespace = settings.namespace or found.namespace or "default"
    only = {"only": "true"} if settings.namespace else {}
    return Target("kubernetes", f"{name} at {found.server}", asked, {**options, "namespace": namespace, **only})


def _own_namespace() -> str:
    place = SERVICE_ACCOUNT / "namespace"
    return place.read_text(encoding="utf-8").strip() if place.exists() else ""
