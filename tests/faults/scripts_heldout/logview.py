import itertools
import time

lines = [
    "tenant=acme host=gw1 | java.lang.OutOfMemoryError: Java heap space",
    "tenant=acme host=gw1 | kernel: Memory cgroup out of memory: Killed process 4121 (java) total-vm:812344kB",
    'tenant=beta host=db3 | FATAL: password authentication failed for user "app"',
    "tenant=beta host=n7 | ModuleNotFoundError: No module named 'torch'",
    "tenant=zeta host=n9 | OSError: [Errno 28] No space left on device",
]
for number, line in enumerate(itertools.cycle(lines)):
    print(f"forwarded seq={number} {line}", flush=True)
    time.sleep(0.5)
