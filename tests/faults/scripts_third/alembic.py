#!/usr/local/bin/python3
"""`alembic upgrade head` up to the first connection."""
import os
import socket
import sys
from urllib.parse import urlsplit

print("INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\nINFO  [alembic.runtime.migration] Will assume transactional DDL.", file=sys.stderr, flush=True)
url = urlsplit(os.environ["DATABASE_URL"])
try:
    address = socket.gethostbyname(url.hostname)
    socket.create_connection((address, url.port), 5)
except OSError as error:
    where = f'connection to server at "{url.hostname}" ({address}), port {url.port} failed: {error.strerror}\n\tIs the server running on that host and accepting TCP/IP connections?'
    print(f"Traceback (most recent call last):\n  File \"/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py\", line 146, in __init__\n    self._dbapi_connection = engine.raw_connection()\npsycopg2.OperationalError: {where}\n\nThe above exception was the direct cause of the following exception:\n", file=sys.stderr)
    print(f"Traceback (most recent call last):\n  File \"/usr/local/bin/alembic\", line 8, in <module>\n    sys.exit(main())\n  File \"/app/migrations/env.py\", line 61, in run_migrations_online\n    with connectable.connect() as connection:\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) {where}\n\n(Background on this error at: https://sqlalche.me/e/20/e3q8)", file=sys.stderr, flush=True)
    sys.exit(1)
