"""A node agent that serves its metrics."""

import os
import socket
import sys
import time

port = int(os.environ.get("METRICS_PORT", "9100"))
print('ts=2026-11-25T08:20:11.402Z level=info caller=main.go:61 msg="starting flow-exporter" version=1.6.0', flush=True)
time.sleep(1)
server = socket.socket()
try:
    server.bind(("0.0.0.0", port))
    server.listen()
except OSError as problem:
    print(f'ts=2026-11-25T08:20:12.404Z level=error caller=main.go:97 msg="cannot serve metrics" err="listen tcp 0.0.0.0:{port}: bind: {(problem.strerror or "").lower()}"', file=sys.stderr)
    sys.exit(1)
while True:
    time.sleep(1)
