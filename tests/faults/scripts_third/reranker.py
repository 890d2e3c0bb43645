"""A reranker that is slow to load: its health check fails at first, and then it is well."""
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ready = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if ready.is_set() else 503)
        self.end_headers()

    def log_message(self, *args):
        print(f'"GET {self.path}" {args[2]}' if len(args) > 2 else self.path, flush=True)


threading.Thread(target=ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever, daemon=True).start()
for n in range(9):
    print(f"loading bge-reranker-v2-m3: {n * 11} %", flush=True)
    time.sleep(1)
ready.set()
print("model loaded, ready", flush=True)
while True:
    time.sleep(5)
