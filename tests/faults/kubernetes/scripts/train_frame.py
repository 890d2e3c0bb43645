"""Takes the whole table into memory before it trains."""

import time

print("load_dataset: /data/clicks-2026.parquet, keep_in_memory=True")
columns = []
for group in range(1, 400):
    columns.append(bytearray(b"\1") * (4 << 20))
    if group % 8 == 0:
        print(f"load_dataset: row group {group}/400 in memory")
    time.sleep(0.04)
print("training starts")
