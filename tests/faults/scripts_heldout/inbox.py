import signal
import sys
import time


def stop(number, frame):
    print(f"inbox-worker: received signal {number}, putting back 2 messages, bye", flush=True)
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, stop)
print("inbox-worker: ready", flush=True)
while True:
    time.sleep(0.2)
