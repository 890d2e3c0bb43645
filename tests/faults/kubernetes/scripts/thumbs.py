"""Writes into its cache folder before it serves."""

import os
import time

os.makedirs("/var/cache/thumbs", exist_ok=True)
with open("/var/cache/thumbs/index.db", "wb") as target:
    target.write(b"\0" * 4096)
print("thumbnails: cache ready", flush=True)
while True:
    time.sleep(1)
