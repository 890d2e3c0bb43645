"""Gives up when its store does not answer."""

import os
import socket
import time

host = os.environ.get("STORE_HOST", "store")
print(f"feature worker: connecting to {host}:6379", flush=True)
last: Exception | None = None
for attempt in range(1, 4):
    try:
        with socket.create_connection((host, 6379), timeout=3):
            last = None
            break
    except OSError as error:
        print(f"feature worker: attempt {attempt} failed: {error}", flush=True)
        last = error
        time.sleep(0.5)
if last:
    raise last
print("feature worker: connected", flush=True)
while True:
    time.sleep(1)
