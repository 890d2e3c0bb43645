"""A client of PostgreSQL that leaves when it cannot connect, in the words of the driver that SPEAKS names."""

import os
import socket
import sys
import time

host, port = os.environ["PGHOST"], 5432
print("connecting to the database", flush=True)
time.sleep(1)
try:
    socket.create_connection((host, port), timeout=5).close()
except OSError as problem:
    text = (problem.strerror or str(problem)) if not isinstance(problem, socket.gaierror) else "could not translate host name"
    said = {
        "psycopg2": f'Traceback (most recent call last):\n  File "/app/main.py", line 22, in <module>\n    engine.connect()\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "{host}", port {port} failed: {text}\n\tIs the server running on that host and accepting TCP/IP connections?',
        "jdbc": f"org.postgresql.util.PSQLException: Connection to {host}:{port} refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\nCaused by: java.net.ConnectException: {text}",
        "node": f"Error: connect ECONNREFUSED {host}:{port}\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16) {{\n  errno: -111,\n  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  port: {port}\n}}",
    }
    print(said[os.environ["SPEAKS"]], file=sys.stderr)
    sys.exit(1)
while True:
    time.sleep(60)
