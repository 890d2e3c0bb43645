"""A small web application: what it answers, and how fast, is told by its options."""

import argparse
import http.server
import itertools
import signal
import sys
import time

parser = argparse.ArgumentParser(prog="portal")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--slow", type=float, default=0, help="seconds for /status")
parser.add_argument("--waits-for", default="", help="what /ready says that it waits for")
parser.add_argument("--hiccups", action="store_true", help="every third /live is refused")
args = parser.parse_args()
counter = itertools.count(1)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code, text = 404, b'{"detail":"Not Found"}\n'
        if self.path == "/live":
            late = args.hiccups and next(counter) % 3 == 0
            code, text = (503, b"busy\n") if late else (200, b"ok\n")
        elif self.path == "/status":
            time.sleep(args.slow)
            code, text = 200, b"ok\n"
        elif self.path == "/ready":
            code, text = (503, f'{{"status":"DOWN","waits_for":"{args.waits_for}"}}\n'.encode()) if args.waits_for else (200, b"ok\n")
        elif self.path == "/admin":
            code, text = 401, b'{"detail":"Not authenticated"}\n'
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, form: str, *parts: object) -> None:
        print(f'INFO: {self.address_string()} - {form % parts}', flush=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"INFO: portal 2.3 on port {args.port}", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", args.port), Handler).serve_forever()
