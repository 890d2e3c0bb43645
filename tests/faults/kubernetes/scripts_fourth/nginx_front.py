"""Binds the port of its pod's front, in the words of nginx."""

import socket
import sys
import time

print("/docker-entrypoint.sh: Configuration complete; ready for start up", flush=True)
time.sleep(2)
front = socket.socket()
front.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    front.bind(("0.0.0.0", 8080))
    front.listen()
except OSError as problem:
    for moment in range(5):
        print(f"2026/11/25 07:12:0{moment} [emerg] 1#1: bind() to 0.0.0.0:8080 failed ({problem.errno}: {problem.strerror})", file=sys.stderr)
    print("2026/11/25 07:12:05 [emerg] 1#1: still could not bind()\nnginx: [emerg] still could not bind()", file=sys.stderr)
    sys.exit(1)
time.sleep(86400)
