"""Scores the partitions in as many processes as there are partitions."""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor


def score(partition: int) -> int:
    features = []
    for _ in range(6):
        features.append(bytearray(b"\x01") * (10 << 20))
        time.sleep(0.1)
    time.sleep(5)
    return len(features)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    print(f"scoring 8 partitions of about 60 MiB with {args.workers} worker processes", flush=True)
    with ProcessPoolExecutor(args.workers, multiprocessing.get_context("fork")) as pool:
        print(sum(pool.map(score, range(8))), flush=True)


if __name__ == "__main__":
    main()
