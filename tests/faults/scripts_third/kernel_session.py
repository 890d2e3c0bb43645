"""A notebook's kernel in which somebody concatenates frames."""
import time

print("[I 2026-11-25 08:11:02.331 ServerApp] Kernel started: 5c0e2a1f-88b1-4f0d", flush=True)
time.sleep(2)
cells = []
for _ in range(32):
    cells.append(bytearray(b"\5" * (2 << 20)))
    time.sleep(0.25)
time.sleep(3600)
