"""Flat until the first checkpoint, which copies the state twice."""

import copy
import pickle
import time


def rss() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


state = {f"block{index}": bytearray(b"\1") * (8 << 20) for index in range(8)}
print("state dict: 8 blocks, 64 MiB")
for step in range(1, 101):
    if step % 10 == 0:
        print(f"step {step} loss {0.9 + 1 / step:.4f} mem {rss()} MiB")
    time.sleep(0.04)
print("step 100: writing checkpoint /ckpt/step_100.safetensors")
first = copy.deepcopy(state)
time.sleep(0.3)
blob = pickle.dumps(first)
print("checkpoint written")
