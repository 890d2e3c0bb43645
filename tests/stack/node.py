"""A real Kubernetes node: API server, controllers, scheduler, kubelet, kube-proxy, containerd, names and metrics, in namespaces of its own.

    python -m tests.stack.node         start one, print how to reach it, and keep it until Enter or SIGTERM

Network, mounts and process ids are its own, so that nothing of it meets what runs on this machine or outlives it; its one link to the machine is a pair
of virtual interfaces. Needed: root, etcd, containerd, runc, the CNI plugins, iptables, iproute2, openssl, busybox, and Go for tests/stack/build.py.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.engine import busybox
from tests.stack.build import CannotBuildError, programs
from tests.stack.certificates import Authority, key_pair
from tests.stack.images import PAUSE, base_images

NAME = "node-1"
PODS, SERVICES, DNS = "10.244.0.0/16", "10.96.0.0/16", "10.96.0.10"
CNI = Path("/usr/lib/cni")
START_S = 180
_NEEDED = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "openssl": "openssl",
    "unshare": "util-linux",
}


class NodeError(RuntimeError):
    """The node could not be had, or refused what was asked of it."""


def missing() -> str:
    """What this machine lacks to start a node: an empty text when nothing."""
    if os.geteuid() != 0:
        return "a Kubernetes node needs root"
    lacking = {package for tool, package in _NEEDED.items() if shutil.which(tool) is None}
    if not (CNI / "bridge").exists():
        lacking.add("containernetworking-plugins")
    if busybox() is None:
        lacking.add("busybox-static")
    return f"not installed: {', '.join(sorted(lacking))}" if lacking else ""


class Node:
    """A running node; every path is in `folder`, which goes with it."""

    def __init__(self, folder: Path, address: str, binaries: Path) -> None:
        self.folder = folder
        self.address = address
        self.server = f"https://{address}:6443"
        self.kubeconfig = folder / "admin.conf"
        self.audit_log = folder / "audit.log"
        self.binaries = binaries
        self.authority: Authority

    def attempt(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a kubectl command and give its result, whatever it was."""
        command = [str(self.binaries / "kubectl"), "--kubeconfig", str(self.kubeconfig), *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """Run a kubectl command that must succeed and give what it printed."""
        done = self.attempt(*words, stdin=stdin)
        if done.returncode:
            raise NodeError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *words: str) -> Any:
        """What `kubectl get … -o json` answers."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def load(self, tar: Path) -> None:
        """Put the images of an archive onto the node, as `docker save` writes one."""
        done = subprocess.run(
            ["ctr", "-a", str(self.folder / "containerd.sock"), "-n", "k8s.io", "images", "import", str(tar)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NodeError(f"{tar.name}: {done.stderr.strip()}")

    def client(self, name: str, *groups: str, days: int = 365) -> Path:
        """The kubeconfig of a user of these groups, by a client certificate."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={name}"
        certificate, key = self.authority.sign(f"user-{name}", subject, days=days)
        return self.kubeconfig_for(name, {"client-certificate": str(certificate), "client-key": str(key)})

    def kubeconfig_for(self, name: str, user: dict[str, Any], namespace: str = "", server: str = "") -> Path:
        place = self.folder / f"{name}.conf"
        place.write_text(json.dumps(_kubeconfig(self.folder / "ca.crt", server or self.server, name, user, namespace)))
        return place


def _kubeconfig(ca: Path, server: str, name: str, user: dict[str, Any], namespace: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": "stack", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "stack", "user": name} | ({"namespace": namespace} if namespace else {})}],
    }  # fmt: skip


@contextlib.contextmanager
def node() -> Iterator[Node]:
    """Start a node and take it away again. Raises NodeError."""
    if why := missing():
        raise NodeError(why)
    try:
        binaries = {module: programs(module) for module in ("kubernetes", "coredns", "metrics", "registry")}
    except CannotBuildError as error:
        raise NodeError(str(error)) from error
    folder = Path(tempfile.mkdtemp(prefix="node-"))
    folder.chmod(0o755)
    number = os.getpid() % 250
    it = Node(folder, f"10.77.{number}.2", binaries["kubernetes"])
    process = None
    try:
        it.authority = Authority(folder, "ca")
        _write(it, binaries, number)
        process = _start(it, number)
        _wait(it, process)
        _furnish(it)
        yield it
    finally:
        if process is not None:
            _stop(process)
        _cgroups(number, make=False)
        shutil.rmtree(folder, ignore_errors=True)


