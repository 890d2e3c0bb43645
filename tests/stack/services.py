"""What a cluster has besides its node, as objects: the name service and the metrics API, behind their service addresses."""

from collections.abc import Collection
from typing import Any

from tests.stack.settings import DNS

Object = dict[str, Any]
_SPACE = "kube-system"


def objects(address: str, extras: Collection[str]) -> list[Object]:
    """Services to what listens on the node itself."""
    made = {"dns": _dns, "metrics": _metrics}
    return [one for extra in made if extra in extras for one in made[extra](address)]


def _dns(address: str) -> list[Object]:
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    return [_service("kube-dns", {"clusterIP": DNS, "ports": ports}), _endpoints("kube-dns", address, ports)]


def _metrics(address: str) -> list[Object]:
    service = _service("metrics-server", {"ports": [{"name": "https", "port": 443, "targetPort": 10443}]})
    endpoints = _endpoints("metrics-server", address, [{"name": "https", "port": 10443, "protocol": "TCP"}])
    api = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"}}
    rank = {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100}
    spec = {**rank, "insecureSkipTLSVerify": True, "service": {"name": "metrics-server", "namespace": _SPACE}}
    return [service, endpoints, {**api, "spec": spec}]


def _service(name: str, spec: Object) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": _SPACE}, "spec": spec}


def _endpoints(service: str, address: str, ports: list[Object]) -> Object:
    metadata = {"name": f"{service}-1", "namespace": _SPACE, "labels": {"kubernetes.io/service-name": service}}
    endpoints = [{"addresses": [address], "conditions": {"ready": True}}]
    kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"}
    return {**kind, "metadata": metadata, "endpoints": endpoints, "ports": ports}
