"""Where images come from: a registry that has what is pushed to it, and others that refuse, each in its own way.

python -m tests.stack.registry FOLDER ADDRESS     runs those that refuse; a node does that by itself
"""

import json
import socket
import ssl
import sys
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import urllib3

from tests.stack.certificates import Authority
from tests.stack.images import Image, digest

REGISTRIES: Mapping[str, str] = {
    "ok": "registry.test:5000",  # what is not in it is "manifest unknown"
    "unauthorized": "unauthorized.test:5001",  # asks for a token, and gives none without a password
    "masked": "masked.test:5002",  # gives anybody a token that does not suffice, as Docker Hub does
    "basic": "basic.test:5003",
    "denied": "denied.test:5004",
    "limited": "limited.test:5005",
    "failing": "failing.test:5006",
    "untrusted": "untrusted.test:5007",  # TLS of an authority that nobody knows
    "silent": "silent.test:5008",  # takes connections and says nothing
    "closed": "closed.test:5009",
    "unknown": "unknown.test:5000",  # a name that does not resolve
}
"""Host and port of each, as the node's containerd has them."""

_OVER_TLS = {"untrusted", "silent", "unknown"}
_OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Answer:
    """What a registry says to everything: the body is of the form that the registry specification gives errors."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return json.dumps({"errors": [{"code": self.code, "message": self.message}]}).encode()


def _challenge(key: str) -> str:
    name = REGISTRIES[key]
    return f'Bearer realm="http://{name}/token",service="{name}"'


_UNAUTHORIZED = ("UNAUTHORIZED", "authentication required")
ANSWERS: Mapping[str, Answer] = {
    "unauthorized": Answer(401, *_UNAUTHORIZED, {"WWW-Authenticate": _challenge("unauthorized")}),
    "masked": Answer(401, *_UNAUTHORIZED, {"WWW-Authenticate": _challenge("masked")}),
    "basic": Answer(401, *_UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="Registry"'}),
    "denied": Answer(403, "DENIED", "requested access to the resource is denied"),
    "limited": Answer(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.", {"Retry-After": "900"}),
    "failing": Answer(500, "UNKNOWN", "unknown error"),
    "untrusted": Answer(404, "MANIFEST_UNKNOWN", "manifest unknown"),
}


# what a node must know of them


def hosts(address: str) -> str:
    """Lines for /etc/hosts."""
    return "".join(f"{address} {name.partition(':')[0]}\n" for key, name in REGISTRIES.items() if key != "unknown")


def speak_plainly(folder: Path) -> None:
    """Tell containerd which of them have no TLS."""
    for key in REGISTRIES.keys() - _OVER_TLS:
        place = folder / "certs.d" / REGISTRIES[key]
        place.mkdir(parents=True)
        url = f"http://{REGISTRIES[key]}"
        (place / "hosts.toml").write_text(f'server = "{url}"\n[host."{url}"]\n  capabilities = ["pull", "resolve"]\n')


def push(registry: str, name: str, image: Image) -> None:
    """Put an image into the registry at this URL; `name` is repository:tag."""
    repository, _, tag = name.rpartition(":")
    base = f"{registry}/v2/{repository}"
    layers = [{"mediaType": f"{_OCI}.layer.v1.tar", "digest": _push_blob(base, one), "size": len(one)} for one in image.layers]
    config = {"mediaType": f"{_OCI}.config.v1+json", "digest": _push_blob(base, image.config()), "size": len(image.config())}
    manifest = {"schemaVersion": 2, "mediaType": f"{_OCI}.manifest.v1+json", "config": config, "layers": layers}
    _send("PUT", f"{base}/manifests/{tag}", json.dumps(manifest).encode(), f"{_OCI}.manifest.v1+json")


def _push_blob(base: str, data: bytes) -> str:
    place = urllib.parse.urljoin(base, _send("POST", f"{base}/blobs/uploads/").headers["Location"])
    _send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest(data)}", data)
    return digest(data)


def _send(method: str, url: str, body: bytes = b"", kind: str = "application/octet-stream") -> urllib3.BaseHTTPResponse:
    answer = urllib3.request(method, url, body=body, headers={"Content-Type": kind}, timeout=60)
    if answer.status >= 300:
        raise RuntimeError(f"{method} {url}: {answer.status} {answer.data.decode(errors='replace')}")
    return answer


# those that refuse


class _Refusal(BaseHTTPRequestHandler):
    """A registry that has one answer."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    token: bytes = b""

    def do_GET(self) -> None:
        if self.token and self.path.startswith("/token"):
            self._say(200, {}, self.token)
        else:
            self._say(self.answer.status, self._headers(), self.answer.body)

    do_HEAD = do_GET  # noqa: N815  the name is the library's

    def _headers(self) -> Mapping[str, str]:
        """A token that does not suffice is refused as such."""
        if self.token and self.headers.get("Authorization"):
            return {"WWW-Authenticate": f'{self.answer.headers["WWW-Authenticate"]},error="insufficient_scope"'}
        return self.answer.headers

    def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        always = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Docker-Distribution-Api-Version": "registry/2.0"}
        for key, value in {**always, **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main(folder: Path, address: str) -> None:
    for key in ANSWERS:
        threading.Thread(target=_server(folder, address, key).serve_forever).start()
    with socket.create_server((address, _port("silent"))):  # the kernel takes connections, and nobody speaks
        threading.Event().wait()


def _server(folder: Path, address: str, key: str) -> ThreadingHTTPServer:
    token = b'{"token": "eyJhbGciOiJub25lIn0.e30."}' if key == "masked" else b""
    server = ThreadingHTTPServer((address, _port(key)), type(key, (_Refusal,), {"answer": ANSWERS[key], "token": token}))
    if key in _OVER_TLS:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        name = REGISTRIES[key].partition(":")[0]
        context.load_cert_chain(*Authority(folder, "stranger").sign("stranger-registry", f"/CN={name}", (f"DNS:{name}",)))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def _port(key: str) -> int:
    return int(REGISTRIES[key].partition(":")[2])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
