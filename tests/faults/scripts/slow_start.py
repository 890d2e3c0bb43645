#!/usr/local/bin/python
"""Takes minutes to be ready, as large models do."""

import time

print("INFO:     Started server process [1]", flush=True)
for index in range(1, 1000):
    print(f"warming up: {index} of 1000 buckets", flush=True)
    time.sleep(1)
