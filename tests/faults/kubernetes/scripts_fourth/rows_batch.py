"""Takes rows from a table in batches of BATCH_ROWS and gives each batch back."""

import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
rows = int(os.environ["BATCH_ROWS"])
print(f"scorer: batch of {rows} rows", flush=True)
for number in range(1, 10_000):
    batch = []
    print(f"scorer: batch {number}: fetchmany({rows})", flush=True)
    for _ in range(0, rows, 1000):
        batch.append(bytearray(b"\1") * 320_000)
    print(f"scorer: batch {number}: scored", flush=True)
    time.sleep(1)
