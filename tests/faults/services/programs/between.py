"""Hands requests on to the port given, as they are, but for those that a word says: `large` bodies, or `checksum`s that come after a body."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

LISTEN, TO, REFUSED = int(sys.argv[1]), sys.argv[2], sys.argv[3]
LARGE = b"<html><head><title>413 Request Entity Too Large</title></head><body><center><h1>413 Request Entity Too Large</h1></center><hr><center>nginx</center></body></html>"
CHECKSUM = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message></Error>'
BUSY = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'
LIMIT = 1 << 20
HERE = {"transfer-encoding", "content-length", "connection", "server", "date"}


class Between(BaseHTTPRequestHandler):
    server_version, sys_version = "nginx", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.body()
        if REFUSED == "busy":
            return self.say(503, {"Content-Type": "application/xml"}, BUSY)
        if REFUSED == "large" and len(body) > LIMIT:
            return self.say(413, {"Content-Type": "text/html"}, LARGE)
        if (
            REFUSED == "checksum"
            and self.command == "PUT"
            and any(name.lower().startswith("x-amz-checksum") or name.lower() == "x-amz-trailer" for name in self.headers)
        ):
            return self.say(501, {"Content-Type": "application/xml"}, CHECKSUM)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "transfer-encoding"}
        answer = urllib3.request(self.command, f"http://127.0.0.1:{TO}{self.path}", body=body, headers=headers, retries=False, decode_content=False)
        return self.say(answer.status, {name: value for name, value in answer.headers.items() if name.lower() not in HERE}, answer.data)

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = do_GET  # noqa: N815  names of http.server


ThreadingHTTPServer(("127.0.0.1", LISTEN), Between).serve_forever()
