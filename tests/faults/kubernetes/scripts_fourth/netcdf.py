"""Converts a file; nobody made it say anything of use."""

import time

print("convert: start", flush=True)
time.sleep(1)
kept = []
while True:
    kept.append(bytearray(b"\1") * (1 << 20))
    time.sleep(0.003)
