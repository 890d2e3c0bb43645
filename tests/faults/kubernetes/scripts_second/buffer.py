"""A log shipper that keeps everything it has sent."""

import time

kept = []
for batch in range(1, 10_000):
    kept.append(bytearray(b"\1") * 400_000)
    if batch % 10 == 0:
        rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
        print(f"[info] [output:http:out.0] flushed chunk {batch}, task_map {batch}/2048, rss_mib={rss}", flush=True)
    time.sleep(0.05)