def _start(it: Node, number: int) -> subprocess.Popen[bytes]:
    _cgroups(number, make=True)
    # a child of its own session that dies with us: nothing of the node outlives its tests
    command = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        sys.executable,
        "-m",
        "tests.stack.inside",
        str(it.folder),
    ]
    with (it.folder / "inside.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2])
    inner = _child(process)
    host_end, node_end = f"dgn{number}h", f"dgn{number}n"
    for words in (
        ("link", "add", host_end, "type", "veth", "peer", "name", node_end), ("link", "set", node_end, "netns", str(inner)),
        ("addr", "add", f"10.77.{number}.1/30", "dev", host_end), ("link", "set", host_end, "up"),
    ):  # fmt: skip
        subprocess.run(["ip", *words], check=True, capture_output=True)
    return process


def _child(process: subprocess.Popen[bytes]) -> int:
    """The process id, as the machine has it, of the first process in the namespaces."""
    place = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is None and (words := place.read_text().split()):
            return int(words[0])
        time.sleep(0.02)
    raise NodeError("the node's namespaces could not be made")


def _wait(it: Node, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while not (it.folder / "ready").exists():
        failed = it.folder / "failed"
        if failed.exists() or process.poll() is not None or time.monotonic() > deadline:
            raise NodeError(failed.read_text() if failed.exists() else (it.folder / "inside.log").read_text(errors="replace")[-2000:])
        time.sleep(0.1)
    for tar in base_images(it.folder):
        it.load(tar)
    while "True" not in it.attempt("get", "node", NAME, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}").stdout:
        if time.monotonic() > deadline:
            raise NodeError("the node did not become Ready: " + it.attempt("describe", "node", NAME).stdout[-2000:])
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cgroups(number: int, *, make: bool) -> None:
    """The node's own root in every hierarchy of cgroups; taken away from the leaves up."""
    for top in Path("/sys/fs/cgroup").iterdir():
        root = top / f"diagnose-node-{number}"
        if make and top.is_dir() and not top.is_symlink():
            with contextlib.suppress(OSError):
                root.mkdir(exist_ok=True)
        elif root.is_dir():
            for _ in range(20):
                for place, _folders, _files in os.walk(root, topdown=False):
                    with contextlib.suppress(OSError):
                        os.rmdir(place)
                if not root.exists():
                    break
                time.sleep(0.1)


def _furnish(it: Node) -> None:
    """What a cluster has besides its node: name service and metrics behind their service addresses."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system"},
               "spec": {"clusterIP": DNS, "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]}}  # fmt: skip
    endpoints = _endpoints("kube-dns", it.address, [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP")])
    metrics = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "metrics-server", "namespace": "kube-system"},
        "spec": {"ports": [{"name": "https", "port": 443, "targetPort": 10443}]},
    }
    api = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"},
           "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100, "insecureSkipTLSVerify": True, "service": {"name": "metrics-server", "namespace": "kube-system"}}}  # fmt: skip
    objects = [service, endpoints, metrics, _endpoints("metrics-server", it.address, [("https", 10443, "TCP")]), api]
    it.kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(one) for one in objects))


def _endpoints(service: str, address: str, ports: list[tuple[str, int, str]]) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": f"{service}-1", "namespace": "kube-system", "labels": {"kubernetes.io/service-name": service}},
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": name, "port": port, "protocol": protocol} for name, port, protocol in ports],
    }  # fmt: skip


# what is written before the start


def _write(it: Node, binaries: dict[str, Path], number: int) -> None:
    folder, address = it.folder, it.address
    names = (
        f"IP:{address}",
        "IP:10.96.0.1",
        "IP:127.0.0.1",
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        "DNS:localhost",
    )
    it.authority.sign("apiserver", "/CN=kube-apiserver", names)
    it.authority.sign("kubelet-server", f"/O=system:nodes/CN=system:node:{NAME}", (f"IP:{address}", f"DNS:{NAME}"))
    it.authority.sign("front-proxy", "/CN=front-proxy-client")
    key_pair(folder, "sa")
    for name, subject in {
        "admin": "/O=system:masters/CN=admin", "controllers": "/CN=system:kube-controller-manager", "scheduler": "/CN=system:kube-scheduler",
        "kubelet": f"/O=system:nodes/CN=system:node:{NAME}", "proxy": "/CN=system:kube-proxy",
    }.items():  # fmt: skip
        certificate, key = it.authority.sign(name, subject)
        it.kubeconfig_for(name, {"client-certificate": str(certificate), "client-key": str(key)})
    _write_settings(folder, address, number)
    plan = {
        "address": address, "gateway": f"10.77.{number}.1", "link": f"dgn{number}n", "components": _components(it, binaries),
        "hosts": f"127.0.0.1 localhost\n{address} {NAME} registry.test\n", "resolv.conf": f"nameserver {address}\n",
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))


def _write_settings(folder: Path, address: str, number: int) -> None:
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}
    (folder / "audit.json").write_text(json.dumps(policy))
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "cgroupDriver": "cgroupfs", "failCgroupV1": False, "failSwapOn": False,
        "cgroupRoot": f"/diagnose-node-{number}", "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock", "clusterDNS": [DNS], "clusterDomain": "cluster.local",
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"}, "maxPods": 300, "nodeStatusUpdateFrequency": "4s",
        "resolvConf": str(folder / "resolv.conf"), "tlsCertFile": str(folder / "kubelet-server.crt"), "tlsPrivateKeyFile": str(folder / "kubelet-server.key"),
        "authentication": {"x509": {"clientCAFile": str(folder / "ca.crt")}, "webhook": {"enabled": True}, "anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"}, "registerNode": True, "imageGCHighThresholdPercent": 100, "serializeImagePulls": False,
        "registryPullQPS": 50, "registryBurst": 100, "eventRecordQPS": 50, "eventBurst": 500, "volumePluginDir": str(folder / "volumeplugins"), "podLogsDir": str(folder / "pod-logs"),
    }  # fmt: skip
    (folder / "kubelet.json").write_text(json.dumps(kubelet))
    proxy = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables", "clusterCIDR": PODS, "hostnameOverride": NAME,
        "clientConnection": {"kubeconfig": str(folder / "proxy.conf")}, "conntrack": {"maxPerCore": 0},
    }  # fmt: skip
    (folder / "kube-proxy.json").write_text(json.dumps(proxy))
    cni = folder / "cni"
    cni.mkdir()
    ipam = {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": str(folder / "ipam")}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    (cni / "10-bridge.conflist").write_text(
        json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]})
    )
    (folder / "Corefile").write_text(_COREFILE.format(address=address, folder=folder))
    (folder / "containerd.toml").write_text(_CONTAINERD.format(folder=folder, pause=PAUSE, cni=CNI))
    (folder / "registry.json").write_text(
        json.dumps({"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}}, "http": {"addr": f"{address}:5000"}})
    )


_COREFILE = """cluster.local:53 in-addr.arpa:53 {{
    bind {address}
    errors
    kubernetes cluster.local in-addr.arpa {{
        endpoint https://{address}:6443
        kubeconfig {folder}/admin.conf admin
    }}
}}
test:53 {{
    bind {address}
    errors
    hosts {folder}/hosts
}}
.:53 {{
    bind {address}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""

_CONTAINERD = """version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{folder}/containerd.sock"
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


def _components(it: Node, binaries: dict[str, Path]) -> list[dict[str, Any]]:
    folder, address, kube = it.folder, it.address, binaries["kubernetes"]
    admin = [str(folder / "admin.crt"), str(folder / "admin.key")]

    def on(name: str) -> str:
        return str(folder / name)

    apiserver = {
        "advertise-address": address, "bind-address": "0.0.0.0", "secure-port": "6443", "etcd-servers": "http://127.0.0.1:2379",
        "authorization-mode": "Node,RBAC", "client-ca-file": on("ca.crt"), "tls-cert-file": on("apiserver.crt"), "tls-private-key-file": on("apiserver.key"),
        "service-cluster-ip-range": SERVICES, "service-account-issuer": "https://kubernetes.default.svc", "service-account-key-file": on("sa.pub"),
        "service-account-signing-key-file": on("sa.key"), "kubelet-client-certificate": on("admin.crt"), "kubelet-client-key": on("admin.key"),
        "kubelet-certificate-authority": on("ca.crt"), "kubelet-preferred-address-types": "InternalIP", "allow-privileged": "true",
        "audit-policy-file": on("audit.json"), "audit-log-path": on("audit.log"), "enable-aggregator-routing": "true",
        "requestheader-client-ca-file": on("ca.crt"), "requestheader-allowed-names": "front-proxy-client", "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group", "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": on("front-proxy.crt"), "proxy-client-key-file": on("front-proxy.key"), "enable-admission-plugins": "NodeRestriction", "event-ttl": "1h",
    }  # fmt: skip
    controllers = {
        "kubeconfig": on("controllers.conf"), "root-ca-file": on("ca.crt"), "service-account-private-key-file": on("sa.key"), "use-service-account-credentials": "true",
        "node-monitor-grace-period": "40s", "cluster-cidr": PODS, "allocate-node-cidrs": "false", "bind-address": "127.0.0.1", "leader-elect": "false",
        "cluster-signing-cert-file": on("ca.crt"), "cluster-signing-key-file": on("ca.key"),
    }  # fmt: skip
    kubelet = {
        "config": on("kubelet.json"),
        "kubeconfig": on("kubelet.conf"),
        "hostname-override": NAME,
        "node-ip": address,
        "root-dir": on("kubelet"),
        "cert-dir": on("kubelet-pki"),
    }
    metrics = {
        "kubeconfig": on("admin.conf"), "authentication-kubeconfig": on("admin.conf"), "authorization-kubeconfig": on("admin.conf"), "kubelet-insecure-tls": "true",
        "kubelet-preferred-address-types": "InternalIP", "metric-resolution": "15s", "bind-address": address, "secure-port": "10443", "cert-dir": on("metrics-pki"),
    }  # fmt: skip
    return [
        {
            "name": "etcd",
            "url": "http://127.0.0.1:2379/health",
            "command": ["etcd", "--data-dir", on("etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
        },
        {"name": "containerd", "file": on("containerd.sock"), "command": ["containerd", "--config", on("containerd.toml")]},
        {"name": "apiserver", "url": f"https://{address}:6443/readyz", "certificate": admin, "command": _flags(kube / "kube-apiserver", apiserver)},
        {"name": "controllers", "command": _flags(kube / "kube-controller-manager", controllers)},
        {
            "name": "scheduler",
            "command": _flags(kube / "kube-scheduler", {"kubeconfig": on("scheduler.conf"), "leader-elect": "false", "bind-address": "127.0.0.1"}),
        },
        {"name": "kubelet", "url": "http://127.0.0.1:10248/healthz", "command": _flags(kube / "kubelet", kubelet)},
        {"name": "kube-proxy", "command": _flags(kube / "kube-proxy", {"config": on("kube-proxy.json")})},
        {"name": "coredns", "command": [str(binaries["coredns"] / "coredns"), "-conf", on("Corefile")]},
        {"name": "metrics", "command": _flags(binaries["metrics"] / "metrics-server", metrics)},
        {"name": "registry", "url": f"http://{address}:5000/v2/", "command": [str(binaries["registry"] / "registry"), "serve", on("registry.json")]},
    ]


def _flags(program: Path, flags: dict[str, str]) -> list[str]:
    return [str(program), *(f"--{name}={value}" for name, value in flags.items())]


def main() -> None:
    began = time.monotonic()
    with node() as it:
        print(f"Ready after {time.monotonic() - began:.0f} s.\nexport KUBECONFIG={it.kubeconfig}\nexport PATH={it.binaries}:$PATH", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if sys.stdin.isatty():
            input("Enter ends it. ")
        else:
            signal.pause()


if __name__ == "__main__":
    main()
