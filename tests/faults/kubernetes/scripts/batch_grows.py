"""Works through partitions and forgets none of them."""

import time


def rss() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


seen = []
for partition in range(1, 10_000):
    seen.append(bytearray(b"\1") * (1 << 20))
    if partition % 5 == 0:
        print(f"partition {partition}: 20000 rows deduplicated, rss {rss()} MiB")
    time.sleep(0.1)
