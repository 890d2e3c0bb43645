"""A training of which nothing is printed but what its packages print."""

import time

print("Loading required package: ggplot2\nLoading required package: lattice", flush=True)
time.sleep(2)
held = []
for _ in range(200):
    held.append(bytearray(b"\1") * (2 << 20))
    time.sleep(0.01)
time.sleep(3600)
