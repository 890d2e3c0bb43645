"""Registries that refuse: each answers in one way, by the machine's end of the node's link. The node's own registry serves what it has."""

import json
import socket
import ssl
import threading
import urllib.error
import urllib.request
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.stack.certificates import Authority
from tests.stack.node import Node

# what the catalogue calls them, and their names and ports
NAMES = {
    "ok": "registry.test:5000", "unauthorized": "hub.test:5001", "forbidden": "quay.test:5002", "busy": "mirror.test:5003", "failing": "harbor.test:5004",
    "closed": "nexus.test:5005", "badtls": "vault.test:5006", "silent": "cargo.test:5007", "masking": "ghcr.test:5008", "noname": "images.corp.test:5000",
}  # fmt: skip
_ANSWERS: dict[str, tuple[int, dict[str, str], list[dict[str, str]]]] = {
    "unauthorized": (401, {"WWW-Authenticate": 'Basic realm="Registry"'}, [{"code": "UNAUTHORIZED", "message": "authentication required"}]),
    "forbidden": (403, {}, [{"code": "DENIED", "message": "requested access to the resource is denied"}]),
    "busy": (429, {"Retry-After": "900"}, [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]),
    "failing": (500, {}, [{"code": "UNKNOWN", "message": "unknown error"}]),
    "badtls": (200, {}, []),
}
_OVER_TLS = {"badtls", "silent", "noname"}  # these are reached as containerd reaches any registry


class Registries:
    """They run from the start to `close`."""

    def __init__(self, node: Node) -> None:
        self.gateway = node.address.rpartition(".")[0] + ".1"
        self._servers: list[ThreadingHTTPServer] = []
        with (node.folder / "hosts").open("a") as hosts:
            hosts.writelines(f"{self.gateway} {_host(name)}\n" for key, name in NAMES.items() if key not in ("ok", "noname"))
        for key in NAMES.keys() - _OVER_TLS:
            _speak_plainly(node, NAMES[key])
        for key, answer in _ANSWERS.items():
            self._serve(key, _handler(*answer), Authority(node.folder, "nobody") if key == "badtls" else None)
        self._serve("masking", _masking(NAMES["masking"]))
        self._silent = socket.create_server((self.gateway, _port("silent")))
        _push_for_another_platform(f"http://{node.address}:5000", "field/drone", "1.2")

    def _serve(self, key: str, handler: type[BaseHTTPRequestHandler], authority: Authority | None = None) -> None:
        server = ThreadingHTTPServer((self.gateway, _port(key)), handler)
        if authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.sign(f"registry-{key}", f"/CN={_host(NAMES[key])}", (f"DNS:{_host(NAMES[key])}",)))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._silent.close()


def _host(name: str) -> str:
    return name.partition(":")[0]


def _port(key: str) -> int:
    return int(NAMES[key].partition(":")[2])


def _speak_plainly(node: Node, name: str) -> None:
    """Tell containerd that this one has no TLS."""
    place = node.folder / "certs.d" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "hosts.toml").write_text(f'server = "http://{name}"\n[host."http://{name}"]\n  capabilities = ["pull", "resolve"]\n')


def _handler(status: int, headers: dict[str, str], errors: list[dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, status, headers, {"errors": errors})

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _masking(name: str) -> type[BaseHTTPRequestHandler]:
    """A registry that hands out tokens to anybody and then says that they do not suffice."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/token"):
                _answer(self, 200, {}, {"token": "eyJub3BlIjp0cnVlfQ"})
                return
            scope = "repository:acme/ticket-web:pull"
            asks = f'Bearer realm="http://{name}/token",service="{name}",scope="{scope}"'
            refuses = f'{asks},error="insufficient_scope"' if self.headers.get("Authorization") else asks
            _answer(
                self, 401, {"WWW-Authenticate": refuses}, {"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}
            )

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _answer(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: object) -> None:
    content = json.dumps(body).encode()
    handler.send_response(status)
    for key, value in headers.items():
        handler.send_header(key, value)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(content)


def _push_for_another_platform(registry: str, repository: str, tag: str) -> None:
    """An index whose one image is for a processor that this machine does not have."""
    config = json.dumps({"architecture": "s390x", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    base = f"{registry}/v2/{repository}"
    with urllib.request.urlopen(urllib.request.Request(f"{base}/blobs/uploads/", method="POST")) as started:  # noqa: S310
        place = started.headers["Location"]
    place = place if place.startswith("http") else registry + place
    digest = f"sha256:{sha256(config).hexdigest()}"
    _put(f"{place}{'&' if '?' in place else '?'}digest={digest}", config, "application/octet-stream")
    oci = "application/vnd.oci.image"
    image = json.dumps({"schemaVersion": 2, "mediaType": f"{oci}.manifest.v1+json", "config": {"mediaType": f"{oci}.config.v1+json", "digest": digest, "size": len(config)}, "layers": []}).encode()  # fmt: skip
    own = f"sha256:{sha256(image).hexdigest()}"
    _put(f"{base}/manifests/{own}", image, f"{oci}.manifest.v1+json")
    entry = {"mediaType": f"{oci}.manifest.v1+json", "digest": own, "size": len(image), "platform": {"architecture": "s390x", "os": "linux"}}
    _put(
        f"{base}/manifests/{tag}",
        json.dumps({"schemaVersion": 2, "mediaType": f"{oci}.index.v1+json", "manifests": [entry]}).encode(),
        f"{oci}.index.v1+json",
    )


def _put(url: str, content: bytes, kind: str) -> None:
    request = urllib.request.Request(url, data=content, method="PUT", headers={"Content-Type": kind})  # noqa: S310
    try:
        urllib.request.urlopen(request).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"PUT {url}: {error.code} {error.read().decode(errors='replace')}") from error
