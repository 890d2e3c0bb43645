"""Shares one large buffer between its scorers."""

from multiprocessing import shared_memory

print("scoring 3 image folders with 4 processes, creating a shared buffer of 96 MiB", flush=True)
buffer = shared_memory.SharedMemory(create=True, size=96 << 20)
for page in range(0, 96 << 20, 4096):
    buffer.buf[page] = 1
print("shared buffer filled", flush=True)
