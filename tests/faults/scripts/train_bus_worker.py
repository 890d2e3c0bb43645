"""A data loader that hands batches over through shared memory."""

import mmap
import multiprocessing
import os
import time


def worker() -> None:
    size = 96 << 20
    handle = os.open("/dev/shm/torch_17_batch", os.O_CREAT | os.O_RDWR)
    os.ftruncate(handle, size)
    shared = mmap.mmap(handle, size)
    for start in range(0, size, 1 << 20):
        shared[start : start + 4096] = bytes(4096)
        for page in range(start, start + (1 << 20), 4096):
            shared[page] = 1
    time.sleep(60)


def main() -> None:
    print("DataLoader: num_workers=1, batch (64, 3, 512, 512) float32")
    process = multiprocessing.get_context("fork").Process(target=worker, daemon=True)
    process.start()
    process.join()
    if process.exitcode == -7:
        raise RuntimeError(
            f"DataLoader worker (pid {process.pid}) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. "
            "Please try to raise your shared memory limit."
        )


main()
