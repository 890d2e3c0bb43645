"""Copies a file again and again: its memory is nearly all page cache, which the kernel takes back when it likes."""

import time

for turn in range(1, 1_000_000):
    with open("/tmp/features.bin", "wb") as target:
        for _ in range(180):
            target.write(bytes(1 << 20))
    with open("/tmp/features.bin", "rb") as source:
        while source.read(1 << 20):
            pass
    print(f"turn {turn}: 180 MiB copied", flush=True)
    time.sleep(3)
