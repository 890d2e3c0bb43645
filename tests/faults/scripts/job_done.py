"""A job that does its work and ends."""

import time

print("export started", flush=True)
time.sleep(0.3)
print("export finished: 1204 rows written to /out/export.parquet", flush=True)
