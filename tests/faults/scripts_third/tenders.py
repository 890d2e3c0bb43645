"""Tender documents become text: one page image after the other, several documents at a time."""
import argparse
import logging
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

logging.basicConfig(level=logging.INFO, format="%(levelname)s:%(processName)s:%(name)s:%(message)s")
log = logging.getLogger("tenders")


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20


def convert(name):
    log.info("%s: rendering at 300 dpi", name)
    pages = []
    for _ in range(13):
        pages.append(bytearray(b"\1" * (2 << 20)))
        time.sleep(0.08)
    peak = rss()
    del pages
    log.info("%s: 13 pages, peak rss %d MB", name, peak)
    return name


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1)
    jobs = parser.parse_args().jobs
    log.warning("fontconfig cache is not writable, text may look different")
    log.info("one document at first, to warm up the fonts")
    convert("tender_0000.pdf")
    log.info("now with %d processes (machine has %s cores)", jobs, os.cpu_count())
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(convert, f"tender_{n:04d}.pdf") for n in range(1, 200)]
        for done in as_completed(running):
            log.info("%s is done", done.result())
