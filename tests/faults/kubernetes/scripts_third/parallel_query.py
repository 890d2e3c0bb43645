"""A parallel query shares its result through /dev/shm, in the words of PostgreSQL."""

import os
import sys
import time

print("REFRESH MATERIALIZED VIEW monthly_cohorts", flush=True)
time.sleep(1)
handle = os.open("/dev/shm/PostgreSQL.1804289383", os.O_CREAT | os.O_RDWR)
try:
    os.posix_fallocate(handle, 0, 134217728)
except OSError as problem:
    print(f'ERROR:  could not resize shared memory segment "/PostgreSQL.1804289383" to 134217728 bytes: {problem.strerror}\nCONTEXT:  parallel worker', file=sys.stderr)
    sys.exit(3)
print("REFRESH", flush=True)
