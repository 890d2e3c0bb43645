"""Reads one large document as a whole."""

import os
import time

print("parcels: input /in/parcels.geojson, 1.9 GB", flush=True)
print("parcels: json.load(whole file) ...", flush=True)
time.sleep(1)
whole = []
for _ in range(200):
    whole.append(os.urandom(1 << 20) * 2)
    time.sleep(0.01)
print("parcels: parsed", flush=True)
