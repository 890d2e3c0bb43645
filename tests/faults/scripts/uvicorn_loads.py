#!/usr/local/bin/python
"""A server that dies while it loads its model."""

import time

print("INFO:     Started server process [1]", flush=True)
print("INFO:     Waiting for application startup.", flush=True)
print("loading model ranker-xl from /models/ranker-xl (1.3B parameters, 7 files)", flush=True)
weights = []
for index in range(1, 8):
    print(f"loading weights file {index} of 7", flush=True)
    weights.append(bytearray(b"\x01") * (48 << 20))
    time.sleep(0.1)
print("INFO:     Application startup complete.", flush=True)
while True:
    time.sleep(5)
