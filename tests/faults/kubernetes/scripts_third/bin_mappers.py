"""Reads a whole training table before it trains, in the words of LightGBM."""

import time

print("[LightGBM] [Info] Loading train file /data/train.csv (two_round=false)", flush=True)
table = []
for million in range(1, 60):
    table.append(bytearray(b"\1") * (4 << 20))
    if million % 4 == 0:
        print(f"[LightGBM] [Info] Read {million} million rows", flush=True)
    time.sleep(0.05)
print("[LightGBM] [Info] Start training from score 0.114", flush=True)
