#!/usr/local/bin/python3
"""`celery worker` with one pool process; the task module keeps every decoded image in a module-level dict."""
import os
import random
import signal
import sys
import time
import uuid

CACHE = {}


def say(level, who, text):
    now = time.time()
    print(f"[{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))},{int(now * 1000) % 1000:03d}: {level}/{who}] {text}", file=sys.stderr, flush=True)


def pool_process(n):
    while True:
        task = str(uuid.UUID(int=random.getrandbits(128), version=4))
        began = time.monotonic()
        CACHE[task] = bytearray(b"\1" * (2 << 20))
        rss = int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
        say("INFO", f"ForkPoolWorker-{n}", f"Task jobs.thumbs.render[{task}] succeeded in {time.monotonic() - began + 0.04:.6f}s: {{'image': 'sku-{random.randrange(10**6):06d}.jpg', 'rss_mb': {rss}}}")
        time.sleep(0.2)


def main():
    print(" -------------- celery@worker-1 v5.4.0 (opalescent)\n--- ***** ----- Linux x86_64\n- ** ---------- .> transport:   amqp://guest:**@rabbit:5672//\n- ** ---------- .> concurrency: 1 (prefork)\n -------------- [queues]\n                .> nightly-batch", flush=True)
    say("WARNING", "MainProcess", "You're running the worker with superuser privileges: this is absolutely not recommended!")
    say("INFO", "MainProcess", "celery@worker-1 ready.")
    for n in range(1, 1000):
        pid = os.fork()
        if not pid:
            pool_process(n)
        _, status = os.waitpid(pid, 0)
        number = os.WTERMSIG(status)
        say("ERROR", "MainProcess", f"Process 'ForkPoolWorker-{n}' pid:{pid} exited with 'signal {number} ({signal.Signals(number).name})'")
        say("ERROR", "MainProcess", f"Task handler raised error: WorkerLostError('Worker exited prematurely: signal {number} ({signal.Signals(number).name}) Job: {n * 23}.')\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.11/site-packages/billiard/pool.py\", line 1264, in mark_as_worker_lost\n    raise WorkerLostError(\nbilliard.exceptions.WorkerLostError: Worker exited prematurely: signal {number} ({signal.Signals(number).name}) Job: {n * 23}.")


main()
