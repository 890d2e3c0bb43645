"""Works through chunks that all need the same memory, and gives it back in between."""

import mmap
import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


for chunk in range(1, 100_000):
    frame = mmap.mmap(-1, 100 << 20)
    for page in range(0, 100 << 20, 4096):
        frame[page] = 1
    print(f"chunk {chunk} repriced, peak {resident_mb()} MB", flush=True)
    frame.close()
    time.sleep(2)
