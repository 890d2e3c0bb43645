"""Scores customers with a large model."""

import time

print("propensity: loading /models/xgb_v9.ubj (220 MiB)", flush=True)
time.sleep(1)
model = []
for _ in range(110):
    model.append(bytearray(b"\1") * (2 << 20))
    time.sleep(0.01)
print("propensity: model ready, scoring 1000 customers", flush=True)
