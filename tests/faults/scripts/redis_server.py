#!/usr/local/bin/python
"""A store that keeps what it is given and says nothing about it."""

import time

print("1:C * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", flush=True)
print("1:M * Ready to accept connections tcp", flush=True)
store = {}
for key in range(10_000_000):
    store[f"session:{key}"] = bytearray(b"\x01") * 200_000
    time.sleep(0.004)
