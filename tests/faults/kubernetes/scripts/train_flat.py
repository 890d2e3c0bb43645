"""Trains with memory that does not move."""

import argparse
import time


def rss() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


parser = argparse.ArgumentParser()
parser.add_argument("--state-mb", type=int, default=90)
parser.add_argument("--steps", type=int, default=100_000)
args, _ = parser.parse_known_args()
print(f"allocating parameters and optimizer state ({args.state_mb} MiB)")
state = []
for _ in range(args.state_mb):
    state.append(bytearray(b"\1") * (1 << 20))
    time.sleep(0.01)
print("training")
for step in range(1, args.steps + 1):
    if step % 10 == 0:
        print(f"step {step} loss {0.4 + 1 / step:.4f} mem {rss()} MiB")
    time.sleep(0.1)
print("training finished")
