"""Where do the containers of pods that may be unwell say their MLflow, their object store and their model are?

container ml/api-0/main  tracking_uri=http://mlflow:5000  model_uri=models:/churn@champion
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from probes import _environment, _writing
from probes._access import Access
from probes._contract import Answer, Look, Probe, Subject, Unavailable
from probes.kubernetes._attempt import One, containers
from probes.kubernetes._cluster import Cluster, ClusterError, cluster, unavailable
from probes.kubernetes._lists import pods
from probes.kubernetes._shapes import Env, Struct
from probes.kubernetes.containers import chosen

MOST_MAPS = 10
SPECS = (*_environment.specs("container"), *_writing.specs("container"))
READ = _environment.READ | _writing.READ


class _Map(Struct, frozen=True):
    """The part of a ConfigMap that is read; only variables of READ are taken from it."""

    data: dict[str, str] | None = None


class _Maps:
    """ConfigMaps by namespace and name, each asked for once, MOST_MAPS at most."""

    def __init__(self, server: Cluster) -> None:
        self._server = server
        self._known: dict[tuple[str, str], Mapping[str, str]] = {}

    def data(self, namespace: str, name: str) -> Mapping[str, str]:
        """{} of one that is not there. Raises ClusterError."""
        if (namespace, name) not in self._known:
            if len(self._known) >= MOST_MAPS:
                raise ClusterError("not reached", f"{MOST_MAPS} ConfigMaps were read.")
            try:
                self._known[namespace, name] = self._server.decode(f"/api/v1/namespaces/{namespace}/configmaps/{name}", _Map).data or {}
            except ClusterError as error:
                if error.status != 404:
                    raise
                self._known[namespace, name] = {}
        return self._known[namespace, name]


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container whose variables may all be read; why not for one that takes one of them from a Secret, or from a ConfigMap that is refused."""
    try:
        server, found = cluster(access), pods(access)
    except ClusterError as error:
        yield unavailable(error, access, "container")
        return
    maps = _Maps(server)
    for pod in chosen(found.suspects, found.siblings):
        for it in containers(pod, access.now, server.skew):
            yield _told(it, maps, access)


def _told(it: One, maps: _Maps, access: Access) -> Answer:
    subject = Subject("container", it.key)
    hidden = [env.name for env in it.spec.env or () if env.name in READ and env.value_from and env.value_from.secret_key_ref]
    try:
        environ = _variables(it, maps)
    except ClusterError as error:
        return unavailable(error, access, "container", subject)
    whole = [one.secret_ref.name for one in it.spec.env_from or () if one.secret_ref is not None]
    if hidden or (whole and not environ):
        where = f"{', '.join(hidden)} of {it.key} stands in a Secret" if hidden else f"{it.key} takes variables from the Secret {whole[0]}"
        remedy = "Name its server with --mlflow URL."
        return Unavailable(kind="container", subject=subject, why="forbidden", detail=f"{where}, which is never read.", remedy=remedy)
    words = [*(it.spec.command or ()), *(it.spec.args or ())]
    return Look(
        subject=subject,
        values={
            **_environment.uris("container", environ, words),
            **_writing.values("container", environ, words, access.redactor, [*environ, *_set(it)]),
        },
        command=f"kubectl get pod {it.pod.metadata.name} -n {it.pod.metadata.namespace} -o yaml",
        vantage="pod",
    )


def _set(it: One) -> list[str]:
    """Names of its own variables, and of the Secrets whose variables it takes; where a value is from does not matter here."""
    return [
        *(env.name for env in it.spec.env or ()),
        *(f"Secret {one.secret_ref.name}" for one in it.spec.env_from or () if one.secret_ref is not None),
    ]


def _variables(it: One, maps: _Maps) -> Mapping[str, str]:
    """As the kubelet puts them together: envFrom first, env over it. Raises ClusterError."""
    namespace = it.pod.metadata.namespace
    found: dict[str, str] = {}
    for whole in it.spec.env_from or ():
        if whole.config_map_ref is not None:
            found |= {name: value for name, value in maps.data(namespace, whole.config_map_ref.name).items() if name in READ}
    for env in it.spec.env or ():
        if env.name in READ:
            found[env.name] = _value(env, namespace, maps)
    return found


def _value(env: Env, namespace: str, maps: _Maps) -> str:
    reference = env.value_from.config_map_key_ref if env.value_from else None
    return env.value or "" if reference is None else maps.data(namespace, reference.name).get(reference.key, "")


PROBES = (
    Probe(
        name="kubernetes.environment",
        kind="container",
        doc="Reads where containers say their MLflow, object store and model are, from plain values and from ConfigMaps that may be read.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl get pod -o yaml",),
        permissions=("list pods", "get configmaps"),
        limit_s=15.0,
    ),
)
