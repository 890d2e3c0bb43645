"""Which cluster is it, does its API server answer, and do its clock and ours agree?

cluster prod  server_version="v1.36.3"  clock_skew=0.0
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject
from probes.kubernetes._cluster import ClusterError, cluster, unavailable
from probes.kubernetes._cluster import subject as subject_of_cluster
from probes.kubernetes._shapes import Version

SPECS = (
    Spec(name="cluster.context", type="text", doc="The kubeconfig's context; none inside a pod."),
    Spec(name="cluster.server_version", type="text", doc="gitVersion of /version."),
    Spec(
        name="cluster.clock_skew",
        type="span",
        doc="Seconds that this machine's clock is ahead of the server's (header Date); 0 within 30 s.",
        unit="s",
    ),
)


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """One Look at the cluster of this run."""
    try:
        server = cluster(access)
        version = server.decode("/version", Version)
    except ClusterError as error:
        yield unavailable(error, access, "cluster")
        return
    values = {
        "cluster.context": access.settings.get("kubernetes.context") or None,
        "cluster.server_version": version.git_version or None,
        "cluster.clock_skew": server.skew,
    }
    yield Look(subject=subject_of_cluster(access), values=values, command="kubectl version")


PROBES = (
    Probe(
        name="kubernetes.cluster",
        kind="cluster",
        doc="Asks an API server for its version and compares clocks.",
        gives=SPECS,
        look=look,
        stands_for=("kubectl version",),
        permissions=("get /version",),
    ),
)
