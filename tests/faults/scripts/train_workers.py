"""A data loader whose worker processes each keep a decoded cache."""

import argparse
import multiprocessing
import time


def worker(index: int) -> None:
    cache = []
    for _ in range(10):
        cache.append(bytearray(b"\x01") * (5 << 20))
        time.sleep(0.05)
    time.sleep(60)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--num-workers", type=int, default=2)
    args = parser.parse_args()
    print(f"DataLoader: num_workers={args.num_workers} prefetch_factor=4 persistent_workers=True")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=worker, args=(index,), daemon=True) for index in range(args.num_workers)]
    for process in processes:
        process.start()
    print("epoch 1: waiting for the first batches")
    while True:
        for process in processes:
            if process.exitcode == -9:
                raise RuntimeError(f"DataLoader worker (pid {process.pid}) is killed by signal: Killed. ")
        time.sleep(0.05)


main()
