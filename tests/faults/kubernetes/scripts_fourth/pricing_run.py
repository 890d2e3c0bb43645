"""Works in even steps in the same 80 MiB, every night."""

import time

print("pricing: table of 1.2 million prices", flush=True)
table = []
for _ in range(80):
    table.append(bytearray(b"\1") * (1 << 20))
print("pricing: table read, 80 MiB", flush=True)
for region in range(1, 6):
    time.sleep(0.5)
    print(f"pricing: region {region} of 5 done", flush=True)
