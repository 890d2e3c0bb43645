#!/usr/local/bin/python
"""The release that worked."""

import json
import time

print("INFO:     Started server process [1]", flush=True)
print(json.dumps({"event": "ready", "version": "1.0"}), flush=True)
while True:
    time.sleep(1)
