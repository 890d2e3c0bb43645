import signal
import sys
import time


def stop(*a):
    print("shutting down, 0 requests in flight", flush=True)
    sys.exit(143)


signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True:
    time.sleep(0.1)
