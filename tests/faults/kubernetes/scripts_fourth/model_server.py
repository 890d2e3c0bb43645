"""A model server: how it listens, how long it loads and what it says of itself is told by its options."""

import argparse
import http.server
import os
import signal
import sys
import threading
import time

parser = argparse.ArgumentParser(prog="model-server")
parser.add_argument("--host", default="0.0.0.0")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--health-route", default="/health")
parser.add_argument("--load-seconds", type=float, default=0, help="before it listens")
parser.add_argument("--not-ready", default="", help="what /ready says instead of ok")
args = parser.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code, text = 404, "not found\n"
        if self.path == args.health_route:
            code, text = 200, "ok\n"
        elif self.path == "/ready":
            code, text = (503, args.not_ready + "\n") if args.not_ready else (200, "ok\n")
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
version = os.environ.get("SERVER_VERSION", "1.5")
print(f"model-server {version}: {args.workers} worker(s)", flush=True)
shards = 12
for shard in range(1, shards + 1):
    if args.load_seconds:
        time.sleep(args.load_seconds / shards)
        print(f"loading shard {shard}/{shards}", flush=True)
print(f"listening on {args.host}:{args.port}, {args.health_route}", flush=True)
server = http.server.ThreadingHTTPServer((args.host, args.port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
while True:
    time.sleep(1)
