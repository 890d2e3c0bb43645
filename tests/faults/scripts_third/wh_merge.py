"""The nightly merge starts an embedded PostgreSQL in the same container; its parallel hash join asks for shared memory."""
import os
import sys
import time

SEGMENT = 96 << 20


def pg(level, text):
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())} [31] {level}:  {text}", file=sys.stderr, flush=True)


pg("LOG", "starting PostgreSQL 16.4 (Debian 16.4-1.pgdg120+1) on x86_64-pc-linux-gnu")
pg("LOG", "database system is ready to accept connections")
print("merge: CREATE TEMP TABLE stage_orders: 1,804,122 rows", flush=True)
pg("LOG", "checkpoints are occurring too frequently (9 seconds apart)")
pg("HINT", "Consider increasing the configuration parameter \"max_wal_size\".")
time.sleep(0.5)
print("merge: MERGE INTO orders USING stage_orders (max_parallel_workers_per_gather = 4)", flush=True)
file = os.open("/dev/shm/PostgreSQL.2103940817", os.O_CREAT | os.O_RDWR, 0o600)
try:
    os.posix_fallocate(file, 0, SEGMENT)
except OSError as error:
    os.unlink("/dev/shm/PostgreSQL.2103940817")
    text = f'could not resize shared memory segment "/PostgreSQL.2103940817" to {SEGMENT} bytes: {error.strerror}'
    pg("ERROR", text)
    print(f"""\
Traceback (most recent call last):
  File "/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
psycopg2.errors.DiskFull: {text}

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/merge.py", line 58, in <module>
    connection.execute(MERGE)
sqlalchemy.exc.OperationalError: (psycopg2.errors.DiskFull) {text}
[SQL: MERGE INTO orders USING stage_orders ON orders.id = stage_orders.id WHEN MATCHED THEN UPDATE SET ...]
(Background on this error at: https://sqlalche.me/e/20/e3q8)""", file=sys.stderr, flush=True)
    sys.exit(1)
time.sleep(3600)
