"""A worker hands a batch over through /dev/shm and runs over its edge."""

import mmap
import os
import sys
import time

print("epoch 0: 4 workers, batch 64 x 3 x 512 x 512", flush=True)
time.sleep(1)
if (child := os.fork()) == 0:
    handle = os.open("/dev/shm/torch_1_881", os.O_CREAT | os.O_RDWR)
    os.ftruncate(handle, 96 << 20)
    shared = mmap.mmap(handle, 96 << 20)
    for at in range(0, 96 << 20, 1 << 20):
        shared[at : at + (1 << 20)] = b"\1" * (1 << 20)
    os._exit(0)
_, status = os.waitpid(child, 0)
if os.WIFSIGNALED(status):
    print("ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).", file=sys.stderr)
    print(f"RuntimeError: DataLoader worker (pid {child}) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.", file=sys.stderr, flush=True)
    sys.exit(1)
print("epoch 0 done", flush=True)
time.sleep(3600)
