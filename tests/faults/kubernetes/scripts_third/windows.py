"""A stream job whose windows are never closed."""

import time

print("sessionize: assigned clicks-0, clicks-1 at offset 8812004", flush=True)
open_windows = []
for second in range(1, 10_000):
    open_windows.append(bytearray(b"\1") * 700_000)
    if second % 10 == 0:
        rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
        print(f"sessionize: watermark +{second}s, open windows {second * 240}, closed 0, memory {rss} MB", flush=True)
    time.sleep(0.06)
