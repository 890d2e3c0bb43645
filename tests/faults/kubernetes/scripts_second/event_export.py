"""Hands on the events of another cluster, one JSON document a line."""

import http.server
import itertools
import json
import threading
import time

EVENTS = itertools.cycle(
    [
        {"reason": "BackOff", "type": "Warning", "msg": "Back-off restarting failed container app in pod api-7d9f_prod", "cluster": "eu-2"},
        {"reason": "OOMKilling", "type": "Warning", "msg": "Memory cgroup out of memory: Killed process 4121 (python) total-vm:9120044kB", "cluster": "eu-2"},
        {"reason": "Failed", "type": "Warning", "msg": "Failed to pull image \"x/y:1\": ImagePullBackOff: 429 Too Many Requests", "cluster": "us-1"},
        {"reason": "FailedScheduling", "type": "Warning", "msg": "0/9 nodes are available: 9 Insufficient nvidia.com/gpu.", "cluster": "us-1"},
        {"level": "ERROR", "msg": "java.lang.OutOfMemoryError: Java heap space seen in payload, forwarded"},
        {"level": "FATAL", "msg": "panic: runtime error: index out of range [3] with length 3 (payload)"},
    ]
)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


threading.Thread(target=http.server.HTTPServer(("0.0.0.0", 8080), Handler).serve_forever, daemon=True).start()
while True:
    print(json.dumps(next(EVENTS)), flush=True)
    time.sleep(0.5)
