"""Data loader processes that each keep their own copy of the samples."""

import argparse
import multiprocessing
import time


def worker() -> None:
    cache = []
    for _ in range(16):
        cache.append(bytearray(b"\1") * (4 << 20))
        time.sleep(0.15)
    time.sleep(3600)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--num-workers", type=int, default=2)
    args = parser.parse_args()
    print(f"DataLoader(num_workers={args.num_workers}, prefetch_factor=8, pin_memory=True)")
    print("main process: model ready, 18 MiB")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=worker, daemon=True) for _ in range(args.num_workers)]
    for process in processes:
        process.start()
    while True:
        for process in processes:
            if process.exitcode == -9:
                raise RuntimeError(f"DataLoader worker (pid {process.pid}) is killed by signal: Killed. ")
        time.sleep(0.1)


main()
