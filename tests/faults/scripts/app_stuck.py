#!/usr/local/bin/python
"""Comes up, accepts nothing, and ends properly when it is asked to."""

import signal
import sys
import time


def stop(*_: object) -> None:
    print("INFO:     Shutting down", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
print("INFO:     Started server process [1]", flush=True)
print("INFO:     Waiting for application startup.", flush=True)
while True:
    time.sleep(0.2)
