"""Binds port 80 and says what nginx says when it may not."""

import socket
import sys
import time

print("/docker-entrypoint.sh: Configuration complete; ready for start up", flush=True)
try:
    server = socket.create_server(("0.0.0.0", 80))
except OSError as problem:
    print(f"2026/11/24 06:31:09 [emerg] 1#1: bind() to 0.0.0.0:80 failed ({problem.errno}: {problem.strerror})", file=sys.stderr)
    print(f"nginx: [emerg] bind() to 0.0.0.0:80 failed ({problem.errno}: {problem.strerror})", file=sys.stderr)
    sys.exit(1)
while True:
    time.sleep(1)
