"""Loads a model that does not fit, before it scores anything."""

import time

print("scoring job: load_model('models:/churn/12'), 410 MiB on disk")
parts = []
for part in range(1, 9):
    parts.append(bytearray(b"\1") * (51 << 20))
    print(f"load_model: tensor file {part} of 8")
    time.sleep(0.5)
print("scoring batch 1")
