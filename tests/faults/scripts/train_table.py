"""The whole table is turned into a list of dictionaries before training starts."""

import csv

path = "/data/train.csv"
print(f"reading the full data set {path} into memory")
rows = []
with open(path, newline="") as source:
    for row in csv.DictReader(source):
        rows.append(row)
        if len(rows) % 50_000 == 0:
            print(f"{len(rows)} rows in memory")
print(f"data set ready: {len(rows)} rows, starting training")
