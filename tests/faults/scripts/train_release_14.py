"""A training loop whose memory stays flat."""

import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


print("ranker 1.4, optimizer adamw")
for step in range(1, 100_000):
    batch = bytearray(b"\x01") * 8_000_000
    if step % 10 == 0:
        print(f"step {step} ndcg {0.31 + min(step, 900) / 5000:.4f} rss {resident_mb()} MB")
    time.sleep(0.03)
