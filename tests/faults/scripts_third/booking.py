"""Ends once because its database is not there yet, the morning the machine was booted; afterwards it works."""
import os
import socket
import sys
import time

MARK = "/var/booted"
if not os.path.exists(MARK):
    open(MARK, "w").close()
    try:
        socket.create_connection(("127.0.0.1", 5432), 1)
    except OSError as error:
        print(f"sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at \"pg\" port 5432 failed: {error.strerror}", file=sys.stderr, flush=True)
        sys.exit(1)
print("INFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", flush=True)
while True:
    time.sleep(0.7)
    print('INFO:     10.3.0.17:50112 - "GET /bookings?day=2026-11-25 HTTP/1.1" 200 OK', flush=True)
