import signal
import time

signal.signal(signal.SIGTERM, lambda *a: print("SIGTERM: a batch is being written, not now", flush=True))
print("writer up", flush=True)
while True:
    time.sleep(0.1)
