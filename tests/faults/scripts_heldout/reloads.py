import signal
import time

signal.signal(signal.SIGHUP, lambda *a: print("SIGHUP: configuration reloaded", flush=True))
print("up", flush=True)
while True:
    time.sleep(0.1)
