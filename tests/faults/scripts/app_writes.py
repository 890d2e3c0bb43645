#!/usr/local/bin/python
"""Makes its state folder before it serves."""

import os
import time

print("INFO:     Started server process [1]", flush=True)
os.makedirs("/app/state", exist_ok=True)
with open("/app/state/registry.json", "w") as target:
    target.write("{}")
print("INFO:     Application startup complete.", flush=True)
while True:
    time.sleep(1)
