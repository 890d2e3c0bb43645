"""Fits, says that it fits, and is gone."""

import time

print("[INFO] fitting RandomForestRegressor", flush=True)
time.sleep(1)
trees = []
while True:
    trees.append(bytearray(b"\1") * (1 << 20))
    time.sleep(0.003)
