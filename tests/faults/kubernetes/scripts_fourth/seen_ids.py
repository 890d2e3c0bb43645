"""A consumer that remembers every message it has seen."""

import time

seen = []
print("dedup: consuming orders.v2, group dedup-7", flush=True)
for second in range(1, 10_000):
    seen.append(bytearray(b"\1") * 450_000)
    if second % 12 == 0:
        rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
        print(f'{{"msg":"stats","messages":{second * 500},"lag":0,"seen_ids":{second * 500},"rss_mib":{rss}}}', flush=True)
    time.sleep(0.04)
