"""A crowd of objects that are only told: nodes without kubelets, Deployments with their pods running and ready, Services with addresses, events.

Written by plain API calls, as controllers and kubelets write them: status apart from spec, under their names in managedFields.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import urllib3

from tests.stack.node import Node

Object = dict[str, Any]
WRITERS = 12
PODS_EACH = 10
"""Pods of a Deployment."""

NAMESPACES = 50
_REGISTRY = "registry.example.com/platform"


class CrowdError(RuntimeError):
    """The API server refused an object."""


class Writer:
    """POST and PATCH with the administrator's certificate, over connections that stay open."""

    def __init__(self, node: Node) -> None:
        self._server = node.server
        at = node.folder
        self._pool = urllib3.PoolManager(
            maxsize=WRITERS, block=True, cert_file=str(at / "admin.crt"), key_file=str(at / "admin.key"), ca_certs=str(at / "ca.crt")
        )

    def make(self, path: str, object_: Object, manager: str) -> Object:
        return self._send("POST", f"{path}?fieldManager={manager}", object_, "application/json")

    def status(self, path: str, status: Object, manager: str) -> None:
        self._send("PATCH", f"{path}/status?fieldManager={manager}", {"status": status}, "application/merge-patch+json")

    def _send(self, verb: str, path: str, body: Object, kind: str) -> Object:
        answer = self._pool.request(verb, self._server + path, body=json.dumps(body).encode(), headers={"Content-Type": kind})
        if answer.status not in (200, 201):
            raise CrowdError(f"{verb} {path}: {answer.status}: {answer.data[:400].decode('utf-8', 'replace')}")
        made: Object = json.loads(answer.data)
        return made


