"""Trains for many epochs and makes a new function in each."""

import time

print("Model: \"recommender\"  Total params: 212,481", flush=True)
kept = []
for epoch in range(1, 200):
    print(f"Epoch {epoch}/200", flush=True)
    kept.append(bytearray(b"\1") * (3 << 20))
    time.sleep(0.15)
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
    print(f"625/625 - 12s - loss: {0.7 / (1 + epoch * 0.1):.4f} - auc: 0.81 - host_mem_mb: {rss}", flush=True)
