"""Sixteen loader workers decode ahead; one is killed, in the words of PyTorch."""

import os
import sys
import time

print("train: yolo11m, imgsz=1280, batch=16, workers=16, cache=False", flush=True)
time.sleep(1)
workers = []
for _ in range(16):
    if (pid := os.fork()) == 0:
        kept = []
        for _ in range(10):
            kept.append(bytearray(b"\1") * (2 << 20))
            time.sleep(0.06)
        time.sleep(3600)
    workers.append(pid)
print("      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size", flush=True)
pid, status = os.wait()
for other in workers:
    if other != pid:
        os.kill(other, 15)
print(f"RuntimeError: DataLoader worker (pid {pid}) is killed by signal: Killed. ", file=sys.stderr, flush=True)
sys.exit(1)
