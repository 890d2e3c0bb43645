"""Reads one large table as a whole."""

import time

print("sales-etl: s3://lake/sales/2025.csv.gz, 6.1 GB unpacked", flush=True)
print("sales-etl: frame = pd.read_csv(path)  # whole year", flush=True)
time.sleep(1)
blocks = []
for _ in range(400):
    blocks.append(bytearray(b"\1") * (2 << 20))
    time.sleep(0.005)
print("sales-etl: grouped", flush=True)
