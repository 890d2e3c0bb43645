"""Finds its batch size by itself: a size that does not fit is caught and halved."""

import time
import traceback


def attempt(batch_size: int) -> bytearray:
    return bytearray(batch_size * 3 * 224 * 224 * 4)


batch_size = 4_000_000
while True:
    try:
        attempt(batch_size)
        break
    except MemoryError:
        traceback.print_exc()
        print(f"batch size {batch_size} does not fit, trying {batch_size // 20_000}", flush=True)
        batch_size //= 20_000
print(f"using batch size {batch_size}", flush=True)
for step in range(1, 100_000):
    print(f"step {step} loss {1 / step:.4f}", flush=True)
    time.sleep(0.5)
