"""A data loader worker hands a batch over through /dev/shm."""

import mmap
import multiprocessing
import os
import time


def worker() -> None:
    size = 160 << 20
    handle = os.open("/dev/shm/torch_9_31337", os.O_CREAT | os.O_RDWR)
    os.ftruncate(handle, size)
    shared = mmap.mmap(handle, size)
    for page in range(0, size, 4096):
        shared[page] = 1
    time.sleep(60)


def main() -> None:
    print("segmentation training, num_workers=1, batch (32, 3, 640, 640) float32")
    process = multiprocessing.get_context("fork").Process(target=worker, daemon=True)
    process.start()
    process.join()
    if process.exitcode == -7:
        raise RuntimeError(
            f"DataLoader worker (pid {process.pid}) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. "
            "Please try to raise your shared memory limit."
        )


main()
