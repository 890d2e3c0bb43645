"""Are the ConfigMaps there that a container cannot start without? Secrets are never asked for.

container ml/api-0/main  config_maps_missing=("api-config",)
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject
from probes.kubernetes._attempt import containers
from probes.kubernetes._cluster import Cluster, ClusterError, cluster, unavailable
from probes.kubernetes._made_of import references
from probes.kubernetes._shapes import MetaOnly, Pod
from probes.kubernetes._where import Where, on_cluster

METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
MOST = 10
SPECS = (
    Spec(name="container.config_maps_missing", type="texts", doc="ConfigMaps that it refers to and that are not there; none where all of them are."),
)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each container given by its key on this cluster."""
    for subject, where in on_cluster(subjects):
        try:
            yield _look(cluster(access), where, subject, access.now)
        except ClusterError as error:
            yield unavailable(error, access, "container", subject)


def _look(server: Cluster, where: Where, subject: Subject, now: float) -> Look:
    pod = server.decode(where.path, Pod)
    own = (one for one in containers(pod, now, server.skew) if one.spec.name == where.container)
    names = {name for one in own for kind, name, _key in references(one) if kind == "configmap"}
    missing = tuple(name for name in sorted(names)[:MOST] if not _exists(server, where.namespace, name))
    return Look(
        subject=subject,
        values={"container.config_maps_missing": missing or None},
        command=f"kubectl get configmaps -n {where.namespace}",
        vantage="pod",
    )


def _exists(server: Cluster, namespace: str, name: str) -> bool:
    """Only its metadata is asked for."""
    try:
        server.decode(f"/api/v1/namespaces/{namespace}/configmaps/{name}", MetaOnly, accept=METADATA)
    except ClusterError as error:
        if error.status == 404:
            return False
        raise
    return True


PROBES = (
    Probe(
        name="kubernetes.references",
        kind="container",
        doc="Asks for the ConfigMaps that a container refers to, by name and without their contents.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl get configmap",),
        sweeps=False,
        permissions=("get pods", "get configmaps"),
        cost=2,
    ),
)
