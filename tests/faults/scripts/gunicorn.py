#!/usr/local/bin/python
"""A master that starts its worker again whenever it is gone; the worker's memory grows with every request."""

import os
import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


def log(text: str, level: str = "INFO") -> None:
    print(f"[{time.strftime('%Y-%m-%d %H:%M:%S')} +0000] [{os.getpid()}] [{level}] {text}", flush=True)


def serve() -> None:
    log(f"Booting worker with pid: {os.getpid()}")
    seen = []
    for request in range(1, 100_000):
        seen.append(bytearray(b"\x01") * 500_000)
        if request % 20 == 0:
            log(f"handled {request} requests, rss {resident_mb()} MB")
        time.sleep(0.008)


log("Starting gunicorn 22.0.0")
log("Listening at: http://0.0.0.0:8000 (1)")
while True:
    child = os.fork()
    if child == 0:
        serve()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == 9:
        log(f"Worker (pid:{child}) was sent SIGKILL! Perhaps out of memory?", "ERROR")
    time.sleep(1)
