"""The training process itself writes past the end of /dev/shm."""

import mmap
import os

size = 128 << 20
print("rank 0/1: gloo over shared memory", flush=True)
handle = os.open("/dev/shm/gloo_0", os.O_CREAT | os.O_RDWR)
os.ftruncate(handle, size)
shared = mmap.mmap(handle, size)
for page in range(0, size, 4096):
    shared[page] = 1
