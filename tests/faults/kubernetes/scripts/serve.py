"""A small HTTP service. Options shape when it is ready and for how long it answers."""

import argparse
import http.server
import os
import signal
import sys
import threading
import time

parser = argparse.ArgumentParser(prog="serve")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--warmup", type=float, default=0, help="seconds until /ready answers 200")
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--lock-after", type=float, default=0, help=argparse.SUPPRESS)
parser.add_argument("--backend", default="")
parser.add_argument("--stubborn", action="store_true", help=argparse.SUPPRESS)
args = parser.parse_args()
started = time.monotonic()
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        age = time.monotonic() - started
        if args.lock_after and age > args.lock_after:
            lock.acquire()
            lock.acquire()  # takes its own lock twice: stands still
        ready = age >= args.warmup and (not args.backend or os.path.exists(args.backend))
        known = {"/healthz": 200, "/ready": 200 if ready else 503, "/": 200}
        self.send_response(known.get(self.path, 404))
        self.end_headers()
        self.wfile.write(b"ok\n" if known.get(self.path) == 200 else b"no\n")

    def log_message(self, form: str, *parts: object) -> None:
        print(f"{self.address_string()} {form % parts}", flush=True)


signal.signal(signal.SIGTERM, signal.SIG_IGN if args.stubborn else lambda *_: sys.exit(0))
print(f"listening on 0.0.0.0:{args.port}, {args.workers} worker(s)", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", args.port), Handler).serve_forever()
