"""Ten processes share one container; one is killed, in the words of joblib."""

import os
import sys
import time

print("fit-stores: Parallel(n_jobs=10): 1200 stores", flush=True)
time.sleep(1)
workers = []
for _ in range(10):
    if (pid := os.fork()) == 0:
        kept = []
        for _ in range(14):
            kept.append(bytearray(b"\1") * (2 << 20))
            time.sleep(0.05)
        time.sleep(3600)
    workers.append(pid)
pid, status = os.wait()
for other in workers:
    if other != pid:
        os.kill(other, 15)
print(
    "joblib.externals.loky.process_executor.TerminatedWorkerError: A worker process managed by the executor was unexpectedly terminated. This could be caused by a segmentation fault while calling the function or by an excessive memory usage causing the Operating System to kill the worker.\n\n"
    f"The exit codes of the workers are {{SIGKILL(-{os.WTERMSIG(status)})}}",
    file=sys.stderr,
    flush=True,
)
sys.exit(1)
