"""Scores in as many processes as it is told to."""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor


def score(shard: int) -> int:
    rows = []
    for _ in range(10):
        rows.append(bytearray(b"\1") * (5 << 20))
        time.sleep(0.15)
    time.sleep(8)
    return shard


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-jobs", type=int, default=2)
    args = parser.parse_args()
    print(f"scoring 12 shards of about 50 MiB, n_jobs={args.n_jobs}", flush=True)
    with ProcessPoolExecutor(args.n_jobs, multiprocessing.get_context("fork")) as pool:
        print(sum(pool.map(score, range(12))), flush=True)


if __name__ == "__main__":
    main()
