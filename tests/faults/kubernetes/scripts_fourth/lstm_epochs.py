"""Each epoch keeps its predictions."""

import os
import time

history = []
print("forecast-lstm: 500 epochs, batch size 32, window 168", flush=True)
for epoch in range(1, 500):
    history.append(bytearray(b"\1") * (3 << 20))
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
    print(f"Epoch {epoch}/500 - loss: {1 / epoch + 0.08:.4f} - val_loss: {1 / epoch + 0.11:.4f} - rss {rss}MB", flush=True)
    time.sleep(0.2)
