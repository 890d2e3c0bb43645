"""What is written into a node's folder before it starts: certificates, kubeconfigs, and the settings of each component."""

import json
from pathlib import Path
from typing import Any

from tests.stack import registry
from tests.stack.certificates import Authority, key_pair
from tests.stack.images import PAUSE

NAME = "node-1"
PODS, SERVICES, DNS, API = "10.244.0.0/16", "10.96.0.0/16", "10.96.0.10", "10.96.0.1"
CNI = Path("/usr/lib/cni")

_USERS = {
    "admin": "/O=system:masters/CN=admin",
    "controllers": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "kubelet": f"/O=system:nodes/CN=system:node:{NAME}",
    "proxy": "/CN=system:kube-proxy",
}


def write(folder: Path, number: int, authority: Authority) -> str:
    """All that components read, but for their commands; gives the node's address."""
    address = f"10.77.{number}.2"
    _certificates(folder, address, authority)
    _network(folder)
    (folder / "containerd.toml").write_text(_CONTAINERD.format(folder=folder, pause=PAUSE, cni=CNI))
    (folder / "Corefile").write_text(_COREFILE.format(address=address, folder=folder))
    (folder / "empty.zone").write_text(_EMPTY_ZONE)
    registry.speak_plainly(folder)
    for name, content in {
        "audit": {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]},
        "kubelet": _kubelet(folder, number),
        "kube-proxy": _kube_proxy(folder),
        "registry": {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}}, "http": {"addr": f"{address}:5000"}},
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return address


def plan(number: int, components: list[dict[str, Any]]) -> dict[str, Any]:
    """What tests/stack/inside.py needs to know."""
    address, gateway = f"10.77.{number}.2", f"10.77.{number}.1"
    names = f"127.0.0.1 localhost\n{address} {NAME}\n{registry.hosts(address)}"
    link = {"address": address, "gateway": gateway, "link": f"dgn{number}n"}
    return {**link, "hosts": names, "resolv.conf": f"nameserver {address}\n", "components": components}


def kubeconfig(place: Path, server: str, user: dict[str, Any], namespace: str = "") -> Path:
    """Write the kubeconfig of a user of this folder's cluster; its name is the file's."""
    name = place.stem
    context = {"cluster": "stack", "user": name} | ({"namespace": namespace} if namespace else {})
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": "stack", "cluster": {"server": server, "certificate-authority": str(place.with_name("ca.crt"))}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": context}],
    }
    place.write_text(json.dumps(content))
    return place


def _certificates(folder: Path, address: str, authority: Authority) -> None:
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
    addresses = (address, API, "127.0.0.1")
    authority.sign("apiserver", "/CN=kube-apiserver", (*(f"IP:{one}" for one in addresses), *(f"DNS:{one}" for one in names)))
    authority.sign("kubelet-server", _USERS["kubelet"], (f"IP:{address}", f"DNS:{NAME}"))
    authority.sign("front-proxy", "/CN=front-proxy-client")
    key_pair(folder, "sa")
    for name, subject in _USERS.items():
        certificate, key = authority.sign(name, subject)
        user = {"client-certificate": str(certificate), "client-key": str(key)}
        kubeconfig(folder / f"{name}.conf", f"https://{address}:6443", user)


def _network(folder: Path) -> None:
    ipam = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": str(folder / "ipam")}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    (folder / "cni").mkdir()
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}))


def _kubelet(folder: Path, number: int) -> dict[str, Any]:
    identity = {
        "tlsCertFile": str(folder / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(folder / "kubelet-server.key"),
        "authentication": {"x509": {"clientCAFile": str(folder / "ca.crt")}, "webhook": {"enabled": True}, "anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
    }
    places = {
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/diagnose-node-{number}",
        "resolvConf": str(folder / "resolv.conf"),
        "volumePluginDir": str(folder / "volumeplugins"),
        "podLogsDir": str(folder / "pod-logs"),
    }
    of_tests = {  # any machine will do, many pods fit, and nothing is throttled
        "failCgroupV1": False,
        "failSwapOn": False,
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 300,
        "nodeStatusUpdateFrequency": "4s",
        "serializeImagePulls": False,
        "registryPullQPS": 50,
        "registryBurst": 100,
        "eventRecordQPS": 50,
        "eventBurst": 500,
    }
    kind = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
    return {**kind, **identity, **places, **of_tests, "clusterDNS": [DNS], "clusterDomain": "cluster.local"}


def _kube_proxy(folder: Path) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "hostnameOverride": NAME,
        "clientConnection": {"kubeconfig": str(folder / "proxy.conf")},
        "conntrack": {"maxPerCore": 0},
    }


# what is in neither does not exist: nothing is asked of the world
_COREFILE = """cluster.local:53 in-addr.arpa:53 {{
    bind {address}
    errors
    ready 127.0.0.1:8181
    kubernetes cluster.local in-addr.arpa {{
        endpoint https://{address}:6443
        kubeconfig {folder}/admin.conf admin
    }}
}}
.:53 {{
    bind {address}
    errors
    hosts {folder}/hosts {{
        fallthrough
    }}
    file {folder}/empty.zone .
}}
"""
_EMPTY_ZONE = ". 60 IN SOA nobody. nobody. 1 3600 600 86400 60\n. 60 IN NS nobody.\n"

_CONTAINERD = """version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  max_concurrent_downloads = 3
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni}"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{folder}/certs.d"
"""
