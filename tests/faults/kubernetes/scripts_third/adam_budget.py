"""Says what it is going to need, and takes it."""

import time

print("params 38 MiB, gradients 38 MiB, Adam moments 76 MiB; activations about 10 MiB at batch 1", flush=True)
time.sleep(1)
held = []
for name, size in (("params", 38), ("gradients", 38), ("exp_avg", 38), ("exp_avg_sq", 38)):
    held.append(bytearray(b"\1") * (size << 20))
    print(f"allocated {name}", flush=True)
    time.sleep(0.3)
time.sleep(3600)
