"""A store as it answers a session that has ended: it knows the key and takes nothing of it, with S3's own words."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAID = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><RequestId>7MQX4T1K0B2E9C3D</RequestId><HostId>c3RvcmU=</HostId></Error>"""


class Store(BaseHTTPRequestHandler):
    server_version, sys_version, protocol_version = "AmazonS3", "", "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(400)
        self.send_header("Content-Type", "application/xml")
        self.send_header("x-amz-request-id", "7MQX4T1K0B2E9C3D")
        self.send_header("Content-Length", str(len(SAID)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(SAID)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Store).serve_forever()
