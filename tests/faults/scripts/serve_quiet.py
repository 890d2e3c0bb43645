#!/usr/local/bin/python
"""A server that works."""

import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGHUP, lambda *_: print("INFO:     configuration read again", flush=True))
print("INFO:     Started server process [1]", flush=True)
print("INFO:     Application startup complete.", flush=True)
print("INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", flush=True)
request = 0
while True:
    request += 1
    print(f'INFO:     172.18.0.9:{40000 + request} - "POST /predict HTTP/1.1" 200 OK', flush=True)
    time.sleep(1)
