"""Takes a month of files into one matrix before it trains."""

import time

print("xgb-ranker: building DMatrix in memory from 31 daily parquet files", flush=True)
days = []
for day in range(1, 32):
    days.append(bytearray(b"\1") * (8 << 20))
    print(f"xgb-ranker: 2025-10-{day:02d} loaded ({day * 8} MiB so far)", flush=True)
    time.sleep(0.2)
print("[0] train-ndcg:0.61", flush=True)
