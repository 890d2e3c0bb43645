"""Reads all of its input at once."""

import time

print("extract: SELECT * FROM events (fetchall, no chunks)")
rows = []
for part in range(400):
    rows.append(bytearray(b"\1") * (3 << 20))
    time.sleep(0.03)
print("extract: 41,200,311 rows")
print("load: done")
