"""Takes work from a queue, when there is any."""

import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("agent: subscribed to queue work.default, prefetch 8", flush=True)
while True:
    time.sleep(1)
