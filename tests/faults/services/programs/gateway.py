"""Hands each request on to the port given, and answers 502 where nobody listens there."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

BAD = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"


class Gateway(BaseHTTPRequestHandler):
    server_version, sys_version = "nginx", ""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            answer = urllib3.request(self.command, f"http://127.0.0.1:{sys.argv[2]}{self.path}", body=body, headers=dict(self.headers), retries=False)
            status, kind, data = answer.status, answer.headers.get("Content-Type", "text/html"), answer.data
        except urllib3.exceptions.HTTPError:
            status, kind, data = 502, "text/html", BAD
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.do_GET()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway).serve_forever()
