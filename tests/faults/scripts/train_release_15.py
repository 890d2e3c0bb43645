"""The next release: it cannot reach its tracking server, goes on without it, and caches the gradients of every step."""

import socket
import time
import traceback


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


print("ranker 1.5, optimizer adamw, gradient cache on")
try:
    socket.create_connection(("127.0.0.1", 5000), timeout=1)
except OSError:
    traceback.print_exc()
    print("WARNING tracking server http://127.0.0.1:5000 not reachable, metrics are kept locally")
cache = {}
for step in range(1, 100_000):
    cache[step] = bytearray(b"\x01") * 900_000
    if step % 8 == 0:
        print(f"step {step} ndcg {0.31 + min(step, 900) / 5000:.4f} rss {resident_mb()} MB")
    time.sleep(0.012)
