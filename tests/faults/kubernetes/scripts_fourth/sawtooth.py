"""Takes memory for each fold, gives it back, and is done after the fifth."""

import time

for fold in range(1, 6):
    kept = [bytearray(b"\1") * (1 << 20) for _ in range(70)]
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
    print(f"fold {fold}/5: rss {rss} MB of 112", flush=True)
    time.sleep(1)
    del kept
print("cv: rmse 0.214 +- 0.006", flush=True)
