"""Twelve loader processes, each with a copy of what it prefetches, in the words of Lightning."""

import os
import sys
import time

print("GPU available: False, used: False\nTPU available: False, using: 0 TPU cores", flush=True)
print("train_dataloader: num_workers=12, prefetch_factor=16, persistent_workers=True", flush=True)
time.sleep(1)
workers = []
for _ in range(12):
    if (pid := os.fork()) == 0:
        ahead = []
        for _ in range(16):
            ahead.append(bytearray(b"\1") * (2 << 20))
            time.sleep(0.05)
        time.sleep(3600)
    workers.append(pid)
pid, status = os.wait()
for other in workers:
    if other != pid:
        os.kill(other, 15)
print(f"RuntimeError: DataLoader worker (pid(s) {pid}) exited unexpectedly", file=sys.stderr, flush=True)
sys.exit(1)
