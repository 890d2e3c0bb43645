"""Eight worker processes share one container, in the words of Dask."""

import os
import sys
import time

print("distributed.scheduler - INFO -   Scheduler at: tcp://127.0.0.1:38231", flush=True)
workers = {}
for number in range(8):
    if (pid := os.fork()) == 0:
        kept = []
        for _ in range(12):
            kept.append(bytearray(b"\1") * (3 << 20))
            time.sleep(0.08)
        time.sleep(3600)
    workers[pid] = number
    print(f"distributed.nanny - INFO -         Start Nanny at: 'tcp://127.0.0.1:{40011 + number}' threads=1 memory_limit=0.93 GiB", flush=True)
pid, status = os.wait()
print(f"distributed.nanny - WARNING - Worker process {pid} was killed by signal {os.WTERMSIG(status)}", flush=True)
for other in workers:
    if other != pid:
        os.kill(other, 15)
print(f"distributed.scheduler.KilledWorker: Attempted to run task ('read-parquet-aggregate-{workers[pid]}',) on 4 different workers, but all those workers died while running it.", file=sys.stderr, flush=True)
sys.exit(1)
