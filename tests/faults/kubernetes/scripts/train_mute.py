"""Its output waits in a buffer and dies with it."""

import time

kept = []
for step in range(1, 100_000):
    kept.append(bytearray(b"\1") * 2_000_000)
    print(f"step {step}")
    time.sleep(0.02)
