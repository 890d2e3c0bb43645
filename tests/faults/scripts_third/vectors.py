"""A vector index that is mapped from a file larger than the limit: the page cache is full, and that is what it is for."""
import mmap
import os
import time

with open("/var/index.bin", "wb") as file:
    file.truncate(160 << 20)
index = open("/var/index.bin", "rb")
mapped = mmap.mmap(index.fileno(), 0, prot=mmap.PROT_READ)
print("index: 2,097,152 vectors, 160 MB, mapped", flush=True)
n = 0
while True:
    n += 1
    total = sum(mapped[at] for at in range(0, len(mapped), 4096))
    print(f"index: scan {n}, {os.stat('/var/index.bin').st_size >> 20} MB read, checksum {total}", flush=True)
    time.sleep(0.5)
