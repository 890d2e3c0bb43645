"""Writes table after table until its volume is full, in the words of RocksDB."""

import sys
import time

print("vector index: opening /data/index", flush=True)
for number in range(1, 200):
    try:
        with open(f"/data/{number:06d}.sst", "wb") as table:
            table.write(b"\1" * (2 << 20))
    except OSError as problem:
        print(f"FATAL flush: IO error: {problem.strerror}: While appending to file: /data/{number:06d}.sst: {problem.strerror}", file=sys.stderr)
        sys.exit(1)
    time.sleep(0.1)
time.sleep(86400)
