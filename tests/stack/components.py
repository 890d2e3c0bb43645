"""The programs of a node: the command of each, and where it says that it is up."""

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tests.stack.settings import NAME, PODS, SERVICES

ROOT = Path(__file__).parents[2]
EXTRAS: Mapping[str, str] = {"dns": "coredns", "metrics": "metrics", "registries": "registry"}
"""What a node can do without, and the module that each needs."""

Component = dict[str, Any]
Flags = Mapping[str, str | Path]


def components(folder: Path, address: str, binaries: Mapping[str, Path], extras: Collection[str]) -> list[Component]:
    """In the order of their start; one that is `first` must be up before the next starts."""
    more = {"dns": _dns, "metrics": _metrics, "registries": _registries}
    chosen = (one for extra in EXTRAS if extra in extras for one in more[extra](folder, address, binaries[EXTRAS[extra]]))
    return [*_stores(folder), *_control(folder, address, binaries["kubernetes"]), *_workers(folder, address, binaries["kubernetes"]), *chosen]


def _stores(folder: Path) -> list[Component]:
    etcd = ["etcd", "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--log-level", "warn"]
    return [
        {"name": "etcd", "first": True, "command": etcd, "url": "http://127.0.0.1:2379/health"},
        {"name": "containerd", "command": ["containerd", "--config", str(folder / "containerd.toml")], "file": str(folder / "containerd.sock")},
    ]


def _control(folder: Path, address: str, kube: Path) -> list[Component]:
    controllers: Flags = {
        "kubeconfig": folder / "controllers.conf",
        "root-ca-file": folder / "ca.crt",
        "service-account-private-key-file": folder / "sa.key",
        "use-service-account-credentials": "true",
        "cluster-signing-cert-file": folder / "ca.crt",
        "cluster-signing-key-file": folder / "ca.key",
        "cluster-cidr": PODS,
        "allocate-node-cidrs": "false",
        "node-monitor-grace-period": "40s",
        "flex-volume-plugin-dir": folder / "volumeplugins",
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
    }
    scheduler: Flags = {"kubeconfig": folder / "scheduler.conf", "bind-address": "127.0.0.1", "leader-elect": "false"}
    api = _flags(kube / "kube-apiserver", _api_server(folder, address))
    return [
        {"name": "apiserver", "first": True, "command": api, "url": f"https://{address}:6443/readyz"},
        {"name": "controllers", "command": _flags(kube / "kube-controller-manager", controllers), "url": "https://127.0.0.1:10257/healthz"},
        {"name": "scheduler", "command": _flags(kube / "kube-scheduler", scheduler), "url": "https://127.0.0.1:10259/healthz"},
    ]


def _api_server(folder: Path, address: str) -> Flags:
    serving: Flags = {
        "advertise-address": address,
        "bind-address": "0.0.0.0",  # noqa: S104  the node's network is its own
        "secure-port": "6443",
        "tls-cert-file": folder / "apiserver.crt",
        "tls-private-key-file": folder / "apiserver.key",
        "etcd-servers": "http://127.0.0.1:2379",
        "service-cluster-ip-range": SERVICES,
        "allow-privileged": "true",
        "event-ttl": "1h",
    }
    access: Flags = {
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "client-ca-file": folder / "ca.crt",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": folder / "sa.pub",
        "service-account-signing-key-file": folder / "sa.key",
        "audit-policy-file": folder / "audit.json",
        "audit-log-path": folder / "audit.log",
    }
    to_kubelets: Flags = {
        "kubelet-client-certificate": folder / "admin.crt",
        "kubelet-client-key": folder / "admin.key",
        "kubelet-certificate-authority": folder / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
    }
    to_other_apis: Flags = {
        "enable-aggregator-routing": "true",
        "proxy-client-cert-file": folder / "front-proxy.crt",
        "proxy-client-key-file": folder / "front-proxy.key",
        "requestheader-client-ca-file": folder / "ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    }
    return {**serving, **access, **to_kubelets, **to_other_apis}


def _workers(folder: Path, address: str, kube: Path) -> list[Component]:
    kubelet: Flags = {
        "config": folder / "kubelet.json",
        "kubeconfig": folder / "kubelet.conf",
        "hostname-override": NAME,
        "node-ip": address,
        "root-dir": folder / "kubelet",
        "cert-dir": folder / "kubelet-pki",
    }
    proxy = _flags(kube / "kube-proxy", {"config": folder / "kube-proxy.json"})
    return [
        {"name": "kubelet", "command": _flags(kube / "kubelet", kubelet), "url": "http://127.0.0.1:10248/healthz"},
        {"name": "kube-proxy", "command": proxy, "url": "http://127.0.0.1:10256/livez"},
    ]


def _dns(folder: Path, _address: str, binaries: Path) -> list[Component]:
    return [{"name": "coredns", "command": [str(binaries / "coredns"), "-conf", str(folder / "Corefile")], "url": "http://127.0.0.1:8181/ready"}]


def _metrics(folder: Path, address: str, binaries: Path) -> list[Component]:
    admin = folder / "admin.conf"
    flags: Flags = {
        "kubeconfig": admin,
        "authentication-kubeconfig": admin,
        "authorization-kubeconfig": admin,
        "kubelet-insecure-tls": "true",
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": "15s",
        "bind-address": address,
        "secure-port": "10443",
        "cert-dir": folder / "metrics-pki",
    }
    return [{"name": "metrics", "command": _flags(binaries / "metrics-server", flags), "url": f"https://{address}:10443/livez"}]


def _registries(folder: Path, address: str, binaries: Path) -> list[Component]:
    serving = [str(binaries / "registry"), "serve", str(folder / "registry.json")]
    refusing = [sys.executable, "-m", "tests.stack.registry", str(folder), address]
    return [
        {"name": "registry", "command": serving, "url": f"http://{address}:5000/v2/", "environment": {"OTEL_TRACES_EXPORTER": "none"}},
        {"name": "refusals", "command": refusing, "url": f"http://{address}:5003/v2/", "environment": {"PYTHONPATH": str(ROOT)}},
    ]


def _flags(program: Path, flags: Flags) -> list[str]:
    return [str(program), *(f"--{name}={value}" for name, value in flags.items())]
