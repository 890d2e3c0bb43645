#!/usr/local/bin/python
"""Reads its settings from the environment."""

import os
import time

print("INFO:     Started server process [1]", flush=True)
uri = os.environ["MODEL_URI"]
print(f"INFO:     serving {uri}", flush=True)
while True:
    time.sleep(1)