class Crowd:
    """What is there so far; it only grows."""

    def __init__(self, node: Node) -> None:
        self._writer = Writer(node)
        self._now = datetime.now(UTC)
        self.nodes = self.deployments = self.services = self.events = 0

    def grow(self, nodes: int = 0, pods: int = 0, services: int = 0, events: int = 0) -> None:
        """Grow until there are so many of each."""
        if not self.nodes:
            self._each(self._namespace, range(NAMESPACES))
        self._each(self._node, range(self.nodes, nodes))
        self.nodes = max(self.nodes, nodes)
        deployments = -(-pods // PODS_EACH)
        self._each(self._deployment, range(self.deployments, deployments))
        self.deployments = max(self.deployments, deployments)
        self._each(self._service, range(self.services, services))
        self.services = max(self.services, services)
        self._each(self._event, range(self.events, events))
        self.events = max(self.events, events)

    def _each(self, make: Callable[[int], None], numbers: Iterable[int]) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(make, numbers):
                pass

    def _ago(self, seconds: float) -> str:
        return (self._now - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _namespace(self, number: int) -> None:
        name = namespace(number)
        self._writer.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": {"team": name, "environment": "production"}}}, "helm")
        self._writer.make(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}}, "kube-controller-manager")

    def _node(self, number: int) -> None:
        name = node_name(number)
        labels = {
            "kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "m6i.2xlarge",
            "topology.kubernetes.io/zone": f"zone-{number % 3}", "topology.kubernetes.io/region": "region-1", "pool": f"pool-{number % 5}",
        }  # fmt: skip
        size = {"cpu": "64", "memory": "263Gi", "pods": "250", "ephemeral-storage": "203Gi"}
        wanted = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"}
        conditions = [
            {"type": type_, "status": status, "reason": f"Kubelet{type_}", "message": "as it should be", "lastHeartbeatTime": self._ago(5), "lastTransitionTime": self._ago(900_000)}
            for type_, status in wanted.items()
        ]  # fmt: skip
        images = [
            {"names": [f"{_REGISTRY}/app-{one}@sha256:{one:064x}", f"{_REGISTRY}/app-{one}:1.0"], "sizeBytes": 80_000_000 + one} for one in range(30)
        ]
        addresses = [{"type": "InternalIP", "address": f"10.9.{number // 250}.{number % 250 + 1}"}, {"type": "Hostname", "address": name}]
        status = {"capacity": size, "allocatable": size, "conditions": conditions, "addresses": addresses, "images": images, "nodeInfo": _INFO}
        spec = {"podCIDR": f"10.{128 + number // 250}.{number % 250}.0/24", "providerID": f"cloud:///zone/{name}"}
        self._writer.make("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}, "kubelet")

    # workloads

    def _deployment(self, number: int) -> None:
        ns, name = namespace(number), f"app-{number:05}"
        apps = f"/apis/apps/v1/namespaces/{ns}"
        conditions = [
            {"type": type_, "status": "True", "reason": reason, "message": message, "lastUpdateTime": self._ago(86_400), "lastTransitionTime": self._ago(86_400)}
            for type_, reason, message in (
                ("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
                ("Progressing", "NewReplicaSetAvailable", f'ReplicaSet "{name}-2" has successfully progressed.'),
            )
        ]  # fmt: skip
        spec = {"replicas": PODS_EACH, "selector": {"matchLabels": {"app": name}}, "template": _template(name, 2)}
        annotations = {"deployment.kubernetes.io/revision": "2", "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": ns}
        made = self._writer.make(
            f"{apps}/deployments", {"metadata": {"name": name, "labels": _labels(name), "annotations": annotations}, "spec": spec}, "helm"
        )
        counts = {"replicas": PODS_EACH, "readyReplicas": PODS_EACH, "availableReplicas": PODS_EACH, "observedGeneration": 1}
        self._writer.status(f"{apps}/deployments/{name}", counts | {"updatedReplicas": PODS_EACH, "conditions": conditions}, _CONTROLLERS)
        owner = _owner("Deployment", made)
        self._set(ns, name, owner, 1, 0)
        newest = self._set(ns, name, owner, 2, PODS_EACH)
        self._writer.status(f"{apps}/replicasets/{newest['metadata']['name']}", counts | {"fullyLabeledReplicas": PODS_EACH}, _CONTROLLERS)
        for place in range(PODS_EACH):
            self._pod(ns, newest, number * PODS_EACH + place)

    def _set(self, ns: str, name: str, owner: Object, revision: int, replicas: int) -> Object:
        labels = _labels(name) | {"pod-template-hash": f"{revision}"}
        template = _template(name, revision)
        template["metadata"] = {"labels": labels, "annotations": template["metadata"]["annotations"]}
        annotations = {
            "deployment.kubernetes.io/revision": f"{revision}", "deployment.kubernetes.io/desired-replicas": f"{PODS_EACH}",
            "deployment.kubernetes.io/max-replicas": f"{PODS_EACH + 3}",
        }  # fmt: skip
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name, "pod-template-hash": f"{revision}"}}, "template": template}
        metadata = {"name": f"{name}-{revision}", "labels": labels, "annotations": annotations, "ownerReferences": [owner]}
        return self._writer.make(f"/apis/apps/v1/namespaces/{ns}/replicasets", {"metadata": metadata, "spec": spec}, _CONTROLLERS)

    def _pod(self, ns: str, made_by: Object, number: int) -> None:
        template = made_by["spec"]["template"]
        own = f"{made_by['metadata']['name']}-{number:05x}"
        metadata = {
            "name": own,
            "generateName": f"{made_by['metadata']['name']}-",
            "ownerReferences": [_owner("ReplicaSet", made_by)],
            **template["metadata"],
        }
        metadata.pop("creationTimestamp", None)
        path = f"/api/v1/namespaces/{ns}/pods"
        self._writer.make(path, {"metadata": metadata, "spec": template["spec"] | {"nodeName": node_name(number % self.nodes)}}, _CONTROLLERS)
        self._writer.status(f"{path}/{own}", self._running(template["spec"], number), "kubelet")

    def _running(self, spec: Object, number: int) -> Object:
        since = self._ago(3600 + number % 80_000)
        kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        address = pod_address(number)
        return {
            "phase": "Running", "qosClass": "Burstable", "startTime": since, "hostIP": f"10.9.{number % self.nodes // 250}.{number % self.nodes % 250 + 1}",
            "hostIPs": [{"ip": f"10.9.{number % self.nodes // 250}.{number % self.nodes % 250 + 1}"}], "podIP": address, "podIPs": [{"ip": address}],
            "conditions": [{"type": kind, "status": "True", "observedGeneration": 1, "lastProbeTime": None, "lastTransitionTime": since} for kind in kinds],
            "containerStatuses": [
                {
                    "name": one["name"], "image": one["image"], "imageID": f"{one['image'].partition(':')[0]}@sha256:{_digest(one['image'])}",
                    "containerID": f"containerd://{number:032x}{place:032x}", "ready": True, "started": True, "restartCount": 0,
                    "state": {"running": {"startedAt": since}}, "lastState": {}, "resources": one["resources"],
                }
                for place, one in enumerate(spec["containers"])
            ],
        }  # fmt: skip

    # what is around them

    def _service(self, number: int) -> None:
        of = number % max(1, self.deployments)
        ns, name, app = namespace(of), f"service-{number:05}", f"app-{of:05}"
        ports = [
            {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "port": 9090, "targetPort": 9090, "protocol": "TCP"},
        ]
        spec = {"selector": {"app": app}, "ports": ports, "type": "ClusterIP"}
        made = self._writer.make(f"/api/v1/namespaces/{ns}/services", {"metadata": {"name": name, "labels": _labels(app)}, "spec": spec}, "helm")
        endpoints = [
            {
                "addresses": [pod_address(of * PODS_EACH + place)], "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": node_name((of * PODS_EACH + place) % self.nodes), "zone": "zone-1",
                "targetRef": {"kind": "Pod", "namespace": ns, "name": f"{app}-2-{of * PODS_EACH + place:05x}"},
            }
            for place in range(PODS_EACH)
        ]  # fmt: skip
        labels = _labels(app) | {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
        metadata = {"name": f"{name}-x", "labels": labels, "ownerReferences": [_owner("Service", made, "v1")]}
        slice_ = {
            "metadata": metadata,
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": one["name"], "port": one["targetPort"]} for one in ports],
        }
        self._writer.make(f"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices", slice_, _CONTROLLERS)

    def _event(self, number: int) -> None:
        of = number % max(1, self.deployments)
        ns, pod = namespace(of), f"app-{of:05}-2-{of * PODS_EACH + number % PODS_EACH:05x}"
        reason, message = _SAID[number % len(_SAID)]
        at = self._ago(number % 3000)
        event = {
            "metadata": {"name": f"{pod}.{number:016x}", "namespace": ns}, "reason": reason, "message": message, "type": "Normal", "count": 1,
            "involvedObject": {"kind": "Pod", "namespace": ns, "name": pod, "apiVersion": "v1", "fieldPath": "spec.containers{server}"},
            "firstTimestamp": at, "lastTimestamp": at, "source": {"component": "kubelet", "host": node_name(number % self.nodes)}, "reportingComponent": "kubelet",
        }  # fmt: skip
        self._writer.make(f"/api/v1/namespaces/{ns}/events", event, "kubelet")


_CONTROLLERS = "kube-controller-manager"
_INFO = {
    "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.3", "kernelVersion": "6.8.0", "osImage": "Debian GNU/Linux 12",
    "containerRuntimeVersion": "containerd://1.7.2", "machineID": "0" * 32, "systemUUID": "0" * 36, "bootID": "0" * 36, "kubeProxyVersion": "",
}  # fmt: skip
_SAID = (
    ("Scheduled", "Successfully assigned it to a node"), ("Pulled", "Container image is already present on machine and can be accessed by the pod"),
    ("Created", "Container created"), ("Started", "Container started"),
)  # fmt: skip


def namespace(number: int) -> str:
    return f"team-{number % NAMESPACES:02}"


def node_name(number: int) -> str:
    return f"told-{number:04}"


def pod_address(number: int) -> str:
    return f"10.{128 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _labels(name: str) -> dict[str, str]:
    return {"app": name, "app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "service-4.2.1"}


def _owner(kind: str, made: Object, version: str = "apps/v1") -> Object:
    meta = made["metadata"]
    return {"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": True, "blockOwnerDeletion": True}


def _template(name: str, revision: int) -> Object:
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "9090", "checksum/config": _digest(name)}
    return {
        "metadata": {"labels": _labels(name), "annotations": annotations},
        "spec": {"containers": [_container(name, revision)], "automountServiceAccountToken": False, "volumes": _VOLUMES},
    }


_VOLUMES = [{"name": "config", "configMap": {"name": "settings"}}, {"name": "scratch", "emptyDir": {}}]


def _container(name: str, revision: int) -> Object:
    probe = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 10, "timeoutSeconds": 2}
    settings = [{"name": f"SETTING_{number}", "value": f"value-{number}"} for number in range(2)]
    secret = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "password"}}}
    return {
        "name": "server", "image": f"{_REGISTRY}/{name}:1.{revision}", "args": ["serve", "--port=8080", "--workers=4"], "env": [*settings, secret],
        "ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": probe,
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/app"}, {"name": "scratch", "mountPath": "/scratch"}],
    }  # fmt: skip
