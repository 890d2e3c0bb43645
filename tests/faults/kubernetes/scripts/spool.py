"""Copies its index into the scratch folder before it serves."""

import time

print("indexer: unpacking segments into /scratch", flush=True)
with open("/scratch/segments.bin", "wb") as target:
    for segment in range(64):
        target.write(b"\1" * (1 << 20))
        target.flush()
print("indexer: ready", flush=True)
while True:
    time.sleep(1)
