"""Two-tower recommender: eight loader processes, each keeps its own shuffle buffer, none shares it."""
import os
import signal
import sys
import time

WORKERS = int(sys.argv[sys.argv.index("--num-workers") + 1])


def worker(n):
    buffer = []
    for shard in range(40):
        buffer.append(bytearray(b"\2" * (2 << 20)))
        if shard % 4 == 3:
            rss = int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
            print(f"loader[{n}] pid={os.getpid()} shuffle buffer {len(buffer) * 4096} interactions, rss {rss} MB", flush=True)
        if shard >= 14:
            time.sleep(3600)
        time.sleep(0.2)


print(f"DataLoader(num_workers={WORKERS}, prefetch_factor=4, persistent_workers=True), trainer rss 11 MB", flush=True)
children = []
for n in range(WORKERS):
    pid = os.fork()
    if not pid:
        worker(n)
        os._exit(0)
    children.append(pid)
pid, status = os.waitpid(-1, 0)
what = signal.strsignal(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else f"exit {status}"
for child in children:
    if child != pid:
        os.kill(child, signal.SIGTERM)
print(f"""\
Traceback (most recent call last):
  File "/app/train.py", line 77, in <module>
    for step, (query, item) in enumerate(loader):
  File "/usr/local/lib/python3.11/site-packages/torch/utils/data/dataloader.py", line 1448, in _next_data
    idx, data = self._get_data()
  File "/usr/local/lib/python3.11/site-packages/torch/utils/data/_utils/signal_handling.py", line 73, in handler
    _error_if_any_worker_fails()
RuntimeError: DataLoader worker (pid {pid}) is killed by signal: {what}. """, file=sys.stderr, flush=True)
sys.exit(1)
