"""Steady until the first checkpoint, which serialises the whole state in memory."""

import copy
import pickle
import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


state = {f"layer{index}": bytearray(b"\x01") * (6 << 20) for index in range(10)}
print("state: 10 layers, 60 MiB with optimizer moments")
for step in range(1, 61):
    if step % 5 == 0:
        print(f"step {step} loss {2 / step + 0.4:.4f} rss {resident_mb()} MB")
    time.sleep(0.03)
print("saving checkpoint /checkpoints/step-60.pt")
snapshot = copy.deepcopy(state)
blob = pickle.dumps(snapshot)
print("checkpoint saved")
