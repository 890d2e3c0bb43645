"""Connects to its database, really, and says what its framework says when that does not answer."""

import os
import socket
import sys
import time

host = os.environ.get("DB_HOST", "postgres")
words = {
    "django": 'django.db.utils.OperationalError: connection failed: connection to server at "{host}", port 5432 failed: {why}\n\tIs the server running on that host and accepting TCP/IP connections?',
    "spring": (
        "ERROR 1 --- [main] com.zaxxer.hikari.pool.HikariPool : HikariPool-1 - Exception during pool initialization.\n"
        "org.postgresql.util.PSQLException: Connection to {host}:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\n"
        "\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:352)\n"
        "Caused by: java.net.ConnectException: {why}"
    ),
    "node": "Error: connect ECONNREFUSED {host}:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16) {{\n  errno: -111,\n  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  port: 5432\n}}",
    "go": 'level=fatal msg="cannot open store" err="dial tcp: {host}:5432: connect: connection refused"',
}
time.sleep(1)
try:
    socket.create_connection((host, 5432), timeout=3).close()
except OSError as problem:
    print(words[sys.argv[1]].format(host=host, why=problem.strerror or problem), file=sys.stderr)
    sys.exit(1)
print("database: connected", flush=True)
while True:
    time.sleep(1)
