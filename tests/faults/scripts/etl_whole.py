"""Reads the whole file before it does anything."""

import csv

path = "/in/events.csv"
print(f"extract: reading all of {path} in one go (chunksize=None)")
with open(path, newline="") as source:
    frame = [tuple(row) for row in csv.reader(source)]
print(f"extract: {len(frame)} rows")
print("transform: joining with merchants")
joined = [(*row, row[3], dict(zip("abcdefgh", row))) for row in frame]
print(f"load: {len(joined)} rows written")
