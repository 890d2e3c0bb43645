"""Keeps the loss of every step together with all that it was made of."""

import time


def rss() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


print("ranker training: lr 3e-4, batch 32, 4000 steps/epoch")
losses = []
for step in range(1, 100_000):
    losses.append(bytearray(b"\1") * 600_000)
    if step % 10 == 0:
        print(f"[epoch 1] step {step:5d}/4000  loss={1.9 / (1 + step / 90):.4f}  mem={rss()} MiB")
    time.sleep(0.06)
