import time

time.sleep(3)
kept = []
while len(kept) < 90:
    kept.append(bytearray(b"\1") * 1_000_000)
    time.sleep(0.02)
time.sleep(600)
