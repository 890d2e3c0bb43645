"""Trains on with memory that does not move."""

import argparse
import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


parser = argparse.ArgumentParser()
parser.add_argument("--hidden-mb", type=int, default=20)
args, _ = parser.parse_known_args()
print(f"allocating parameters and optimizer state: {args.hidden_mb} MiB")
state = []
for _ in range(args.hidden_mb):
    state.append(bytearray(b"\x01") * (1 << 20))
print("training started")
for step in range(1, 1_000_000):
    if step % 10 == 0:
        print(f"step {step} loss {1 / step + 0.2:.4f} rss {resident_mb()} MB")
    time.sleep(0.1)
