"""A training loop that keeps every batch's activations."""

import argparse
import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--batch-size", type=int, default=64)
args = parser.parse_args()

print(f"config: epochs={args.epochs} batch_size={args.batch_size} lr=0.001")
history = []
step = 0
for epoch in range(args.epochs):
    for _ in range(500):
        step += 1
        activations = bytearray(b"\x01") * (args.batch_size * 12_000)
        history.append(activations)
        if step % 8 == 0:
            print(f"epoch {epoch} step {step} loss {2.3 / (1 + step / 40):.4f} rss {resident_mb()} MB")
        time.sleep(0.012)
