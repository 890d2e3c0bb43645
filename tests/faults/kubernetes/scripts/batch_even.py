"""Works through chunks that all need the same memory, and gives it back in between."""

import mmap
import time


def rss() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


for chunk in range(1, 100_000):
    frame = mmap.mmap(-1, 90 << 20)
    for page in range(0, 90 << 20, 4096):
        frame[page] = 1
    print(f"chunk {chunk}: 250000 invoices matched, peak {rss()} MiB", flush=True)
    frame.close()
    time.sleep(2)
