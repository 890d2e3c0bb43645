"""A web service in the words of uvicorn; its options say how it listens, how long it takes to start and what it says of itself."""

import argparse
import http.server
import os
import signal
import sys
import threading
import time

parser = argparse.ArgumentParser(prog="web")
parser.add_argument("--port", type=int, default=8000)
parser.add_argument("--probe-path", default="/healthz")
parser.add_argument("--starts-in", type=float, default=0)
parser.add_argument("--cache-mib", type=int, default=0)
parser.add_argument("--chatty", action="store_true", help="log requests that went badly and were answered")
args = parser.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == args.probe_path
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}' if known else b'{"detail":"Not Found"}')

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print("INFO:     Started server process [1]", flush=True)
print("INFO:     Waiting for application startup.", flush=True)
cache = bytearray(b"\1") * (args.cache_mib << 20)
for second in range(int(args.starts_in)):
    time.sleep(1)
    if second % 5 == 4:
        print(f"INFO:     warming caches ({second + 1} s)", flush=True)
server = http.server.ThreadingHTTPServer(("0.0.0.0", args.port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("INFO:     Application startup complete.", flush=True)
print(f"INFO:     Uvicorn running on http://0.0.0.0:{args.port} (version {os.environ.get('VERSION', '3.2')})", flush=True)
while True:
    time.sleep(1)
    if args.chatty:
        args.chatty = False
        print("ERROR:    recommendations: upstream failed, answering from the cache", file=sys.stderr)
        print("Traceback (most recent call last):\n  File \"/app/clients/reco.py\", line 41, in fetch\n    raise UpstreamError(response.status_code)\nclients.reco.UpstreamError: 503\nConnectionRefusedError: [Errno 111] Connection refused", file=sys.stderr, flush=True)
