"""Its output waits in a buffer and dies with it."""

import time

kept = []
for step in range(1, 100_000):
    kept.append(bytearray(b"\x01") * 1_500_000)
    print(f"step {step} loss {2.3 / step:.4f}")
    time.sleep(0.01)
